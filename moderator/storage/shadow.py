"""Trials of model versions: what was compared, counted by day, and which comments would have had another verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.ids import CommentId, SiteId
from moderator.domain.policy import Action
from moderator.domain.scoring import Label
from moderator.domain.shadow import MOST_FLIPPED, Ending, Turn
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A trial of a version against another: for a site, or (None) for all without their own. It lasts until `ended`."""

    scope: SiteId | None
    version: str
    started: datetime
    against: str
    promotes: bool = False
    dropped: int = 0
    ended: datetime | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """By how much a label's scores moved over `number` comments: the mean, the mean size, the largest size."""

    number: int
    mean: float
    mean_size: float
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A comment that would have had another verdict."""

    comment_id: CommentId
    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a trial has shown so far."""

    run: Run
    verdicts: Mapping[tuple[Action, Action], int]
    moved: Mapping[Label, Moved]
    flipped: Sequence[Flip] = ()

    @property
    def comments(self) -> int:
        """Return how many were compared."""
        return sum(self.verdicts.values())

    @property
    def flips(self) -> int:
        """Return how many would have had another verdict."""
        return sum(number for (before, after), number in self.verdicts.items() if before is not after)

    @property
    def share(self) -> float | None:
        """Return the share (0 to 1) of other verdicts; None while nothing was compared."""
        return self.flips / self.comments if self.comments else None


START = """
INSERT INTO shadows (scope, version, started_ms, against, promotes)
VALUES (:scope, :version, :started_ms, :against, :promotes)
ON CONFLICT DO NOTHING RETURNING version
"""


async def start(connection: Connection, run: Run) -> bool:
    """Record a trial. Return whether nobody had."""
    return bool(await connection.all(START, **_key(run), against=run.against, promotes=int(run.promotes)))


END = """
UPDATE shadows SET ended_ms = :ended_ms, ending = :ending
WHERE scope = :scope AND version = :version AND started_ms = :started_ms AND ended_ms IS NULL RETURNING version
"""


async def end(connection: Connection, run: Run, ending: Ending, now: datetime) -> bool:
    """End a trial. Return False when it had ended before."""
    return bool(await connection.all(END, **_key(run), ended_ms=to_ms(now), ending=ending))


AMEND = "UPDATE shadows SET ending = :ending WHERE scope = :scope AND version = :version AND started_ms = :started_ms"


async def amend(connection: Connection, run: Run, ending: Ending) -> None:
    """Say otherwise of a trial that has ended how it did."""
    await connection.execute(AMEND, **_key(run), ending=ending)


COUNT = """
INSERT INTO shadow_verdicts (scope, version, started_ms, day, before, after, number) {values}
ON CONFLICT (scope, version, started_ms, day, before, after)
DO UPDATE SET number = shadow_verdicts.number + excluded.number
"""
SCORES = """
INSERT INTO shadow_scores (scope, version, started_ms, label, number, moved, moved_size, largest) {values}
ON CONFLICT (scope, version, started_ms, label) DO UPDATE SET
    number = shadow_scores.number + excluded.number,
    moved = shadow_scores.moved + excluded.moved,
    moved_size = shadow_scores.moved_size + excluded.moved_size,
    largest = CASE WHEN excluded.largest > shadow_scores.largest THEN excluded.largest ELSE shadow_scores.largest END
"""
FLIPS = (
    "INSERT INTO shadow_flips (scope, version, started_ms, comment_id, before, after) {values} ON CONFLICT DO NOTHING"
)
KNOWN_FLIPS = """
SELECT COUNT(*) AS number FROM shadow_flips
WHERE scope = :scope AND version = :version AND started_ms = :started_ms
"""
DROP = """
UPDATE shadows SET dropped = dropped + :dropped
WHERE scope = :scope AND version = :version AND started_ms = :started_ms
"""


async def count(
    connection: Connection,
    run: Run,
    turns: Mapping[tuple[str, Turn], int],
    moved: Mapping[Label, Moved],
    flips: Sequence[Flip],
) -> None:
    """Add to what a trial has shown. `turns` counts by day (ISO 8601, UTC); of `flips` the first are kept."""
    key = tuple(_key(run).values())
    # In one order, so that two workers never wait for each other.
    ordered = sorted((day, str(turn.before), str(turn.after), number) for (day, turn), number in turns.items())
    await connection.many(COUNT, [(*key, *row) for row in ordered])
    rows = [
        (*key, str(label), one.number, one.mean * one.number, one.mean_size * one.number, one.largest)
        for label, one in sorted(moved.items())
    ]
    if rows:
        await connection.many(SCORES, rows)
    if flips:
        known = await connection.one(KNOWN_FLIPS, **_key(run))
        assert known is not None  # There is no grouping.
        kept = flips[: max(0, MOST_FLIPPED - int(known["number"]))]
        if kept:
            await connection.many(
                FLIPS, [(*key, one.comment_id, str(one.turn.before), str(one.turn.after)) for one in kept]
            )


async def add_dropped(connection: Connection, run: Run, dropped: int) -> None:
    """Count comments that a version on trial had no time for."""
    await connection.execute(DROP, **_key(run), dropped=dropped)


FIND = "SELECT * FROM shadows WHERE scope = :scope AND version = :version AND started_ms = :started_ms"


async def find_run(connection: Connection, run: Run) -> Run | None:
    """Return a trial as it is recorded, or None."""
    row = await connection.one(FIND, **_key(run))
    return _run(row) if row else None


RECENT = "SELECT * FROM shadows ORDER BY started_ms DESC, scope LIMIT :limit"
VERDICTS = """
SELECT before, after, SUM(number) AS number FROM shadow_verdicts
WHERE scope = :scope AND version = :version AND started_ms = :started_ms GROUP BY before, after
"""
MOVED = "SELECT * FROM shadow_scores WHERE scope = :scope AND version = :version AND started_ms = :started_ms"
# What waits to be decided without the machine is not shown, nor what else has no label: who sees it here knows more.
FLIPPED = """
SELECT comment_id, before, after FROM shadow_flips
WHERE scope = :scope AND version = :version AND started_ms = :started_ms AND NOT EXISTS (
    SELECT 1 FROM cases
    WHERE cases.comment_id = shadow_flips.comment_id AND cases.state = 'open' AND cases.label IS NULL
)
ORDER BY comment_id DESC LIMIT :limit
"""


async def recent(connection: Connection, *, limit: int) -> list[Run]:
    """Return trials, the newest first."""
    return [_run(row) for row in await connection.all(RECENT, limit=limit)]


async def compare(connection: Connection, run: Run, *, flips: int = 0) -> Comparison:
    """Return what a trial has shown, with so many of the comments that would have had another verdict."""
    verdicts = await connection.all(VERDICTS, **_key(run))
    moved = await connection.all(MOVED, **_key(run))
    flipped = await connection.all(FLIPPED, **_key(run), limit=flips) if flips else []
    return Comparison(
        run=run,
        verdicts={(Action(row["before"]), Action(row["after"])): int(row["number"]) for row in verdicts},
        moved={Label(row["label"]): _moved(row) for row in moved},
        flipped=[
            Flip(
                comment_id=CommentId(row["comment_id"]),
                turn=Turn(before=Action(row["before"]), after=Action(row["after"])),
            )
            for row in flipped
        ],
    )


def _key(run: Run) -> dict[str, str | int]:
    return {"scope": run.scope or "", "version": run.version, "started_ms": to_ms(run.started)}


def _run(row: Row) -> Run:
    return Run(
        scope=SiteId(row["scope"]) if row["scope"] else None,
        version=row["version"],
        started=from_ms(row["started_ms"]),
        against=row["against"],
        promotes=bool(row["promotes"]),
        dropped=int(row["dropped"]),
        ended=None if row["ended_ms"] is None else from_ms(row["ended_ms"]),
        ending=None if row["ending"] is None else Ending(row["ending"]),
    )


def _moved(row: Row) -> Moved:
    number = int(row["number"])
    return Moved(
        number=number,
        mean=row["moved"] / number,
        mean_size=row["moved_size"] / number,
        largest=row["largest"],
    )
