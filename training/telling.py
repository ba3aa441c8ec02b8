"""What a run of learning did, for people: what each label learned, and the gate's lines."""

from rich.console import Console
from rich.table import Table

from training.run import Outcome, Ran

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
        console.print(_gate(ran))
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


def _labels(ran: Ran) -> Table:
    waiting = f"; {ran.waiting:,} wait for a second opinion" if ran.waiting else ""
    table = Table(title=f"{ran.rows:,} judged comments{waiting}", title_justify="left")
    for name in ("label", "known", "positive", "moves", "strength"):
        table.add_column(name, justify="left" if name in ("label", "moves") else "right")
    for label, one in ran.labels.items():
        strength = f"{one.strength:g}" if one.strength else ""
        table.add_row(label, f"{one.rows:,}", f"{one.positives:,}", one.moves, strength)
    return table


def _gate(ran: Ran) -> Table:
    table = Table(title="The gate", title_justify="left")
    for name in ("check", "", "found", "needed", "in words"):
        table.add_column(name, justify="right" if name == "found" else "left")
    for line in ran.gate:
        found = "" if line.value is None else f"{line.value:g}"
        table.add_row(line.check, "pass" if line.passed else "refuse", found, line.need, line.detail)
    return table
