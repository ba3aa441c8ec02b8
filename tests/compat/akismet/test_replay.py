"""What real clients send, byte for byte, and what they must hear."""

from collections.abc import Iterator

import httpx2
import pytest

from moderator.compat.akismet.answers import THANKS, WAIT
from tests.compat.akismet.conftest import Akismet
from tests.compat.replay import Request, load, names

pytestmark = pytest.mark.anyio
CLIENTS = [name for name in names() if load(name).protocol == "akismet"]


def calls() -> Iterator[tuple[str, str]]:
    for client in CLIENTS:
        for call in load(client).requests:
            yield client, call


async def replay(akismet: Akismet, client: str, call: str) -> httpx2.Response:
    """Send what a client sent, with a real key of as many characters."""
    transcript = load(client)
    request = transcript.requests[call].with_keys({transcript.keys["akismet"]: akismet.key})
    return await send(akismet, request)


async def send(akismet: Akismet, request: Request) -> httpx2.Response:
    return await akismet.http.request(
        request.method, request.target, content=request.body.encode(), headers=dict(request.headers)
    )


BODIES = {
    "verify-key": {"valid"},
    "comment-check": {"true", "false"},
    "submit-spam": {THANKS},
    "submit-ham": {THANKS},
    "deactivate": {"deactivated"},
    "test": {"connected"},
}


@pytest.mark.parametrize(("client", "call"), list(calls()))
async def test_every_recorded_call_is_answered(akismet: Akismet, client: str, call: str) -> None:
    answer = await replay(akismet, client, call)

    target = load(client).requests[call].target.partition("?")[0].rpartition("/")[2]
    if (client, target) == ("akismet-py", "key-sites"):  # It never sends its key there, and its own tests know.
        assert answer.text == "invalid"
    elif call == "checkSpam, nothing":
        assert answer.text == "Missing required field: user_ip."
    elif target == "token":
        assert answer.status_code == 404
    elif target in BODIES:
        assert answer.text in BODIES[target], call
        assert "x-akismet-debug-help" not in answer.headers
    else:
        assert answer.json()
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_key_that_is_not_ours_is_invalid_for_each(akismet: Akismet, client: str) -> None:
    for call, request in load(client).requests.items():
        if request.target not in ("/1.1/token", "/1.1/test"):
            answer = await send(akismet, request)
            assert answer.text == "invalid", call
            assert answer.headers["x-akismet-debug-help"]


@pytest.mark.parametrize("client", CLIENTS)
async def test_tests_leave_no_row(akismet: Akismet, client: str) -> None:
    transcript = load(client)
    before = await akismet.rows()

    for call, request in transcript.requests.items():
        if "is_test=1" in request.body or "is_test=true" in request.body.lower():
            await replay(akismet, client, call)

    assert await akismet.rows() == before


async def test_the_old_wordpress_keeps_one_comment_through_all_its_calls(akismet: Akismet) -> None:
    """New with slashes, checked again by a moderator and by cron without them, and submitted either way."""
    await akismet.set_policy(suspect_phrases=("second line",))
    version = "5.0.2: "
    texts = [
        (await replay(akismet, "akismet-wordpress", version + call)).text
        for call in (
            "comment-check of a new comment, quotes with slashes",
            "comment-check again by a moderator, quotes without slashes",
            "comment-check again by cron",
            "submit-ham",
            "comment-check again by cron",
            "submit-spam",
            "comment-check again by cron",
        )
    ]

    assert texts == [WAIT, WAIT, WAIT, THANKS, "false", THANKS, "true"]
    (stored,) = await akismet.stored()
    assert stored.comment.text.startswith('It\'s a "fine" Stück? 100 % richtig 👍')
    assert stored.comment.author.name == "Zoë Müller & Søn"
    assert (stored.comment.lang, stored.comment.article.url) == ("de", "https://news.example/?p=12")


@pytest.mark.parametrize("version", ["5.0.2", "5.7.2"])
async def test_a_served_wordpress_finds_its_comments_again(akismet: Akismet, version: str) -> None:
    """Bytes of a whole WordPress, whose database has kept the comments between the calls."""
    client = f"wordpress-akismet-{version}"
    calls = list(load(client).requests)
    checks = [call for call in calls if call.startswith("comment-check of a new comment")]
    marks = [call for call in calls if call.startswith("submit-")]

    assert [(await replay(akismet, client, call)).text for call in checks] == ["false"] * 3
    before = await akismet.stored()
    assert [(await replay(akismet, client, call)).text for call in marks] == [THANKS] * 2
    again = [call for call in calls if call.startswith("comment-check again")]
    assert {(await replay(akismet, client, call)).text for call in again} <= {"false"}

    after = await akismet.stored()
    assert [one.comment.id for one in after] == [one.comment.id for one in before]
    assert sorted(one.outcome.status for one in after) == ["approved", "approved", "rejected"]
    assert {one.comment.author.name for one in after} == {"Zoë O'Neill"}


async def test_the_new_wordpress_is_promised_a_callback(akismet: Akismet) -> None:
    await akismet.set_policy(suspect_phrases=("second line",))

    answer = await replay(akismet, "akismet-wordpress", "5.6: comment-check with context and callback")

    assert answer.text == "false"
    assert {"x-akismet-guid", "x-akismet-recheck-after"} <= set(answer.headers)
    async with akismet.services.database.read() as connection:
        (endpoint,) = await connection.all("SELECT * FROM endpoints")
    assert endpoint["url"] == "https://news.example/wp-json/akismet/v1/webhook"
    assert (await replay(akismet, "akismet-wordpress", "5.6: submit-spam")).text == THANKS
    assert [one.outcome.status for one in await akismet.stored()] == ["rejected"]


async def test_corals_word_finds_the_comment_that_it_checked(akismet: Akismet) -> None:
    check, spam, ham = load("coral-akismet").requests

    assert (await replay(akismet, "coral-akismet", check)).text == "true"
    assert [one.outcome.status for one in await akismet.stored()] == ["held"]
    await replay(akismet, "coral-akismet", spam)
    assert [one.outcome.status for one in await akismet.stored()] == ["rejected"]
    await replay(akismet, "coral-akismet", ham)

    (stored,) = await akismet.stored()
    assert stored.outcome.status == "approved"
    assert stored.comment.author.ip is None
