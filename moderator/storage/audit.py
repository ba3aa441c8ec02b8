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


async def find_breaks(database: Database, page_size: int = 1_000) -> AsyncIterator[str]:
    """Yield a sentence for each place where the chain does not hold: altered, missing, added or reordered entries."""
    seq, last = 0, ""
    while True:
        async with database.read() as connection:
            rows = await connection.all(PAGE, after=seq, limit=page_size)
        for row in rows:
            if row["seq"] != seq + 1:
                yield f"Entries {seq + 1} to {row['seq'] - 1} are missing."
            elif row["previous_hash"] != last:
                yield f"Entry {row['seq']} does not follow the one before it."
            if _hash(row["previous_hash"], _fields(row)) != row["hash"]:
                yield f"Entry {row['seq']} has been altered."
            seq, last = row["seq"], row["hash"]
        if len(rows) < page_size:
            break
    async with database.read() as connection:
        end = await connection.one(END)
    if end is None:
        yield "The head of the chain is missing."
    elif end["head_seq"] != (end["seq"] or 0):
        yield f"The chain ends at entry {end['seq'] or 0}, but its head says {end['head_seq']}."
    elif end["head_hash"] != (end["hash"] or ""):
        yield f"The head does not have the hash of entry {end['head_seq']}."


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
