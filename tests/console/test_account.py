"""One's own account: password, language, sessions."""

import re

import pytest

from moderator.console.account import device_of
from moderator.services import Services
from tests.console.conftest import BASE, PASSWORD, Visitor
from tests.fakes import Clock

pytestmark = pytest.mark.anyio

NEW = "a new battery staple"


async def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(visitor: Visitor, other: Visitor) -> None:
    await other.sign_in("Anna")
    await visitor.sign_in("Anna")
    await visitor.open("/console/account")
    page = await visitor.submit("/console/account/password", old=PASSWORD, password=NEW, again=NEW)
    assert "Your password is changed" in page
    await other.open("/console/queue")
    assert other.status == 401
    await other.sign_in("Anna")
    assert other.status == 401
    await other.sign_in("Anna", NEW)
    assert other.status == 200


@pytest.mark.parametrize(
    "fields",
    [{"old": "wrong"}, {"again": "another one"}, {"password": "short", "again": "short"},
     {"password": PASSWORD, "again": PASSWORD}],
)  # fmt: skip
async def test_a_password_that_is_not_right_changes_nothing(
    visitor: Visitor, other: Visitor, fields: dict[str, str]
) -> None:
    await visitor.sign_in("Anna")
    await visitor.open("/console/account")
    await visitor.submit("/console/account/password", **{"old": PASSWORD, "password": NEW, "again": NEW, **fields})
    assert visitor.status == 422
    await other.sign_in("Anna")
    assert other.status == 200


async def test_whoever_finds_an_open_session_does_not_guess_the_password(visitor: Visitor) -> None:
    await visitor.sign_in("Anna")
    await visitor.open("/console/account")
    page = visitor.page
    for _ in range(10):
        visitor.page = page
        await visitor.submit("/console/account/password", old="guess", password=NEW, again=NEW)
        assert visitor.status == 422
    visitor.page = page
    await visitor.submit("/console/account/password", old=PASSWORD, password=NEW, again=NEW)
    assert visitor.status == 429


async def test_sessions_are_listed_and_ended(visitor: Visitor, other: Visitor, clock: Clock) -> None:
    other.http.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    await other.sign_in("Anna")
    clock.forward(minutes=20)
    await visitor.sign_in("Anna")
    page = " ".join((await visitor.open("/console/account")).split())
    assert "Firefox on Linux" in page
    assert page.count("this one") == 1
    assert "last here 20 min ago" in page
    (path,) = re.findall(r'action="(/console/account/sessions/\w+/end)"', page)
    secret = other.http.cookies["moderator"]
    assert secret not in page
    await visitor.submit(path)
    await other.open("/console/queue")
    assert other.status == 401
    page = await visitor.open("/console/account")
    assert "End all others" not in page
    await visitor.submit(path)
    assert visitor.status == 404


async def test_what_a_browser_calls_itself_is_escaped(visitor: Visitor) -> None:
    visitor.http.headers["user-agent"] = '<img src=x onerror=alert(1)>"'
    await visitor.sign_in("Anna")
    page = await visitor.open("/console/account")
    assert "<img" not in page
    assert "&lt;img" in page


async def test_all_other_sessions_are_ended_at_once(visitor: Visitor, other: Visitor) -> None:
    await other.sign_in("Anna")
    await visitor.sign_in("Anna")
    await visitor.open("/console/account")
    await visitor.submit("/console/account/sessions/end")
    assert visitor.status == 200
    await other.open("/console/queue")
    assert other.status == 401


async def test_nobody_ends_somebody_elses_session(visitor: Visitor, other: Visitor) -> None:
    await other.sign_in("Ben")
    await visitor.sign_in("Ben")
    (path,) = re.findall(r'action="(/console/account/sessions/\w+/end)"', await visitor.open("/console/account"))
    await visitor.sign_in("Anna")
    await visitor.open("/console/account")
    await visitor.submit(path)
    assert visitor.status == 404
    await other.open("/console/queue")
    assert other.status == 200


async def test_signing_in_again_ends_the_session_that_the_browser_had(visitor: Visitor) -> None:
    await visitor.sign_in("Anna")
    first = visitor.http.cookies["moderator"]
    await visitor.sign_in("Anna")
    second = visitor.http.cookies["moderator"]
    assert first != second
    visitor.http.cookies.set("moderator", first, domain="testserver.local")
    answer = await visitor.http.get("/console/queue", headers={"cookie": f"moderator={first}"})
    assert answer.status_code == 401


async def test_a_session_that_somebody_planted_is_not_taken_over(visitor: Visitor) -> None:
    visitor.http.cookies.set("moderator", "planted", domain="testserver.local", path="/")
    await visitor.http.post("/console/sign-in", data={"name": "Anna", "password": PASSWORD}, headers={"origin": BASE})
    answer = await visitor.http.get("/console/queue", headers={"cookie": "moderator=planted"})
    assert answer.status_code == 401


async def test_the_language_is_chosen_before_and_after_signing_in(visitor: Visitor, services: Services) -> None:
    page = await visitor.open("/console")
    assert 'value="de"' in page
    page = await visitor.submit("/console/language", language="de")
    assert '<html lang="de">' in page
    await visitor.sign_in("Anna")
    await visitor.open("/console/account")
    page = await visitor.submit("/console/language", language="en", back="account")
    assert '<html lang="en">' in page
    assert "Where you are signed in" in page
    await visitor.submit("/console/language", language="xx")
    assert visitor.status == 422
    await visitor.submit("/console/language", headers={"origin": "https://evil.example"}, language="de")
    assert visitor.status == 403


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537 Chrome/142 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15; SM-S921B) Chrome/142 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Firefox/140.0", "Firefox on macOS"),
        ("Firefox/1", "Firefox"),
        ("X11", "Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "a browser that says nothing of itself"),
        ("<script>" * 20, ("<script>" * 20)[:40]),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_a_few_words(agent: str, device: str) -> None:
    assert device_of(agent) == device
