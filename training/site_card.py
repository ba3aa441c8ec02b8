"""The model card of a version that learned from decisions, made from its manifest alone.

A base's report comes from what was measured on labelled files; here there are none. It has numbers, labels and the
gate's words, and nothing of any comment.
"""

from pathlib import Path

from moderator.classifier.manifest import GateLine, Learned, Manifest, Metric
from moderator.domain.scoring import Caution
from moderator.log import logger
from training.card import intended_use
from training.html import NOTHING, Section, Table, percent, to_html, to_markdown

PAGE = "report.html"
MARKDOWN = "report.md"


def write(folder: Path, manifest: Manifest) -> None:
    """Write both forms of the card into a version's folder. A full disk costs the card and not the version."""
    title, found = f"Model {manifest.version}", sections(manifest)
    try:
        for name, text in ((PAGE, to_html(title, found)), (MARKDOWN, to_markdown(title, found))):
            unfinished = folder / f".{name}"
            unfinished.write_text(text, "utf-8")
            unfinished.chmod(0o644)
            unfinished.replace(folder / name)
    except OSError as error:
        logger.warning("card_not_written", version=manifest.version, reason=error.strerror)


def sections(manifest: Manifest) -> list[Section]:
    """Return the card under the headings of a model card.

    Raises:
        ValueError: the version is a base, which has a report of its own.
    """
    if manifest.learned is None:
        raise ValueError(f"{manifest.version} did not learn from decisions")
    return [
        _details(manifest, manifest.learned),
        _taught(manifest.learned),
        _gate(manifest.learned.gate),
        _metrics(manifest),
        _limits(manifest),
        intended_use(),
        Section(
            "Caveats",
            [
                (
                    "It knows what was decided on the sites named above, and elsewhere what its base knows. What "
                    "people decide wrongly it learns wrongly, until they decide otherwise: each run starts from the "
                    "base again, so that what was undone or erased teaches nothing any more."
                ),
            ],
        ),
    ]


def _details(manifest: Manifest, learned: Learned) -> Section:
    sites = f"the sites {', '.join(f'`{site}`' for site in learned.sites)}" if learned.sites else "all sites"
    kept = ", ".join(f"{name} {version}" for name, version in sorted(manifest.libraries.items()))
    return Section(
        "Model details",
        [
            (
                f"Version `{manifest.version}`, made on {manifest.created}: the base `{manifest.parent}` and a "
                f"change of its weights that {learned.rows:,} judged comments of {sites} taught, decided from "
                f"{learned.since} to {learned.until}. Libraries: {kept}."
            ),
            f"{learned.waiting:,} more decisions contradict a score that was sure, and wait for a second moderator.",
            (
                f"Labels: {', '.join(f'`{label}`' for label in manifest.labels)}. Fingerprint of what taught it: "
                f"`{manifest.data.fingerprint}`."
            ),
            Table(
                ("file", "bytes", "SHA-256"),
                [
                    (f"{manifest.parent}: {learned.base.name}", f"{learned.base.bytes:,}", f"`{learned.base.sha256}`"),
                    *((file.name, f"{file.bytes:,}", f"`{file.sha256}`") for file in manifest.files),
                ],
            ),
        ],
    )


def _taught(learned: Learned) -> Section:
    rows = [
        (
            label,
            f"{one.rows:,}",
            f"{one.positives:,}",
            one.moves,
            f"{one.strength:g}" if one.strength else NOTHING,
        )
        for label, one in learned.labels.items()
    ]
    return Section(
        "What taught it",
        [
            (
                "A label's rows are the judged comments that speak of it. `intercept` moves how high all scores are, "
                "`calibration` how they are spread, `weights` what single words count; the strength is the fit's C."
            ),
            Table(("label", "rows", "have it", "what moved", "strength"), rows),
        ],
    )


def _gate(gate: list[GateLine]) -> Section:
    rows = [
        (
            line.check,
            "passes" if line.passed else "refuses",
            NOTHING if line.value is None else f"{line.value:g}",
            line.need,
            line.detail,
        )
        for line in gate
    ]
    return Section("The gate", [Table(("line", "result", "found", "needed", "in words"), rows)])


def _metrics(manifest: Manifest) -> Section:
    rows = [
        (label, name, *_figures(metric))
        for label, sets in manifest.metrics.items()
        for name, metric in sets.items()
    ]  # fmt: skip
    if not rows:
        return Section("Metrics", ["Too few decisions of both kinds were held out to measure any label."])
    head = ("label", "rows of", "rows", "positives", "ROC-AUC", "PR-AUC", "recall at 1 %", "recall at 5 %")
    return Section(
        "Metrics",
        [
            "Measured on decisions that were held out, by a version that was fitted on the older ones alone.",
            Table(head, rows),
        ],
    )


def _figures(metric: Metric) -> tuple[str, ...]:
    return (
        f"{metric.rows:,}",
        f"{metric.positives:,}",
        f"{metric.auc:.3f}",
        f"{metric.average_precision:.3f}",
        percent(metric.recall_at_1),
        percent(metric.recall_at_5),
    )


def _limits(manifest: Manifest) -> Section:
    own = manifest.thresholds[Caution.BALANCED]
    rows = [
        (
            label,
            f"{manifest.calibration[label].slope:.3f}",
            f"{manifest.calibration[label].offset:+.3f}",
            f"{one.hold_at:.4f}",
            NOTHING if one.reject_at is None else f"{one.reject_at:.4f}",
            "yes" if one.is_certified else one.note or "no",
        )
        for label, one in own.items()
    ]
    return Section(
        "Calibration and thresholds",
        [Table(("label", "slope", "offset", "held from (balanced)", "rejected from", "certified"), rows)],
    )
