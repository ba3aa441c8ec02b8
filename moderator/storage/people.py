"""People, and their tokens for the review API. Their sessions are in `sessions`."""

import json
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.ids import PersonId, SiteId
from moderator.domain.people import Person, Role
from moderator.storage.columns import from_ms, from_ms_or_none, to_json, to_ms
from moderator.storage.database import Connection, Row

ADD = """
INSERT INTO people (id, name, role, sites, password_hash, subject, created_ms)
VALUES (:id, :name, :role, :sites, :password_hash, :subject, :created_ms)
ON CONFLICT DO NOTHING
RETURNING id
"""


async def add(
    connection: Connection, person: Person, *, password_hash: str, now: datetime, subject: str | None = None
) -> bool:
    """Store a person. Return False when the name or the subject is taken."""
    row = await connection.one(
        ADD,
        id=person.id,
        name=person.name,
        role=person.role,
        sites=to_json(list(person.sites)),
        password_hash=password_hash,
        subject=subject,
        created_ms=to_ms(now),
    )
    return row is not None


ALL = "SELECT * FROM people WHERE disabled_ms IS NULL ORDER BY id"


async def list_all(connection: Connection) -> list[Person]:
    """Return everybody who is not disabled."""
    return [person_of(row) for row in await connection.all(ALL)]


NAMES = "SELECT id, name FROM people"


async def list_names(connection: Connection) -> dict[PersonId, str]:
    """Return the names of all who ever had an account, those who have left included."""
    return {PersonId(row["id"]): row["name"] for row in await connection.all(NAMES)}


BY_NAME = "SELECT * FROM people WHERE name = :name AND disabled_ms IS NULL"


async def find_by_name(connection: Connection, name: str) -> tuple[Person, str] | None:
    """Return a person and the hash of their password, or None."""
    row = await connection.one(BY_NAME, name=name)
    return None if row is None else (person_of(row), row["password_hash"])


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
    return {row["token_hash"]: person_of(row) for row in await connection.all(VALID_TOKENS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody as administrators see them: disabled or not, and when they were last here.

    `subject` is who they are for the sign-in provider; None for those who have a password here.
    """

    person: Person
    created_at: datetime
    disabled_at: datetime | None
    signed_in_at: datetime | None
    decided_at: datetime | None
    subject: str | None
    tokens: int
    sessions: int

    @property
    def is_disabled(self) -> bool:
        """Return whether they may not sign in."""
        return self.disabled_at is not None


ACCOUNTS = """
SELECT people.*,
    (SELECT MAX(decided_ms) FROM decisions WHERE decisions.person_id = people.id) AS decided_ms,
    (SELECT COUNT(*) FROM person_tokens
        WHERE person_tokens.person_id = people.id AND person_tokens.revoked_ms IS NULL) AS tokens,
    (SELECT COUNT(*) FROM sessions WHERE sessions.person_id = people.id
        AND sessions.ended_ms IS NULL AND sessions.expires_ms > :now_ms) AS sessions
FROM people
WHERE (CAST(:id AS TEXT) IS NULL OR people.id = :id) AND (CAST(:subject AS TEXT) IS NULL OR people.subject = :subject)
ORDER BY people.id
"""


async def list_accounts(connection: Connection, now: datetime) -> list[Account]:
    """Return everybody, the disabled too, in the order in which they were added."""
    return [_account(row) for row in await connection.all(ACCOUNTS, id=None, subject=None, now_ms=to_ms(now))]


async def find_account(connection: Connection, person_id: PersonId, now: datetime) -> Account | None:
    """Return somebody, disabled or not; None when there is nobody of this id."""
    row = await connection.one(ACCOUNTS, id=person_id, subject=None, now_ms=to_ms(now))
    return None if row is None else _account(row)


async def find_subject(connection: Connection, subject: str, now: datetime) -> Account | None:
    """Return whom the sign-in provider knows by this name, disabled or not."""
    row = await connection.one(ACCOUNTS, id=None, subject=subject, now_ms=to_ms(now))
    return None if row is None else _account(row)


SET_ROLE = "UPDATE people SET role = :role, sites = :sites WHERE id = :id"


async def set_role(connection: Connection, person: Person) -> None:
    """Store somebody's role, and the sites that they may see."""
    await connection.execute(SET_ROLE, id=person.id, role=person.role, sites=to_json(list(person.sites)))


IS_TAKEN = "SELECT 1 AS found FROM people WHERE name = :name AND id <> :id"
SET_NAME = "UPDATE people SET name = :name WHERE id = :id"


async def is_name_taken(connection: Connection, name: str, person_id: PersonId) -> bool:
    """Return whether somebody else has a name; those who are disabled keep theirs."""
    return await connection.one(IS_TAKEN, name=name, id=person_id) is not None


async def set_name(connection: Connection, person_id: PersonId, name: str) -> None:
    """Store somebody's name, which nobody else has."""
    await connection.execute(SET_NAME, id=person_id, name=name)


ENABLE = "UPDATE people SET disabled_ms = NULL WHERE id = :id AND disabled_ms IS NOT NULL RETURNING id"


async def enable(connection: Connection, person_id: PersonId) -> bool:
    """Let a disabled person in again. Return False when nobody of this id is disabled."""
    return await connection.one(ENABLE, id=person_id) is not None


async def revoke_tokens(connection: Connection, person_id: PersonId, now: datetime) -> None:
    """Revoke every token of a person."""
    await connection.execute(REVOKE_THEIR_TOKENS, id=person_id, now_ms=to_ms(now))


def person_of(row: Row) -> Person:
    """Return the person in a row that has the columns of their table."""
    return Person(
        id=PersonId(row["id"]),
        name=row["name"],
        role=Role(row["role"]),
        sites=tuple(SiteId(site) for site in json.loads(row["sites"])),
    )


def _account(row: Row) -> Account:
    return Account(
        person=person_of(row),
        created_at=from_ms(row["created_ms"]),
        disabled_at=from_ms_or_none(row["disabled_ms"]),
        signed_in_at=from_ms_or_none(row["signed_in_ms"]),
        decided_at=from_ms_or_none(row["decided_ms"]),
        subject=row["subject"],
        tokens=int(row["tokens"]),
        sessions=int(row["sessions"]),
    )
