"""The audit log: who did what, each entry chained to the one before by its hash.

It holds identifiers, never texts: an erased comment leaves the chain valid.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from moderator.domain.events import ActorKind, AuditAction
from moderator.storage.columns import from_ms, to_json, to_ms
from moderator.storage.database import Connection, Database, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acted. `id` is a person's or site's id; None for the operator and the service."""

    kind: ActorKind
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act: by whom, what, on what (`subject_kind` names its table in the singular), and identifiers besides."""

    at: datetime
    actor: Actor
    action: AuditAction
    subject_kind: str
    subject_id: str
    site_id: str | None = None
    detail: Mapping[str, str | int | None] = field(default_factory=dict)


# The update comes first: on PostgreSQL it locks the head, so that two transactions cannot both follow one entry.
LOCK_HEAD = "UPDATE audit_head SET seq = seq WHERE id = 1 RETURNING seq, hash"
MOVE_HEAD = "UPDATE audit_head SET seq = :seq, hash = :hash WHERE id = 1"
APPEND = """
INSERT INTO audit (
    seq, at_ms, actor_kind, actor_id, action, subject_kind, subject_id, site_id, detail, previous_hash, hash
) {values}
"""


async def append(connection: Connection, *entries: Entry) -> None:
    """Chain entries onto the log, in order."""
    head = await connection.one(LOCK_HEAD)
    assert head is not None  # The first migration makes the row.
    seq, last = int(head["seq"]), str(head["hash"])
    rows = []
    for entry in entries:
        seq += 1
        fields = (
            seq,
            to_ms(entry.at),
            str(entry.actor.kind),
            entry.actor.id,
            str(entry.action),
            entry.subject_kind,
            entry.subject_id,
            entry.site_id,
            to_json(dict(entry.detail)),
        )
        link = _hash(last, fields)
        rows.append((*fields, last, link))
        last = link
    await connection.many(APPEND, rows)
    await connection.execute(MOVE_HEAD, seq=seq, hash=last)


PAGE = "SELECT * FROM audit WHERE seq > :after ORDER BY seq LIMIT :limit"
# One statement, so that the end and its head are of one moment: the log may grow while it is read.
END = """
SELECT audit_head.seq AS head_seq, audit_head.hash AS head_hash, audit.seq, audit.hash
FROM audit_head LEFT JOIN audit ON audit.seq = (SELECT MAX(seq) FROM audit)
WHERE audit_head.id = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A stretch of the log that was checked: up to which entry (0: there is none), its hash, and what does not hold."""

    seq: int
    hash: str
    breaks: Sequence[str]


HASH_OF = "SELECT hash FROM audit WHERE seq = :seq"


async def walk(database: Database, *, after: int = 0, page_size: int = 1_000) -> AsyncIterator[Walked]:
    """Check the log page by page, from the entry that follows `after` on, and yield each page's findings.

    The last page is the one with which the log ends; whether its head says so, too, is `check_end`'s to say.
    """
    seq, last = after, ""
    if after:
        async with database.read() as connection:
            known = await connection.one(HASH_OF, seq=after)
        last = known["hash"] if known else ""
    while True:
        async with database.read() as connection:
            rows = await connection.all(PAGE, after=seq, limit=page_size)
        breaks = []
        for row in rows:
            if row["seq"] != seq + 1:
                breaks.append(f"Entries {seq + 1} to {row['seq'] - 1} are missing.")
            elif row["previous_hash"] != last:
                breaks.append(f"Entry {row['seq']} does not follow the one before it.")
            if _hash(row["previous_hash"], _fields(row)) != row["hash"]:
                breaks.append(f"Entry {row['seq']} has been altered.")
            seq, last = row["seq"], row["hash"]
        yield Walked(seq=seq, hash=last, breaks=breaks)
        if len(rows) < page_size:
            return


async def find_breaks(database: Database, page_size: int = 1_000) -> AsyncIterator[str]:
    """Yield a sentence for each place where the chain does not hold: altered, missing, added or reordered entries."""
    async for walked in walk(database, page_size=page_size):
        for sentence in walked.breaks:
            yield sentence
    fault = await check_end(database)
    if fault is not None:
        yield fault


async def check_end(database: Database) -> str | None:
    """Return a sentence when the log does not end where its head says; None when it does."""
    async with database.read() as connection:
        end = await connection.one(END)
    if end is None:
        return "The head of the chain is missing."
    if end["head_seq"] != (end["seq"] or 0):
        return f"The chain ends at entry {end['seq'] or 0}, but its head says {end['head_seq']}."
    if end["head_hash"] != (end["hash"] or ""):
        return f"The head does not have the hash of entry {end['head_seq']}."
    return None


RECENT = """
SELECT * FROM audit
WHERE (CAST(:subject_id AS TEXT) IS NULL OR subject_id = :subject_id)
    AND (CAST(:before AS BIGINT) IS NULL OR seq < :before)
ORDER BY seq DESC LIMIT :limit
"""


async def recent(
    connection: Connection, *, limit: int, subject_id: str | None = None, before: int | None = None
) -> list[tuple[int, Entry]]:
    """Return entries with their numbers, the newest first."""
    rows = await connection.all(RECENT, subject_id=subject_id, before=before, limit=limit)
    return [(int(row["seq"]), _entry(row)) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for in the log; None and an empty `sites` leave nothing out.

    `since` is the first moment, `until` the one after the last. `sites` lets through entries of these sites and those
    that belong to none.
    """

    actor_kind: ActorKind | None = None
    actor_id: str | None = None
    action: AuditAction | None = None
    site_id: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sites: Sequence[str] = ()


_FILTERS = """
    (CAST(:actor_kind AS TEXT) IS NULL OR actor_kind = :actor_kind)
    AND (CAST(:actor_id AS TEXT) IS NULL OR actor_id = :actor_id)
    AND (CAST(:action AS TEXT) IS NULL OR action = :action)
    AND (CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id)
    AND (CAST(:subject_id AS TEXT) IS NULL OR subject_id = :subject_id)
    AND (CAST(:sites AS TEXT) IS NULL OR site_id IS NULL OR :sites LIKE '%,' || site_id || ',%')
    AND (CAST(:since_ms AS BIGINT) IS NULL OR at_ms >= :since_ms)
    AND (CAST(:until_ms AS BIGINT) IS NULL OR at_ms < :until_ms)
"""
NEWEST_FIRST = "AND seq >= :first AND seq < :before ORDER BY seq DESC LIMIT :limit"
# Each begins with a condition that an index knows: of a million entries those of one person may be a hundred.
BY_SUBJECT = f"SELECT * FROM audit WHERE subject_id = :subject_id AND {_FILTERS} {NEWEST_FIRST}"
BY_ACTOR = f"SELECT * FROM audit WHERE actor_id = :actor_id AND {_FILTERS} {NEWEST_FIRST}"
BY_ACTION = f"SELECT * FROM audit WHERE action = :action AND {_FILTERS} {NEWEST_FIRST}"
ANY = f"SELECT * FROM audit WHERE {_FILTERS} {NEWEST_FIRST}"
FIRST_AT = "SELECT seq FROM audit WHERE at_ms >= :at_ms ORDER BY at_ms, seq LIMIT 1"
_AFTER_ALL = 2**62


async def look(
    connection: Connection, question: Question, *, limit: int, before: int | None = None
) -> list[tuple[int, Entry]]:
    """Return what was looked for with its numbers, the newest first, from the one before `before` on."""
    first = await _first_at(connection, question.since, 0)
    end = min(before or _AFTER_ALL, await _first_at(connection, question.until, _AFTER_ALL))
    if question.subject_id is not None:
        statement = BY_SUBJECT
    elif question.actor_id is not None:
        statement = BY_ACTOR
    else:
        statement = ANY if question.action is None else BY_ACTION
    rows = await connection.all(
        statement,
        actor_kind=question.actor_kind,
        actor_id=question.actor_id,
        action=question.action,
        site_id=question.site_id,
        subject_id=question.subject_id,
        sites=f",{','.join(question.sites)}," if question.sites else None,
        since_ms=None if question.since is None else to_ms(question.since),
        until_ms=None if question.until is None else to_ms(question.until),
        first=first,
        before=end,
        limit=limit,
    )
    return [(int(row["seq"]), _entry(row)) for row in rows]


async def _first_at(connection: Connection, moment: datetime | None, otherwise: int) -> int:
    """Return the number of the first entry from a moment on, so that no older ones are read."""
    if moment is None:
        return otherwise
    row = await connection.one(FIRST_AT, at_ms=to_ms(moment))
    return _AFTER_ALL if row is None else int(row["seq"])


NEWEST_MODEL = """
SELECT * FROM audit WHERE action = :action AND COALESCE(site_id, '') = :site_id ORDER BY seq DESC LIMIT 1
"""


async def newest_model(connection: Connection, site_id: str | None) -> Entry | None:
    """Return the newest entry about which model a site uses (None: all sites), as its last word until this commits."""
    await connection.one(LOCK_HEAD)
    found = [
        row
        for action in (AuditAction.MODEL_ACTIVATED, AuditAction.MODEL_ROLLED_BACK)
        if (row := await connection.one(NEWEST_MODEL, action=action, site_id=site_id or "")) is not None
    ]
    return _entry(max(found, key=lambda row: int(row["seq"]))) if found else None


def _fields(row: Row) -> Sequence[object]:
    names = ("seq", "at_ms", "actor_kind", "actor_id", "action", "subject_kind", "subject_id", "site_id", "detail")
    return [row[name] for name in names]


def _hash(previous: str, fields: Sequence[object]) -> str:
    return hashlib.sha256(to_json([previous, *fields]).encode()).hexdigest()


def _entry(row: Row) -> Entry:
    return Entry(
        at=from_ms(row["at_ms"]),
        actor=Actor(kind=ActorKind(row["actor_kind"]), id=row["actor_id"]),
        action=AuditAction(row["action"]),
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        site_id=row["site_id"],
        detail=json.loads(row["detail"]),
    )
