"""One's own account: the password, the language of this browser, and where else one is signed in."""

import re
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console import language
from moderator.console.administering import show_page
from moderator.console.language import gettext as _
from moderator.console.pages import see_other
from moderator.console.session import is_secure, read_form, session_of, shown, signed_form
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.ids import SessionId
from moderator.storage import people, sessions
from moderator.storage.sessions import Session
from moderator.usecases import account
from moderator.web import services

_YEAR_SECONDS: Final = 365 * 24 * 3_600
_AGENT_CHARACTERS: Final = 40
# The first that fits: most browsers also call themselves by the names of those that came before them.
_BROWSERS: Final = (
    ("Edge", re.compile(r"\bEdg(?:A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|HeadlessChrome)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
_SYSTEMS: Final = (
    ("Android", re.compile(r"\bAndroid\b")),
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("macOS", re.compile(r"\bMac OS X\b|\bMacintosh\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Linux", re.compile(r"\bLinux\b|\bX11\b")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A session of one's own."""

    session: Session
    device: str
    is_this: bool


@shown
async def show_account(request: Request[Any]) -> Response:
    """`GET /console/account`."""
    session, found = await session_of(request), services(request)
    async with found.database.read() as connection:
        running = await sessions.of_person(connection, session.person.id, found.now())
        own = await people.find_account(connection, session.person.id, found.now())
    assert own is not None  # They are signed in.
    listed = [Listed(session=one, device=device_of(one.agent), is_this=one.hash == session.hash) for one in running]
    return await show_page(
        request,
        session,
        "account.html",
        listed=listed,
        has_password=own.subject is None,
        sites=[site for site_id, site in found.directory.sites.items() if site_id in session.person.sites],
        now=found.now(),
    )


@shown
async def change_password(request: Request[Any]) -> Response:
    """`POST /console/account/password`: the fields `old`, `password` and `again`; other sessions end."""
    session, form = await signed_form(request)
    if form.get("password", "") != form.get("again"):
        raise InvalidInput(Fault(pointer="/again", detail=_("not the same as the new password")))
    await account.change_password(services(request), session, old=form.get("old", ""), new=form.get("password", ""))
    return see_other("/console/account?told=password")


@shown
async def end_session(request: Request[Any]) -> Response:
    """`POST /console/account/sessions/{id}/end`: one of one's own."""
    session, _form = await signed_form(request)
    await account.end_session(services(request), session, SessionId(request.path_params["id"]))
    return see_other("/console/account?told=ended")


@shown
async def end_others(request: Request[Any]) -> Response:
    """`POST /console/account/sessions/end`: all of one's own but this one."""
    session, _form = await signed_form(request)
    await account.end_other_sessions(services(request), session)
    return see_other("/console/account?told=ended")


@shown
async def choose_language(request: Request[Any]) -> Response:
    """`POST /console/language`: the field `language`; for everybody, so that the sign-in page can be read."""
    form = await read_form(request)
    chosen = form.get("language", "")
    if chosen not in language.LANGUAGES:
        raise InvalidInput(Fault(pointer="/language", detail=_("no such language")))
    response = see_other("/console/account" if form.get("back") == "account" else "/console")
    response.set_cookie(
        language.COOKIE,
        chosen,
        max_age=_YEAR_SECONDS,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return response


def device_of(agent: str) -> str:
    """Return what a browser calls itself, in three words where it is one that we know."""
    browser = next((name for name, pattern in _BROWSERS if pattern.search(agent)), None)
    system = next((name for name, pattern in _SYSTEMS if pattern.search(agent)), None)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or agent[:_AGENT_CHARACTERS] or _("a browser that says nothing of itself")


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/account", show_account, methods=["GET"]),
    Route("/console/account/password", change_password, methods=["POST"]),
    Route("/console/account/sessions/end", end_others, methods=["POST"]),
    Route("/console/account/sessions/{id}/end", end_session, methods=["POST"]),
    Route("/console/language", choose_language, methods=["POST"]),
]
