"""What everybody may do with their own account: another password, and an end to sessions they have elsewhere."""

from moderator.domain.errors import Conflict, Fault, InvalidInput, NotFound, RateLimited
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import SessionId
from moderator.services import Services
from moderator.storage import people, sessions
from moderator.storage.audit import Actor
from moderator.storage.sessions import Session
from moderator.usecases import access
from moderator.usecases.acts import audit_act
from moderator.usecases.staffing import check_password


async def change_password(services: Services, session: Session, *, old: str, new: str) -> None:
    """Replace one's own password; one's other sessions end.

    Raises:
        InvalidInput: the old one is wrong, or the new one too short, too long or the same.
        RateLimited: too many tries.
        Conflict: one signs in at the provider, and has no password here.
    """
    person, now = session.person, services.now()
    check_password(new)
    if new == old:
        raise InvalidInput(Fault(pointer="/password", detail="another one than before"))
    # Whoever sits down at an open session must not find the password out.
    if services.sign_in_rates.add(f"password {person.id}", services.monotonic()) > access.TRIES_PER_MINUTE:
        raise RateLimited("Too many attempts; wait a minute.", retry_after_seconds=60)
    async with services.database.read() as connection:
        found = await people.find_by_name(connection, person.name)
    assert found is not None  # They are signed in, and names are given once.
    if found[1] == access.NO_PASSWORD:
        raise Conflict("You sign in at the sign-in provider and have no password here.")
    if not await access.check_password(found[1], old):
        raise InvalidInput(Fault(pointer="/old", detail="this is not your password"))
    password_hash = await access.hash_password(new)
    async with services.database.transaction() as connection:
        await people.set_password_hash(connection, person.id, password_hash)
        await sessions.end_all(connection, person.id, now, kept=session.hash)
        await audit_act(services, connection, _actor(session), AuditAction.PASSWORD_CHANGED, "person", person.id)


async def end_session(services: Services, session: Session, session_id: SessionId) -> None:
    """End one of one's own sessions. Raises NotFound."""
    person = session.person
    async with services.database.transaction() as connection:
        if not await sessions.end_one(connection, session_id, person.id, services.now()):
            raise NotFound("You have no such session.")
        await audit_act(services, connection, _actor(session), AuditAction.SESSION_ENDED, "person", person.id)


async def end_other_sessions(services: Services, session: Session) -> None:
    """End every session of one's own but this one."""
    person = session.person
    async with services.database.transaction() as connection:
        await sessions.end_all(connection, person.id, services.now(), kept=session.hash)
        await audit_act(services, connection, _actor(session), AuditAction.SESSIONS_ENDED, "person", person.id)


def _actor(session: Session) -> Actor:
    return Actor(kind=ActorKind.PERSON, id=session.person.id)
