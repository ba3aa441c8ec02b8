"""`python -m training`: make a base model from labelled files, and learn from what moderators decide."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from moderator.classifier import registry
from moderator.classifier.manifest import Manifest
from moderator.domain.errors import ModerationError
from moderator.domain.ids import SiteId
from moderator.log import set_up_logging
from moderator.settings import Settings, load_settings
from training import run as learning
from training import stepwise, telling
from training.base import make_base
from training.measure import Measured
from training.progress import Progress as ShowProgress
from training.promotion import Promotion
from training.work import STEPS

STEP_HELP = {
    "snapshot": "Copy what people decided into a folder, as numbers and, until the gate, as texts.",
    "split": "Hold the newest fifth out, and what is like it.",
    "fit": "Fit each label to all decisions, and for the test to the older ones.",
    "calibrate": "Make a candidate of it: calibration, thresholds, changed weights.",
    "evaluate": "Measure it on the decisions held out.",
    "gate": "Check every condition that a version must meet.",
    "publish": "Write the version, if the gate let it pass.",
    "activate": "Use the version that was published.",
}


class MissingLibrary(ModerationError):
    """A library that this work needs is not installed."""


@click.group()
def main() -> None:
    """Train, measure and publish models."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="A folder of labelled files (*.jsonl.gz).")
@click.option(
    "--models", type=click.Path(path_type=Path), help="Where versions are written. Default: MODERATOR_MODELS."
)
@click.option("--activate/--no-activate", default=True, show_default=True, help="Make the new version the current one.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Labels to fit side by side.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def base(data: Path, models: Path | None, activate: bool, jobs: int, as_json: bool) -> None:
    """Make a base model: fit, calibrate, choose thresholds, measure, write a version and its report."""
    write_report = _reporter()
    folder = models or Path(load_settings().models)
    with _bars() as progress:
        made = make_base(data, folder, datetime.now(UTC), progress, jobs=jobs)
        write_report(made.folder, made.manifest, made.measured, progress)
    if activate:
        registry.activate(folder, made.manifest.version)
    if as_json:
        summary = {**made.manifest.summary(), "activated": activate}
        click.echo(msgspec.json.encode(summary).decode())
    else:
        click.echo(
            f"{made.folder} {'is the current model' if activate else 'is written'}; read {made.folder}/report.html"
        )


@main.command()
@click.option("--site", help="Learn from this site's decisions alone. Default: from all sites together.")
@click.option("--activate", is_flag=True, help="Use the new version at once, when the gate passes.")
@click.option("--shadow", is_flag=True, help="Put the new version on trial, when the gate passes.")
@click.option(
    "--corpus", type=click.Path(path_type=Path), help="Make a new base from the labelled files in this folder, too."
)
@click.option("--dry-run", is_flag=True, help="Do everything but publish.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Labels to fit side by side.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run(
    site: str | None, corpus: Path | None, activate: bool, shadow: bool, dry_run: bool, jobs: int, as_json: bool
) -> None:
    """Learn from what moderators decided: snapshot, fit, gate, publish.

    Exit status 0 whenever the run came to its end, a refusal included; 1 when it could not.
    """
    settings = load_settings()
    wish = learning.Wish(
        database=settings.database,
        models=Path(settings.models),
        site_id=SiteId(site) if site else None,
        is_dry=dry_run,
        corpus=corpus,
        activates=activate,
        promotion=_promotion(settings, shadow=shadow),
        jobs=jobs,
    )
    with _bars() as progress:
        ran = asyncio.run(learning.run(wish, datetime.now(UTC), progress))
    if as_json:
        click.echo(msgspec.json.encode(ran).decode())
    else:
        telling.tell(ran, Console())


def _promotion(settings: Settings, *, shadow: bool) -> Promotion:
    """Return how far a run goes: as the setting says, and with `--shadow` at least as far as a trial."""
    set_to = Promotion(settings.promotion)
    return Promotion.TRIAL if shadow and set_to is Promotion.OFF else set_to


def _step(name: str) -> None:
    """Add the command of one step."""

    @main.command(name, help=STEP_HELP[name])
    @click.option(
        "--work", type=click.Path(path_type=Path), required=True, help="A folder of your own for what the steps find."
    )
    @click.option("--site", help="For `snapshot`: learn from this site's decisions alone.", hidden=name != "snapshot")
    @click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, hidden=name != "fit")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    def command(work: Path, site: str | None, jobs: int, as_json: bool) -> None:
        settings = load_settings()
        wish = learning.Wish(
            database=settings.database,
            models=Path(settings.models),
            site_id=SiteId(site) if site else None,
            jobs=jobs,
        )
        with _bars() as progress:
            record = asyncio.run(stepwise.take(name, work, wish, datetime.now(UTC), progress))
        if as_json:
            click.echo(msgspec.json.encode({"step": name, "work": str(work), **record.found}).decode())
        else:
            telling.tell_step(record, work, Console())


for _name in STEPS:
    _step(_name)


@contextmanager
def _bars() -> Iterator[ShowProgress]:
    """Show a bar for each step, on stderr."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield progress


def _reporter() -> Callable[[Path, Manifest, Measured, ShowProgress], None]:
    """Return what writes the report. Asked for first: a library that is missing should not cost a training.

    Raises:
        MissingLibrary: matplotlib is not installed; only the report needs it.
    """
    try:
        from training.report import write
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise MissingLibrary(
            "The report needs matplotlib, which is not installed. `make model` installs it; elsewhere: "
            "pip install matplotlib"
        ) from error
    return write


if __name__ == "__main__":
    set_up_logging(Settings(log_level="warning"))  # Standard output is for results.
    try:
        main()
    except ModerationError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
