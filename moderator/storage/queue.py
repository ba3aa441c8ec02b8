"""The queue as a whole: how much waits of what kind, who holds what, and what has just changed. Reads only.

Each statement is answered from an index on open (or just closed) cases; none looks at a comment, but for an author's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.blind import shown_cause
from moderator.domain.ids import CaseId, PersonId, SiteId
from moderator.domain.queue import EVERYTHING, Filter, Group
from moderator.domain.review import Cause
from moderator.domain.scoring import Label
from moderator.storage.case_files import FITS, fitting
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row

GROUPS = f"""
SELECT site_id, section, label, cause, lang, COUNT(*) AS cases, MIN(opened_ms) AS oldest_ms,
    SUM(CASE WHEN holder IS NOT NULL AND expires_ms > :now_ms THEN 1 ELSE 0 END) AS held
FROM cases WHERE state = 'open' AND {FITS}
GROUP BY site_id, section, label, cause, lang
"""


async def groups(
    connection: Connection,
    *,
    now: datetime,
    sites: Sequence[SiteId] = (),
    author: str | None = None,
    reader: PersonId | None = None,
) -> list[Group]:
    """Return the open cases of some sites (empty: all), one author's or everybody's, by what they are filtered by.

    What a `reader` is barred from is not counted.
    """
    only = Filter(author=author) if author else EVERYTHING
    return [_group(row) for row in await connection.all(GROUPS, now_ms=to_ms(now), **fitting(sites, only, reader))]


HELD = """
SELECT id, site_id, holder, barred_person_id, also_barred_id FROM cases
WHERE state = 'open' AND holder IS NOT NULL AND expires_ms > :now_ms ORDER BY expires_ms
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A case that somebody holds now. The `barred` do not see it."""

    id: CaseId
    site: SiteId
    holder: PersonId
    barred: frozenset[PersonId] = frozenset()


async def held(connection: Connection, *, now: datetime) -> list[Held]:
    """Return every case that somebody holds."""
    return [
        Held(id=CaseId(row["id"]), site=SiteId(row["site_id"]), holder=PersonId(row["holder"]), barred=_barred(row))
        for row in await connection.all(HELD, now_ms=to_ms(now))
    ]


SIZES = """
SELECT site_id, barred_person_id, also_barred_id, COUNT(*) AS cases, MIN(opened_ms) AS oldest_ms
FROM cases WHERE state = 'open' GROUP BY site_id, barred_person_id, also_barred_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many cases of a site are open that the same people are barred from, and since when the oldest waits."""

    site: SiteId
    cases: int
    oldest_at: datetime
    barred: frozenset[PersonId] = frozenset()


async def sizes(connection: Connection) -> list[Size]:
    """Return how many cases of each site are open."""
    return [
        Size(
            site=SiteId(row["site_id"]),
            cases=int(row["cases"]),
            oldest_at=from_ms(row["oldest_ms"]),
            barred=_barred(row),
        )
        for row in await connection.all(SIZES)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case that is open, as a group of its own. The `barred` do not see it."""

    group: Group
    barred: frozenset[PersonId] = frozenset()


OPENED = """
SELECT id, site_id, section, label, cause, lang, 1 AS cases, opened_ms AS oldest_ms, 0 AS held, barred_person_id,
    also_barred_id
FROM cases WHERE state = 'open' AND opened_ms > :since_ms ORDER BY opened_ms DESC LIMIT :limit
"""


async def opened_since(connection: Connection, since: datetime, *, limit: int) -> dict[CaseId, Opened]:
    """Return the open cases that were opened after a moment, the newest first."""
    rows = await connection.all(OPENED, since_ms=to_ms(since), limit=limit)
    return {CaseId(row["id"]): Opened(group=_group(row), barred=_barred(row)) for row in rows}


# A second opinion ends its case without a decision.
ENDED = """
SELECT cases.id, cases.site_id, cases.closed_ms, cases.barred_person_id, cases.also_barred_id, COALESCE((
    SELECT opinions.person_id FROM opinions WHERE opinions.case_id = cases.id ORDER BY opinions.id LIMIT 1
), (
    SELECT decisions.person_id FROM decisions WHERE decisions.comment_id = cases.comment_id
    ORDER BY decisions.id DESC LIMIT 1
)) AS person_id
FROM cases WHERE closed_ms > :since_ms ORDER BY closed_ms DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A case that is open no more. `person` is who decided last about its comment; None: no moderator.

    The `barred` never saw it.
    """

    id: CaseId
    site: SiteId
    at: datetime
    person: PersonId | None
    barred: frozenset[PersonId] = frozenset()


async def ended_since(connection: Connection, since: datetime, *, limit: int) -> list[Ended]:
    """Return the cases that were closed after a moment, the newest first."""
    return [
        Ended(
            id=CaseId(row["id"]),
            site=SiteId(row["site_id"]),
            at=from_ms(row["closed_ms"]),
            person=None if row["person_id"] is None else PersonId(row["person_id"]),
            barred=_barred(row),
        )
        for row in await connection.all(ENDED, since_ms=to_ms(since), limit=limit)
    ]


def _barred(row: Row) -> frozenset[PersonId]:
    return frozenset(PersonId(row[name]) for name in ("barred_person_id", "also_barred_id") if row[name] is not None)


def _group(row: Row) -> Group:
    return Group(
        site=SiteId(row["site_id"]),
        section=row["section"],
        label=None if row["label"] is None else Label(row["label"]),
        cause=shown_cause(Cause(row["cause"])),
        lang=row["lang"],
        cases=int(row["cases"]),
        held=int(row["held"]),
        oldest_at=from_ms(row["oldest_ms"]),
    )
