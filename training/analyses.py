"""The figures of the report: targets, labels by set, thresholds, calibration. `training.parts` has them by parts."""

from collections.abc import Iterator, Sequence
from statistics import median

from moderator.classifier.manifest import Manifest
from moderator.domain.scoring import Label
from training import plots
from training.html import NOTHING, Figure, Part, Section, Table, percent
from training.measure import CAUTION, Measured, OfLabel, Sample
from training.progress import Progress
from training.targets import AT_MOST, Reached
from training.targets import Figure as Measure


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
                f"{median(aucs.values()):.3f}" if aucs else NOTHING,
                f"{aucs[worst]:.3f} {worst}" if aucs else NOTHING,
                f"{aucs[best]:.3f} {best}" if aucs else NOTHING,
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
        reference = NOTHING if one.target.reference is None else f"{one.target.reference:.3f}"
        where = " on ".join(filter(None, (one.target.of, one.target.on))) or "the version"
        rows.append(
            (where, one.target.figure, f"{sign} {_goal(one.target.goal)}", _value(one), reference, _outcome(one))
        )
    met, every = _counted(reached)
    head = ("what", "figure", "goal", "reached", "reference model", "outcome")
    return Section(
        "Targets",
        [
            (
                f"Met: {met} of {every}. The reference model is one of the same kind that was fitted on fewer "
                "collections. Speed has targets of its own, which `make bench` measures."
            ),
            Table(head, rows),
        ],
    )


def _goal(goal: float) -> str:
    return f"{goal:.3f}" if goal < 1 else f"{goal:g}"


def _value(one: Reached) -> str:
    if one.value is None:
        return NOTHING
    return f"{one.value:.2f}" if one.target.figure is Measure.BYTES else f"{one.value:.4f}"


def _outcome(one: Reached) -> str:
    if one.value is None:
        return "not measured"
    return "✓ met" if one.is_met else f"✗ missed by {abs(one.value - one.target.goal):.4f}"


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
    parts: list[Part] = [Table(head, rows)] if rows else ["No test set has enough rows of it."]
    return Section(f"Label {label}", [*parts, *_pictures(manifest, label, one.sample)])


def _pictures(manifest: Manifest, label: Label, sample: Sample) -> Iterator[Figure]:
    prior = manifest.calibration[label].prior
    if not sample.positive.any() or sample.positive.all():
        return
    threshold = manifest.thresholds[CAUTION][label]
    yield Figure(
        plots.reliability(sample.scores, sample.positive, f"{label}: reliability", prior=prior),
        f"Of comments with a score, the share that has the label, where {percent(prior)} of all have it. On the broken "
        "line a score is the probability that it claims to be; bars are 95 % intervals. Test rows of natural sets.",
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
                        _caption(source, sample),
                    )
                    for source, sample in measured.toxic.natural.items()
                ),
            ],
        )


def _caption(source: str, sample: Sample) -> str:
    return f"`{source}`: {sample.positive.size:,} rows, {percent(float(sample.positive.mean()))} of them toxic."
