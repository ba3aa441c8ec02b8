"""The queue as a whole: how much waits of what kind, who holds what, and what has just changed. Reads only.

Each statement is answered from an index on open (or just closed) cases; none looks at a comment, but for an author's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.ids import CaseId, PersonId, SiteId
from moderator.domain.queue import EVERYTHING, Filter, Group
from moderator.domain.review import Cause
from moderator.domain.scoring import Label
from moderator.storage.cases import FITS, fitting
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row

GROUPS = f"""
SELECT site_id, section, label, cause, lang, COUNT(*) AS cases, MIN(opened_ms) AS oldest_ms,
    SUM(CASE WHEN holder IS NOT NULL AND expires_ms > :now_ms THEN 1 ELSE 0 END) AS held
FROM cases WHERE state = 'open' AND {FITS}
GROUP BY site_id, section, label, cause, lang
"""


async def groups(
    connection: Connection, *, now: datetime, sites: Sequence[SiteId] = (), author: str | None = None
) -> list[Group]:
    """Return the open cases of some sites (empty: all), one author's or everybody's, by what they are filtered by."""
    only = Filter(author=author) if author else EVERYTHING
    return [_group(row) for row in await connection.all(GROUPS, now_ms=to_ms(now), **fitting(sites, only))]


HELD = """
SELECT id, site_id, holder FROM cases
WHERE state = 'open' AND holder IS NOT NULL AND expires_ms > :now_ms ORDER BY expires_ms
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A case that somebody holds now."""

    id: CaseId
    site: SiteId
    holder: PersonId


async def held(connection: Connection, *, now: datetime) -> list[Held]:
    """Return every case that somebody holds."""
    return [
        Held(id=CaseId(row["id"]), site=SiteId(row["site_id"]), holder=PersonId(row["holder"]))
        for row in await connection.all(HELD, now_ms=to_ms(now))
    ]


SIZES = """
SELECT site_id, COUNT(*) AS cases, MIN(opened_ms) AS oldest_ms FROM cases WHERE state = 'open' GROUP BY site_id
"""


async def sizes(connection: Connection) -> Mapping[SiteId, tuple[int, datetime]]:
    """Return for each site how many cases are open, and since when the oldest waits."""
    rows = await connection.all(SIZES)
    return {SiteId(row["site_id"]): (int(row["cases"]), from_ms(row["oldest_ms"])) for row in rows}


OPENED = """
SELECT id, site_id, section, label, cause, lang, 1 AS cases, opened_ms AS oldest_ms, 0 AS held
FROM cases WHERE state = 'open' AND opened_ms > :since_ms ORDER BY opened_ms DESC LIMIT :limit
"""


async def opened_since(connection: Connection, since: datetime, *, limit: int) -> dict[CaseId, Group]:
    """Return the open cases that were opened after a moment, the newest first."""
    rows = await connection.all(OPENED, since_ms=to_ms(since), limit=limit)
    return {CaseId(row["id"]): _group(row) for row in rows}


ENDED = """
SELECT cases.id, cases.site_id, cases.closed_ms, (
    SELECT decisions.person_id FROM decisions WHERE decisions.comment_id = cases.comment_id
    ORDER BY decisions.id DESC LIMIT 1
) AS person_id
FROM cases WHERE closed_ms > :since_ms ORDER BY closed_ms DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A case that is open no more. `person` is who decided last about its comment; None: no moderator."""

    id: CaseId
    site: SiteId
    at: datetime
    person: PersonId | None


async def ended_since(connection: Connection, since: datetime, *, limit: int) -> list[Ended]:
    """Return the cases that were closed after a moment, the newest first."""
    return [
        Ended(
            id=CaseId(row["id"]),
            site=SiteId(row["site_id"]),
            at=from_ms(row["closed_ms"]),
            person=None if row["person_id"] is None else PersonId(row["person_id"]),
        )
        for row in await connection.all(ENDED, since_ms=to_ms(since), limit=limit)
    ]


def _group(row: Row) -> Group:
    cause = Cause(row["cause"])
    return Group(
        site=SiteId(row["site_id"]),
        section=row["section"],
        label=None if row["label"] is None else Label(row["label"]),
        cause=Cause.BORDERLINE if cause is Cause.SAMPLE else cause,  # It must not be known.
        lang=row["lang"],
        cases=int(row["cases"]),
        held=int(row["held"]),
        oldest_at=from_ms(row["oldest_ms"]),
    )
