"""The queue, claims, decisions and undo over HTTP."""

import asyncio

import httpx2
import pytest

from moderator.classifier.scorer import Scorer
from moderator.domain.reasons import ReasonCode, SiteReason
from moderator.domain.sites import SiteSettings
from moderator.services import Services
from moderator.usecases import manage
from tests.api.conftest import Secrets
from tests.builders import a_blind_text
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def hold(client: httpx2.AsyncClient, secrets: Secrets, text: str = "What an idiot.") -> str:
    answer = await client.post("/v1/comments", json={"text": text}, headers=secrets.bearer("site"))
    assert answer.json()["verdict"] == "hold"
    case: str = answer.json()["case"]
    return case


async def claim(client: httpx2.AsyncClient, secrets: Secrets, who: str = "anna", count: int = 1) -> list[dict]:
    answer = await client.post("/v1/cases/claim", json={"count": count}, headers=secrets.bearer(who))
    assert answer.status_code == 200, answer.text
    cases: list[dict] = answer.json()["cases"]
    return cases


async def decide(
    client: httpx2.AsyncClient, secrets: Secrets, case: str, who: str = "anna", **body: object
) -> httpx2.Response:
    body = {"action": "reject", "reason": "insult", **body}
    return await client.post(f"/v1/cases/{case}/decision", json=body, headers=secrets.bearer(who))


async def test_the_queue_is_listed_and_paged(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    made = {await hold(client, secrets, f"Idiot number {n}.") for n in range(5)}
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        answer = (await client.get("/v1/cases", params=query, headers=secrets.bearer("anna"))).json()
        seen += [case["id"] for case in answer["cases"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert set(seen) == made


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"limit": "٣"},
        {"state": "lost"},
        {"cursor": "nonsense"},
        {"cursor": "WzFd"},
        {"cursor": "WyJhIiwiYiIsImMiXQ"},
        {"cursor": "!!!"},
    ],
)
async def test_a_wrong_query_is_refused(client: httpx2.AsyncClient, secrets: Secrets, query: dict[str, str]) -> None:
    answer = await client.get("/v1/cases", params=query, headers=secrets.bearer("anna"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(query))}"


async def test_closed_cases_are_listed_newest_first(client: httpx2.AsyncClient, secrets: Secrets, clock: Clock) -> None:
    for n in range(3):
        await hold(client, secrets, f"Idiot number {n}.")
        (case,) = await claim(client, secrets)
        await decide(client, secrets, case["id"], generation=case["generation"])
        clock.forward(minutes=1)
    found = (await client.get("/v1/cases?state=closed&limit=2", headers=secrets.bearer("anna"))).json()
    rest = (await client.get(f"/v1/cases?state=closed&cursor={found['next']}", headers=secrets.bearer("anna"))).json()
    texts = [case["comment"]["text"] for case in found["cases"] + rest["cases"]]
    assert texts == ["Idiot number 2.", "Idiot number 1.", "Idiot number 0."]


async def test_a_claimed_case_is_told_with_all_that_a_moderator_reads(
    client: httpx2.AsyncClient, secrets: Secrets
) -> None:
    await hold(client, secrets)
    (case,) = await claim(client, secrets)
    assert case["comment"]["text"] == "What an idiot."
    assert case["scores"]["insult"] == 0.6
    assert case["reasons"][0]["label"] == "insult"
    assert case["spans"][0]["start"] == 8
    assert case["expires_at"].endswith("Z")
    assert case["generation"] == 1
    assert await claim(client, secrets, "ben") == []


async def test_a_decision_closes_the_case_and_moves_the_comment(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    await hold(client, secrets)
    (case,) = await claim(client, secrets)
    answer = await decide(client, secrets, case["id"], generation=case["generation"], note="second time")
    assert answer.status_code == 200
    assert answer.json()["action"] == "reject"
    comment = await client.get(f"/v1/comments/{case['comment']['id']}", headers=secrets.bearer("site"))
    assert comment.json()["status"] == "rejected"
    assert comment.json()["verdict"] == "hold"
    assert (await client.get("/v1/cases", headers=secrets.bearer("anna"))).json()["cases"] == []


async def test_what_is_lost_or_closed_is_a_conflict(client: httpx2.AsyncClient, secrets: Secrets, clock: Clock) -> None:
    await hold(client, secrets)
    (case,) = await claim(client, secrets)
    wrong_generation = await decide(client, secrets, case["id"], generation=case["generation"] + 1)
    others = await decide(client, secrets, case["id"], "ben", generation=case["generation"])
    clock.forward(minutes=11)
    expired = await decide(client, secrets, case["id"], generation=case["generation"])
    (again,) = await claim(client, secrets, "ben")
    assert (await decide(client, secrets, case["id"], "ben", generation=again["generation"])).status_code == 200
    closed = await decide(client, secrets, case["id"], "ben", generation=again["generation"])
    for answer in (wrong_generation, others, expired, closed):
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:moderator:problem:conflict"


async def test_two_people_decide_one_case_once(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    case = await hold(client, secrets)
    answers = await asyncio.gather(*(decide(client, secrets, case, who, generation=0) for who in ["anna", "ben"] * 5))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "hold"}, "/action"),
        ({"action": "reject", "reason": None}, "/reason"),
        ({"reason": "boredom"}, "/reason"),
        ({"note": "x" * 2_001}, "/note"),
        ({"generation": "one"}, "/generation"),
        ({"verdict": "reject"}, "/verdict"),
    ],
)
async def test_an_incomplete_ruling_is_refused(
    client: httpx2.AsyncClient, secrets: Secrets, body: dict[str, object], pointer: str
) -> None:
    case = await hold(client, secrets)
    answer = await decide(client, secrets, case, **{"generation": 0, **body})
    assert answer.status_code == 422, answer.text
    assert pointer in str(answer.json())
    assert len((await client.get("/v1/cases", headers=secrets.bearer("anna"))).json()["cases"]) == 1


async def test_a_released_case_is_free_again(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    await hold(client, secrets)
    (case,) = await claim(client, secrets)
    assert (await client.post(f"/v1/cases/{case['id']}/release", headers=secrets.bearer("ben"))).status_code == 409
    assert (await client.post(f"/v1/cases/{case['id']}/release", headers=secrets.bearer("anna"))).status_code == 204
    assert len(await claim(client, secrets, "ben")) == 1


async def test_an_undone_decision_holds_the_comment_again(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    await hold(client, secrets)
    (case,) = await claim(client, secrets)
    decision = (await decide(client, secrets, case["id"], generation=case["generation"])).json()["id"]
    path = f"/v1/decisions/{decision}/undo"
    assert (await client.post(path, headers=secrets.bearer("ben"))).status_code == 403
    assert (await client.post(path, headers=secrets.bearer("anna"))).status_code == 200
    assert (await client.post(path, headers=secrets.bearer("anna"))).status_code == 409
    comment = await client.get(f"/v1/comments/{case['comment']['id']}", headers=secrets.bearer("site"))
    assert comment.json()["status"] == "held"


async def test_people_of_one_site_see_nothing_of_another(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    case = await hold(client, secrets)
    assert await claim(client, secrets, "limited", 50) == []
    assert (await client.get("/v1/cases", headers=secrets.bearer("limited"))).json()["cases"] == []
    assert (await decide(client, secrets, case, "limited", generation=0)).status_code == 404
    assert (await client.post(f"/v1/cases/{case}/release", headers=secrets.bearer("limited"))).status_code == 404


async def test_an_administrator_activates_and_rolls_back_models(
    client: httpx2.AsyncClient, secrets: Secrets, services: Services
) -> None:
    import shutil

    from tests.tiny import publish_tiny

    services.scorer = Scorer(None)
    first = publish_tiny(services.models_folder)
    second = "second-1"
    shutil.copytree(services.models_folder / first, services.models_folder / second)
    manifest = services.models_folder / second / "manifest.json"
    manifest.write_text(manifest.read_text().replace(first, second))
    admin = secrets.bearer("admin")
    listed = (await client.get("/v1/models", headers=admin)).json()
    assert [model["version"] for model in listed["models"]] == sorted([first, second])
    answer = await client.post(f"/v1/models/{second}/activate", headers=admin)
    assert answer.json()["current"] == second
    assert (await client.post("/v1/models/rollback", headers=admin)).json()["current"] == first
    assert (await client.post("/v1/models/none-1/activate", headers=admin)).status_code == 404
    (services.models_folder / second / "weights.joblib").write_bytes(b"damaged")
    refused = await client.post(f"/v1/models/{second}/activate", headers=admin)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:moderator:problem:model-refused"
    assert (await client.get("/v1/models", headers=admin)).json()["current"] == first


async def test_cases_of_comments_that_are_alike_carry_one_campaign(
    client: httpx2.AsyncClient, secrets: Secrets
) -> None:
    async def post(text: str, author: str) -> dict:
        sent = {"text": text, "author": {"id": author}, "article": {"url": "https://news.example/summit"}}
        answer = await client.post("/v1/comments", json=sent, headers=secrets.bearer("site"))
        assert answer.status_code == 201
        found: dict = answer.json()
        return found

    text = "Since March I earn 480 euros a day at home with a simple system, write to {} before the places are gone"
    outcomes = [await post(text.format(name), name) for name in ("anna", "ben", "clara", "dora", "emma")]
    await hold(client, secrets)

    assert [outcome["verdict"] for outcome in outcomes] == ["approve"] * 3 + ["hold"] * 2
    assert [reason["code"] for reason in outcomes[3]["reasons"]] == ["campaign"]
    answer = await client.get("/v1/cases", headers=secrets.bearer("anna"))
    listed = {case["comment"]["id"]: case for case in answer.json()["cases"]}
    grouped = [listed[outcome["id"]] for outcome in outcomes[3:]]
    assert [(case["cause"], case["campaign"]) for case in grouped] == [("campaign", outcomes[0]["id"])] * 2
    (alone,) = [case for case in listed.values() if case["cause"] == "borderline"]
    assert alone["campaign"] is None


async def test_a_case_is_passed_on_and_says_by_whom(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    await hold(client, secrets)
    (case,) = await claim(client, secrets)
    path = f"/v1/cases/{case['id']}/escalate"
    assert case["escalation"] is None
    assert (await client.post(path, json={"note": "A\x00"}, headers=secrets.bearer("anna"))).status_code == 422
    assert (await client.post(path, json={"note": "A threat?"}, headers=secrets.bearer("ben"))).status_code == 409
    answer = await client.post(path, json={"note": "A threat?"}, headers=secrets.bearer("anna"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert await claim(client, secrets, "ben") == []
    assert (await decide(client, secrets, case["id"], "ben", generation=case["generation"] + 1)).status_code == 403
    (found,) = await claim(client, secrets, "admin")
    assert (found["escalation"]["by"], found["escalation"]["note"]) == ("Anna", "A threat?")
    assert (await decide(client, secrets, case["id"], "admin", generation=found["generation"])).status_code == 200


async def test_a_note_is_not_needed_to_pass_on(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    await hold(client, secrets)
    (case,) = await claim(client, secrets)
    path = f"/v1/cases/{case['id']}/escalate"
    assert (await client.post(path, headers=secrets.bearer("anna"))).status_code == 204
    (listed,) = (await client.get("/v1/cases", headers=secrets.bearer("anna"))).json()["cases"]
    assert (listed["escalation"]["by"], listed["escalation"]["note"]) == ("Anna", None)


async def test_a_decision_may_name_a_reason_of_the_sites_own(
    client: httpx2.AsyncClient, secrets: Secrets, services: Services
) -> None:
    own = SiteReason(name="Rude", key="1", reason=ReasonCode.INSULT, reference="Rules, 4")
    (site,) = [one for one in services.directory.sites.values() if one.name == "News"]
    await manage.change_site(services, OPERATOR, site.id, SiteSettings(reasons=(own,)))
    await hold(client, secrets)
    (case,) = await claim(client, secrets)
    path = f"/v1/cases/{case['id']}/decision"
    wrong = {"action": "reject", "site_reason": "Polite"}
    refused = await client.post(path, json=wrong, headers=secrets.bearer("anna"))
    assert refused.json()["errors"][0]["pointer"] == "/site_reason"
    sent = {"action": "reject", "site_reason": "Rude", "generation": case["generation"]}
    answer = (await client.post(path, json=sent, headers=secrets.bearer("anna"))).json()
    assert (answer["reason"], answer["site_reason"], answer["ground_reference"]) == ("insult", "Rude", "Rules, 4")


async def test_ones_own_tool_is_given_the_scores_of_a_blind_case(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    await hold(client, secrets, a_blind_text())
    (case,) = await claim(client, secrets)
    assert case["scores"]["insult"] == 0.6
