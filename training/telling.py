"""What a run of learning did, for people: what each label learned, and the gate's lines."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from moderator.classifier.manifest import GateLine, TaughtLabel
from training.run import Outcome, Ran
from training.stepwise import gate_lines, taught_labels
from training.work import STEPS, Record

_ON_TRIAL = "{version} is published and on trial; `moderator model shadow` says what it would do."
_SENTENCES = {
    Outcome.ACTIVATED: "{version} is in use; `moderator model rollback{site}` goes back.",
    Outcome.PUBLISHED: "{version} is published; `moderator model activate {version}{site}` uses it.",
    Outcome.REFUSED: "Refused: {why}. {previous} stays.",
    Outcome.NOTHING_TO_LEARN: "There is nothing to learn yet from {rows} decisions. {previous} stays.",
}


def tell(ran: Ran, console: Console) -> None:
    """Print what a run did."""
    if ran.rows:
        console.print(_labels(ran))
    if ran.gate:
        console.print(_gate(ran.gate))
    why = ", ".join(line.check for line in ran.gate if not line.passed)
    version = ran.version or "A version like this"
    if ran.dry_run and ran.outcome is Outcome.PUBLISHED:
        console.print("This would be published; it was a dry run.")
        return
    sentence = _ON_TRIAL if ran.shadow else _SENTENCES[ran.outcome]
    site = f" --site {ran.site}" if ran.site else ""
    console.print(
        sentence.format(version=version, previous=ran.previous, why=why, rows=f"{ran.rows:,}", site=site),
        soft_wrap=True,
    )


def tell_step(record: Record, work: Path, console: Console) -> None:
    """Print what one step found, and which comes next."""
    for name, value in record.found.items():
        if not isinstance(value, dict | list):
            console.print(f"{name}: {value}", soft_wrap=True, highlight=False)
    if labels := taught_labels(record):
        console.print(_taught("What was learned", labels))
    lines = gate_lines(record)
    if lines:
        console.print(_gate(lines))
    following = STEPS[STEPS.index(record.step) + 1 :][:1]
    if not all(line.passed for line in lines):
        console.print("Refused: nothing can be published from here.")
    elif following:
        console.print(f"Next: python -m training {following[0]} --work {work}", soft_wrap=True, highlight=False)


def _labels(ran: Ran) -> Table:
    waiting = f"; {ran.waiting:,} wait for a second opinion" if ran.waiting else ""
    return _taught(f"{ran.rows:,} judged comments{waiting}", ran.labels)


def _taught(title: str, labels: Mapping[str, TaughtLabel]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("label", "known", "positive", "moves", "strength"):
        table.add_column(name, justify="left" if name in ("label", "moves") else "right")
    for label, one in labels.items():
        strength = f"{one.strength:g}" if one.strength else ""
        table.add_row(label, f"{one.rows:,}", f"{one.positives:,}", one.moves, strength)
    return table


def _gate(lines: Sequence[GateLine]) -> Table:
    table = Table(title="The gate", title_justify="left")
    for name in ("check", "", "found", "needed", "in words"):
        table.add_column(name, justify="right" if name == "found" else "left")
    for line in lines:
        found = "" if line.value is None else f"{line.value:g}"
        table.add_row(line.check, "pass" if line.passed else "refuse", found, line.need, line.detail)
    return table
