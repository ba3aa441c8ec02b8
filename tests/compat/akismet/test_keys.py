"""Where the key stands, and what the small calls say."""

import json

import pytest

from tests.compat.akismet.conftest import Akismet

pytestmark = pytest.mark.anyio
HOSTS = ["{key}.rest.akismet.com", "{key}.moderator.test:8080", "{key}", "{key}.moderator.test"]


@pytest.mark.parametrize("names", [("key",), ("api_key",)])
async def test_a_key_is_verified_by_either_name(akismet: Akismet, names: tuple[str, ...]) -> None:
    good = await akismet.call("/1.1/verify-key", dict.fromkeys(names, akismet.key))

    assert (good.status_code, good.content) == (200, b"valid")
    assert "x-akismet-debug-help" not in good.headers
    assert (await akismet.call("/1.1/verify-key", {"key": f" {akismet.key}\n"})).text == "valid"


async def test_the_key_that_is_tried_wins_over_the_one_that_is_kept(akismet: Akismet) -> None:
    new, kept = akismet.key, "abcdefabcdef"

    assert (await akismet.call("/1.1/verify-key", {"key": new, "api_key": kept})).text == "valid"
    assert (await akismet.call("/1.1/verify-key", {"key": kept, "api_key": new})).text == "invalid"


async def test_everywhere_else_the_api_key_wins(akismet: Akismet) -> None:
    fields = akismet.fields("Fine.")

    assert (await akismet.call("/1.1/comment-check", {**fields, "key": "abcdefabcdef"})).text == "false"
    assert (await akismet.call("/1.1/comment-check", {**fields, "api_key": "", "key": akismet.key})).text == "false"


@pytest.mark.parametrize("host", HOSTS)
async def test_the_key_may_be_the_hosts_first_label(akismet: Akismet, host: str) -> None:
    fields = {"user_ip": "", "comment_content": "Fine."}  # The key implies its blog.

    answer = await akismet.http.post("/1.1/comment-check", data=fields, headers={"host": host.format(key=akismet.key)})

    assert answer.text == "false"
    assert len(await akismet.stored()) == 1


async def test_a_key_in_the_body_wins_over_the_hosts(akismet: Akismet) -> None:
    headers = {"host": f"{akismet.key}.moderator.test"}

    answer = await akismet.http.post("/1.1/verify-key", data={"key": "abcdefabcdef"}, headers=headers)

    assert answer.text == "invalid"


@pytest.mark.parametrize("host", ["rest.akismet.com", "127.0.0.1:8080", "[::1]:8080", "", ".moderator.test"])
async def test_a_host_that_names_nobody_is_invalid(akismet: Akismet, host: str) -> None:
    answer = await akismet.http.post("/1.1/comment-check", data={"user_ip": ""}, headers={"host": host})

    assert answer.text == "invalid"
    assert answer.headers["x-akismet-debug-help"]


async def test_json_is_taken_like_a_form(akismet: Akismet) -> None:
    """Coral submits so: no key, no blog, a real false."""
    fields = {"user_ip": "", "comment_content": "You <b>idiot</b>", "comment_author": "zoe", "is_test": False}
    headers = {"host": f"{akismet.key}.moderator.test", "content-type": "application/json"}

    for path in ("/1.1/comment-check", "/1.1/submit-spam"):
        answer = await akismet.http.post(path, content=json.dumps(fields), headers=headers)
        assert answer.text in ("true", "Thanks for making the web a better place.")

    (stored,) = await akismet.stored()
    assert (stored.comment.text, stored.outcome.status) == ("You <b>idiot</b>", "rejected")


async def test_fields_may_stand_in_the_address(akismet: Akismet) -> None:
    fields = {"user_ip": "", "comment_content": "Fine."}

    answer = await akismet.http.post(f"/1.1/comment-check?api_key={akismet.key}&comment_content=Casino", data=fields)

    assert answer.text == "false", "the body wins"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_somebody_answers_without_a_key(akismet: Akismet, method: str) -> None:
    answer = await akismet.http.request(method, "/1.1/test")

    assert (answer.status_code, answer.content) == (200, b"connected")


async def test_deactivation_is_confirmed_and_the_key_stays(akismet: Akismet) -> None:
    answer = await akismet.call("/1.1/deactivate", {"key": akismet.key, "blog": "https://news.example"})

    assert answer.content == b"deactivated"
    assert (await akismet.check()).text == "false"


async def test_wordpress_is_told_of_an_account(akismet: Akismet) -> None:
    answer = await akismet.call("/1.1/get-subscription", {"key": akismet.key, "blog": "https://news.example"})

    assert answer.json() == {
        "account_id": 0,
        "account_type": "self-hosted",
        "account_name": "News",
        "status": "active",
        "next_billing_date": False,
        "limit_reached": False,
    }
