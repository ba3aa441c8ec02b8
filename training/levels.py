"""The levels of caution in the report: thresholds, what is promised, what more automation costs, other languages."""

from collections.abc import Iterator, Mapping, Sequence

from moderator.classifier.manifest import Approval, Curve, Manifest, Point, ThresholdOf
from moderator.domain.scoring import Caution, Label
from training import plots
from training.html import NOTHING, Figure, Part, Section, Table, percent
from training.measure import CAUTION, Measured


def levels(manifest: Manifest, measured: Measured) -> Section:
    """Return what each level of caution does and promises."""
    parts: list[Part] = [
        (
            "From the threshold “holds from” on a person looks; from “rejects from” on the machine rejects. Thresholds "
            "were chosen and their promises tested on the valid splits. What they do to test rows, which they have not "
            "seen, stands beside. A promise that is not certified is none. What a rejection lacks are labelled "
            "harmless comments, none of them scoring as high: with so many more it could be certified. “Approved at "
            "most” is the upper bound of a label's positives that all labels together approve, on valid rows."
        ),
        _on_test(measured),
    ]
    if manifest.approvals:
        parts += [_promises(manifest), *_notes(manifest.approvals)]
    if manifest.curve:
        parts += list(_curves(manifest.curve, manifest.approvals))
    sections = [
        Section(f"Thresholds, {caution.value}", [_thresholds(manifest.thresholds[caution], measured)])
        for caution in Caution
    ]
    if manifest.by_language:
        sections.append(_languages(manifest))
    return Section("Thresholds and promises", parts, sections)


def _on_test(measured: Measured) -> Table:
    head = ("level", "harmless rows", "held", "rule breakers", "held")
    rows = [
        (
            caution.value,
            f"{one.harmless:,}",
            percent(one.harmless_held),
            f"{one.breaking:,}",
            percent(one.breaking_held),
        )
        for caution, one in measured.levels.items()
    ]
    return Table(head, rows, "All labels together, on test rows of natural sets")


def _promises(manifest: Manifest) -> Table:
    head = ("level", "may hold", "held", "approved", "rule breakers among those", "at most", "promise", "certified")
    rows = [
        (
            caution.value,
            percent(one.price),
            percent(one.held),
            percent(one.approved),
            percent(one.risk, digits=2),
            percent(one.risk_at_most, digits=2),
            f"≤ {percent(one.promise)}",
            "✓ yes" if one.is_certified else f"✗ no: {one.needed:,} more audited approvals" if one.needed else "✗ no",
        )
        for caution, one in manifest.approvals.items()
    ]
    return Table(head, rows, "What is promised: of harmless comments held, and of what the machine approves")


def _notes(approvals: Mapping[Caution, Approval]) -> Iterator[str]:
    for caution, one in approvals.items():
        if one.note:
            yield f"{caution.value.capitalize()}: {one.note}"


def _curves(curve: Curve, approvals: Mapping[Caution, Approval]) -> Iterator[Figure]:
    rows = f"{curve.harmless_rows:,} harmless and {curve.breaking_rows:,} other rows of the valid splits"
    rates = f"where {percent(curve.abuse)} of comments are abuse and {percent(curve.spam)} spam"
    if curve.approved:
        marks = {caution.value: (one.approved, one.risk) for caution, one in approvals.items()}
        yield Figure(
            plots.risk_coverage(_points(curve.approved), "What approving more costs", marks=marks),
            f"The share approved by the machine, and the share of rule breakers among those, {rates}: {rows}.",
        )
    if curve.automated:
        yield Figure(
            plots.risk_coverage(_points(curve.automated), "What deciding more costs", decides="decided"),
            "The share that the machine decides either way, the surest first, and the share of wrong decisions among "
            f"those, {rates}.",
        )


def _points(points: Sequence[Point]) -> list[tuple[float, float]]:
    return [(one.share, one.risk) for one in points]


def _thresholds(thresholds: Mapping[Label, ThresholdOf], measured: Measured) -> Table:
    head = (
        "label",
        "holds from",
        "rejects from",
        "others held",
        "positives held",
        "approved at most",
        "lacks to reject",
    )
    rows = []
    for label, one in thresholds.items():
        sample = measured.labels[label].sample
        held = sample.scores >= one.hold_at
        rows.append(
            (
                label,
                f"{one.hold_at:.3f}",
                "never" if one.reject_at is None else f"{one.reject_at:.3f}",
                percent(float(held[~sample.positive].mean())) if not sample.positive.all() else "",
                percent(float(held[sample.positive].mean())) if sample.positive.any() else "",
                percent(one.missed) if one.missed < 1 else NOTHING,
                _lacking(one),
            )
        )
    return Table(head, rows)


def _lacking(one: ThresholdOf) -> str:
    """Return what a rejection lacks: labelled harmless comments, or what the note says."""
    if one.reject_at is not None:
        return "nothing"
    return one.note or NOTHING if one.needed is None else f"{one.needed:,}"


def _languages(manifest: Manifest) -> Section:
    rows = [
        (
            lang,
            f"{one.harmless_rows:,}",
            f"{one.breaking_rows:,}",
            percent(one.held),
            f"{percent(one.low)} – {percent(one.high)}",
            ", ".join(f"{label} {at:.3f}" for label, at in one.hold_at.get(CAUTION, {}).items()) or "the shared ones",
        )
        for lang, one in manifest.by_language.items()
    ]
    head = ("language", "harmless rows", "rule breakers", "held", "95 % interval", "thresholds")
    return Section(
        "Languages with thresholds of their own",
        [
            (
                f"What the shared thresholds of `{CAUTION}` hold of the harmless valid rows of each language. Where "
                "that is too far from what they hold elsewhere, the language has its own."
            ),
            Table(head, rows),
        ],
    )
