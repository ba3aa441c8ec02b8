"""Signed-in browsers: kept by the hash of their cookie, named to people by an id that opens nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from moderator.domain.ids import PersonId, SessionId
from moderator.domain.people import Person
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row
from moderator.storage.people import person_of

KEPT = timedelta(days=30)  # How long an ended session is kept: by it a browser is known again.


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser. `csrf` must come back with every form; `agent` is what the browser calls itself."""

    id: SessionId
    hash: str
    person: Person
    csrf: str
    agent: str = ""
    started_at: datetime
    seen_at: datetime
    expires_at: datetime


START = """
INSERT INTO sessions (id, hash, person_id, csrf, agent, device, created_ms, seen_ms, expires_ms)
VALUES (:id, :hash, :person_id, :csrf, :agent, :device, :created_ms, :seen_ms, :expires_ms)
"""
SIGNED_IN = "UPDATE people SET signed_in_ms = :now_ms WHERE id = :id"
FORGET = """
DELETE FROM sessions WHERE person_id = :id AND (ended_ms < :before_ms OR expires_ms < :before_ms)
"""


async def start(connection: Connection, session: Session, *, device: str | None = None) -> None:
    """Store a session, and forget the person's sessions that ended long ago.

    Args:
        device: the hash of what the browser keeps to be known by.
    """
    now_ms = to_ms(session.started_at)
    await connection.execute(
        START,
        id=session.id,
        hash=session.hash,
        person_id=session.person.id,
        csrf=session.csrf,
        agent=session.agent,
        device=device,
        created_ms=now_ms,
        seen_ms=to_ms(session.seen_at),
        expires_ms=to_ms(session.expires_at),
    )
    await connection.execute(SIGNED_IN, id=session.person.id, now_ms=now_ms)
    await connection.execute(FORGET, id=session.person.id, before_ms=to_ms(session.started_at - KEPT))


RUNNING = """
SELECT sessions.id AS session_id, sessions.hash AS session_hash, sessions.csrf, sessions.agent,
    sessions.created_ms AS started_ms, sessions.seen_ms, sessions.expires_ms, people.*
FROM sessions JOIN people ON people.id = sessions.person_id
WHERE sessions.ended_ms IS NULL AND sessions.expires_ms > :now_ms AND people.disabled_ms IS NULL
"""
FIND = f"{RUNNING} AND sessions.hash = :hash"


async def find(connection: Connection, session_hash: str, now: datetime) -> Session | None:
    """Return a session that still runs, or None."""
    row = await connection.one(FIND, hash=session_hash, now_ms=to_ms(now))
    return None if row is None else _session(row)


OF_PERSON = f"{RUNNING} AND sessions.person_id = :id ORDER BY sessions.seen_ms DESC, sessions.id DESC"


async def of_person(connection: Connection, person_id: PersonId, now: datetime) -> list[Session]:
    """Return somebody's sessions that still run, the one that was here last first."""
    return [_session(row) for row in await connection.all(OF_PERSON, id=person_id, now_ms=to_ms(now))]


IS_KNOWN = """
SELECT 1 AS found FROM sessions JOIN people ON people.id = sessions.person_id
WHERE sessions.device = :device AND people.name = :name
"""


async def is_known(connection: Connection, device: str, name: str) -> bool:
    """Return whether somebody of this name has signed in with a browser lately."""
    return await connection.one(IS_KNOWN, device=device, name=name) is not None


SEE = "UPDATE sessions SET seen_ms = :now_ms WHERE hash = :hash"


async def see(connection: Connection, session_hash: str, now: datetime) -> None:
    """Note that a session is in use."""
    await connection.execute(SEE, hash=session_hash, now_ms=to_ms(now))


END = "UPDATE sessions SET ended_ms = :now_ms WHERE hash = :hash AND ended_ms IS NULL"


async def end(connection: Connection, session_hash: str, now: datetime) -> None:
    """End a session; its cookie is worthless from now on."""
    await connection.execute(END, hash=session_hash, now_ms=to_ms(now))


END_BY_ID = """
UPDATE sessions SET ended_ms = :now_ms WHERE id = :id AND person_id = :person_id AND ended_ms IS NULL RETURNING id
"""


async def end_one(connection: Connection, session_id: SessionId, person_id: PersonId, now: datetime) -> bool:
    """End one of somebody's sessions. Return False when they have none of this id."""
    row = await connection.one(END_BY_ID, id=session_id, person_id=person_id, now_ms=to_ms(now))
    return row is not None


END_OTHERS = """
UPDATE sessions SET ended_ms = :now_ms
WHERE person_id = :person_id AND ended_ms IS NULL AND (CAST(:kept AS TEXT) IS NULL OR hash <> :kept)
"""


async def end_all(connection: Connection, person_id: PersonId, now: datetime, *, kept: str | None = None) -> None:
    """End somebody's sessions; `kept` is the hash of the one that goes on."""
    await connection.execute(END_OTHERS, person_id=person_id, kept=kept, now_ms=to_ms(now))


def _session(row: Row) -> Session:
    return Session(
        id=SessionId(row["session_id"]),
        hash=row["session_hash"],
        person=person_of(row),
        csrf=row["csrf"],
        agent=row["agent"],
        started_at=from_ms(row["started_ms"]),
        seen_at=from_ms(row["seen_ms"] or row["started_ms"]),
        expires_at=from_ms(row["expires_ms"]),
    )
