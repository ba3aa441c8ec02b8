"""Who may call what, what is answered, and that nothing sent makes the service fail."""

import json
from typing import Any

import httpx2
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator
from structlog.testing import capture_logs

from moderator.api import problems
from moderator.api.openapi import build_document
from moderator.api.routes import OPERATIONS, Operation
from moderator.app import build_app
from moderator.services import Services
from tests.api.conftest import ORIGIN, Secrets
from tests.api.test_cases import claim, decide, hold

pytestmark = pytest.mark.anyio

DOCUMENT = json.loads(json.dumps(build_document()))
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/comments"): {"text": "Fine."},
    ("POST", "/v1/comments/batch"): {"comments": [{"text": "Fine."}]},
    ("POST", "/v1/comments/{id}/reports"): {"reason": "spam"},
    ("POST", "/v1/score"): {"texts": ["Fine."]},
    ("POST", "/v1/cases/claim"): {"count": 1},
    ("POST", "/v1/cases/{id}/decision"): {"action": "approve", "generation": 0},
    ("POST", "/v1/cases/{id}/escalate"): {"note": "A threat?"},
}

# What a caller without a right is told; everybody with it gets past the door (any other status).
ALLOWED = {
    "site": {"site", "other_site"},
    "person": {"anna", "limited", "admin"},
    "admin": {"admin"},
    "any": {"nobody", "unknown", "public", "site", "other_site", "anna", "limited", "admin"},
}


async def _call(client: httpx2.AsyncClient, operation: Operation, headers: dict[str, str]) -> httpx2.Response:
    body = BODIES.get((operation.method, operation.path))
    path = operation.path.replace("{id}", "nothing").replace("{version}", "none-1")
    return await client.request(operation.method, path, json=body, headers=headers)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
async def test_every_route_lets_in_whom_it_should_and_nobody_else(
    client: httpx2.AsyncClient, secrets: Secrets, operation: Operation
) -> None:
    callers: dict[str, dict[str, str]] = {"nobody": {}, "unknown": {"authorization": "Bearer sk_unknown"}}
    callers |= {who: secrets.bearer(who) for who in ("public", "site", "other_site", "anna", "limited", "admin")}
    callers["public"]["origin"] = ORIGIN
    allowed = set(ALLOWED[operation.caller])
    if (operation.method, operation.path) == ("POST", "/v1/comments"):
        allowed.add("public")
    for who, headers in callers.items():
        answer = await _call(client, operation, headers)
        if who in allowed:
            assert answer.status_code not in (401, 403), f"{who}: {answer.text}"
        else:
            expected = 401 if who in ("nobody", "unknown") else 403
            assert answer.status_code == expected, f"{who}: {answer.status_code} {answer.text}"
            assert "www-authenticate" in answer.headers or expected == 403


async def test_a_site_sees_only_its_own_comments(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    made = (await client.post("/v1/comments", json={"text": "Fine."}, headers=secrets.bearer("site"))).json()["id"]
    for method, path, body in (
        ("GET", f"/v1/comments/{made}", None),
        ("DELETE", f"/v1/comments/{made}", None),
        ("POST", f"/v1/comments/{made}/reports", {"reason": "spam"}),
    ):
        answer = await client.request(method, path, json=body, headers=secrets.bearer("other_site"))
        assert answer.status_code == 404
    assert (await client.get(f"/v1/comments/{made}", headers=secrets.bearer("site"))).status_code == 200


async def test_a_wrong_method_names_the_right_ones(client: httpx2.AsyncClient) -> None:
    answer = await client.put("/v1/comments/x")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) >= {"DELETE", "GET"}
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert (await client.get("/v1/nothing")).status_code == 404


async def test_an_unhandled_error_shows_a_request_id_and_nothing_else(
    client: httpx2.AsyncClient, services: Services, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(services.scorer, "score", explode)
    with capture_logs() as log:
        answer = await client.post("/v1/comments", json={"text": "Fine."}, headers=secrets.bearer("site"))
    assert answer.status_code == 500
    assert "secret inside" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["instance"]
    assert [(one["event"], one["request_id"]) for one in log] == [("unhandled_error", answer.json()["instance"])]
    assert answer.json()["type"] == "urn:moderator:problem:internal"


async def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


async def test_the_document_names_every_route(services: Services) -> None:
    described = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    served = {
        (method, route.path)
        for route in build_app(services).routes
        for method in getattr(route, "methods", None) or ()
        if route.path.startswith(("/v1", "/healthz", "/readyz", "/metrics")) and method not in ("HEAD", "OPTIONS")  # type: ignore[attr-defined]
    }
    assert described == served == {(one.method, one.path) for one in OPERATIONS}


def _check_answer(operation: Operation, answer: httpx2.Response) -> None:
    """Validate an answer against the document."""
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    assert str(answer.status_code) in described, f"{answer.status_code} is not described for {operation.path}"
    shapes = described[str(answer.status_code)].get("content", {})
    for media_type, shape in shapes.items():
        assert answer.headers["content-type"].split(";")[0] == media_type.split(";")[0]
        if "json" in media_type:
            jsonschema.Draft202012Validator({**shape["schema"], "components": DOCUMENT["components"]}).validate(
                answer.json()
            )


async def test_real_answers_are_as_described(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    by_name = {(one.method, one.path): one for one in OPERATIONS}
    await hold(client, secrets)
    await hold(client, secrets, "Another idiot.")
    (case,) = await claim(client, secrets)
    made = case["comment"]["id"]
    seen = set()

    async def check(method: str, path: str, url: str, body: Any = None, who: str = "site") -> httpx2.Response:
        answer = await client.request(method, url, json=body, headers=secrets.bearer(who))
        _check_answer(by_name[method, path], answer)
        seen.add((method, path))
        return answer

    await check("POST", "/v1/comments", "/v1/comments", {"text": "Fine.", "external_id": "1"})
    await check("POST", "/v1/comments", "/v1/comments", {"text": "Fine.", "external_id": "1"})
    await check("POST", "/v1/comments", "/v1/comments", {"text": "Other.", "external_id": "1"})
    await check("POST", "/v1/comments", "/v1/comments", {"txt": "Fine."})
    await check("POST", "/v1/comments/batch", "/v1/comments/batch", {"comments": [{"text": "Fine."}, {"text": 5}]})
    await check("GET", "/v1/comments/{id}", f"/v1/comments/{made}")
    await check("GET", "/v1/comments/{id}", "/v1/comments/none")
    await check("POST", "/v1/comments/{id}/reports", f"/v1/comments/{made}/reports", {"reason": "hate"})
    await check("POST", "/v1/score", "/v1/score", {"texts": ["What an idiot.", "Fine."]})
    await check("GET", "/v1/cases", "/v1/cases", who="anna")
    await check("POST", "/v1/cases/claim", "/v1/cases/claim", {"count": 2}, "anna")
    decided = await decide(client, secrets, case["id"], generation=case["generation"])
    _check_answer(by_name["POST", "/v1/cases/{id}/decision"], decided)
    await check("POST", "/v1/cases/{id}/decision", f"/v1/cases/{case['id']}/decision", {"action": "approve"}, "anna")
    undo = f"/v1/decisions/{decided.json()['id']}/undo"
    undone = await check("POST", "/v1/decisions/{id}/undo", undo, who="anna")
    await check("POST", "/v1/cases/{id}/release", "/v1/cases/none/release", who="anna")
    passed = f"/v1/cases/{undone.json()['reopened']['id']}/escalate"
    await check("POST", "/v1/cases/{id}/escalate", passed, {"note": "A threat?"}, "anna")
    await check("GET", "/v1/cases", "/v1/cases", who="anna")
    await check("GET", "/v1/models", "/v1/models", who="admin")
    await check("POST", "/v1/models/{version}/activate", "/v1/models/none-1/activate", who="admin")
    await check("POST", "/v1/models/rollback", "/v1/models/rollback", who="admin")
    for path in ("/healthz", "/readyz", "/metrics"):
        await check("GET", path, path)
    await check("DELETE", "/v1/comments/{id}", f"/v1/comments/{made}")
    assert seen == set(by_name)


async def test_every_problem_is_explained_and_nothing_else() -> None:
    import re
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "problems.md").read_text("utf-8")
    explained = set(re.findall(r"^## ([a-z-]+)$", page, re.MULTILINE))
    known = {name for _, _, name, _ in problems._FAMILIES} | {"internal", "not-found", "method-not-allowed"}
    assert explained == known


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    [
        "text",
        "external_id",
        "article",
        "author",
        "parent_id",
        "posted_at",
        "lang",
        "comments",
        "texts",
        "count",
        "action",
        "reason",
        "note",
        "generation",
        "url",
        "id",
        "x",
    ]
)
bodies = st.one_of(
    st.binary(max_size=60),
    st.dictionaries(members, json_values, max_size=5).map(
        lambda body: json.dumps(body).encode("utf-8", "surrogatepass")
    ),
    json_values.map(lambda body: json.dumps(body).encode("utf-8", "surrogatepass")),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
async def test_nothing_sent_makes_the_service_fail(client: httpx2.AsyncClient, secrets: Secrets, body: bytes) -> None:
    for path, who in (
        ("/v1/comments", "site"),
        ("/v1/comments/batch", "site"),
        ("/v1/score", "site"),
        ("/v1/comments/none/reports", "site"),
        ("/v1/cases/claim", "anna"),
        ("/v1/cases/none/decision", "anna"),
        ("/v1/cases/none/escalate", "anna"),
    ):
        answer = await client.post(path, content=body, headers=secrets.bearer(who))
        assert answer.status_code < 500, (path, body, answer.text)
        if answer.status_code >= 400:
            found = answer.json()
            assert answer.headers["content-type"] == problems.MEDIA_TYPE
            assert found["status"] == answer.status_code
            assert found["type"].startswith("urn:moderator:problem:")
