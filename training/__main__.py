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
from moderator.settings import Settings, load_settings
from training import run as learning
from training import telling
from training.base import make_base
from training.measure import Measured
from training.progress import Progress as ShowProgress
from training.promotion import Promotion


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
@click.option("--dry-run", is_flag=True, help="Do everything but publish.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Labels to fit side by side.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run(site: str | None, activate: bool, shadow: bool, dry_run: bool, jobs: int, as_json: bool) -> None:
    """Learn from what moderators decided: snapshot, fit, gate, publish.

    Exit status 0 whenever the run came to its end, a refusal included; 1 when it could not.
    """
    settings = load_settings()
    wish = learning.Wish(
        database=settings.database,
        models=Path(settings.models),
        site_id=SiteId(site) if site else None,
        is_dry=dry_run,
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
    try:
        main()
    except ModerationError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
