"""The steps of learning, each a function of what those before it found: ground → lessons → fit → trial → publish.

A run calls them one after the other and keeps everything in memory; `stepwise` keeps what they find in a folder, so
that somebody can look at it in between. What calibrates is `learned.assemble`, what evaluates and judges is `gate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from moderator.classifier import registry
from moderator.classifier.manifest import GateLine, Metric
from moderator.classifier.model import Model
from moderator.domain.errors import Conflict, ModelRefused, Unavailable
from moderator.domain.ids import SiteId
from moderator.domain.scoring import Label
from moderator.domain.teaching import HOUSE_RULES
from moderator.storage import lessons as stored
from moderator.storage.columns import to_ms
from moderator.storage.snapshot import open_snapshot
from training.gate import Trial
from training.learned import Base, Candidate, load_base, publish
from training.lessons import Keep, Lessons, collect
from training.progress import Progress
from training.split import Split
from training.teach import Taught, choose_strengths, examples_of, fit_all


@dataclass(frozen=True, slots=True)
class Ground:
    """What is learned on: the version in use, its base, and until when decisions had taught it (None for a base)."""

    version: str
    champion: Model
    base: Base
    until: int | None


class Fits(NamedTuple):
    """What all lessons teach, and what the older ones alone do, by label. No `tested`: there is nothing to learn."""

    taught: Mapping[str, Taught]
    tested: Mapping[str, Taught]


def find_ground(models: Path, site_id: SiteId | None) -> Ground:
    """Return what a run learns on: what a site uses, or what all share.

    Raises:
        ModelRefused: there is no version in use, or it fails a check.
    """
    current = registry.version_used_by(models, site_id)
    if current is None:
        raise ModelRefused("There is no model to learn on: `moderator model activate` a base version first.")
    learned = registry.read_manifest(models, current).learned
    until = to_ms(datetime.fromisoformat(learned.until)) if learned else None
    return Ground(current, registry.load_version(models, current), load_base(models, current), until)


async def take_lessons(
    database: str, site_id: SiteId | None, base: Base, folder: Path, now: datetime, progress: Progress,
    keep: Keep | None = None,
) -> Lessons:  # fmt: skip
    """Read from a snapshot what there is to learn from. `keep` is told the texts, page by page.

    Raises:
        Unavailable: the disk has no room for the features, besides what the snapshot raises.
    """
    async with open_snapshot(database, folder, lambda done, total: progress("snapshot", done, total)) as snapshot:
        total, done = await stored.count(snapshot, site_id), 0

        def tick(rows: int) -> None:
            nonlocal done
            done += rows
            progress("read", done, max(total, done))

        try:
            return await collect(snapshot, base.model, base.weights.idf, site_id, folder, tick, now=now, keep=keep)
        except OSError as error:
            raise Unavailable(f"What is learned from cannot be written to {folder}: {error.strerror}.") from error


def fit(lessons: Lessons, labels: Sequence[Label], parted: Split, progress: Progress, jobs: int) -> Fits:
    """Fit each label to all lessons, and for the test to those that were not held out."""
    weights, everything = lessons.weights(), np.arange(len(lessons))
    names = (*(label.value for label in labels), HOUSE_RULES)
    if not any(examples_of(lessons, name, weights).is_rich for name in names):
        return Fits(fit_all(lessons, labels, everything, weights, {}, progress, jobs), {})
    strengths = choose_strengths(lessons, labels, parted.fit, weights, progress, jobs)
    tested = fit_all(lessons, labels, parted.fit, weights, strengths, progress, jobs)
    return Fits(fit_all(lessons, labels, everything, weights, strengths, progress, jobs), tested)


def try_out(ground: Ground, lessons: Lessons, parted: Split, fits: Fits, candidate: Candidate) -> Trial:
    """Return what the gate looks at."""
    return Trial(ground.base, ground.champion, ground.until, candidate, lessons, parted, fits.tested)


def publish_tried(
    models: Path,
    base: Base,
    candidate: Candidate,
    lessons: Lessons,
    taught: Mapping[str, Taught],
    site_id: SiteId | None,
    lines: Sequence[GateLine],
    metrics: Mapping[str, Mapping[str, Metric]],
) -> None:
    """Publish a candidate that has passed the gate; one that is published already stays as it is.

    Raises:
        ModelRefused: it would not load, or cannot be written; nothing is left behind.
    """
    sites = [site_id] if site_id else []
    try:
        publish(models, base, candidate, lessons, taught, sites=sites, gate=lines, metrics=metrics)
    except Conflict:
        # The name has the hash of what was learned: nothing has changed since the version of this name was published.
        registry.read_manifest(models, candidate.version)
