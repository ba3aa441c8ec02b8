"""Who sits at the console, and whether a form really came from our page."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import wraps
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from moderator.console import complaints, language, words
from moderator.console.alarms import remember_alarms
from moderator.console.pages import page, see_other
from moderator.domain.errors import (
    CaseClosed,
    ClaimLost,
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    InvalidInput,
    ModelRefused,
    ModerationError,
    NotFound,
    NotNewest,
    NotSignedIn,
    RateLimited,
    Unavailable,
)
from moderator.storage import sessions
from moderator.storage.sessions import Session
from moderator.usecases import access
from moderator.web import ClientGone, EncodedBody, client_address, read_body, services

MAX_FORM_BYTES = 32 * 1024
# What this browser did lately, in a cookie of ids, the newest last: decisions that U takes back, and cases to pass over
# for a while. They grant nothing: each is looked up, and its use case checks the right to it.
DEVICE: Final = "moderator-device"  # By this a browser is known at the sign-in: see usecases/access.
DONE: Final = "moderator-done"
SKIPPED: Final = "moderator-skipped"
# Which cases this browser takes: the filter of the queue, for a working day.
ONLY: Final = "moderator-only"
_TRAIL_IDS = 10
_TRAIL_SECONDS = {DONE: 3_600, SKIPPED: 600, ONLY: 36_000}
_ID = re.compile(r"[0-9a-z]{1,40}")
Form = Mapping[str, str]
SIGNING_IN: Final = ("/console/sign-in", "/console/oidc/start", "/console/oidc/callback")
View = Callable[[Request[Any]], Awaitable[Response]]

_STATUSES: tuple[tuple[type[ModerationError], HTTPStatus], ...] = (
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (ModelRefused, HTTPStatus.CONFLICT),
    (Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (RateLimited, HTTPStatus.TOO_MANY_REQUESTS),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)


def cookie_name(request: Request[Any]) -> str:
    """Return the cookie's name; where the service is reached by https, one that no other host can set."""
    return "__Host-moderator" if is_secure(request) else "moderator"


def is_secure(request: Request[Any]) -> bool:
    """Return whether people reach this service by https."""
    return services(request).settings.address.startswith("https:") or request.url.scheme == "https"


def browser_of(request: Request[Any]) -> access.Browser:
    """Return what a browser brings to the sign-in."""
    return access.Browser(
        address=client_address(request.scope),
        agent=request.headers.get("user-agent", ""),
        device=request.cookies.get(DEVICE),
    )


async def keep(request: Request[Any], response: Response, signed: access.SignedIn) -> None:
    """Give the browser its session, in place of the one that it had: whoever knew that one knows nothing now."""
    before = request.cookies.get(cookie_name(request))
    if before:
        with suppress(NotSignedIn):
            await access.sign_out(services(request), await access.session_of(services(request), before))
    for name, secret, seconds, path in (
        (cookie_name(request), signed.secret, services(request).settings.session_seconds, "/"),
        (DEVICE, signed.device, int(sessions.KEPT.total_seconds()), "/console"),
    ):
        response.set_cookie(
            name, secret, max_age=seconds, path=path, secure=is_secure(request), httponly=True, samesite="lax"
        )


def forget(request: Request[Any], response: Response) -> None:
    """Take the browser's session away, and what it remembers."""
    response.delete_cookie(cookie_name(request), path="/", secure=is_secure(request), httponly=True, samesite="lax")
    for name in _TRAIL_SECONDS:
        response.delete_cookie(name, path="/console", secure=is_secure(request), httponly=True, samesite="lax")


def trail_of(request: Request[Any], name: str) -> tuple[str, ...]:
    """Return the ids that this browser remembers, the newest last."""
    found = request.cookies.get(name, "").split(".")
    return tuple(one for one in found if _ID.fullmatch(one))[-_TRAIL_IDS:]


def add_to_trail(request: Request[Any], response: Response, name: str, new: str) -> tuple[str, ...]:
    """Let the browser remember another id, and return all that it remembers."""
    trail = (*(one for one in trail_of(request, name) if one != new), new)[-_TRAIL_IDS:]
    remember(request, response, name, ".".join(trail))
    return trail


def remember(request: Request[Any], response: Response, name: str, text: str) -> None:
    """Let the browser keep a text for us, for as long as texts of this name last; an empty one is forgotten."""
    response.set_cookie(
        name,
        text,
        max_age=_TRAIL_SECONDS[name] if text else 0,
        path="/console",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


async def session_of(request: Request[Any]) -> Session:
    """Return the session of a request. Raises NotSignedIn."""
    found = services(request)
    session = await access.session_of(found, request.cookies.get(cookie_name(request)))
    remember_alarms(found, session.person)
    return session


def check_origin(request: Request[Any]) -> None:
    """Raise Forbidden when a form came from a page that is not ours.

    Browsers send Origin, Sec-Fetch-Site or both with every form; a program that sends neither carries nobody's cookies.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        raise Forbidden("This form came from another site.")
    if origin is None:
        return
    parts = urlsplit(origin)
    own = {request.headers.get("host"), urlsplit(services(request).settings.address).netloc}
    # A proxy may speak http to us for a page that came by https; the other way round somebody is in between.
    if not parts.netloc or parts.netloc not in own or (is_secure(request) and parts.scheme != "https"):
        raise Forbidden("This form came from another site.")


async def read_form(request: Request[Any], *, limit: int = MAX_FORM_BYTES) -> Form:
    """Return a form's fields; the last of a name counts.

    Args:
        limit: how many bytes it may have; 32 kB unless a page needs more.

    Raises:
        Forbidden: it came from another site.
        InvalidInput: it is not a form.
        TooLarge: it has more bytes.
    """
    check_origin(request)
    body = await read_body(request.scope, request.receive, limit=limit)
    try:
        form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict"))
    except ValueError as error:
        raise InvalidInput(Fault(pointer="", detail="not a form")) from error
    for name, value in form.items():
        if "\x00" in value:  # PostgreSQL keeps no such text.
            raise InvalidInput(Fault(pointer=f"/{name}", detail="the character U+0000 is not allowed"))
    return form


async def signed_form(request: Request[Any], *, limit: int = MAX_FORM_BYTES) -> tuple[Session, Form]:
    """Return the session and the form that carries its token. Raises NotSignedIn, Forbidden, InvalidInput."""
    session = await session_of(request)
    form = await read_form(request, limit=limit)
    access.check_csrf(session, form.get("csrf"))
    return session, form


def shown(view: View) -> View:
    """Let a view raise domain errors: people get a page that says what to do, in their language."""

    @wraps(view)
    async def answer(request: Request[Any]) -> Response:
        language.speak(language.choose(request))
        try:
            return await view(request)
        except (CaseClosed, ClaimLost):
            return see_other("/console?told=moved")
        except NotNewest:
            return see_other("/console?told=stands")
        except NotSignedIn as error:
            problem = complaints.in_words(str(error)) if request.url.path in SIGNING_IN else None
            return sign_in_page(request, status=HTTPStatus.UNAUTHORIZED, problem=problem)
        except EncodedBody:
            return page(
                "problem.html",
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                problem=language.gettext("This form is compressed."),
            )
        except ClientGone:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        except ModerationError as error:
            status = next((status for kind, status in _STATUSES if isinstance(error, kind)), None)
            if status is None:
                raise
            if isinstance(error, Unavailable) and request.url.path in SIGNING_IN:
                return sign_in_page(request, status=status, problem=_say(error))
            return page("problem.html", status=status, problem=_say(error))

    return answer


def sign_in_page(request: Request[Any], *, status: int = HTTPStatus.OK, problem: str | None = None) -> Response:
    """Return the page to sign in on."""
    settings = services(request).settings
    return page("sign_in.html", status=status, problem=problem, provider=settings.oidc_issuer and settings.oidc_name)


def _say(error: ModerationError) -> str:
    if isinstance(error, InvalidInput):
        named = [(words.words(fault.pointer.strip("/")), complaints.in_words(fault.detail)) for fault in error.faults]
        return "; ".join(f"{name or language.gettext('this form')}: {detail}" for name, detail in named)
    return complaints.in_words(str(error))
