"""The discovery document: what is in it, and which address it names."""

import re
from typing import Any

import httpx2
import pytest

from moderator.compat.perspective.discovery import discovery_document
from moderator.compat.perspective.wire import AnalyzeIn, AnalyzeOut, SuggestIn, SuggestOut
from moderator.settings import Settings
from moderator.storage.sqlite import SqliteDatabase
from tests.compat.perspective.conftest import Caller, Opened, error_of, services_over
from tests.fakes import Clock, FakeScorer

pytestmark = pytest.mark.anyio

PATH = "/$discovery/rest"


async def test_anybody_may_read_it_and_nobody_may_keep_it(caller: Caller) -> None:
    for query in ("?version=v1alpha1", "", "?version=v1alpha1&key=sk_nobody"):
        answer = await caller.http.get(PATH + query)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.json()["rootUrl"] == "http://testserver/"


async def test_there_is_one_version(caller: Caller) -> None:
    error_of(await caller.http.get(f"{PATH}?version=v2"), 404)


def test_every_shape_that_is_referred_to_is_there() -> None:
    document = discovery_document("https://moderation.example/")

    named = set(re.findall(r"'\$ref': '(\w+)'", str(document)))
    assert named == set(document["schemas"])
    assert all(name == shape["id"] for name, shape in document["schemas"].items())


@pytest.mark.parametrize(
    ("name", "struct", "unread"),
    [
        ("AnalyzeCommentRequest", AnalyzeIn, {"communityId", "sessionId", "doNotStore"}),
        ("AnalyzeCommentResponse", AnalyzeOut, set()),
        ("SuggestCommentScoreRequest", SuggestIn, {"communityId", "sessionId"}),
        ("SuggestCommentScoreResponse", SuggestOut, set()),
    ],
)
def test_it_describes_what_is_read_and_answered(name: str, struct: Any, unread: set[str]) -> None:
    described = discovery_document("https://moderation.example/")["schemas"][name]["properties"]

    assert set(described) == {*struct.__struct_encode_fields__, *unread}


async def root(http: httpx2.AsyncClient, **headers: str) -> str:
    found: str = (await http.get(PATH, headers=headers)).json()["rootUrl"]
    return found


async def test_the_address_is_the_one_that_was_used(caller: Caller) -> None:
    assert await root(caller.http, host="moderation.example:8443") == "http://moderation.example:8443/"
    assert await root(caller.http, host="[2001:db8::1]:8080") == "http://[2001:db8::1]:8080/"


@pytest.mark.parametrize("host", ["evil.example/path", "a@b.example", "a b", "", "evil.example:port", "a?b", "a#b"])
async def test_a_host_that_is_none_is_not_repeated(caller: Caller, host: str) -> None:
    assert await root(caller.http, host=host) == "http://127.0.0.1:8080/"


async def test_a_trusted_proxy_says_which_scheme_was_used(caller: Caller) -> None:
    assert await root(caller.http, **{"x-forwarded-proto": "https"}) == "https://testserver/"
    assert await root(caller.http, **{"x-forwarded-proto": "gopher"}) == "http://testserver/"


async def test_nobody_else_does(sqlite_database: SqliteDatabase, clock: Clock, open_caller: Opened) -> None:
    settings = Settings(models="models", trusted_proxies="192.0.2.1")
    stranger = await open_caller(services_over(sqlite_database, FakeScorer(), settings, clock))

    assert await root(stranger.http, **{"x-forwarded-proto": "https"}) == "http://testserver/"


async def test_a_public_address_outranks_the_host(
    sqlite_database: SqliteDatabase, clock: Clock, open_caller: Opened
) -> None:
    settings = Settings(models="models", public_url="https://moderation.example/base/")
    caller = await open_caller(services_over(sqlite_database, FakeScorer(), settings, clock))

    assert await root(caller.http, host="other.example") == "https://moderation.example/base/"
