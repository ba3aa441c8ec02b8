"""Counts for the numbers page: what came in, how long it waited, what people decided, and how far they agree.

Counted by the database, over some sites and since a moment; days are UTC's. Each statement begins with an index, so
that a million comments outside the period cost nothing, and those inside are counted without reading their texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from moderator.domain.ids import PersonId, SiteId, first_id_at
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.workbench import Ballot
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row, Value

DAY_MS: Final = 86_400_000

# One range of the index for each day, verdict and site: counting in ranges takes a tenth of what grouping takes.
VOLUME = """
WITH asked (site_id, verdict, start_ms, end_ms) AS ({values})
SELECT asked.verdict, CAST(asked.start_ms AS BIGINT) AS start_ms, (
    SELECT COUNT(*) FROM comments
    WHERE comments.site_id = asked.site_id AND comments.verdict = asked.verdict
        AND comments.received_ms >= CAST(asked.start_ms AS BIGINT)
        AND comments.received_ms < CAST(asked.end_ms AS BIGINT)
) AS number
FROM asked
"""


async def volume(
    connection: Connection, sites: Sequence[SiteId], days: Sequence[date]
) -> Mapping[date, Mapping[Action, int]]:
    """Return how many comments came in on each day, by the machine's first verdict."""
    found = {day: dict.fromkeys(Action, 0) for day in days}
    starts = {day: to_ms(_midnight(day)) for day in days}
    asked = [
        (site_id, action, str(start), str(start + DAY_MS))
        for site_id in sites
        for action in Action
        for start in starts.values()
    ]
    for row in await connection.many(VOLUME, asked) if asked else ():
        found[_day(row["start_ms"] // DAY_MS)][Action(row["verdict"])] += int(row["number"])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """How long cases that were decided had waited, the erased ones not counted; None when there are none."""

    cases: int
    median: timedelta | None
    ninetieth: timedelta | None


_CLOSED = """
FROM cases
WHERE state = 'closed' AND closed_ms >= :since_ms AND :sites LIKE '%,' || site_id || ',%'
"""
CLOSED = f"SELECT COUNT(*) AS number {_CLOSED}"
WAITED = f"SELECT closed_ms - opened_ms AS waited {_CLOSED} ORDER BY 1 LIMIT 1 OFFSET :place"


async def waited(connection: Connection, sites: Sequence[SiteId], since: datetime) -> Waited:
    """Return the median and the 90th percentile (nearest rank) of the time from opened to decided."""
    asked: dict[str, Value] = {"sites": _listed(sites), "since_ms": to_ms(since)}
    row = await connection.one(CLOSED, **asked)
    number = int(row["number"]) if row else 0
    found = []
    for percent in (50, 90) if number else ():
        row = await connection.one(WAITED, **asked, place=-(-number * percent // 100) - 1)
        found.append(None if row is None else timedelta(milliseconds=int(row["waited"])))
    median, ninetieth = found or (None, None)
    return Waited(cases=number, median=median, ninetieth=ninetieth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """How many comments somebody approved or rejected on a day, or took back (`hold`), for one reason."""

    person_id: PersonId
    day: date
    action: Action
    reason: ReasonCode | None
    number: int


_ASKED = "WITH asked (site_id, since_ms) AS ({values})"
_MADE = """
FROM asked JOIN decisions ON decisions.site_id = asked.site_id AND decisions.source = 'moderator'
    AND decisions.decided_ms >= CAST(asked.since_ms AS BIGINT)
"""
RULINGS = f"""
{_ASKED}
SELECT decisions.person_id, decisions.decided_ms / 86400000 AS day, decisions.action, decisions.reason,
    COUNT(*) AS number
{_MADE}
GROUP BY decisions.person_id, decisions.decided_ms / 86400000, decisions.action, decisions.reason
"""


async def rulings(connection: Connection, sites: Sequence[SiteId], since: datetime) -> list[Rulings]:
    """Return what moderators decided, by person, day, action and reason."""
    return [
        Rulings(
            person_id=PersonId(row["person_id"]),
            day=_day(int(row["day"])),
            action=Action(row["action"]),
            reason=None if row["reason"] is None else ReasonCode(row["reason"]),
            number=int(row["number"]),
        )
        for row in await _about(connection, RULINGS, sites, since)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of how many rulings the next word on the comment was somebody else's, and how many of these said the same."""

    seconds: int = 0
    agreed: int = 0


AGREEMENT = f"""
{_ASKED}, made AS (
    SELECT decisions.person_id, decisions.action,
        LEAD(decisions.action) OVER (PARTITION BY decisions.comment_id ORDER BY decisions.id) AS next_action,
        LEAD(decisions.person_id) OVER (PARTITION BY decisions.comment_id ORDER BY decisions.id) AS next_person
    {_MADE}
)
SELECT person_id, COUNT(*) AS seconds, SUM(CASE WHEN next_action = action THEN 1 ELSE 0 END) AS agreed
FROM made WHERE action <> 'hold' AND next_person <> person_id GROUP BY person_id
"""


async def agreement(connection: Connection, sites: Sequence[SiteId], since: datetime) -> Mapping[PersonId, Agreement]:
    """Return how far others agreed with each moderator.

    A ruling is an approval or a rejection by a moderator. It has a second opinion when the next moderator's decision on
    the same comment, within the period, is another person's: it agrees when it is the same action, and disagrees when
    it is the other one or takes the ruling back. Who takes back their own ruling gives no second opinion.
    """
    found: dict[PersonId, Agreement] = {}
    for row in await _about(connection, AGREEMENT, sites, since):
        person_id = PersonId(row["person_id"])
        before = found.get(person_id, Agreement())
        found[person_id] = Agreement(
            seconds=before.seconds + int(row["seconds"]), agreed=before.agreed + int(row["agreed"])
        )
    return found


_NONE: Final = Ballot()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What people made of comments on which the machine had come to one verdict.

    `approved` and `rejected` count everything that people saw. `drawn` are the rulings on comments that were drawn by
    chance, each weighted by the inverse of how likely that was; wrong is what people decided otherwise.
    """

    approved: int = 0
    rejected: int = 0
    drawn: Ballot = _NONE


# A comment's newest decision by a moderator within the period; when that one took something back, nobody has ruled.
SEEN = f"""
{_ASKED}, made AS (
    SELECT decisions.comment_id, decisions.action, decisions.inclusion_probability AS chance,
        ROW_NUMBER() OVER (PARTITION BY decisions.comment_id ORDER BY decisions.id DESC) AS place
    {_MADE}
)
SELECT comments.verdict, made.action, CASE WHEN chance IS NULL THEN 0 ELSE 1 END AS is_drawn,
    COUNT(*) AS number, SUM(1.0 / chance) AS weight, SUM(1.0 / (chance * chance)) AS squares
FROM made JOIN comments ON comments.id = made.comment_id
WHERE made.place = 1 AND made.action <> 'hold'
GROUP BY comments.verdict, made.action, CASE WHEN chance IS NULL THEN 0 ELSE 1 END
"""


async def seen(connection: Connection, sites: Sequence[SiteId], since: datetime) -> Mapping[Action, Seen]:
    """Return for each verdict of the machine what people made of it."""
    found = dict.fromkeys(Action, Seen())
    for row in await _about(connection, SEEN, sites, since):
        verdict, ruled, number = Action(row["verdict"]), Action(row["action"]), int(row["number"])
        before, drawn = found[verdict], _NONE
        if row["is_drawn"]:
            weight = float(row["weight"])
            wrong = weight if ruled is not verdict else 0.0
            drawn = Ballot(rulings=number, weight=weight, squares=float(row["squares"]), wrong=wrong)
        found[verdict] = Seen(
            approved=before.approved + number * (ruled is Action.APPROVE),
            rejected=before.rejected + number * (ruled is Action.REJECT),
            drawn=before.drawn + drawn,
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """How often readers reported, how many of these reports were only counted, and how often authors appealed."""

    reports: int
    muted: int
    appeals: int


# Ids sort by time, so that what is older is not looked at.
REPORTS = """
SELECT COUNT(*) AS number, COALESCE(SUM(muted), 0) AS muted FROM reports
WHERE id >= :oldest AND created_ms >= :since_ms AND :sites LIKE '%,' || site_id || ',%'
"""
APPEALS = """
SELECT COUNT(*) AS number FROM appeals
WHERE id >= :oldest AND created_ms >= :since_ms AND :sites LIKE '%,' || site_id || ',%'
"""


async def voices(connection: Connection, sites: Sequence[SiteId], since: datetime) -> Voices:
    """Return what readers and authors said."""
    since_ms = to_ms(since)
    asked: dict[str, Value] = {"sites": _listed(sites), "since_ms": since_ms, "oldest": first_id_at(since_ms)}
    reports = await connection.one(REPORTS, **asked)
    appeals = await connection.one(APPEALS, **asked)
    assert reports is not None  # An aggregate always gives a row.
    assert appeals is not None
    return Voices(reports=int(reports["number"]), muted=int(reports["muted"]), appeals=int(appeals["number"]))


async def _about(connection: Connection, sql: str, sites: Sequence[SiteId], since: datetime) -> Sequence[Row]:
    return await connection.many(sql, [(site_id, str(to_ms(since))) for site_id in sites]) if sites else ()


def _listed(sites: Sequence[SiteId]) -> str:
    return f",{','.join(sites)},"


def _midnight(day: date) -> datetime:
    return from_ms((day - date(1970, 1, 1)).days * DAY_MS)


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)
