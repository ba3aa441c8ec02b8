"""What is watched: audited verdicts, the comments of a day, and what was made of it, in numbers alone."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from moderator.domain.drift import Day, Figure, Level, Sketch
from moderator.domain.estimates import Audited, Stratum
from moderator.domain.ids import CommentId, SiteId, first_id_at
from moderator.domain.policy import Action
from moderator.domain.scoring import Label
from moderator.storage.columns import to_json, to_ms
from moderator.storage.comments import SCORE_COLUMNS
from moderator.storage.database import Connection, Database, Row

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
    # Ids are made a moment before or after the time of receipt is taken; after a clock was set back, up to that much.
    after, before = first_id_at(begin_ms - 60_000), first_id_at(begin_ms + 2 * DAY_MS)
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


FIRST = """
SELECT received_ms FROM comments WHERE site_id = :site_id AND id >= :oldest AND received_ms >= :since_ms
ORDER BY id LIMIT 1
"""


async def first_day(connection: Connection, site_id: SiteId, since: date) -> date | None:
    """Return the day of the first comment that a site has sent since a day; None when there is none."""
    since_ms = number_of(since) * DAY_MS
    row = await connection.one(FIRST, site_id=site_id, oldest=first_id_at(since_ms - 60_000), since_ms=since_ms)
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
    return [figure for row in rows for figure in figures_from_json(row["figures"])]


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
        figures=figures_to_json(day.figures),
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


class _Figure(msgspec.Struct):
    measure: str
    value: float
    usual: float
    limit: float
    level: Level


_FIGURES: Final = msgspec.json.Decoder(list[_Figure])


def figures_to_json(figures: Sequence[Figure]) -> str:
    """Return the figures of a day, or of an alarm, as JSON."""
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


def figures_from_json(text: str) -> tuple[Figure, ...]:
    """Return the figures that `figures_to_json` wrote."""
    return tuple(
        Figure(measure=one.measure, value=one.value, usual=one.usual, limit=one.limit, level=one.level)
        for one in _FIGURES.decode(text)
    )


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
        figures=figures_from_json(row["figures"]),
    )
