"""What is watched: audited verdicts, the days of each site in numbers, and what its automatic verdicts rest on."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from moderator.domain.certificates import Certificate, Standing
from moderator.domain.drift import Day, Figure, Level, Sketch
from moderator.domain.estimates import Audited, Stratum
from moderator.domain.ids import CommentId, SiteId, first_id_at
from moderator.domain.policy import Action, Rule
from moderator.domain.scoring import Label
from moderator.storage.columns import from_ms_or_none, reasons_from_json, to_json, to_ms
from moderator.storage.comments import SCORE_COLUMNS
from moderator.storage.database import Connection, Database, Row, Value

DAY_MS: Final = 86_400_000
PAGE_ROWS: Final = 500
_EPOCH: Final = date(1970, 1, 1)
_COLUMNS: Final = tuple((label, f"score_{label}") for label in Label)


def number_of(day: date) -> int:
    """Return a day as days since 1970."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """Return days since 1970 as a day."""
    return _EPOCH + timedelta(days=number)


# A drawn comment's newest ruling within the period; one that took something back says hold, and nobody has ruled.
AUDITED = """
WITH asked (site_id, since_ms) AS ({values}),
made AS (
    SELECT decisions.site_id, decisions.comment_id, decisions.action, decisions.inclusion_probability AS chance,
        decisions.decided_ms / 86400000 AS day,
        ROW_NUMBER() OVER (PARTITION BY decisions.comment_id ORDER BY decisions.id DESC) AS place
    FROM asked JOIN decisions ON decisions.site_id = asked.site_id AND decisions.source = 'moderator'
        AND decisions.decided_ms >= CAST(asked.since_ms AS BIGINT)
)
SELECT made.site_id, made.day, made.chance, comments.verdict, COUNT(*) AS audited,
    SUM(CASE WHEN made.action <> comments.verdict THEN 1 ELSE 0 END) AS wrong
FROM made JOIN comments ON comments.id = made.comment_id
WHERE made.place = 1 AND made.action <> 'hold' AND made.chance IS NOT NULL AND comments.verdict <> 'hold'
GROUP BY made.site_id, made.day, made.chance, comments.verdict
ORDER BY made.site_id, made.day, made.chance, comments.verdict
"""


async def audited(connection: Connection, sites: Sequence[SiteId], since: datetime) -> list[Audited]:
    """Return what people made of automatic verdicts that were drawn, decided since a moment.

    A comment that was not drawn is not there, whoever decided about it, and one that people have not come to is not
    either: see `domain/estimates` for what follows from those that are.
    """
    if not sites:
        return []
    rows = await connection.many(AUDITED, [(site_id, str(to_ms(since))) for site_id in sites])
    return [
        Audited(
            site_id=SiteId(row["site_id"]),
            verdict=Action(row["verdict"]),
            day=day_of(int(row["day"])),
            stratum=Stratum(probability=float(row["chance"]), audited=int(row["audited"]), wrong=int(row["wrong"])),
        )
        for row in rows
    ]


# What an alarm held back, and what people decided about it since: the same question as an audit's, asked of everything.
HELD_BACK = """
SELECT comments.reasons, (
    SELECT own.action FROM decisions AS own WHERE own.comment_id = comments.id AND own.source = 'moderator'
    ORDER BY own.id DESC LIMIT 1) AS ruling
FROM comments
WHERE comments.id >= :oldest AND comments.site_id = :site_id AND comments.verdict = 'hold'
    AND comments.reasons LIKE :coded AND comments.erased_ms IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Comments that an alarm alone kept from an automatic verdict: how many, and what people decided about them."""

    comments: int = 0
    ruled: int = 0
    wrong: int = 0


async def held_back(connection: Connection, site_id: SiteId, since: datetime) -> Mapping[Action, HeldBack]:
    """Return for approvals and rejections what an alarm has held back since a moment."""
    found = {Action.APPROVE: HeldBack(), Action.REJECT: HeldBack()}
    rows = await connection.all(
        HELD_BACK, site_id=site_id, oldest=first_id_at(to_ms(since)), coded=f'%"code":"{Rule.DRIFT}"%'
    )
    for row in rows:
        others = [reason.action for reason in reasons_from_json(row["reasons"]) if reason.code is not Rule.DRIFT]
        would_be = Action.REJECT if Action.REJECT in others else Action.APPROVE
        if would_be is Action.APPROVE and others:
            continue  # It would have been held anyway.
        before, ruling = found[would_be], row["ruling"]
        is_ruled = ruling is not None and ruling != Action.HOLD
        found[would_be] = HeldBack(
            comments=before.comments + 1,
            ruled=before.ruled + is_ruled,
            wrong=before.wrong + (is_ruled and ruling != would_be),
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is counted of a comment. `text` is normalised and hashed at once, and kept nowhere."""

    id: CommentId
    text: str
    verdict: Action
    model: str | None
    scores: Mapping[Label, float]


COMMENTS = f"""
SELECT comments.id, comments.text, comments.verdict, comments.model_version, {SCORE_COLUMNS}
FROM comments
WHERE comments.id > :after AND comments.id < :before AND comments.site_id = :site_id
    AND comments.received_ms >= :begin_ms AND comments.received_ms < :end_ms AND comments.erased_ms IS NULL
ORDER BY comments.id LIMIT :limit
"""


async def comments_of(
    database: Database, site_id: SiteId, day: date, *, page_rows: int = PAGE_ROWS
) -> AsyncIterator[list[Seen]]:
    """Yield the comments that a site sent on a day, page by page. Erased ones are left out."""
    begin_ms = number_of(day) * DAY_MS
    # Ids are made a moment before or after the time of receipt is taken.
    after, before = first_id_at(begin_ms - 60_000), first_id_at(begin_ms + DAY_MS + 60_000)
    while True:
        async with database.read() as connection:
            rows = await connection.all(
                COMMENTS,
                site_id=site_id,
                after=after,
                before=before,
                begin_ms=begin_ms,
                end_ms=begin_ms + DAY_MS,
                limit=page_rows,
            )
        if rows:
            yield [_seen(row) for row in rows]
        if len(rows) < page_rows:
            return
        after = rows[-1]["id"]


RULED = """
WITH asked (site_id, begin_ms, end_ms) AS ({values}),
made AS (
    SELECT decisions.comment_id, decisions.action,
        ROW_NUMBER() OVER (PARTITION BY decisions.comment_id ORDER BY decisions.id DESC) AS place
    FROM asked JOIN decisions ON decisions.site_id = asked.site_id AND decisions.source = 'moderator'
        AND decisions.decided_ms >= CAST(asked.begin_ms AS BIGINT)
        AND decisions.decided_ms < CAST(asked.end_ms AS BIGINT)
)
SELECT COUNT(*) AS ruled, COALESCE(SUM(CASE WHEN made.action <> comments.verdict THEN 1 ELSE 0 END), 0) AS overturned
FROM made JOIN comments ON comments.id = made.comment_id
WHERE made.place = 1 AND made.action <> 'hold' AND comments.verdict <> 'hold'
"""


async def ruled(connection: Connection, site_id: SiteId, day: date) -> tuple[int, int]:
    """Return how many automatic verdicts people decided about on a day, and how many of them otherwise."""
    begin_ms = number_of(day) * DAY_MS
    rows = await connection.many(RULED, [(site_id, str(begin_ms), str(begin_ms + DAY_MS))])
    return int(rows[0]["ruled"]), int(rows[0]["overturned"])


FIRST = "SELECT received_ms FROM comments WHERE site_id = :site_id AND id >= :oldest ORDER BY id LIMIT 1"


async def first_day(connection: Connection, site_id: SiteId, since: date) -> date | None:
    """Return the day of the first comment that a site has sent since a day; None when there is none."""
    row = await connection.one(FIRST, site_id=site_id, oldest=first_id_at(number_of(since) * DAY_MS))
    return None if row is None else day_of(int(row["received_ms"]) // DAY_MS)


LAST = "SELECT MAX(day) AS day FROM watch_days WHERE site_id = :site_id AND day < :before"


async def last_day(connection: Connection, site_id: SiteId, before: date) -> date | None:
    """Return the last day before another that was watched. Days that a wrong clock wrote lie behind it."""
    row = await connection.one(LAST, site_id=site_id, before=number_of(before))
    return None if row is None or row["day"] is None else day_of(int(row["day"]))


WATCHED = "SELECT * FROM watch_days WHERE site_id = :site_id AND day >= :since AND day < :before ORDER BY day"


async def watch_days(connection: Connection, site_id: SiteId, since: date, before: date = date.max) -> list[Day]:
    """Return what was made of a site's days since one, and before another; in order."""
    rows = await connection.all(WATCHED, site_id=site_id, since=number_of(since), before=number_of(before))
    return [_day(row) for row in rows]


FIGURES = """
SELECT site_id, day, comments, held, ruled, overturned, model, figures, state, '{}' AS histograms, '[]' AS lengths,
    '{}' AS words
FROM watch_days WHERE site_id = :site_id AND day >= :since ORDER BY day
"""


async def watch_figures(connection: Connection, site_id: SiteId, since: date) -> list[Day]:
    """Return the same without the counts that it rests on: enough for a page."""
    return [_day(row) for row in await connection.all(FIGURES, site_id=site_id, since=number_of(since))]


NEWEST_FIGURES = """
SELECT figures FROM watch_days AS newest
WHERE day >= :since AND state <> 'waiting' AND day = (
    SELECT MAX(day) FROM watch_days WHERE watch_days.site_id = newest.site_id AND state <> 'waiting')
"""


async def newest_figures(connection: Connection, since: date) -> list[Figure]:
    """Return the figures of the newest judged day of every site that has one since a day."""
    rows = await connection.all(NEWEST_FIGURES, since=number_of(since))
    return [figure for row in rows for figure in _figures(row["figures"])]


SET_DAY = """
INSERT INTO watch_days (site_id, day, comments, held, ruled, overturned, model, histograms, lengths, words, figures,
    state, watched_ms)
VALUES (:site_id, :day, :comments, :held, :ruled, :overturned, :model, :histograms, :lengths, :words, :figures,
    :state, :watched_ms)
ON CONFLICT (site_id, day) DO UPDATE SET comments = excluded.comments, held = excluded.held, ruled = excluded.ruled,
    overturned = excluded.overturned, model = excluded.model, histograms = excluded.histograms,
    lengths = excluded.lengths, words = excluded.words, figures = excluded.figures, state = excluded.state,
    watched_ms = excluded.watched_ms
"""


async def set_day(connection: Connection, site_id: SiteId, day: Day, now: datetime) -> None:
    """Store what was made of a site's day, over what stood there."""
    sketch = day.sketch
    await connection.execute(
        SET_DAY,
        site_id=site_id,
        day=number_of(day.day),
        comments=sketch.comments,
        held=sketch.held,
        ruled=sketch.ruled,
        overturned=sketch.overturned,
        model=sketch.model,
        histograms=to_json({name: list(found) for name, found in sketch.histograms.items()}),
        lengths=to_json(list(sketch.lengths)),
        words=to_json({str(column): number for column, number in sketch.words.items()}),
        figures=_figures_to_json(day.figures),
        state=day.level,
        watched_ms=to_ms(now),
    )


FORGET_COUNTS = """
UPDATE watch_days SET histograms = '{}', lengths = '[]', words = '{}'
WHERE site_id = :site_id AND day < :before AND words <> '{}'
"""


async def forget_counts(connection: Connection, site_id: SiteId, before: date) -> None:
    """Remove the counts of days that no later one is held against; what was made of them stays."""
    await connection.execute(FORGET_COUNTS, site_id=site_id, before=number_of(before))


CERTIFICATES = """
SELECT * FROM certificates WHERE CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id ORDER BY site_id, action
"""


async def certificates(connection: Connection, site_id: SiteId | None = None) -> list[Certificate]:
    """Return what the automatic verdicts of a site, or of all, rest on. A site that was never watched has none."""
    return [_certificate(row) for row in await connection.all(CERTIFICATES, site_id=site_id)]


SET_CERTIFICATE = """
INSERT INTO certificates (site_id, action, state, bound, audited, needed, earned_ms, expires_ms, suspended_ms,
    alarm_day, accepted_day, why)
VALUES (:site_id, :action, :state, :bound, :audited, :needed, :earned_ms, :expires_ms, :suspended_ms, :alarm_day,
    :accepted_day, :why)
ON CONFLICT (site_id, action) DO UPDATE SET state = excluded.state, bound = excluded.bound,
    audited = excluded.audited, needed = excluded.needed, earned_ms = excluded.earned_ms,
    expires_ms = excluded.expires_ms, suspended_ms = excluded.suspended_ms, alarm_day = excluded.alarm_day,
    accepted_day = excluded.accepted_day, why = excluded.why
"""


async def set_certificate(connection: Connection, certificate: Certificate) -> None:
    """Store what a site's automatic verdicts of a kind rest on."""
    one = certificate
    await connection.execute(
        SET_CERTIFICATE,
        site_id=one.site_id,
        action=one.action,
        state=one.standing,
        bound=one.bound,
        audited=one.audited,
        needed=one.needed,
        earned_ms=_ms(one.earned_at),
        expires_ms=_ms(one.expires_at),
        suspended_ms=_ms(one.suspended_at),
        alarm_day=None if one.alarm_day is None else number_of(one.alarm_day),
        accepted_day=None if one.accepted_day is None else number_of(one.accepted_day),
        why=_figures_to_json(one.why),
    )


TAKE_LEASE = """
INSERT INTO leases (name, holder, until_ms) VALUES (:name, :holder, :until_ms)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
WHERE leases.until_ms <= :now_ms OR leases.holder = excluded.holder
RETURNING holder
"""


async def take_lease(connection: Connection, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Take or keep the right to do something alone until a moment. Return whether it is this holder's now."""
    row = await connection.one(TAKE_LEASE, name=name, holder=holder, now_ms=to_ms(now), until_ms=to_ms(until))
    return row is not None


class _Figure(msgspec.Struct):
    measure: str
    value: float
    usual: float
    limit: float
    level: Level


_FIGURES: Final = msgspec.json.Decoder(list[_Figure])


def _figures_to_json(figures: Sequence[Figure]) -> str:
    return to_json(
        [
            {
                "measure": one.measure,
                "value": round(one.value, 6),
                "usual": round(one.usual, 6),
                "limit": round(one.limit, 6),
                "level": one.level,
            }
            for one in figures
        ]
    )


def _figures(text: str) -> tuple[Figure, ...]:
    return tuple(
        Figure(measure=one.measure, value=one.value, usual=one.usual, limit=one.limit, level=one.level)
        for one in _FIGURES.decode(text)
    )


def _ms(moment: datetime | None) -> Value:
    return None if moment is None else to_ms(moment)


def _seen(row: Row) -> Seen:
    scores = {label: row[column] for label, column in _COLUMNS}
    return Seen(
        id=CommentId(row["id"]),
        text=row["text"],
        verdict=Action(row["verdict"]),
        model=row["model_version"],
        scores={label: score for label, score in scores.items() if score is not None},
    )


def _day(row: Row) -> Day:
    return Day(
        day=day_of(int(row["day"])),
        sketch=Sketch(
            comments=int(row["comments"]),
            held=int(row["held"]),
            ruled=int(row["ruled"]),
            overturned=int(row["overturned"]),
            model=row["model"],
            histograms={name: tuple(found) for name, found in json.loads(row["histograms"]).items()},
            lengths=tuple(json.loads(row["lengths"])),
            words={int(column): number for column, number in json.loads(row["words"]).items()},
        ),
        level=Level(row["state"]),
        figures=_figures(row["figures"]),
    )


def _certificate(row: Row) -> Certificate:
    return Certificate(
        site_id=SiteId(row["site_id"]),
        action=Action(row["action"]),
        standing=Standing(row["state"]),
        bound=float(row["bound"]),
        audited=int(row["audited"]),
        needed=None if row["needed"] is None else int(row["needed"]),
        earned_at=from_ms_or_none(row["earned_ms"]),
        expires_at=from_ms_or_none(row["expires_ms"]),
        suspended_at=from_ms_or_none(row["suspended_ms"]),
        alarm_day=None if row["alarm_day"] is None else day_of(int(row["alarm_day"])),
        accepted_day=None if row["accepted_day"] is None else day_of(int(row["accepted_day"])),
        why=_figures(row["why"]),
    )
