"""`POST /v1/moderations` in its own words, without a client: shapes, categories, errors, and nothing that stays."""

import httpx2
import pytest

from moderator.compat.openai.categories import NOT_SCORED, SCORED, result_of
from moderator.domain.people import Role
from moderator.domain.policy import Policy
from moderator.domain.scoring import Label, Scored, Threshold
from moderator.rates import TokenBuckets
from moderator.services import Services
from moderator.usecases import manage
from moderator.usecases.manage import AddedSite
from tests.builders import a_policy, scores
from tests.compat.openai.conftest import OPERATOR
from tests.compat.tables import dump
from tests.fakes import FakeScorer

pytestmark = pytest.mark.anyio

PATH = "/v1/moderations"
CATEGORIES = {
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
}
OURS = {"spam", "obscene"}


async def ask(client: httpx2.AsyncClient, given: object, **more: object) -> httpx2.Response:
    return await client.post(PATH, json={"input": given, **more})


def a_scored(**changed: float) -> Scored:
    return Scored(scores=scores(**changed), model="m")


async def test_a_text_has_thirteen_categories_and_two_of_ours(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, "What an idiot.")

    body = answer.json()
    (result,) = body["results"]
    assert answer.status_code == 200
    assert body["id"].startswith("modr-")
    assert body["model"] == "fake-1"
    for part in ("categories", "category_scores", "category_applied_input_types"):
        assert set(result[part]) == CATEGORIES | OURS
    assert result["flagged"] is True
    assert result["category_scores"]["harassment"] == 0.6
    assert [name for name, is_so in result["categories"].items() if is_so] == ["harassment"]


async def test_what_is_not_scored_says_so(client: httpx2.AsyncClient) -> None:
    (result,) = (await ask(client, "What an idiot.")).json()["results"]

    assert set(SCORED) | set(NOT_SCORED) == CATEGORIES | OURS
    for name in NOT_SCORED:
        assert result["category_scores"][name] == 0
        assert result["categories"][name] is False
        assert result["category_applied_input_types"][name] == []
    for name in SCORED:
        assert result["category_applied_input_types"][name] == ["text"]


async def test_a_list_has_a_result_for_each_text_in_order(client: httpx2.AsyncClient) -> None:
    results = (await ask(client, ["Good morning.", "You scum.", "Buy viagra."])).json()["results"]

    assert [result["flagged"] for result in results] == [False, True, True]
    assert results[1]["categories"]["harassment"]
    assert results[2]["categories"]["spam"]
    assert results[2]["category_scores"]["spam"] == 0.97


async def test_parts_are_one_comment_and_its_pictures_are_not_scored(client: httpx2.AsyncClient) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://news.example/cat.png", "detail": "low"}}
    parts = [{"type": "text", "text": "Look:"}, picture, {"type": "text", "text": "an idiot"}]

    (result,) = (await ask(client, parts)).json()["results"]

    assert result["flagged"]
    assert all("image" not in types for types in result["category_applied_input_types"].values())


@pytest.mark.parametrize(
    "asked",
    [
        "omni-moderation-latest",
        "omni-moderation-2024-09-26",
        "text-moderation-latest",
        "text-moderation-stable",
        "fake-1",
    ],
)
async def test_the_model_that_was_asked_for_is_named(client: httpx2.AsyncClient, asked: str) -> None:
    assert (await ask(client, "Hello.", model=asked)).json()["model"] == asked


async def test_members_that_nobody_knows_are_passed_over(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, "Hello.", model=None, safety_identifier="u-1", metadata={"a": [1]})

    assert answer.status_code == 200
    assert answer.json()["model"] == "fake-1"


async def test_a_thousand_long_texts_are_scored(client: httpx2.AsyncClient) -> None:
    texts = ["Good morning. " * 100, "You scum."] * 500

    results = (await ask(client, texts)).json()["results"]

    assert [result["flagged"] for result in results] == [False, True] * 500


async def test_nothing_stays(client: httpx2.AsyncClient, services: Services) -> None:
    before = await dump(services.database)

    await ask(client, "You scum.")
    await ask(client, ["Buy viagra.", "I will kill you."] * 400)
    await ask(client, [])

    assert before["sites"]
    assert await dump(services.database) == before


async def test_the_sites_own_thresholds_decide_what_is_flagged(
    client: httpx2.AsyncClient, services: Services, site: AddedSite
) -> None:
    strict = a_policy(thresholds={label: Threshold(hold_at=0.7, reject_at=0.9) for label in (Label.INSULT,)})
    await manage.set_policy(services, OPERATOR, site.site.id, strict)

    (result,) = (await ask(client, "What an idiot.")).json()["results"]

    assert (result["flagged"], result["category_scores"]["harassment"]) == (False, 0.6)


def test_a_category_is_as_likely_as_its_likeliest_label() -> None:
    result = result_of(a_scored(toxic=0.3, insult=0.4, severe_toxic=0.2), a_policy())

    assert result.category_scores["harassment"] == 0.4
    assert not result.flagged


def test_two_things_at_once_are_as_likely_as_the_less_likely() -> None:
    result = result_of(a_scored(identity_attack=0.8, threat=0.6, insult=0.3), a_policy())

    assert result.category_scores["hate/threatening"] == 0.6
    assert result.category_scores["harassment/threatening"] == 0.3
    assert result.categories["hate"]
    assert result.categories["hate/threatening"]
    assert result.categories["violence"]
    assert not result.categories["harassment/threatening"]


@pytest.mark.parametrize("label", list(Label))
@pytest.mark.parametrize("score", [0.49, 0.5])
def test_flagged_means_that_some_label_reaches_the_threshold(label: Label, score: float) -> None:
    assert result_of(a_scored(**{label: score}), a_policy()).flagged == (score >= 0.5)


def test_a_label_without_a_threshold_flags_nothing() -> None:
    assert not result_of(a_scored(spam=1.0), Policy(version=1)).flagged


def test_a_language_with_thresholds_of_its_own_has_them_here_too() -> None:
    policy = a_policy(languages={"et": {Label.SPAM: Threshold(hold_at=0.9, reject_at=1.0)}})

    assert result_of(Scored(scores=scores(spam=0.8), model="m"), policy).flagged
    assert not result_of(Scored(scores=scores(spam=0.8), model="m", language="et"), policy).flagged


def error_of(answer: httpx2.Response, status: int) -> dict[str, object]:
    """Return the error in the protocol's shape; anything else fails."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    error: dict[str, object] = answer.json()["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert error["message"]
    return error


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (None, "input"),
        (7, "input"),
        ([], "input"),
        ([[1, 2]], "input.0"),
        (["a", {"type": "text", "text": "b"}], "input"),
        ([{"type": "text"}], "input.0.text"),
        ([{"type": "audio", "audio": "x"}], "input.0.type"),
        ([{"text": "x"}], "input.0.type"),
        ([{"type": "image_url", "image_url": "x"}], "input.0.image_url"),
        ([{"type": "image_url", "image_url": {"url": "https://news.example/cat.png"}}], "input"),
        (["x"] * 1_001, "input"),
        ("x" * 20_001, "input"),
        (["x", "x" * 20_001], "input.1"),
        ([{"type": "text", "text": "x" * 11_000}] * 2, "input"),
    ],
)
async def test_what_cannot_be_scored_is_a_bad_request(client: httpx2.AsyncClient, given: object, param: str) -> None:
    error = error_of(await ask(client, given), 400)

    assert (error["type"], error["param"]) == ("invalid_request_error", param)


async def test_a_missing_input_is_named(client: httpx2.AsyncClient) -> None:
    assert error_of(await client.post(PATH, json={"model": "omni-moderation-latest"}), 400)["param"] == "input"


@pytest.mark.parametrize("asked", [7, ["x"], "x" * 101])
async def test_a_model_is_a_name(client: httpx2.AsyncClient, asked: object) -> None:
    assert error_of(await ask(client, "x", model=asked), 400)["param"] == "model"


@pytest.mark.parametrize("asked", ["gpt-4o", "", "omni-moderation-", "fake-2"])
async def test_another_model_is_not_found(client: httpx2.AsyncClient, asked: str) -> None:
    error = error_of(await ask(client, "x", model=asked), 404)

    assert (error["param"], error["code"]) == ("model", "model_not_found")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"input": "\xff"}',
        b'{"input": "\\ud800"}',
        b'{"input": ' + b"[" * 100_000,
        b"null",
        b"[]",
    ],
)
async def test_a_body_that_is_no_request_is_a_bad_request(client: httpx2.AsyncClient, body: bytes) -> None:
    error_of(await client.post(PATH, content=body), 400)


async def test_a_compressed_body_is_a_bad_request(client: httpx2.AsyncClient) -> None:
    answer = await client.post(PATH, content=b"{}", headers={"content-encoding": "gzip"})

    assert error_of(answer, 400)["code"] == "invalid_json"


async def test_a_body_over_the_cap_is_too_large(client: httpx2.AsyncClient) -> None:
    answer = await client.post(PATH, content=b" " * (8 * 1024 * 1024 + 1))

    assert error_of(answer, 413)["code"] == "request_too_large"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic eDp5"])
async def test_without_a_key_nothing_is_answered(client: httpx2.AsyncClient, header: str | None) -> None:
    client.headers.pop("authorization")
    answer = await client.post(
        PATH, json={"input": "x"}, headers={"authorization": header} if header is not None else {}
    )

    assert error_of(answer, 401)["code"] == "invalid_api_key"


async def test_keys_of_other_kinds_are_refused(client: httpx2.AsyncClient, services: Services, site: AddedSite) -> None:
    anna = await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR)

    for secret in (site.public_key, anna.token):
        answer = await client.post(PATH, json={"input": "x"}, headers={"authorization": f"Bearer {secret}"})
        error_of(answer, 401)


async def test_one_request_too_many_is_told_when_to_come_back(client: httpx2.AsyncClient, services: Services) -> None:
    services.key_rates = TokenBuckets(rate_per_second=0.1, burst=1)

    assert (await ask(client, "x")).status_code == 200
    answer = await ask(client, "x")

    assert error_of(answer, 429)["code"] == "rate_limit_exceeded"
    assert answer.headers["retry-after"] == "10"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_another_method_is_not_allowed(client: httpx2.AsyncClient, method: str) -> None:
    answer = await client.request(method, PATH)

    assert error_of(answer, 405)["code"] == "method_not_supported"
    assert answer.headers["allow"] == "POST"


async def test_another_address_is_not_found(client: httpx2.AsyncClient) -> None:
    for method in ("GET", "POST"):
        assert error_of(await client.request(method, f"{PATH}/modr-1"), 404)["code"] == "unknown_url"


async def test_without_a_model_nothing_is_made_up(client: httpx2.AsyncClient, services: Services) -> None:
    services.scorer = FakeScorer(None)

    answer = await ask(client, "x")

    assert error_of(answer, 503)["type"] == "server_error"
    assert int(answer.headers["retry-after"]) > 0


async def test_what_nobody_expected_keeps_the_shape_and_tells_nothing(
    client: httpx2.AsyncClient, services: Services
) -> None:
    class Broken(FakeScorer):
        def score_many(self, texts: object, langs: object = ()) -> list[Scored | None]:
            raise ZeroDivisionError("secret detail")

    services.scorer = Broken()
    errors = services.metrics.errors._value.get()

    answer = await ask(client, "x")

    assert error_of(answer, 500)["type"] == "server_error"
    assert "secret" not in answer.text
    assert services.metrics.errors._value.get() == errors + 1
