"""The steps of learning one at a time, on a folder that somebody may look into between them (`work`).

They are the steps of a run, in its order, and what they publish is what it would. Each holds the lock of the models,
and refuses when the version in use is another one than that which the snapshot was taken for.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from moderator.classifier import delta as deltas
from moderator.classifier import registry
from moderator.classifier.manifest import GateLine, Manifest, Metric, TaughtLabel
from moderator.domain.ids import SiteId
from training import gate, steps
from training.learned import Candidate, assemble
from training.lessons import Lessons
from training.progress import Progress
from training.run import Wish, one_thread_a_product, only_one
from training.split import Split, split
from training.steps import Fits, Ground
from training.work import STEPS, Record, Work, WorkRefused

LESSONS: Final = "lessons.joblib"
FEATURES: Final = "features.joblib"
TEXTS: Final = "texts.joblib"  # The only file with words of comments: checks of the gate and certificates read them.
SPLIT: Final = "split.joblib"
FITS: Final = "fit.joblib"
DELTA: Final = "delta.joblib"
CANDIDATE: Final = "candidate.json"


@dataclass(frozen=True, slots=True)
class Step:
    """What a step works with."""

    work: Work
    wish: Wish
    now: datetime
    progress: Progress
    ground: Ground


async def take(name: str, folder: Path, wish: Wish, now: datetime, progress: Progress) -> Record:
    """Take one step, and return its record.

    Raises:
        WorkRefused: what it needs is missing, stale or damaged.
        AlreadyRunning, ModelRefused, Unavailable, StorageCorrupt, SchemaRefused: as a run.
    """
    with only_one(wish.models), one_thread_a_product():
        work = Work.open(folder)
        if name != STEPS[0]:
            site = work.need(STEPS[0], now).found["site"]
            wish = replace(wish, site_id=SiteId(site) if site else None)
        return await _TAKEN[name](Step(work, wish, now, progress, steps.find_ground(wish.models, wish.site_id)))


async def _snapshot(step: Step) -> Record:
    step.work.begin()
    ground, wish = step.ground, step.wish
    lessons = await steps.take_lessons(
        wish.database, wish.site_id, ground.base, step.work.folder, step.now, step.progress
    )  # fmt: skip
    found = {
        "version": ground.version,
        "base": ground.base.file.sha256,
        "site": wish.site_id,
        "rows": len(lessons),
        "waiting": int(lessons.waits.sum()),
        "sources": dict(lessons.sources),
        "fingerprint": lessons.fingerprint,
    }
    rest = replace(lessons, witnesses=None, evidence=None, features=None)  # type: ignore[arg-type]
    contents = {LESSONS: rest, FEATURES: lessons.features, TEXTS: (lessons.witnesses, lessons.evidence)}
    return step.work.keep("snapshot", found, contents, step.now)


async def _split(step: Step) -> Record:
    lessons = _lessons(step)
    parted = split(lessons.times, lessons.authors, lessons.clusters)
    found = {name: int(rows.size) for name, rows in parted._asdict().items()}
    return step.work.keep("split", found, {SPLIT: tuple(parted)}, step.now)


async def _fit(step: Step) -> Record:
    parted = _parted(step)
    fits = steps.fit(_lessons(step), step.ground.base.model.labels, parted, step.progress, step.wish.jobs)
    found = {"labels": {label: one.summary for label, one in fits.taught.items()}}
    return step.work.keep("fit", found, {FITS: (dict(fits.taught), dict(fits.tested))}, step.now)


async def _calibrate(step: Step) -> Record:
    fits = _fits(step)
    if not fits.tested:
        raise WorkRefused("There is nothing to learn yet from these decisions.")
    candidate = assemble(step.ground.base, _with_texts(step), fits.taught, step.now)
    calibration = {label: msgspec.to_builtins(one) for label, one in candidate.described.calibration.items()}
    contents = {
        DELTA: deltas.pack(candidate.delta),
        CANDIDATE: msgspec.json.format(msgspec.json.encode(candidate.described)),
    }
    return step.work.keep("calibrate", {"version": candidate.version, "calibration": calibration}, contents, step.now)


async def _evaluate(step: Step) -> Record:
    step.work.need("calibrate", step.now)
    trial = steps.try_out(step.ground, _with_texts(step), _parted(step), _fits(step), _candidate(step))
    return step.work.keep("evaluate", {"metrics": gate.metrics(trial)}, {}, step.now)


async def _gate(step: Step) -> Record:
    step.work.need("evaluate", step.now)
    trial = steps.try_out(step.ground, _with_texts(step), _parted(step), _fits(step), _candidate(step))
    lines = gate.run_gate(trial, step.wish.checks)
    record = step.work.keep("gate", {"gate": lines}, {}, step.now)
    step.work.forget([TEXTS])
    return record


async def _publish(step: Step) -> Record:
    lines = msgspec.convert(step.work.need("gate", step.now).found["gate"], list[GateLine])
    if refused := [line.check for line in lines if not line.passed]:
        raise WorkRefused(f"The gate has refused this version: {', '.join(refused)}. Nothing is published.")
    metrics = msgspec.convert(
        step.work.need("evaluate", step.now).found["metrics"], dict[str, dict[str, Metric]]
    )  # fmt: skip
    candidate = _candidate(step)
    steps.publish_tried(
        step.wish.models, step.ground.base, candidate, _lessons(step), _fits(step).taught,
        step.wish.site_id, lines, metrics,
    )  # fmt: skip
    record = step.work.keep("publish", {"version": candidate.version}, {}, step.now)
    step.work.forget([LESSONS, FEATURES, SPLIT, FITS])
    return record


async def _activate(step: Step) -> Record:
    version = str(step.work.need("publish", step.now).found["version"])
    _snapshot_of(step)
    registry.load_version(step.wish.models, version)
    registry.activate(step.wish.models, version, step.wish.site_id)
    return step.work.keep("activate", {"version": version, "previous": step.ground.version}, {}, step.now)


_TAKEN: Final[Mapping[str, Callable[[Step], Awaitable[Record]]]] = dict(
    zip(STEPS, (_snapshot, _split, _fit, _calibrate, _evaluate, _gate, _publish, _activate), strict=True)
)


def _snapshot_of(step: Step) -> Record:
    """Return the record of the snapshot, which must have been taken for the version in use."""
    record = step.work.need("snapshot", step.now)
    if (record.found["version"], record.found["base"]) != (step.ground.version, step.ground.base.file.sha256):
        raise WorkRefused(
            f"The snapshot was taken for {record.found['version']}, and {step.ground.version} is in use now. "
            "Begin anew: python -m training snapshot"
        )
    return record


def _lessons(step: Step) -> Lessons:
    record = _snapshot_of(step)
    lessons: Lessons = step.work.load(record, LESSONS)
    return replace(lessons, features=step.work.load(record, FEATURES, mapped=True))


def _with_texts(step: Step) -> Lessons:
    witnesses, evidence = step.work.load(_snapshot_of(step), TEXTS)
    return replace(_lessons(step), witnesses=witnesses, evidence=evidence)


def _parted(step: Step) -> Split:
    return Split(*step.work.load(step.work.need("split", step.now), SPLIT))


def _fits(step: Step) -> Fits:
    return Fits(*step.work.load(step.work.need("fit", step.now), FITS))


def _candidate(step: Step) -> Candidate:
    record = step.work.need("calibrate", step.now)
    delta = deltas.unpack(step.work.content(record, DELTA))
    described = msgspec.json.decode(step.work.content(record, CANDIDATE), type=Manifest)
    return Candidate.of(step.ground.base, described, delta)


def taught_labels(record: Record) -> dict[str, TaughtLabel]:
    """Return what a record says that the labels learned; nothing where it says nothing."""
    return msgspec.convert(record.found.get("labels", {}), dict[str, TaughtLabel])


def gate_lines(record: Record) -> list[GateLine]:
    """Return the gate's lines of a record."""
    found: Any = record.found.get("gate", [])
    return msgspec.convert(found, list[GateLine])
