"""What the administrators' pages share: who may see them, and what their head shows."""

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from moderator.console.pages import page
from moderator.console.session import session_of
from moderator.domain.people import Role
from moderator.storage import cases
from moderator.storage.sessions import Session
from moderator.usecases import access
from moderator.web import services


async def show_page(
    request: Request[Any], session: Session, name: str, *, status: int = HTTPStatus.OK, **values: Any
) -> Response:
    """Return a page for somebody who is signed in, with what its head needs."""
    found = services(request)
    async with found.database.read() as connection:
        size = await cases.queue_size(connection, session.person.sites)
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
