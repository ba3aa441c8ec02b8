"""One run of learning: snapshot → lessons → split → fit → gate → publish → activate.

It writes nothing but a whole version at its very end, so that wherever it is stopped, the champion and the list of
versions are as before. What it needs on the way are files without a name.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from moderator.classifier import history, registry
from moderator.classifier.history import PastRun
from moderator.classifier.manifest import GateLine, TaughtLabel
from moderator.domain.errors import Conflict, ModelRefused, ModerationError, Unavailable
from moderator.domain.ids import SiteId
from moderator.storage import lessons as stored
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.snapshot import open_snapshot
from training import gate
from training.gate import Check, Trial
from training.learned import Base, assemble, load_base, publish
from training.lessons import Lessons, collect
from training.progress import Progress
from training.promotion import Became, Promotion, promote
from training.split import split
from training.teach import Taught, choose_strengths, fit_all

FOLDER: Final = history.FOLDER
LOCK: Final = "lock"


class Outcome(StrEnum):
    """How a run ended."""

    ACTIVATED = "activated"
    PUBLISHED = "published"
    REFUSED = "refused"
    NOTHING_TO_LEARN = "nothing_to_learn"


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did, as `--json` says it.

    `version` is the version now published, None where none was; `shadow` says that it is on trial.
    """

    outcome: Outcome
    version: str | None
    previous: str | None
    gate: list[GateLine]
    rows: int = 0
    waiting: int = 0
    until: str | None = None
    labels: dict[str, TaughtLabel] = {}
    dry_run: bool = False
    shadow: bool = False
    site: str | None = None


class AlreadyRunning(Unavailable):
    """Another run is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a run is asked to do. `site_id` None learns from all sites together; a dry run publishes nothing.

    `promotion` says what becomes of a version that passed the gate where `activates` does not.
    """

    database: str
    models: Path
    site_id: SiteId | None = None
    is_dry: bool = False
    activates: bool = False
    promotion: Promotion = Promotion.OFF
    jobs: int = 2
    checks: Sequence[Check] = gate.CHECKS


@contextmanager
def only_one(models: Path) -> Iterator[Path]:
    """Hold the lock of a folder of models, and lend a folder to work in.

    The operating system frees the lock of a process that died, whatever it left.

    Raises:
        AlreadyRunning: another process holds it.
        ModelRefused: the folder cannot be written.
    """
    folder = models / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = (folder / LOCK).open("a+", encoding="ascii")
    except OSError as error:
        raise ModelRefused(f"The folder of models cannot be written: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise AlreadyRunning(f"Another run (process {lock.read().strip() or 'unknown'}) is under way.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder


async def run(wish: Wish, now: datetime, progress: Progress) -> Ran:
    """Learn from what people decided, and leave a line in the history, whatever came of it; a dry run leaves none.

    Raises:
        AlreadyRunning, ModelRefused, StorageUnavailable, StorageCorrupt, SchemaRefused: nothing was changed.
    """
    began = time.monotonic()

    def keep(outcome: str, ran: Ran | None = None, problem: str = "") -> None:
        said = {} if ran is None else {name: getattr(ran, name) for name in _KEPT}
        if not wish.is_dry:
            seconds = round(time.monotonic() - began, 1)
            line = PastRun(
                at=_moment(now), outcome=outcome, seconds=seconds, site=wish.site_id, problem=problem, **said
            )
            history.append(wish.models, line)

    try:
        ran = await _learn(wish, now, progress)
    except AlreadyRunning:
        raise  # The other one leaves its own line.
    except ModerationError as error:
        keep("failed", problem=str(error))
        raise
    keep(ran.outcome.value, ran)
    return ran


_KEPT: Final = ("version", "previous", "rows", "waiting", "until", "labels", "gate")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


async def _learn(wish: Wish, now: datetime, progress: Progress) -> Ran:
    with only_one(wish.models) as folder:
        current = registry.version_used_by(wish.models, wish.site_id)
        if current is None:
            raise ModelRefused("There is no model to learn on: `moderator model activate` a base version first.")
        champion = registry.load_version(wish.models, current)
        base = load_base(wish.models, current)
        lessons = await read(wish, base, folder, progress)
        weights = lessons.weights()
        parted = split(lessons.times, lessons.authors, lessons.clusters)
        strengths = choose_strengths(lessons, base.model.labels, parted.fit, weights, progress, wish.jobs)
        everything = np.arange(len(lessons))
        taught = fit_all(lessons, base.model.labels, everything, weights, strengths, progress, wish.jobs)
        said = {
            "previous": current,
            "rows": len(lessons),
            "waiting": int(lessons.waits.sum()),
            "until": _moment(from_ms(int(lessons.times.max()))) if len(lessons) else None,
            "labels": {label: one.summary for label, one in taught.items()},
            "dry_run": wish.is_dry,
            "site": wish.site_id,
        }
        if all(one.summary.moves in ("nothing", "intercept") for one in taught.values()):
            return Ran(outcome=Outcome.NOTHING_TO_LEARN, version=None, gate=[], **said)  # type: ignore[arg-type]
        tested = fit_all(lessons, base.model.labels, parted.fit, weights, strengths, progress, wish.jobs)
        candidate = assemble(base, lessons, taught, now)
        trial = Trial(base, champion, _until(wish.models, current), candidate, lessons, parted, tested)
        lines = gate.run_gate(trial, wish.checks)
        if not all(line.passed for line in lines):
            return Ran(outcome=Outcome.REFUSED, version=None, gate=lines, **said)  # type: ignore[arg-type]
        if not wish.is_dry:
            _publish(wish, trial, taught, lines)
        version = None if wish.is_dry else candidate.version
        became = Became.NOTHING
        if not wish.is_dry:
            wanted = Promotion.ON if wish.activates else wish.promotion
            became = promote(wish.models, candidate.version, wish.site_id, wanted, now)
        progress("publish", 1, 1)
        outcome = Outcome.ACTIVATED if became is Became.ACTIVATED else Outcome.PUBLISHED
        return Ran(
            outcome=outcome,
            version=version,
            gate=lines,
            shadow=became is Became.SHADOWED,
            **said,  # type: ignore[arg-type]
        )


async def read(wish: Wish, base: Base, folder: Path, progress: Progress) -> Lessons:
    """Read from a snapshot what there is to learn from."""
    async with open_snapshot(wish.database, folder, lambda done, total: progress("snapshot", done, total)) as snapshot:
        total, done = await stored.count(snapshot, wish.site_id), 0

        def tick(rows: int) -> None:
            nonlocal done
            done += rows
            progress("read", done, max(total, done))

        return await collect(snapshot, base.model, base.weights.idf, wish.site_id, folder, tick)


def _publish(wish: Wish, trial: Trial, taught: dict[str, Taught], lines: list[GateLine]) -> None:
    try:
        publish(
            wish.models,
            trial.base,
            trial.candidate,
            trial.lessons,
            taught,
            sites=[wish.site_id] if wish.site_id else [],
            gate=lines,
            metrics=gate.metrics(trial),
        )
    except Conflict:
        # The name has the hash of what was learned: nothing has changed since the version of this name was published.
        registry.read_manifest(wish.models, trial.candidate.version)


def _until(models: Path, version: str) -> int | None:
    """Return until when (milliseconds) decisions had taught the champion; None for a base."""
    learned = registry.read_manifest(models, version).learned
    return to_ms(datetime.fromisoformat(learned.until)) if learned else None
