"""What the administrators' pages share: who may see them, what their head shows, and secrets that are shown once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from moderator.console.pages import page
from moderator.console.session import Form, session_of, signed_form
from moderator.domain.comments import Site
from moderator.domain.errors import NotFound
from moderator.domain.events import ActorKind
from moderator.domain.ids import SiteId
from moderator.domain.people import Person, Role
from moderator.storage import cases
from moderator.storage.audit import Actor
from moderator.storage.sessions import Session
from moderator.usecases import access
from moderator.web import services


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Something that is shown this once. `command` is a line that uses it as printed."""

    name: str
    value: str = field(repr=False)
    command: str | None = field(default=None, repr=False)


async def show_page(
    request: Request[Any], session: Session, name: str, *, status: int = HTTPStatus.OK, **values: Any
) -> Response:
    """Return a page for somebody who is signed in, with what its head needs."""
    found = services(request)
    async with found.database.read() as connection:
        size = await cases.queue_size(connection, session.person.sites, reader=session.person.id)
    return page(
        name,
        status=status,
        person=session.person,
        csrf=session.csrf,
        size=size,
        told=request.query_params.get("told"),
        has_sites=sum(map(session.person.may_see, found.directory.sites)) > 1,
        **values,
    )


async def admin_session(request: Request[Any]) -> Session:
    """Return the session of an administrator. Raises NotSignedIn, Forbidden."""
    session = await session_of(request)
    access.check_role(session.person, Role.ADMIN)
    return session


async def admin_form(request: Request[Any], **limits: int) -> tuple[Session, Form]:
    """Return the session of an administrator and the form that they sent, as `signed_form` does. Raises Forbidden."""
    session, form = await signed_form(request, **limits)
    access.check_role(session.person, Role.ADMIN)
    return session, form


def actor_of(session: Session) -> Actor:
    """Return who acts, for the audit log."""
    return Actor(kind=ActorKind.PERSON, id=session.person.id)


def site_of(request: Request[Any], person: Person) -> Site:
    """Return the site in the address; one that is not for this person's eyes does not exist for them."""
    site = services(request).site(SiteId(request.path_params["site"]))
    if not person.may_see(site.id):
        raise NotFound("There is no such site.")
    return site


async def show_secrets(
    request: Request[Any], session: Session, *, place: str, title: str, secrets: Sequence[Secret], back: str
) -> Response:
    """Return the page that shows secrets. It is the answer to the form itself: no address has them, and no log."""
    return await show_page(request, session, "secrets.html", place=place, title=title, secrets=secrets, back=back)
