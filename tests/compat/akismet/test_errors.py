"""What is wrong: text in the protocol's way, never a verdict, never ours, never 500."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from moderator.app import build_app
from moderator.compat.akismet.form import MAX_FIELDS
from moderator.compat.akismet.views import CALLS, MAX_FORM_BYTES, METHODS
from moderator.domain.comments import Status
from moderator.domain.errors import StorageUnavailable
from moderator.domain.ids import KeyId
from moderator.rates import TokenBuckets
from moderator.services import Services
from moderator.storage.database import Connection
from moderator.usecases import manage
from tests.compat.akismet.conftest import OPERATOR, Akismet

pytestmark = pytest.mark.anyio
FORM = {"content-type": "application/x-www-form-urlencoded"}
WITH_KEY = [path for path in METHODS if path != "/1.1/test"]


def assert_is_error(answer: httpx2.Response, *, status: int = 200) -> None:
    """An error is text that no client takes for a verdict, and says why in the header that clients look for."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text
    assert not answer.text.endswith("\n")
    assert answer.text not in ("true", "false", "valid")
    assert answer.headers["x-akismet-debug-help"].isascii()
    assert not {"x-akismet-pro-tip", "x-akismet-recheck-after"} & set(answer.headers)


@pytest.mark.parametrize("path", WITH_KEY)
@pytest.mark.parametrize("key", ["abcdefabcdef", "not a key", "ü\0", "x" * 10_000, ""])
async def test_a_bad_key_is_invalid(akismet: Akismet, path: str, key: str) -> None:
    before = await akismet.rows()

    answer = await akismet.call(path, {"api_key": key, "user_ip": "203.0.113.7", "comment_content": "Fine."})

    assert answer.text == "invalid"
    assert_is_error(answer)
    assert await akismet.rows() == before


async def test_public_keys_and_peoples_tokens_are_no_keys_here(akismet: Akismet) -> None:
    added = await manage.add_site(akismet.services, OPERATOR, "Other", origins=["https://other.example"])
    person = await manage.add_person(akismet.services, OPERATOR, "Ben", akismet.anna.role)

    for key in (added.public_key, person.token):
        answer = await akismet.check(api_key=key)
        assert answer.text == "invalid"
        assert_is_error(answer)


async def test_a_revoked_key_is_invalid_at_once(akismet: Akismet) -> None:
    async with akismet.services.database.read() as connection:
        (row,) = await connection.all("SELECT id FROM site_keys WHERE kind = 'akismet'")
    await manage.revoke_key(akismet.services, OPERATOR, KeyId(row["id"]))

    assert (await akismet.check()).text == "invalid"
    assert (await akismet.check(api_key=akismet.site_key)).text == "false"


async def test_a_missing_address_is_named(akismet: Akismet) -> None:
    answer = await akismet.check(user_ip=None)

    assert_is_error(answer)
    assert answer.text == "Missing required field: user_ip."
    assert answer.headers["x-akismet-debug-help"] == 'Empty "user_ip" value'


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"user_ip":', "application/json", 200),
        (b"[1, 2]", "application/json", 200),
        (b"\xff\xfe\xff", "application/json; charset=utf-8", 200),
        (b"[" * 100_000, "application/json", 200),
        (b"&".join(b"f%d=x" % n for n in range(100_000)), FORM["content-type"], 200),
        (b"&" * 1_000_000, FORM["content-type"], 200),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 200),
        (b"<xml/>", "application/xml", 200),
        (b"a" * (MAX_FORM_BYTES + 1), FORM["content-type"], 413),
        (b"%" * 1_000, FORM["content-type"], 200),
        (b"", FORM["content-type"], 200),
        (b"", "application/json", 200),
        (b"", "", 200),
    ],
)
async def test_a_body_that_cannot_be_read_is_an_error(
    akismet: Akismet, body: bytes, content_type: str, status: int
) -> None:
    before = await akismet.rows()

    answer = await akismet.http.post("/1.1/comment-check", content=body, headers={"content-type": content_type})

    assert_is_error(answer, status=status)
    assert answer.headers["x-akismet-guid"], "without it a newer WordPress would publish"
    assert await akismet.rows() == before


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    content_type=st.sampled_from(
        ["application/x-www-form-urlencoded", "application/json", "text/plain", "x/y;charset=z"]
    ),
)
async def test_no_body_is_a_verdict_or_a_failure(akismet: Akismet, body: bytes, content_type: str) -> None:
    answer = await akismet.http.post("/1.1/comment-check", content=body, headers={"content-type": content_type})

    assert_is_error(answer)


@pytest.mark.parametrize(
    "fields",
    [
        {"comment_content": "Fine.\0"},
        {"comment_content": "\udcff".encode("utf-8", "surrogateescape")},
        {"comment_author": "x" * 100_000},
        {"comment_date_gmt": "9" * 10_000},
        {"comment_parent": "x" * 10_000, "comment_post_ID": "x" * 10_000, "user_id": "x" * 10_000},
        {"user_ip": "not an address", "blog_charset": "no such charset", "blog_lang": "," * 100_000},
        {"callback": "x" * 100_000, "honeypot_field_name": "x" * 10_000},
        {"guid": "\0'; DROP TABLE comments", "recheck_reason": "\0"},
    ],
)
async def test_odd_values_are_no_errors(akismet: Akismet, fields: dict[str, str]) -> None:
    sent = {**akismet.fields("Fine."), **fields}

    assert (await akismet.call("/1.1/comment-check", sent)).text == "false"
    assert (await akismet.call("/1.1/submit-spam", sent)).text.startswith("Thanks")


async def test_of_a_field_that_comes_twice_the_last_counts(akismet: Akismet) -> None:
    pairs = [("comment_content", "Casino."), *akismet.fields("Fine.").items()]

    assert (await akismet.call("/1.1/comment-check", pairs)).text == "false"
    assert (await akismet.call("/1.1/comment-check", [*pairs, ("comment_content", "Casino.")])).text == "true"


async def test_a_compressed_body_is_refused(akismet: Akismet) -> None:
    answer = await akismet.http.post("/1.1/comment-check", content=b"x", headers={**FORM, "content-encoding": "gzip"})

    assert_is_error(answer, status=415)


async def test_a_form_of_the_most_fields_and_bytes_is_read(akismet: Akismet) -> None:
    many = {f"POST_{n}": "%" for n in range(MAX_FIELDS - 20)}
    text = "Ж" * 20_000

    assert (await akismet.check("Fine.", **many)).text == "false"
    assert (await akismet.check(text, POST_comment=text)).text == "false"


@pytest.mark.parametrize("path", list(METHODS))
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_another_method_is_refused(akismet: Akismet, path: str, method: str) -> None:
    if method in METHODS[path]:
        return
    answer = await akismet.http.request(method, path)

    assert_is_error(answer, status=405)
    assert answer.headers["allow"] == ", ".join(METHODS[path])


@pytest.mark.parametrize("path", ["/1.1/token", "/1.1/", "/1.1/comment-check/", "/1.2/nothing", "/1.1/a/b"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_call_is_said_to_be_one(akismet: Akismet, path: str, method: str) -> None:
    assert_is_error(await akismet.http.request(method, path), status=404)


async def test_too_many_requests_are_told_when_to_come_back(akismet: Akismet) -> None:
    akismet.services.key_rates = TokenBuckets(rate_per_second=0.1, burst=1)

    assert (await akismet.check()).text == "false"
    answer = await akismet.check()

    assert_is_error(answer, status=429)
    assert answer.headers["retry-after"] == "10"
    assert answer.headers["x-akismet-guid"]


@pytest.mark.parametrize("path", ["/1.1/comment-check", "/1.1/submit-spam", "/1.2/usage-limit"])
async def test_without_a_database_nothing_is_a_verdict(
    akismet: Akismet, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[Connection]:
        raise StorageUnavailable("The disk is full.")
        yield  # type: ignore[unreachable]

    async def refuse(_run: object, _item: object) -> object:
        raise StorageUnavailable("The disk is full.")

    for name, replacement in (("transaction", broken), ("read", broken), ("batch_write", refuse)):
        monkeypatch.setattr(akismet.services.database, name, replacement)
    answer = await akismet.call(path, akismet.fields("Fine."))

    assert_is_error(answer, status=503)
    assert int(answer.headers["retry-after"]) >= 1
    assert "disk" not in answer.text


async def test_a_mistake_of_ours_shows_nothing_and_publishes_nothing(
    akismet: Akismet, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> object:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(services.scorer, "score", fail)
    answer = await akismet.check()

    assert_is_error(answer, status=500)
    assert "secret" not in answer.text + str(answer.headers)
    assert answer.headers["x-akismet-guid"]


async def test_without_a_model_every_comment_is_held(akismet: Akismet, services: Services) -> None:
    services.scorer._version = None  # type: ignore[attr-defined]

    assert (await akismet.check()).text == "true"
    assert (await akismet.stored())[0].outcome.status is Status.HELD


async def test_the_call_goes_by_the_path_alone(akismet: Akismet) -> None:
    """Nothing but these addresses belongs to the protocol."""
    assert {path.rpartition("/")[0] for path, _, _ in CALLS} == {"/1.1", "/1.2"}
    assert (await akismet.http.post("/1.3/comment-check")).headers["content-type"] == "application/problem+json"


async def test_a_form_may_be_sent_without_a_content_type(akismet: Akismet) -> None:
    body = urlencode(akismet.fields("Fine.")).encode()

    assert (await akismet.http.post("/1.1/comment-check", content=body)).text == "false"


async def test_a_client_that_hangs_up_is_no_failure(akismet: Akismet) -> None:
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/1.1/comment-check",
        "query_string": b"",
        "headers": [(b"host", b"moderator.test")],
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await build_app(akismet.services)(scope, receive, send)  # type: ignore[arg-type]

    assert [message.get("status") for message in sent] == [400, None]
