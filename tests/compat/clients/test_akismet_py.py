"""PyPI akismet, sync and async, through its own HTTP client with another address."""

import asyncio
from collections.abc import Iterator
from typing import Any

import akismet
import httpx
import pytest
from akismet import CheckResponse

from tests.compat.clients import texts
from tests.compat.clients.conftest import ClientService
from tests.compat.clients.redirected import Redirected

BLOG = "https://news.example/"
ADDRESS = "203.0.113.7"
HEADERS = {"User-Agent": akismet.USER_AGENT}


class Client:
    """Either kind, made anew for each call."""

    def __init__(self, service: ClientService, *, is_async: bool) -> None:
        self._service = service
        self._is_async = is_async

    def __call__(self, call: str, *arguments: Any, key: str | None = None, **fields: Any) -> Any:
        config = akismet.Config(key=key or self._service.akismet_key, url=BLOG)
        if self._is_async:
            return asyncio.run(self._call(config, call, *arguments, **fields))
        with httpx.Client(transport=Redirected(self._service.url), headers=HEADERS) as http:
            return getattr(akismet.SyncClient(config=config, http_client=http), call)(*arguments, **fields)

    async def _call(self, config: akismet.Config, call: str, *arguments: Any, **fields: Any) -> Any:
        async with httpx.AsyncClient(transport=Redirected(self._service.url), headers=HEADERS) as http:
            return await getattr(akismet.AsyncClient(config=config, http_client=http), call)(*arguments, **fields)


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, service: ClientService) -> Client:
    return Client(service, is_async=request.param == "async")


@pytest.fixture
def held_answer(request: pytest.FixtureRequest, service: ClientService) -> Iterator[str]:
    """What the site wants said of a held comment, for one test."""
    service.json("site", "set", "News", "--held-answer", request.param)
    yield request.param
    service.json("site", "set", "News", "--held-answer", "auto")


def test_a_key_is_verified(client: Client) -> None:
    assert client("verify_key") is True
    assert client("verify_key", key="abcdefabcdef") is False
    assert client("verify_key", key="not a key at all") is False


def test_a_validated_client_is_made_with_a_good_key_alone(service: ClientService) -> None:
    with httpx.Client(transport=Redirected(service.url), headers=HEADERS) as http:
        config = akismet.Config(key=service.akismet_key, url=BLOG)
        assert akismet.SyncClient.validated_client(config=config, http_client=http)
        with pytest.raises(akismet.APIKeyError):
            akismet.SyncClient.validated_client(config=config._replace(key="abcdefabcdef"), http_client=http)


def test_a_context_manager_verifies_the_key(service: ClientService) -> None:
    async def enter(key: str) -> bool:
        config = akismet.Config(key=key, url=BLOG)
        async with (
            httpx.AsyncClient(transport=Redirected(service.url), headers=HEADERS) as http,
            akismet.AsyncClient(config=config, http_client=http) as client,
        ):
            return await client.comment_check(ADDRESS, comment_content=texts.ham()) is CheckResponse.HAM

    assert asyncio.run(enter(service.akismet_key))
    with pytest.raises(akismet.APIKeyError):
        asyncio.run(enter("abcdefabcdef"))


def test_ham_and_spam_are_told_and_stored(client: Client, service: ClientService) -> None:
    ham, spam = texts.ham(), texts.spam()
    assert client("comment_check", ADDRESS, comment_content=ham, comment_author="Zoë") is CheckResponse.HAM
    assert client("comment_check", ADDRESS, comment_content=spam, comment_author="Zoë") is CheckResponse.DISCARD
    assert [row[1:] for row in service.comments(ham)] == [("approve", "approved")]
    assert [row[1:] for row in service.comments(spam)] == [("reject", "rejected")]


def test_every_field_is_taken(client: Client) -> None:
    answer = client(
        "comment_check",
        ADDRESS,
        comment_content=texts.ham(),
        comment_type="forum-post",
        comment_author="Zoë Müller & Søn",
        comment_author_email="zoe@reader.example",
        comment_author_url="https://reader.example/~zoe?a=1&b=2",
        comment_date_gmt="2026-11-22T10:00:00Z",
        comment_post_modified_gmt="2026-11-21T08:00:00Z",
        permalink="https://news.example/budget/?p=12",
        referrer="https://search.example/?q=budget",
        user_agent="Mozilla/5.0 (X11; Linux x86_64)",
        blog_lang="en, de",
        blog_charset="UTF-8",
        comment_context=["budget", "city hall"],
        recheck_reason="edit",
        user_role="subscriber",
    )
    assert answer is CheckResponse.HAM


def test_an_address_may_be_left_empty(client: Client) -> None:
    assert client("comment_check", "", comment_content=texts.ham()) is CheckResponse.HAM


def test_a_held_comment_is_kept_back_and_waits_here(client: Client, service: ClientService) -> None:
    text = texts.held()
    assert client("comment_check", ADDRESS, comment_content=text) is CheckResponse.SPAM, "ham would be published"
    assert [row[1:] for row in service.comments(text)] == [("hold", "held")]


@pytest.mark.parametrize("held_answer", ["spam"], indirect=True)
def test_a_site_can_have_held_comments_told_as_spam(client: Client, held_answer: str) -> None:
    assert client("comment_check", ADDRESS, comment_content=texts.held()) is CheckResponse.SPAM


@pytest.mark.parametrize("held_answer", ["ham"], indirect=True)
def test_a_site_can_have_held_comments_told_as_ham(client: Client, held_answer: str) -> None:
    assert client("comment_check", ADDRESS, comment_content=texts.held()) is CheckResponse.HAM


@pytest.mark.parametrize("held_answer", ["ask_again"], indirect=True)
def test_a_site_can_have_clients_ask_again(client: Client, held_answer: str) -> None:
    with pytest.raises(akismet.ProtocolError):
        client("comment_check", ADDRESS, comment_content=texts.held())


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"comment_author": "viagra-test-123"}, CheckResponse.SPAM),
        ({"comment_author": "akismet-guaranteed-spam"}, CheckResponse.SPAM),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com"}, CheckResponse.SPAM),
        ({"user_role": "administrator"}, CheckResponse.HAM),
    ],
)
def test_the_forced_verdicts(client: Client, fields: dict[str, str], answer: CheckResponse) -> None:
    assert client("comment_check", ADDRESS, comment_content=texts.ham(), is_test=True, **fields) is answer


def test_a_test_leaves_no_row(client: Client, service: ClientService) -> None:
    before = service.rows()
    assert client("comment_check", ADDRESS, comment_content=texts.ham(), is_test=True) is CheckResponse.HAM
    assert client("comment_check", ADDRESS, comment_content=texts.spam(), is_test=True) is CheckResponse.DISCARD
    assert client("comment_check", ADDRESS, comment_content=texts.held(), is_test=True) is CheckResponse.SPAM
    assert client("submit_spam", ADDRESS, comment_content=texts.ham(), is_test=True) is True
    assert client("submit_ham", ADDRESS, comment_content=texts.spam(), is_test=True) is True
    assert service.rows() == before


def test_missed_spam_is_taken_down_and_taught(client: Client, service: ClientService) -> None:
    fields = {"comment_content": texts.ham(), "comment_author": "Zoë", "permalink": "https://news.example/budget"}
    assert client("comment_check", ADDRESS, **fields) is CheckResponse.HAM
    assert client("submit_spam", ADDRESS, **fields) is True
    assert [row[1:] for row in service.comments(fields["comment_content"])] == [("approve", "rejected")]
    assert service.feedback(fields["comment_content"]) == [("spam", 1.0, "site_staff")]


def test_a_false_alarm_is_published_and_taught(client: Client, service: ClientService) -> None:
    fields = {"comment_content": texts.spam(), "comment_author": "Zoë", "permalink": "https://news.example/budget"}
    assert client("comment_check", ADDRESS, **fields) is CheckResponse.DISCARD
    assert client("submit_ham", ADDRESS, **fields) is True
    assert [row[1:] for row in service.comments(fields["comment_content"])] == [("reject", "approved")]
    assert ("spam", 0.0, "site_staff") in service.feedback(fields["comment_content"])


def test_word_on_a_text_never_checked_is_taken_without_a_comment(client: Client, service: ClientService) -> None:
    text = texts.ham()
    assert client("submit_spam", ADDRESS, comment_content=text) is True
    assert service.comments(text) == []
    assert ("spam", 1.0, "site_staff") in service.feedback(text)


def test_usage_is_told(client: Client) -> None:
    before = client("usage_limit")
    client("comment_check", ADDRESS, comment_content=texts.ham())
    after = client("usage_limit")
    assert {name: type(value) for name, value in after.items()} == {
        "limit": int,
        "usage": int,
        "percentage": str,
        "throttled": bool,
    }
    assert float(after["percentage"]) >= 0
    assert after["usage"] > before["usage"]


def test_key_sites_is_refused_because_this_client_sends_no_key(client: Client) -> None:
    with pytest.raises(akismet.APIKeyError):
        client("key_sites")
    with pytest.raises(akismet.APIKeyError):
        client("key_sites", result_format="csv", month="2026-11", order="spam", limit=10, offset=5)


@pytest.mark.parametrize("call", ["comment_check", "submit_spam", "submit_ham"])
def test_a_bad_key_is_the_clients_own_error(client: Client, service: ClientService, call: str) -> None:
    before = service.rows()
    with pytest.raises(akismet.APIKeyError):
        client(call, ADDRESS, comment_content=texts.ham(), key="abcdefabcdef")
    with pytest.raises(akismet.APIKeyError):
        client("usage_limit", key="abcdefabcdef")
    assert service.rows() == before


def test_a_check_repeated_makes_no_second_comment(client: Client, service: ClientService) -> None:
    fields = {"comment_content": texts.held(), "comment_author": "Zoë", "permalink": "https://news.example/budget"}
    first = client("comment_check", ADDRESS, **fields)
    assert client("comment_check", ADDRESS, **fields) is first
    assert client("comment_check", ADDRESS, recheck_reason="recheck_queue", **fields) is first
    assert len(service.comments(fields["comment_content"])) == 1
