"""People, their tokens for the review API, and their sessions in the console."""

import json
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.ids import PersonId, SiteId
from moderator.domain.people import Person, Role
from moderator.storage.columns import from_ms, to_json, to_ms
from moderator.storage.database import Connection, Row

ADD = """
INSERT INTO people (id, name, role, sites, password_hash, created_ms)
VALUES (:id, :name, :role, :sites, :password_hash, :created_ms)
ON CONFLICT DO NOTHING
RETURNING id
"""


async def add(connection: Connection, person: Person, *, password_hash: str, now: datetime) -> bool:
    """Store a person. Return False when the name is taken."""
    row = await connection.one(
        ADD,
        id=person.id,
        name=person.name,
        role=person.role,
        sites=to_json(list(person.sites)),
        password_hash=password_hash,
        created_ms=to_ms(now),
    )
    return row is not None


ALL = "SELECT * FROM people WHERE disabled_ms IS NULL ORDER BY id"


async def list_all(connection: Connection) -> list[Person]:
    """Return everybody who is not disabled."""
    return [_person(row) for row in await connection.all(ALL)]


NAMES = "SELECT id, name FROM people"


async def list_names(connection: Connection) -> dict[PersonId, str]:
    """Return the names of all who ever had an account, those who have left included."""
    return {PersonId(row["id"]): row["name"] for row in await connection.all(NAMES)}


BY_NAME = "SELECT * FROM people WHERE name = :name AND disabled_ms IS NULL"


async def find_by_name(connection: Connection, name: str) -> tuple[Person, str] | None:
    """Return a person and the hash of their password, or None."""
    row = await connection.one(BY_NAME, name=name)
    return None if row is None else (_person(row), row["password_hash"])


SET_PASSWORD = "UPDATE people SET password_hash = :password_hash WHERE id = :id"


async def set_password_hash(connection: Connection, person_id: PersonId, password_hash: str) -> None:
    """Replace the hash of a person's password."""
    await connection.execute(SET_PASSWORD, id=person_id, password_hash=password_hash)


DISABLE = "UPDATE people SET disabled_ms = :now_ms WHERE id = :id AND disabled_ms IS NULL RETURNING id"
END_THEIR_SESSIONS = "UPDATE sessions SET ended_ms = :now_ms WHERE person_id = :id AND ended_ms IS NULL"
REVOKE_THEIR_TOKENS = "UPDATE person_tokens SET revoked_ms = :now_ms WHERE person_id = :id AND revoked_ms IS NULL"


async def disable(connection: Connection, person_id: PersonId, now: datetime) -> bool:
    """Disable a person and end their sessions and tokens. Return False when there is nobody to disable."""
    if await connection.one(DISABLE, id=person_id, now_ms=to_ms(now)) is None:
        return False
    await connection.execute(END_THEIR_SESSIONS, id=person_id, now_ms=to_ms(now))
    await connection.execute(REVOKE_THEIR_TOKENS, id=person_id, now_ms=to_ms(now))
    return True


ADD_TOKEN = """
INSERT INTO person_tokens (id, person_id, prefix, hash, created_ms)
VALUES (:id, :person_id, :prefix, :hash, :created_ms)
"""


async def add_token(
    connection: Connection, *, token_id: str, person_id: PersonId, prefix: str, token_hash: str, now: datetime
) -> None:
    """Store a token's hash."""
    await connection.execute(
        ADD_TOKEN, id=token_id, person_id=person_id, prefix=prefix, hash=token_hash, created_ms=to_ms(now)
    )


VALID_TOKENS = """
SELECT person_tokens.hash AS token_hash, people.* FROM person_tokens JOIN people ON people.id = person_tokens.person_id
WHERE person_tokens.revoked_ms IS NULL AND people.disabled_ms IS NULL
"""


async def list_tokens(connection: Connection) -> dict[str, Person]:
    """Return whose each valid token is, by the token's hash."""
    return {row["token_hash"]: _person(row) for row in await connection.all(VALID_TOKENS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser. `csrf` must come back with every form."""

    hash: str
    person: Person
    csrf: str
    expires_at: datetime


START_SESSION = """
INSERT INTO sessions (hash, person_id, csrf, created_ms, expires_ms)
VALUES (:hash, :person_id, :csrf, :created_ms, :expires_ms)
"""


async def start_session(connection: Connection, session: Session, now: datetime) -> None:
    """Store a session."""
    await connection.execute(
        START_SESSION,
        hash=session.hash,
        person_id=session.person.id,
        csrf=session.csrf,
        created_ms=to_ms(now),
        expires_ms=to_ms(session.expires_at),
    )


FIND_SESSION = """
SELECT sessions.hash AS session_hash, sessions.csrf, sessions.expires_ms, people.*
FROM sessions JOIN people ON people.id = sessions.person_id
WHERE sessions.hash = :hash AND sessions.ended_ms IS NULL AND sessions.expires_ms > :now_ms
    AND people.disabled_ms IS NULL
"""


async def find_session(connection: Connection, session_hash: str, now: datetime) -> Session | None:
    """Return a session that still runs, or None."""
    row = await connection.one(FIND_SESSION, hash=session_hash, now_ms=to_ms(now))
    if row is None:
        return None
    return Session(
        hash=row["session_hash"], person=_person(row), csrf=row["csrf"], expires_at=from_ms(row["expires_ms"])
    )


END_SESSION = "UPDATE sessions SET ended_ms = :now_ms WHERE hash = :hash AND ended_ms IS NULL"


async def end_session(connection: Connection, session_hash: str, now: datetime) -> None:
    """End a session; its cookie is worthless from now on."""
    await connection.execute(END_SESSION, hash=session_hash, now_ms=to_ms(now))


def _person(row: Row) -> Person:
    return Person(
        id=PersonId(row["id"]),
        name=row["name"],
        role=Role(row["role"]),
        sites=tuple(SiteId(site) for site in json.loads(row["sites"])),
    )
