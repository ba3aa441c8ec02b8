"""From corrections to a version: δ beside the base, with a manifest that names both and promises nothing untested."""

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from moderator.classifier import delta as deltas
from moderator.classifier import registry
from moderator.classifier.delta import Delta, HouseRules, HouseScorer
from moderator.classifier.manifest import (
    CalibrationOf,
    Data,
    File,
    GateLine,
    Golden,
    Learned,
    Manifest,
    Metric,
    ThresholdOf,
)
from moderator.classifier.model import Model, Weights
from moderator.domain.ids import SiteId
from moderator.domain.scoring import Label
from moderator.domain.teaching import HOUSE_RULES
from moderator.storage.columns import from_ms
from training import site_card
from training.anchored import Platt
from training.base import LIBRARIES
from training.certificates import certify
from training.corpora import digest
from training.lessons import Lessons
from training.teach import Taught

LEAST_SCORE: Final = 1e-6
NOT_CERTIFIED: Final = "Carried over from {}: what was learned since has no certificate."


@dataclass(frozen=True, slots=True)
class Base:
    """The immutable version that is corrected."""

    manifest: Manifest
    model: Model
    weights: Weights

    @property
    def file(self) -> File:
        """The file of its weights, which a correction names by its hash."""
        return next(file for file in self.manifest.files if file.name == registry.WEIGHTS)


def load_base(models: Path, version: str) -> Base:
    """Return the base of a version: itself, or what it was fitted on.

    Raises:
        ModelRefused: a check failed.
    """
    manifest = registry.read_manifest(models, version)
    if manifest.learned is not None and manifest.parent is not None:
        manifest = registry.read_manifest(models, manifest.parent)
    model, weights = registry.load_weights(models, manifest)
    return Base(manifest, model, weights)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that is not published yet; `described` is its manifest as far as it follows from the base's."""

    version: str
    delta: Delta
    model: Model
    described: Manifest

    @classmethod
    def of(cls, base: Base, described: Manifest, delta: Delta) -> "Candidate":
        """Return the version that a manifest and a correction make of a base."""
        house_rules = HouseScorer(base.model, delta).score if delta.house_rules else None
        model = registry.new_model(described, delta.over(base.weights), house_rules)
        return cls(described.version, delta, model, described)


def assemble(base: Base, lessons: Lessons, taught: Mapping[str, Taught], now: datetime) -> Candidate:
    """Return the version that corrections make of a base. The same lessons make the same version on the same day."""
    labels = base.manifest.labels
    scales = lessons.features.scales.astype(np.float64)
    calibration: dict[Label, CalibrationOf] = {}
    changes = np.zeros((scales.size, len(labels)), np.float32)
    for column, label in enumerate(labels):
        own, fitted = base.manifest.calibration[label], taught[label.value].fitted
        slope = float(fitted.platt.slopes[0])
        offset = slope * own.offset + fitted.platt.offset
        calibration[label] = CalibrationOf(slope=slope * own.slope, offset=offset, prior=own.prior)
        changes[:, column] = fitted.delta * scales / calibration[label].slope
    house = taught[HOUSE_RULES]
    if house.summary.moves != "nothing":
        house_weights = (house.fitted.delta * scales).astype(np.float32)
    else:
        house_weights = np.zeros(scales.size, np.float32)
    moved = (changes != 0).any(axis=1) | (house_weights != 0)
    found = Delta(
        columns=lessons.features.columns[moved].astype(np.int32),
        weights=changes[moved].astype(np.float16),
        house_rules=HouseRules(
            mixture=house.fitted.platt.slopes.astype(np.float32),
            offset=house.fitted.platt.offset,
            weights=house_weights[moved].astype(np.float16),
        )
        if house.summary.moves != "nothing"
        else None,
    )
    weights, house_scorer = (
        found.over(base.weights),
        HouseScorer(base.model, found).score if found.house_rules else None,
    )
    described = msgspec.structs.replace(
        _described(base, taught),
        created=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        parent=base.manifest.version,
        calibration=calibration,
    )
    content = deltas.pack(found) + msgspec.json.encode((base.file.sha256, calibration), order="sorted")
    if audits := [lessons.evidence.audits[place] for place in lessons.fresh_audits]:
        described = certify(described, registry.new_model(described, weights, house_scorer), audits)
        # The same weights with other promises are another version.
        content += msgspec.json.encode((described.approvals, described.thresholds), order="sorted")
    described = msgspec.structs.replace(described, version=f"learned-{now:%Y%m%d}-{digest(content)[:8]}")
    model = registry.new_model(described, weights, house_scorer)
    return Candidate(described.version, found, model, described)


def publish(
    models: Path,
    base: Base,
    candidate: Candidate,
    lessons: Lessons,
    taught: Mapping[str, Taught],
    *,
    sites: Sequence[SiteId],
    gate: Sequence[GateLine],
    metrics: Mapping[str, Mapping[str, Metric]],
) -> Path:
    """Write a candidate as a version, wholly or not at all, and return its folder.

    Raises:
        Conflict: it is there already: nothing has changed since.
        ModelRefused: it would not load.
    """

    def describe(files: list[File]) -> Manifest:
        return msgspec.structs.replace(
            candidate.described,
            files=files,
            libraries={
                "python": platform.python_version(),
                **{name: importlib.metadata.version(name) for name in LIBRARIES},
            },
            data=Data(
                fingerprint=lessons.fingerprint,
                rows=len(lessons),
                examples={
                    label: {"rows": one.summary.rows, "positives": one.summary.positives}
                    for label, one in taught.items()
                },
                sources=dict(lessons.sources),
            ),
            metrics={label: dict(sets) for label, sets in metrics.items()},
            golden=[_golden(candidate.model, one.text) for one in base.manifest.golden],
            learned=Learned(
                base=base.file,
                sites=list(sites),
                rows=len(lessons),
                waiting=int(lessons.waits.sum()),
                since=_moment(int(lessons.times.min())),
                until=_moment(int(lessons.times.max())),
                labels={label: one.summary for label, one in taught.items()},
                gate=list(gate),
            ),
        )

    folder = registry.publish(models, candidate.version, {deltas.FILE_NAME: deltas.pack(candidate.delta)}, describe)
    site_card.write(folder, registry.read_manifest(models, candidate.version))
    return folder


def _described(base: Base, taught: Mapping[str, Taught]) -> Manifest:
    """Return the base's manifest with thresholds for the new scores: its own promises gone, no rejection by machine.

    A threshold moves as its score does under the new calibration. So a calibration changes what a score says and not
    what is held: only learned weights change that. The decisions are about what was held, most of them, and say little
    of how much else a site would hold. A certificate is about other scores than these, and without one nothing is
    rejected by machine.
    """

    def moved(label: Label, score: float) -> float:
        return move(score, taught[label.value].fitted.platt)

    note = NOT_CERTIFIED.format(base.manifest.version)
    return msgspec.structs.replace(
        base.manifest,
        thresholds={
            caution: {
                label: ThresholdOf(hold_at=moved(label, one.hold_at), is_certified=False, note=note)
                for label, one in own.items()
            }
            for caution, own in base.manifest.thresholds.items()
        },
        by_language={
            lang: msgspec.structs.replace(
                one,
                approvals={},
                hold_at={
                    caution: {label: moved(label, score) for label, score in own.items()}
                    for caution, own in one.hold_at.items()
                },
            )
            for lang, one in base.manifest.by_language.items()
        },
        passages={label: moved(label, score) for label, score in base.manifest.passages.items()},
        approvals={},
        curve=None,
        goals=[],
    )


def move(score: float, platt: Platt) -> float:
    """Return where a label's score goes under a new calibration; above 1 it stays, which means never."""
    if not 0.0 < score < 1.0:
        return score
    logit = float(platt.slopes[0]) * log(score / (1 - score)) + platt.offset
    return min(max(1 / (1 + exp(-logit)), LEAST_SCORE), 1 - LEAST_SCORE)


def _golden(model: Model, text: str) -> Golden:
    scores = zip(model.labels, model.scores(text).tolist(), strict=True)
    house = round(model.house_rules(text), 6) if model.house_rules else None
    return Golden(text=text, scores={label: round(score, 6) for label, score in scores}, house_rules=house)


def _moment(ms: int) -> str:
    return f"{from_ms(ms).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
