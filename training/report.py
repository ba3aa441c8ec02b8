"""The report beside a model, for people: a model card with everything that was measured, as a page and as Markdown."""

from pathlib import Path

from moderator.classifier.manifest import Manifest
from training import analyses, card, levels, parts
from training.html import Section, to_html, to_markdown
from training.measure import Measured
from training.progress import Progress

PAGE = "report.html"
MARKDOWN = "report.md"


def write(folder: Path, manifest: Manifest, measured: Measured, progress: Progress) -> None:
    """Write both forms of the report into a version's folder."""
    title, found = f"Model {manifest.version}", sections(manifest, measured, progress)
    (folder / PAGE).write_text(to_html(title, found), "utf-8")
    (folder / MARKDOWN).write_text(to_markdown(title, found), "utf-8")
    progress("report", len(measured.labels) + 1, len(measured.labels) + 1)


def sections(manifest: Manifest, measured: Measured, progress: Progress) -> list[Section]:
    """Return the report under the headings of a model card."""
    return [
        analyses.glance(manifest, measured),
        card.details(manifest),
        card.intended_use(),
        card.factors(manifest),
        card.metrics(),
        card.evaluation_data(manifest, measured),
        card.training_data(manifest),
        Section("Quantitative analyses", sections=quantitative(manifest, measured, progress)),
        card.ethics(),
        card.caveats(),
    ]


def quantitative(manifest: Manifest, measured: Measured, progress: Progress) -> list[Section]:
    """Return all that was measured: against targets, by label, and by parts."""
    return [
        analyses.targets(measured.targets),
        *analyses.labels(manifest, measured, progress),
        levels.levels(manifest, measured),
        *analyses.natural(measured),
        parts.languages(measured),
        *parts.groups(measured),
        *parts.news(measured),
        parts.other_sources(measured),
        parts.attacks(measured),
        parts.scripts(measured),
        parts.mistakes(measured),
    ]
