"""What is wrong with a request is said as Google's interfaces say it, and never with a 500."""

import pytest

from moderator.compat.perspective import views
from moderator.compat.perspective.wire import MAX_BODY_BYTES, MAX_TEXT_BYTES
from moderator.domain.errors import StorageUnavailable
from moderator.services import Services
from moderator.usecases import teaching
from tests.compat.perspective.conftest import ANALYZE, SUGGEST, Caller, error_of, error_type

pytestmark = pytest.mark.anyio

BOTH = pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
GOOD = {"comment": {"text": "You idiot."}, "requestedAttributes": {"INSULT": {}}}


@BOTH
@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"comment":{}}', b'{"comment":{"text":""}}', b'{"comment":{"text":" \\n"}}', b'{"comment":null}'],
)
async def test_a_text_that_is_not_there(caller: Caller, path: str, body: bytes) -> None:
    answer = await caller.send(body, path, **{"content-type": "application/x-www-form-urlencoded"})

    assert error_type(answer) == "COMMENT_EMPTY"
    assert error_of(answer)["message"] == "Comment must be non-empty."


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * MAX_TEXT_BYTES, True),
        ("a" * (MAX_TEXT_BYTES + 1), False),
        ("é" * (MAX_TEXT_BYTES // 2), True),
        ("é" * (MAX_TEXT_BYTES // 2) + "a", False),
        ("👍" * (MAX_TEXT_BYTES // 4), True),
        ("👍" * (MAX_TEXT_BYTES // 4 + 1), False),
    ],
)
async def test_a_text_may_have_twenty_kilobytes(caller: Caller, text: str, fits: bool) -> None:
    answer = await caller.analyze(text, "TOXICITY")

    if fits:
        assert answer.status_code == 200
    else:
        assert error_type(answer) == "COMMENT_TOO_LONG"
        assert error_of(answer)["message"] == "Comment text too long."


@pytest.mark.parametrize("requested", [None, {}])
async def test_attributes_that_are_not_there(caller: Caller, requested: object) -> None:
    answer = await caller.post(ANALYZE, {"comment": {"text": "Hi."}, "requestedAttributes": requested})

    assert error_type(answer) == "NO_REQUESTED_ATTRIBUTES"
    assert error_of(answer)["message"] == "Missing requested_attributes"


@BOTH
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("HTML", "Currently, only 'PLAIN_TEXT' comments are supported"),
        ("MARKDOWN", "Unknown text type"),
        (7, "Unknown text type"),
    ],
)
async def test_only_plain_text_is_read(caller: Caller, path: str, kind: object, message: str) -> None:
    answer = await caller.post(path, {**GOOD, "comment": {"text": "<b>Hi</b>", "type": kind}})

    assert error_type(answer) == "INVALID_REQUEST"
    assert error_of(answer)["message"] == message


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"comment=Hi",
        b"\xff\xfe{\x00",
        '{"comment":{"text":"é"}}'.encode("latin-1"),
        b'{"comment":{"text":"\xed\xa0\xbd"}}',
        b'{"comment":{"text":"\\ud83d"}} and more',
        b'{"comment":{"text":"\\x"}}',
        b'{"comment":{"text":"\\',
        b'{"x":' + b"[" * 100_000,
        b"[]",
        b"null",
        b'"Hi"',
        b'{"comment":"Hi"}',
        b'{"comment":{"text":7}}',
        b'{"comment":{"text":"Hi"},"languages":"en"}',
        b'{"comment":{"text":"Hi"},"languages":[1]}',
        b'{"comment":{"text":"Hi"},"context":{"entries":"x"}}',
        b'{"comment":{"text":"Hi"},"clientToken":{}}',
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_a_body_that_cannot_be_read(caller: Caller, path: str, body: bytes) -> None:
    error = error_of(await caller.send(body, path))

    assert error["status"] == "INVALID_ARGUMENT"
    (detail,) = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert detail["fieldViolations"][0]["description"]


async def test_a_wrong_value_is_named_by_its_place(caller: Caller) -> None:
    answer = await caller.post(
        ANALYZE, {"comment": {"text": "Hi"}, "requestedAttributes": {"INSULT": {"scoreThreshold": "x"}}}
    )

    error = error_of(answer)
    assert error["message"].startswith("Invalid value at 'requestedAttributes")
    assert "scoreThreshold" in error["details"][0]["fieldViolations"][0]["field"]


@BOTH
async def test_a_body_over_its_cap(caller: Caller, path: str) -> None:
    context = {"entries": [{"text": "a" * (MAX_BODY_BYTES - 1_000)}]}
    fits = await caller.post(ANALYZE, {**GOOD, "context": context})
    too_large = await caller.send(b" " * (MAX_BODY_BYTES + 1), path)

    assert fits.status_code == 200
    assert error_of(too_large)["message"] == "Request payload size exceeds the limit."


@BOTH
async def test_a_packed_body(caller: Caller, path: str) -> None:
    error = error_of(await caller.send(b"\x1f\x8b", path, **{"content-encoding": "gzip"}))

    assert "Content-Encoding" in error["message"]


@BOTH
async def test_no_key(caller: Caller, path: str) -> None:
    for address in (path, f"{path}?key="):
        error = error_of(await caller.http.post(address, json=GOOD), 403)
        assert error["status"] == "PERMISSION_DENIED"
        assert error["message"].startswith("Method doesn't allow unregistered callers")


@BOTH
async def test_a_bad_key(caller: Caller, path: str) -> None:
    error = error_of(await caller.http.post(f"{path}?key=sk_nobody%ff", json=GOOD))

    assert (error["status"], error["message"]) == (
        "INVALID_ARGUMENT",
        "API key not valid. Please pass a valid API key.",
    )
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
    }
    assert error["details"] == [info]


@BOTH
@pytest.mark.parametrize("secret", ["public_key", "token"])
async def test_a_key_for_something_else(caller: Caller, path: str, secret: str) -> None:
    error = error_of(await caller.http.post(f"{path}?key={getattr(caller, secret)}", json=GOOD), 403)

    assert error["status"] == "PERMISSION_DENIED"
    assert getattr(caller, secret) not in error["message"]


async def test_too_many_requests_with_a_key(light_services: Services, caller: Caller) -> None:
    light_services.key_rates = type(light_services.key_rates)(rate_per_second=1, burst=1)
    assert (await caller.post(ANALYZE, GOOD)).status_code == 200

    answer = await caller.post(ANALYZE, GOOD)

    assert error_of(answer, 429)["status"] == "RESOURCE_EXHAUSTED"
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("path", ["/v1alpha1/", "/v1alpha1/comments", "/v1alpha1/comments:other", "/v1alpha1/a/b"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_addresses_that_are_not_there(caller: Caller, method: str, path: str) -> None:
    assert error_of(await caller.http.request(method, path), 404)["status"] == "NOT_FOUND"


@pytest.mark.parametrize(("path", "allowed"), [(ANALYZE, "POST"), (SUGGEST, "POST"), ("/$discovery/rest", "GET")])
async def test_methods_that_are_not_for_an_address(caller: Caller, path: str, allowed: str) -> None:
    answer = await caller.http.request("DELETE", path)

    error_of(answer, 405)
    assert allowed in answer.headers["allow"]


async def test_a_database_that_is_away(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise StorageUnavailable("The disk /dev/secret is full.")

    monkeypatch.setattr(teaching.feedback, "add", lambda *_, **__: fail())
    body = {"comment": {"text": "Hi."}, "attributeScores": {"INSULT": {"summaryScore": {"value": 1}}}}

    answer = await caller.post(SUGGEST, body)

    error = error_of(answer, 503)
    assert error["status"] == "UNAVAILABLE"
    assert "secret" not in answer.text
    assert int(answer.headers["retry-after"]) > 0


async def test_what_nobody_expected_does_not_show_its_text(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(views, "analyze", fail)

    answer = await caller.post(ANALYZE, GOOD)

    assert error_of(answer, 500)["status"] == "INTERNAL"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"]
