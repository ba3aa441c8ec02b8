"""What real clients of Perspective sent, byte for byte, to our own application."""

import json
from typing import Any

import httpx2
import pytest

from tests.compat.perspective.conftest import Caller, error_of, error_type
from tests.compat.replay import Request, load

pytestmark = pytest.mark.anyio

CLIENTS = ("coral-perspective", "google-api-python-client", "osmod", "perspective-api-client")
CALLS = [(name, call) for name in CLIENTS for call in load(name).requests]
# What the client sends though it knows better, after its own error; or with nothing in it.
REFUSED = {
    "analyze, nothing",
    "analyze, an empty text",
    "analyze, an empty text, unchecked",
    "analyze, a text that is too long",
}


async def replay(caller: Caller, name: str, call: str) -> tuple[Request, httpx2.Response]:
    transcript = load(name)
    request = transcript.requests[call].with_keys({transcript.keys["site"]: caller.key})
    answer = await caller.http.request(
        request.method, request.target, headers=dict(request.headers), content=request.body.encode()
    )
    return request, answer


def said(request: Request) -> Any:
    return json.loads(request.body)


@pytest.mark.parametrize(("name", "call"), [one for one in CALLS if one[1] not in REFUSED])
async def test_what_was_sent_is_answered(modelled: Caller, name: str, call: str) -> None:
    request, answer = await replay(modelled, name, call)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    if request.method == "GET":
        assert set(body["resources"]["comments"]["methods"]) == {"analyze", "suggestscore"}
        assert body["rootUrl"] == f"http://{request.headers['host']}/"
        return
    assert body.get("clientToken") == said(request).get("clientToken")
    if "requestedAttributes" not in said(request):
        assert body.get("requestedLanguages", []) == said(request).get("languages", [])
        return
    wanted = said(request)["requestedAttributes"]
    assert body["languages"] == said(request).get("languages") or body["detectedLanguages"]
    assert set(body["attributeScores"]) <= set(wanted)
    assert {one for one, how in wanted.items() if "scoreThreshold" not in how} <= set(body["attributeScores"])
    units = len(said(request)["comment"]["text"].encode("utf-16-le", "surrogatepass")) // 2
    for scores in body["attributeScores"].values():
        assert 0 <= scores["summaryScore"]["value"] <= 1
        assert (scores["spanScores"][0]["begin"], scores["spanScores"][-1]["end"]) == (0, units)


@pytest.mark.parametrize(("name", "call"), [one for one in CALLS if one[1] in REFUSED])
async def test_a_text_that_is_not_there_is_refused(modelled: Caller, name: str, call: str) -> None:
    _, answer = await replay(modelled, name, call)

    assert error_type(answer) == "COMMENT_EMPTY"


def test_every_call_that_must_be_refused_was_recorded() -> None:
    assert {call for _, call in CALLS} >= REFUSED


@pytest.mark.parametrize("call", [call for name, call in CALLS if name == "coral-perspective"])
async def test_coral_hears_why_a_spanish_tenant_has_no_score(modelled: Caller, call: str) -> None:
    request = load("coral-perspective").requests[call]
    body = {**said(request), "languages": ["es"]}

    answer = await modelled.post(request.target.partition("?")[0], body)

    if "requestedAttributes" in body:
        (attribute,) = body["requestedAttributes"]
        assert error_of(answer)["message"] == f"Attribute {attribute} does not support request languages: es"
    else:  # A moderator's word is kept in any language.
        assert answer.status_code == 200
