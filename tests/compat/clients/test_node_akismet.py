"""npm @cedx/akismet (a base URL, the key in the body) and akismet-api (a host name, the key in front of it)."""

from typing import Any

import pytest

from tests.compat.clients import texts
from tests.compat.clients.conftest import ClientService
from tests.compat.clients.node import play

pytestmark = pytest.mark.usefixtures("needs_node")

HAM, SPAM, DISCARD = 0, 1, 2  # What @cedx/akismet calls ham, spam and pervasiveSpam.
OK = {"returns": {"status": 200, "text": "Thanks for making the web a better place."}}
BAD_KEY = "abcdefabcdef"


def cedx(service: ClientService, *calls: tuple[Any, ...], key: str | None = None, **given: Any) -> list[Any]:
    return play("cedx-akismet", *calls, base=service.url, key=key or service.akismet_key, **given)


def api(service: ClientService, *calls: tuple[Any, ...], key: str | None = None, **given: Any) -> list[Any]:
    return play("akismet-api", *calls, base=service.url, key=key or service.akismet_key, **given)


def message(outcome: dict[str, Any]) -> str:
    text: str = outcome["raises"]["message"]
    return text


def test_cedx_verifies_a_key(service: ClientService) -> None:
    assert cedx(service, ("verifyKey",)) == [{"returns": True}]
    assert cedx(service, ("verifyKey",), key=BAD_KEY) == [{"returns": False}]
    assert cedx(service, ("verifyKey",), options={"isTest": True}) == [{"returns": True}]


def test_cedx_tells_ham_spam_and_blatant_spam(service: ClientService) -> None:
    ham, held, spam = texts.ham(), texts.held(), texts.spam()
    author = {"name": "Zoë", "ipAddress": "203.0.113.7", "email": "zoe@reader.example", "url": "https://zoe.example/"}
    outcomes = cedx(
        service,
        *(("checkComment", {"content": text, "author": author}) for text in (ham, held, spam)),
        ("checkComment", {"content": texts.ham(), "author": {**author, "name": "viagra-test-123"}}),
        ("checkComment", {"content": texts.spam(), "author": {**author, "role": "administrator"}}),
    )
    assert outcomes == [{"returns": answer} for answer in (HAM, SPAM, DISCARD, SPAM, HAM)]
    stored = [[row[1:] for row in service.comments(text)] for text in (ham, held, spam)]
    assert stored == [[("approve", "approved")], [("hold", "held")], [("reject", "rejected")]]


def test_cedx_sends_every_field(service: ClientService) -> None:
    comment = {
        "author": {"name": "Zoë Müller & Søn", "ipAddress": "203.0.113.7", "userAgent": "Mozilla/5.0 (X11)"},
        "content": texts.ham(),
        "context": ["budget", "city hall"],
        "date": "2026-11-22T10:00:00Z",
        "permalink": "https://news.example/budget/?p=12",
        "postModified": "2026-11-21T08:00:00Z",
        "recheckReason": "edit",
        "referrer": "https://search.example/?q=budget",
        "type": "forum-post",
    }
    blog = {"charset": "UTF-8", "languages": ["en", "de"]}
    assert cedx(service, ("checkComment", comment), blog=blog) == [{"returns": HAM}]


def test_cedx_in_a_test_leaves_no_row(service: ClientService) -> None:
    before = service.rows()
    calls = [("checkComment", {"content": text}) for text in (texts.ham(), texts.held(), texts.spam())]
    submissions = [("submitSpam", {"content": texts.ham()}), ("submitHam", {"content": texts.spam()})]
    outcomes = cedx(service, *calls, *submissions, options={"isTest": True})
    assert outcomes == [{"returns": answer} for answer in (HAM, SPAM, DISCARD, None, None)]
    assert service.rows() == before


def test_cedx_reports_what_was_missed(service: ClientService) -> None:
    comment = {"content": texts.ham(), "author": {"name": "Zoë", "ipAddress": "203.0.113.7"}}
    outcomes = cedx(service, ("checkComment", comment), ("submitSpam", comment))
    assert outcomes == [{"returns": HAM}, {"returns": None}]
    assert [row[1:] for row in service.comments(comment["content"])] == [("approve", "rejected")]
    assert cedx(service, ("submitHam", comment)) == [{"returns": None}]
    assert [row[1:] for row in service.comments(comment["content"])] == [("approve", "approved")]
    assert service.feedback(comment["content"]) == [("spam", 0.0, "site_staff")]


def test_cedx_throws_at_a_bad_key(service: ClientService) -> None:
    before = service.rows()
    comment = {"content": texts.ham()}
    outcomes = cedx(service, ("checkComment", comment), ("submitSpam", comment), ("submitHam", comment), key=BAD_KEY)
    assert all("raises" in outcome for outcome in outcomes), "a bare `invalid` is spam to this client"
    # Not the message of an HTTP status: what X-akismet-debug-help says.
    assert not any(
        message(outcome)[:3].isdigit() or message(outcome).startswith("Invalid server") for outcome in outcomes
    )
    assert service.rows() == before


def test_akismet_api_verifies_a_key(service: ClientService) -> None:
    assert api(service, ("verifyKey",)) == [{"returns": True}]
    assert api(service, ("verifyKey",), key=BAD_KEY) == [{"returns": False}]


def test_akismet_api_names_its_site_by_the_host(service: ClientService) -> None:
    ham, held, spam = texts.ham(), texts.held(), texts.spam()
    who = {"ip": "203.0.113.7", "name": "Zoë", "email": "zoe@reader.example", "useragent": "Mozilla/5.0 (X11)"}
    outcomes = api(
        service,
        *(("checkSpam", {**who, "content": text}) for text in (ham, held, spam)),
        ("checkSpam", {**who, "content": texts.ham(), "name": "viagra-test-123"}),
        ("checkSpam", {**who, "content": texts.spam(), "role": "administrator"}),
        options={"lang": "en, de", "charset": "UTF-8"},
    )
    assert outcomes == [{"returns": is_spam} for is_spam in (False, True, True, True, False)]
    stored = [[row[1:] for row in service.comments(text)] for text in (ham, held, spam)]
    assert stored == [[("approve", "approved")], [("hold", "held")], [("reject", "rejected")]]


def test_a_filled_honeypot_is_spam(service: ClientService) -> None:
    who = {"ip": "203.0.113.7"}
    outcomes = api(
        service,
        ("checkSpam", {**who, "content": texts.ham(), "honeypot": "I am a robot"}),
        ("checkSpam", {**who, "content": texts.ham(), "honeypot_field_name": "phone", "phone": "5550100"}),
        ("checkSpam", {**who, "content": texts.ham(), "honeypot_field_name": "phone", "phone": ""}),
    )
    assert outcomes == [{"returns": True}, {"returns": True}, {"returns": False}]


def test_akismet_api_in_a_test_leaves_no_row(service: ClientService) -> None:
    before = service.rows()
    fields = [
        {"ip": "203.0.113.7", "content": text, "isTest": True}
        for text in (texts.ham(), texts.held(), texts.spam(), texts.ham())
    ]
    outcomes = api(service, *(("checkSpam", one) for one in fields), ("submitSpam", fields[0]))
    assert outcomes == [{"returns": False}, {"returns": True}, {"returns": True}, {"returns": False}, OK]
    assert service.rows() == before


def test_a_test_that_is_said_to_be_none_is_none(service: ClientService) -> None:
    text = texts.ham()
    assert api(service, ("checkSpam", {"ip": "", "content": text, "is_test": False})) == [{"returns": False}]
    assert len(service.comments(text)) == 1


def test_akismet_api_reports_what_was_missed(service: ClientService) -> None:
    missed = {"ip": "203.0.113.7", "name": "Zoë", "content": texts.ham()}
    wrong = {"ip": "203.0.113.7", "name": "Zoë", "content": texts.spam()}
    outcomes = api(service, ("checkSpam", missed), ("submitSpam", missed), ("checkSpam", wrong), ("submitHam", wrong))
    assert outcomes == [{"returns": False}, OK, {"returns": True}, OK]
    assert [row[1:] for row in service.comments(missed["content"])] == [("approve", "rejected")]
    assert [row[1:] for row in service.comments(wrong["content"])] == [("reject", "approved")]


def test_akismet_api_says_what_is_wrong(service: ClientService) -> None:
    (bad_key,) = api(service, ("checkSpam", {"ip": "203.0.113.7", "content": texts.ham()}), key=BAD_KEY)
    assert message(bad_key) == "Invalid API key"
    (nothing,) = api(service, ("checkSpam", {}))
    assert message(nothing) == 'Empty "user_ip" value'
