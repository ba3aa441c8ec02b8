"""The figures of the report: targets, labels by set, thresholds, calibration. `training.parts` has them by parts."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import Manifest
from moderator.domain.scoring import Caution, Label
from training import plots
from training.html import Figure, Part, Section, Table
from training.measure import CAUTION, Measured, OfLabel, Sample
from training.progress import Progress
from training.targets import AT_MOST, Reached
from training.targets import Figure as Measure

_NOTHING: Final = "—"
_POINTS: Final = 200  # Of a risk–coverage curve.


def glance(manifest: Manifest, measured: Measured) -> Section:
    """Return the figures that people ask for first."""
    rows = []
    for label, one in measured.labels.items():
        aucs = {source: metric.auc for source, metric in one.metrics.items()}
        threshold = manifest.thresholds[CAUTION][label]
        reject = "never" if threshold.reject_at is None else f"{threshold.reject_at:.3f}"
        worst, best = (min(aucs, key=aucs.__getitem__), max(aucs, key=aucs.__getitem__)) if aucs else ("", "")
        rows.append(
            (
                label,
                len(aucs),
                f"{median(aucs.values()):.3f}" if aucs else _NOTHING,
                f"{aucs[worst]:.3f} {worst}" if aucs else _NOTHING,
                f"{aucs[best]:.3f} {best}" if aucs else _NOTHING,
                f"{threshold.hold_at:.3f}",
                reject,
            )
        )
    head = ("label", "sets", "median AUC", "lowest AUC", "highest AUC", "holds from", "rejects from")
    met, measured_targets = _counted(measured.targets)
    return Section(
        "At a glance",
        [
            (
                f"It scores a comment for {len(manifest.labels)} kinds of harm, and a site's policy approves, holds or "
                f"rejects by these scores. It meets {met} of {measured_targets} targets."
            ),
            Table(head, rows, f"Labels, and their thresholds at the level of caution `{CAUTION}`"),
        ],
    )


def _counted(targets: Sequence[Reached]) -> tuple[int, int]:
    return sum(bool(one.is_met) for one in targets), sum(one.is_met is not None for one in targets)


def labels(manifest: Manifest, measured: Measured, progress: Progress) -> Iterator[Section]:
    """Yield a section for each label: its figures by set, and its pictures."""
    for number, (label, one) in enumerate(measured.labels.items(), 1):
        yield _label(manifest, label, one)
        progress("report", number, len(measured.labels) + 1)


def targets(reached: Sequence[Reached]) -> Section:
    """Return every target, and whether it is met."""
    rows = []
    for one in reached:
        sign = "≤" if one.target.figure in AT_MOST else "≥"
        reference = _NOTHING if one.target.reference is None else f"{one.target.reference:g}"
        where = " on ".join(filter(None, (one.target.of, one.target.on))) or "the version"
        rows.append((where, one.target.figure, f"{sign} {one.target.goal:g}", _value(one), reference, _outcome(one)))
    met, every = _counted(reached)
    missed = [one.target.name for one in reached if one.is_met is False]
    parts: list[Part] = [f"Met: {met} of {every}."]
    if missed:
        parts.append(f"Missed: {'; '.join(missed)}.")
    parts.append(Table(("what", "figure", "goal", "reached", "reference model", "outcome"), rows))
    return Section("Targets", parts)


def _value(one: Reached) -> str:
    if one.value is None:
        return _NOTHING
    return f"{one.value:.2f}" if one.target.figure is Measure.BYTES else f"{one.value:.4f}"


def _outcome(one: Reached) -> str:
    if one.value is None:
        return "not measured"
    return "met" if one.is_met else f"missed by {abs(one.value - one.target.goal):.2g}"


def _label(manifest: Manifest, label: Label, one: OfLabel) -> Section:
    head = (
        "set",
        "rows",
        "positives",
        "ROC-AUC",
        "PR-AUC",
        "recall at 1 % FP",
        "recall at 5 % FP",
        "calibration error",
    )
    rows = []
    for source, metric in one.metrics.items():
        own = one.intervals[source]
        figures = (own.auc, own.average_precision, own.recall_at_1, own.recall_at_5)
        rows.append((source, f"{metric.rows:,}", f"{metric.positives:,}", *figures, f"{metric.calibration_error:.3f}"))
    parts: list[Part] = [Table(head, rows, f"`{label}` by set")] if rows else ["No test set has enough rows of it."]
    return Section(f"Label {label}", [*parts, *_pictures(manifest, label, one.sample)])


def _pictures(manifest: Manifest, label: Label, sample: Sample) -> Iterator[Figure]:
    prior = manifest.calibration[label].prior
    if not sample.positive.any() or sample.positive.all():
        return
    threshold = manifest.thresholds[CAUTION][label]
    yield Figure(
        plots.reliability(sample.scores, sample.positive, f"{label}: reliability", prior=prior),
        f"Of comments with a score, the share that has the label, where {prior:.1%} of all have it. On the broken line "
        "a score is the probability that it claims to be. Test rows of natural sets; bars are 95 % intervals.",
    )
    yield Figure(
        plots.score_distribution(
            sample.scores,
            sample.positive,
            f"{label}: scores",
            hold_at=threshold.hold_at,
            reject_at=threshold.reject_at,
        ),
        f"Where the scores of the same rows lie, and the thresholds of `{CAUTION}`.",
    )
    marks = {
        caution.value: _approved(sample, prior, manifest.thresholds[caution][label].hold_at) for caution in Caution
    }
    yield Figure(
        plots.risk_coverage(list(_curve(sample, prior)), f"{label}: risk and coverage", marks=marks),
        f"What share the machine may approve by this label alone, and how many of those have it nevertheless, where "
        f"{prior:.1%} of all have it. Measured on test rows.",
    )


def _curve(sample: Sample, prior: float) -> Iterator[tuple[float, float]]:
    for hold_at in np.unique(np.quantile(sample.scores, np.linspace(0.005, 1, _POINTS))).tolist():
        share, risk = _approved(sample, prior, hold_at)
        if share > 0:
            yield share, risk


def _approved(sample: Sample, prior: float, hold_at: float) -> tuple[float, float]:
    """Return the share of comments below a threshold and the share of positives among them, at a share of positives."""
    below = sample.scores < hold_at
    bad, good = prior * below[sample.positive].mean(), (1 - prior) * below[~sample.positive].mean()
    return float(bad + good), float(bad / (bad + good)) if bad + good else 0.0


def thresholds(manifest: Manifest, measured: Measured) -> Iterator[Section]:
    """Return the thresholds at each level of caution, and what they do to test rows."""
    sections = []
    for caution in Caution:
        rows = []
        for label, one in manifest.thresholds[caution].items():
            sample = measured.labels[label].sample
            held = sample.scores >= one.hold_at
            rows.append(
                (
                    label,
                    f"{one.hold_at:.3f}",
                    "never" if one.reject_at is None else f"{one.reject_at:.3f}",
                    percent(_mean(held[~sample.positive])),
                    percent(_mean(held[sample.positive])),
                    one.note or "certified",
                )
            )
        head = ("label", "holds from", "rejects from", "others held", "positives held", "promise")
        sections.append(Section(caution.value.capitalize(), [Table(head, rows)]))
    yield Section(
        "Thresholds and promises",
        [
            (
                "Where a label holds a person looks, where it rejects the machine rejects. Thresholds were chosen and "
                "their promises tested on the valid splits; the shares held are those of test rows, which they have "
                "not seen. Where a promise is not certified the last column says what is missing."
            ),
        ],
        sections,
    )


def _mean(truths: NDArray[np.bool_]) -> float | None:
    return float(truths.mean()) if truths.size else None


def percent(share: float | None) -> str:
    """Return a share as tables show it."""
    return _NOTHING if share is None else f"{share:.1%}"


def natural(measured: Measured) -> Iterator[Section]:
    """Yield the calibration on sets at their own rate, where there are such."""
    if measured.toxic and measured.toxic.natural:
        yield Section(
            "Calibration at natural rates",
            [
                (
                    "These sets hold toxic comments at the rate of a real site. Platt's parameters keep the order of "
                    "scores, so that calibration costs no PR-AUC."
                ),
                *(
                    Figure(
                        plots.reliability(sample.scores, sample.positive, f"toxic on {source}"),
                        f"`{source}`: {sample.positive.size:,} rows, {sample.positive.mean():.1%} of them toxic.",
                    )
                    for source, sample in measured.toxic.natural.items()
                ),
            ],
        )
