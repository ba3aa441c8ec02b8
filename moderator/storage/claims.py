"""Claims: cases that somebody holds for a while, so that nobody else decides them, and giving them back."""

from collections.abc import Sequence
from datetime import datetime

from moderator.domain.ids import CaseId, PersonId, SiteId
from moderator.domain.queue import EVERYTHING, Filter
from moderator.storage.case_files import FILE_COLUMNS, FITS, CaseFile, file_of, fitting, listed
from moderator.storage.columns import to_ms
from moderator.storage.database import Connection

# SQLite has one writer; PostgreSQL passes over rows that another claim holds right now. The free cases are found once,
# in a table expression: as a subquery the planner may look for them again for each row, and find others each time.
CLAIM = f"""
WITH free AS MATERIALIZED (
    SELECT cases.id FROM cases
    WHERE cases.state = 'open' AND (cases.holder IS NULL OR cases.expires_ms <= :now_ms)
        AND (cases.escalated_ms IS NULL OR (:is_senior = 1 AND cases.escalated_by <> :holder))
        AND (CAST(:passed_over AS TEXT) IS NULL OR :passed_over NOT LIKE '%,' || cases.id || ',%')
        AND {FITS}
    ORDER BY CASE WHEN cases.escalated_ms IS NULL THEN 1 ELSE 0 END,
        cases.weight * (1.0 + (:now_ms - cases.opened_ms) / 60000.0) DESC, cases.id
    LIMIT :count {{skip_locked}}
)
UPDATE cases SET holder = :holder, expires_ms = :expires_ms, generation = generation + 1
WHERE id IN (SELECT id FROM free)
RETURNING id
"""

FILES = f"""
SELECT {FILE_COLUMNS}
FROM cases JOIN comments ON comments.id = cases.comment_id
WHERE cases.holder = :holder AND cases.state = 'open' AND cases.expires_ms > :as_of_ms
ORDER BY urgency DESC, cases.id
"""


async def claim(
    connection: Connection,
    *,
    holder: PersonId,
    count: int,
    now: datetime,
    expires_at: datetime,
    sites: Sequence[SiteId] = (),
    only: Filter = EVERYTHING,
    passing_over: Sequence[CaseId] = (),
    is_senior: bool = False,
) -> list[CaseFile]:
    """Claim up to `count` free cases, the most urgent first, but none of `passing_over`. Return them.

    `sites` empty means every site; `only` leaves out more. What was passed on comes first for a senior who did not do
    so, and to nobody else.
    """
    rows = await connection.all(
        CLAIM,
        holder=holder,
        count=count,
        now_ms=to_ms(now),
        expires_ms=to_ms(expires_at),
        passed_over=listed(passing_over),
        is_senior=int(is_senior),
        **fitting(sites, only, holder),
    )
    claimed = {row["id"] for row in rows}
    return [file for file in await list_claimed(connection, holder=holder, now=now) if file.case.id in claimed]


CLAIM_ONE = """
UPDATE cases SET holder = :holder, expires_ms = :expires_ms, generation = generation + 1
WHERE id = :id AND state = 'open' AND (holder IS NULL OR holder = :holder OR expires_ms <= :now_ms)
    AND (barred_person_id IS NULL OR barred_person_id <> :holder)
    AND (also_barred_id IS NULL OR also_barred_id <> :holder)
RETURNING id
"""


async def claim_one(
    connection: Connection, case_id: CaseId, *, holder: PersonId, now: datetime, expires_at: datetime
) -> bool:
    """Claim a certain case. Return False when somebody else holds it or it is not open."""
    row = await connection.one(CLAIM_ONE, id=case_id, holder=holder, now_ms=to_ms(now), expires_ms=to_ms(expires_at))
    return row is not None


HOLD_ON = """
UPDATE cases SET expires_ms = :expires_ms
WHERE holder = :holder AND state = 'open' AND expires_ms > :now_ms
"""


async def hold_on(connection: Connection, *, holder: PersonId, now: datetime, expires_at: datetime) -> None:
    """Let every claim that somebody still has last longer. What they saw stays true, so no generation changes."""
    await connection.execute(HOLD_ON, holder=holder, now_ms=to_ms(now), expires_ms=to_ms(expires_at))


async def list_claimed(connection: Connection, *, holder: PersonId, now: datetime) -> list[CaseFile]:
    """Return the cases that somebody holds now, the most urgent first."""
    return [file_of(row) for row in await connection.all(FILES, holder=holder, as_of_ms=to_ms(now))]


RELEASE = """
UPDATE cases SET holder = NULL, expires_ms = NULL, generation = generation + 1
WHERE id = :id AND state = 'open' AND holder = :holder
RETURNING id
"""


async def release(connection: Connection, case_id: CaseId, holder: PersonId) -> bool:
    """Give a claim back. Return False when the person holds no such claim."""
    return await connection.one(RELEASE, id=case_id, holder=holder) is not None


RELEASE_EXPIRED = """
UPDATE cases SET holder = NULL, expires_ms = NULL, generation = generation + 1
WHERE state = 'open' AND holder IS NOT NULL AND expires_ms <= :now_ms
RETURNING id
"""


async def release_expired(connection: Connection, now: datetime) -> int:
    """Return expired claims to the queue. Return how many."""
    return len(await connection.all(RELEASE_EXPIRED, now_ms=to_ms(now)))
