"""One run of learning: snapshot → split → fit → calibrate → evaluate → gate → publish → activate.

It writes nothing but a whole version at its very end, so that wherever it is stopped, the champion and the list of
versions are as before. What it needs on the way are files without a name. `steps` has the steps, `stepwise` runs them
one at a time.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from threadpoolctl import threadpool_limits

from moderator.classifier import history
from moderator.classifier.history import PastRun
from moderator.classifier.manifest import GateLine, TaughtLabel
from moderator.domain.errors import ModelRefused, ModerationError, Unavailable
from moderator.domain.ids import SiteId
from moderator.storage.columns import from_ms
from training import gate, refit, steps
from training.base import publish_base
from training.gate import Check
from training.learned import assemble
from training.progress import Progress
from training.promotion import Became, Promotion, promote
from training.split import split

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

    `promotion` says what becomes of a version that passed the gate where `activates` does not. With a `corpus`, a
    folder of labelled files, it makes a new base from these and the decisions.
    """

    database: str
    models: Path
    site_id: SiteId | None = None
    is_dry: bool = False
    activates: bool = False
    promotion: Promotion = Promotion.OFF
    jobs: int = 2
    corpus: Path | None = None
    checks: Sequence[Check] = gate.CHECKS


def one_thread_a_product() -> AbstractContextManager[object]:
    """Let products of arrays use one thread while this lasts.

    Two spend ten times as long waiting for each other (measured on a fit), and how many there are would change the last
    digits. Labels are fitted side by side instead.
    """
    limits: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limits


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
        AlreadyRunning, ModelRefused, Unavailable, StorageCorrupt, SchemaRefused: nothing was changed.
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
    with only_one(wish.models) as folder, one_thread_a_product():
        ground = steps.find_ground(wish.models, wish.site_id)
        labels = ground.base.model.labels
        texts: dict[str, str] = {}
        keep = texts.update if wish.corpus else None
        lessons = await steps.take_lessons(wish.database, wish.site_id, ground.base, folder, now, progress, keep)
        parted = split(lessons.times, lessons.authors, lessons.clusters)
        fits = steps.fit(lessons, labels, parted, progress, wish.jobs)
        said = {
            "previous": ground.version,
            "rows": len(lessons),
            "waiting": int(lessons.waits.sum()),
            "until": _moment(from_ms(int(lessons.times.max()))) if len(lessons) else None,
            "labels": {label: one.summary for label, one in fits.taught.items()},
            "dry_run": wish.is_dry,
            "site": wish.site_id,
        }
        if not fits.tested and not wish.corpus:
            return Ran(outcome=Outcome.NOTHING_TO_LEARN, version=None, gate=[], **said)  # type: ignore[arg-type]
        candidate = assemble(ground.base, lessons, fits.taught, now)
        trial = steps.try_out(ground, lessons, parted, fits, candidate)
        prepared = None
        if wish.corpus:
            enough = gate.has_enough_labels(trial)
            if not all(line.passed for line in enough):  # A base takes minutes: what is sure to be refused is none.
                return Ran(outcome=Outcome.REFUSED, version=None, gate=list(enough), **said)  # type: ignore[arg-type]
            prepared, trial = refit.prepare(wish.corpus, trial, texts, now, progress, wish.jobs)
            candidate = trial.candidate
        lines = gate.run_gate(trial, wish.checks)
        if not all(line.passed for line in lines):
            return Ran(outcome=Outcome.REFUSED, version=None, gate=lines, **said)  # type: ignore[arg-type]
        if prepared and not wish.is_dry:
            publish_base(wish.models, prepared, progress, lines)
        elif not wish.is_dry:
            metrics = gate.metrics(trial)
            steps.publish_tried(
                wish.models, ground.base, candidate, lessons, fits.taught, wish.site_id, lines, metrics
            )  # fmt: skip
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
