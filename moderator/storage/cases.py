"""Cases: opening, the queue's order, and their end. How one is read is in `case_files`, who holds it in `claims`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.blind import CHECKS
from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, CommentId, PersonId, SiteId
from moderator.domain.queue import EVERYTHING, SECTION_CHARACTERS, Filter
from moderator.domain.review import SEVERITY, Case, Cause, Escalation
from moderator.storage.case_files import FILE_COLUMNS, FITS, OTHERS, CaseFile, file_of, fitting, listed
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection

_WEIGHED = " UNION ALL ".join(
    f"SELECT '{label}' AS label, {severity} * comments.score_{label} AS weight" for label, severity in SEVERITY.items()
)
# What the queue is filtered by is taken from the comment, whoever opens the case. WHERE TRUE: SQLite would take ON
# CONFLICT for the condition of a join.
OPEN = f"""
WITH given (
    id, site_id, comment_id, cause, weight, opened_ms, campaign, barred_person_id, also_barred_id, is_blind
) AS ({{values}})
INSERT INTO cases (
    id, site_id, comment_id, cause, weight, opened_ms, campaign, barred_person_id, also_barred_id, section, lang, label
)
SELECT given.id, given.site_id, given.comment_id, given.cause, given.weight, given.opened_ms, given.campaign,
    given.barred_person_id, given.also_barred_id,
    SUBSTR(comments.article_section, 1, {SECTION_CHARACTERS}), comments.lang,
    CASE WHEN given.is_blind = 0 THEN (
        SELECT found.label FROM ({_WEIGHED}) AS found WHERE found.weight > 0
        ORDER BY found.weight DESC, found.label LIMIT 1
    ) END
FROM given JOIN comments ON comments.id = given.comment_id WHERE TRUE
ON CONFLICT DO NOTHING
RETURNING id
"""


async def open_many(connection: Connection, cases: Sequence[Case], *, blind: Collection[CaseId] = ()) -> set[str]:
    """Open cases. Return the ids of those opened: a comment that has an open case keeps that one.

    Nobody finds the `blind` ones among them, nor checks, by what the machine thinks.
    """
    if not cases:
        return set()
    rows = await connection.many(
        OPEN,
        [
            (
                *(case.id, case.site_id, case.comment_id, case.cause, case.weight, to_ms(case.opened_at)),
                *(case.campaign, *_two(case.barred), int(case.cause in CHECKS or case.id in blind)),
            )
            for case in cases
        ],
    )
    return {row["id"] for row in rows}


def _two(barred: Sequence[PersonId]) -> tuple[PersonId | None, PersonId | None]:
    first, second = (*barred, None, None)[:2]
    return first, second


LEAD = """
WITH firsts (comment_id) AS ({values})
UPDATE cases SET campaign = comment_id
WHERE state = 'open' AND campaign IS NULL AND comment_id IN (SELECT comment_id FROM firsts)
"""


async def lead_campaigns(connection: Connection, firsts: Sequence[CommentId]) -> None:
    """Let the open cases of comments that others turned out to be like belong to the campaigns that these began."""
    if firsts:
        await connection.many(LEAD, [(first,) for first in firsts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A row of the queue, after which a list goes on. `is_first` says that it stood before all others for a senior."""

    urgency: float
    case_id: CaseId
    is_first: bool = False


# Sorted by what stands in the cases alone, in one index; only what is shown is then looked up. The 0 keeps SQLite from
# the index of opening times, which has nothing else. For nobody (NULL) nothing was passed on by others.
LIST_OPEN = f"""
WITH page AS MATERIALIZED (
    SELECT queue.id, queue.place FROM (
        SELECT cases.id, cases.weight * (1.0 + (:as_of_ms - cases.opened_ms) / 60000.0) AS urgency,
            CASE WHEN cases.escalated_by <> CAST(:senior AS TEXT) THEN 0 ELSE 1 END AS place
        FROM cases
        WHERE cases.state = 'open' AND cases.opened_ms + 0 <= :as_of_ms AND {FITS}
    ) AS queue
    WHERE CAST(:after_id AS TEXT) IS NULL OR queue.place > :after_place
        OR (queue.place = :after_place AND (queue.urgency < :after_urgency
            OR (queue.urgency = :after_urgency AND queue.id > :after_id)))
    ORDER BY queue.place, queue.urgency DESC, queue.id LIMIT :limit
)
SELECT {FILE_COLUMNS}
FROM page JOIN cases ON cases.id = page.id JOIN comments ON comments.id = cases.comment_id
ORDER BY page.place, urgency DESC, cases.id
"""


async def list_open(
    connection: Connection,
    *,
    as_of: datetime,
    limit: int,
    sites: Sequence[SiteId] = (),
    only: Filter = EVERYTHING,
    reader: PersonId | None = None,
    senior: PersonId | None = None,
    after: Place | None = None,
) -> list[CaseFile]:
    """Return open cases, the most urgent at `as_of` first, from the one after `after` on.

    `sites` empty means every site; `only` leaves out more. A `reader` does not see what they are barred from. What
    others passed on comes before all else for a `senior`, as it does when they claim.
    """
    rows = await connection.all(
        LIST_OPEN,
        as_of_ms=to_ms(as_of),
        **fitting(sites, only, reader),
        senior=senior,
        after_place=0 if after and after.is_first else 1,
        after_urgency=after.urgency if after else 0.0,
        after_id=after.case_id if after else None,
        limit=limit,
    )
    return [file_of(row) for row in rows]


LIST_CLOSED = f"""
SELECT {FILE_COLUMNS}
FROM cases JOIN comments ON comments.id = cases.comment_id
WHERE cases.state = 'closed' AND (CAST(:sites AS TEXT) IS NULL OR :sites LIKE '%,' || cases.site_id || ',%')
    AND (CAST(:before_id AS TEXT) IS NULL OR cases.id < :before_id)
ORDER BY cases.id DESC LIMIT :limit
"""


async def list_closed(
    connection: Connection, *, limit: int, sites: Sequence[SiteId] = (), before: CaseId | None = None
) -> list[CaseFile]:
    """Return decided cases, the newest first."""
    rows = await connection.all(LIST_CLOSED, as_of_ms=0, sites=listed(sites), before_id=before, limit=limit)
    return [file_of(row) for row in rows]


GET = f"""
SELECT {FILE_COLUMNS}
FROM cases JOIN comments ON comments.id = cases.comment_id
WHERE cases.id = :id
"""


async def get(connection: Connection, case_id: CaseId, *, now: datetime) -> CaseFile:
    """Return a case with its comment. Raises NotFound."""
    row = await connection.one(GET, id=case_id, as_of_ms=to_ms(now))
    if row is None:
        raise NotFound("There is no such case.")
    return file_of(row)


# The generation in the condition makes this the moment of truth: of two who decide at once, one changes no row.
CLOSE = """
UPDATE cases SET state = 'closed', holder = NULL, expires_ms = NULL, closed_ms = :now_ms
WHERE id = :id AND state = 'open' AND generation = :generation
RETURNING id
"""


async def close(connection: Connection, case_id: CaseId, *, generation: int, now: datetime) -> bool:
    """Close a case as it was seen. Return False when it has moved on."""
    row = await connection.one(CLOSE, id=case_id, generation=generation, now_ms=to_ms(now))
    return row is not None


ESCALATE = """
UPDATE cases SET holder = NULL, expires_ms = NULL, generation = generation + 1,
    escalated_ms = :now_ms, escalated_by = :by, escalation_note = :note
WHERE id = :id AND state = 'open' AND generation = :generation
RETURNING id
"""


async def escalate(connection: Connection, case_id: CaseId, *, generation: int, escalation: Escalation) -> bool:
    """Release a case as it was seen, for seniors alone. Return False when it has moved on."""
    row = await connection.one(
        ESCALATE,
        id=case_id,
        generation=generation,
        now_ms=to_ms(escalation.at),
        by=escalation.by,
        note=escalation.note,
    )
    return row is not None


ERASE_NOTES = "UPDATE cases SET escalation_note = NULL WHERE comment_id = :comment_id"


async def erase_notes(connection: Connection, comment_id: CommentId) -> None:
    """Blank what was said about an erased comment when its cases were passed on: it may quote the text."""
    await connection.execute(ERASE_NOTES, comment_id=comment_id)


OF_CAMPAIGN = f"""
SELECT {FILE_COLUMNS}
FROM cases JOIN comments ON comments.id = cases.comment_id
WHERE cases.campaign = :campaign AND cases.state = 'open' AND cases.id <> :but AND {OTHERS}
ORDER BY cases.id LIMIT :limit
"""


async def list_of_campaign(
    connection: Connection,
    campaign: CommentId,
    *,
    but: CaseId,
    now: datetime,
    limit: int,
    reader: PersonId | None = None,
) -> list[CaseFile]:
    """Return the other open cases of a campaign, the oldest first. A campaign never leaves its site."""
    rows = await connection.all(
        OF_CAMPAIGN, campaign=campaign, but=but, as_of_ms=to_ms(now), limit=limit, reader=reader
    )
    return [file_of(row) for row in rows]


WITHDRAW = """
UPDATE cases SET state = 'withdrawn', holder = NULL, expires_ms = NULL, closed_ms = :now_ms
WHERE comment_id = :comment_id AND state = 'open'
"""


async def withdraw(connection: Connection, comment_id: CommentId, now: datetime) -> None:
    """Close a comment's open case without a decision: the comment is gone."""
    await connection.execute(WITHDRAW, comment_id=comment_id, now_ms=to_ms(now))


WITHDRAW_SECOND = """
UPDATE cases SET state = 'withdrawn', holder = NULL, expires_ms = NULL, closed_ms = :now_ms
WHERE comment_id = :comment_id AND state = 'open' AND cause IN ('second', 'disagreement')
"""


async def withdraw_second(connection: Connection, comment_id: CommentId, now: datetime) -> None:
    """Close what waits for a second opinion on a comment, or for somebody to settle what two disagree on.

    What they were about was taken back.
    """
    await connection.execute(WITHDRAW_SECOND, comment_id=comment_id, now_ms=to_ms(now))


CLOSE_OPEN = """
UPDATE cases SET state = 'closed', holder = NULL, expires_ms = NULL, closed_ms = :now_ms
WHERE comment_id = :comment_id AND state = 'open'
"""


async def close_open(connection: Connection, comment_id: CommentId, *, now: datetime) -> None:
    """Close a comment's open case, whoever holds it: the site's own people have decided."""
    await connection.execute(CLOSE_OPEN, comment_id=comment_id, now_ms=to_ms(now))


FIND_OPEN = "SELECT id FROM cases WHERE comment_id = :comment_id AND state = 'open'"


async def find_open(connection: Connection, comment_id: CommentId) -> CaseId | None:
    """Return the id of a comment's open case, or None."""
    row = await connection.one(FIND_OPEN, comment_id=comment_id)
    return None if row is None else CaseId(row["id"])


MARK_REPORTED = """
UPDATE cases SET cause = 'report', weight = CASE WHEN weight > :weight THEN weight ELSE :weight END
WHERE id = :id AND state = 'open' AND cause = 'sample'
"""


async def mark_reported(connection: Connection, case_id: CaseId, weight: float) -> None:
    """Let a case that waited for a check wait for a report instead: a reader saw something, and that is urgent."""
    await connection.execute(MARK_REPORTED, id=case_id, weight=weight)


LET_GO_SECOND = """
UPDATE cases SET state = 'withdrawn', holder = NULL, expires_ms = NULL, closed_ms = :now_ms
WHERE state = 'open' AND cause = 'second' AND opened_ms <= :before_ms AND holder IS NULL
"""


async def let_go_second(connection: Connection, *, before: datetime, now: datetime) -> None:
    """Close what has waited for a second opinion since a moment and is in nobody's hands."""
    await connection.execute(LET_GO_SECOND, before_ms=to_ms(before), now_ms=to_ms(now))


HASTEN_SECOND = """
UPDATE cases SET weight = CASE WHEN weight > :weight THEN weight ELSE :weight END
WHERE id = :id AND state = 'open' AND cause IN ('second', 'disagreement')
RETURNING id
"""


async def hasten_second(connection: Connection, case_id: CaseId, weight: float) -> bool:
    """Let a case about a person's decision weigh at least so much. Return False when it is about something else."""
    return await connection.one(HASTEN_SECOND, id=case_id, weight=weight) is not None


CAUSES = """
WITH wanted (case_id) AS ({values})
SELECT id, cause, barred_person_id, also_barred_id FROM cases WHERE id IN (SELECT case_id FROM wanted)
"""


async def causes_of(
    connection: Connection, case_ids: Sequence[CaseId], *, reader: PersonId | None = None
) -> dict[CaseId, Cause]:
    """Return why cases were opened, without those that a `reader` is barred from."""
    rows = await connection.many(CAUSES, [(case_id,) for case_id in case_ids]) if case_ids else []
    return {
        CaseId(row["id"]): Cause(row["cause"])
        for row in rows
        if reader is None or reader not in (row["barred_person_id"], row["also_barred_id"])
    }


HEAVIEST = "SELECT MAX(weight) AS weight FROM cases WHERE comment_id = :comment_id"


async def heaviest(connection: Connection, comment_id: CommentId) -> float | None:
    """Return the greatest weight of a comment's cases, or None when it never had one."""
    row = await connection.one(HEAVIEST, comment_id=comment_id)
    return None if row is None or row["weight"] is None else float(row["weight"])


COUNT_OPEN = f"""
SELECT COUNT(*) AS open, COALESCE(SUM(CASE WHEN holder IS NOT NULL THEN 1 ELSE 0 END), 0) AS claimed,
    COALESCE(SUM(CASE WHEN holder IS NULL AND escalated_ms IS NOT NULL THEN 1 ELSE 0 END), 0) AS passed_on,
    MIN(opened_ms) AS oldest_ms
FROM cases WHERE state = 'open' AND {FITS}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSize:
    """How much waits, how much of it somebody holds, and since when the oldest waits (None: nothing waits).

    `passed_on` counts the free cases that only seniors are given.
    """

    open: int
    claimed: int
    oldest_at: datetime | None
    passed_on: int = 0


async def queue_size(
    connection: Connection,
    sites: Sequence[SiteId] = (),
    only: Filter = EVERYTHING,
    *,
    reader: PersonId | None = None,
) -> QueueSize:
    """Return the size of the queue of some sites, of all when `sites` is empty; `only` leaves out more.

    What a `reader` is barred from is not counted.
    """
    row = await connection.one(COUNT_OPEN, **fitting(sites, only, reader))
    assert row is not None  # An aggregate always gives a row.
    oldest = row["oldest_ms"]
    return QueueSize(
        open=int(row["open"]),
        claimed=int(row["claimed"]),
        oldest_at=None if oldest is None else from_ms(oldest),
        passed_on=int(row["passed_on"]),
    )
