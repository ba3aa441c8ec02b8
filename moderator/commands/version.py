"""A model version in short, for people: the main figures, the thresholds and what they promise, the targets."""

from statistics import median

from rich.console import Console
from rich.table import Table

from moderator.classifier.manifest import Goal, Manifest, Metric, ThresholdOf
from moderator.domain.scoring import Caution

_NARROWEST = 100  # Columns of a pipe or a small window: tables would lose their last columns.


def print_version(manifest: Manifest, report: str | None) -> None:
    """Print a version to standard output.

    Args:
        report: where the whole report is, when it is there.
    """
    console = Console(highlight=False)
    if console.width < _NARROWEST:
        console = Console(highlight=False, width=_NARROWEST)
    origin = f"on top of {manifest.parent}" if manifest.parent else "from labelled files"
    console.print(f"[bold]{manifest.version}[/bold]  made {manifest.created} {origin}")
    console.print(
        f"{manifest.data.rows:,} rows, fingerprint {manifest.data.fingerprint[:16]}; "
        f"languages {', '.join(manifest.languages) or 'none'}"
    )
    thresholds = manifest.thresholds.get(Caution.BALANCED, {})
    for table, notes in (
        (_labels(manifest), {label.value: one.note for label, one in thresholds.items() if one.needed is None}),
        (_levels(manifest), {caution.value: one.note for caution, one in manifest.approvals.items()}),
    ):
        if table.row_count:
            console.print()
            console.print(table)
            for name, note in notes.items():
                if note:
                    console.print(f"  {name}: {note}", soft_wrap=True)
    _print_goals(console, manifest.goals)
    if report:
        console.print(f"\nThe whole report: {report}", soft_wrap=True)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in _NUMBERS else "left", no_wrap=column in _NUMBERS)
    return table


_NUMBERS = frozenset(
    {
        "sets",
        "AUC lowest",
        "median",
        "highest",
        "holds from",
        "rejects from",
        "lacks to reject",
        "may hold",
        "held",
        "approved",
        "at most",
    }
)


def _labels(manifest: Manifest) -> Table:
    table = _table(
        f"Labels, and thresholds at {Caution.BALANCED}",
        *("label", "sets", "AUC lowest", "median", "highest", "holds from", "rejects from", "lacks to reject"),
    )
    for label in manifest.labels:
        threshold = manifest.thresholds.get(Caution.BALANCED, {}).get(label)
        table.add_row(label.value, *_aucs(manifest.metrics.get(label.value, {})), *_bounds(threshold))
    return table


def _aucs(sets: dict[str, Metric]) -> tuple[str, str, str, str]:
    aucs = [metric.auc for metric in sets.values()]
    if not aucs:
        return "0", "", "", ""
    return str(len(aucs)), f"{min(aucs):.3f}", f"{median(aucs):.3f}", f"{max(aucs):.3f}"


def _bounds(threshold: ThresholdOf | None) -> tuple[str, str, str]:
    """Return where it holds and rejects, and how many labelled harmless comments a rejection lacks."""
    if threshold is None:
        return "", "", ""
    reject = "never" if threshold.reject_at is None else f"{threshold.reject_at:.3f}"
    return f"{threshold.hold_at:.3f}", reject, "" if threshold.needed is None else f"{threshold.needed:,} comments"


def _levels(manifest: Manifest) -> Table:
    table = _table(
        "Promises: harmless comments held, and rule breakers among what the machine approves",
        *("level", "may hold", "held", "approved", "at most", "certified"),
    )
    for caution, one in manifest.approvals.items():
        certified = "yes" if one.is_certified else f"no: {one.needed:,} more audited approvals" if one.needed else "no"
        shares = (f"{share:.1%}" for share in (one.price, one.held, one.approved, one.risk_at_most))
        table.add_row(caution.value, *shares, certified)
    return table


def _print_goals(console: Console, goals: list[Goal]) -> None:
    measured = [goal for goal in goals if goal.value is not None]
    if not measured:
        return
    missed = [goal for goal in measured if not goal.is_met]
    console.print(f"\n[bold]Targets[/bold]: {len(measured) - len(missed)} of {len(measured)} met")
    for goal in missed:
        console.print(f"  missed  {goal.name}: {goal.value:.4f} instead of {goal.goal:g}", soft_wrap=True)
