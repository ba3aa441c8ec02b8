"""`make month`: live a month twice, with learning and without it, and print what became of the queue and of mistakes.

    python -m benchmarks.month --data ../shared/data
    python -m benchmarks.month --data ../shared/data --source ucc_news_nc --a-day 140 --breaking natural

Everything stands in a temporary folder, which is removed: what is fitted here measures, and goes nowhere.
"""

import argparse
import multiprocessing
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Final

from rich.console import Console
from rich.markdown import Markdown

from benchmarks.month import picture, weeks
from benchmarks.month.arm import Life, live
from benchmarks.month.plan import Plan
from benchmarks.month.staff import STAFF
from benchmarks.month.stranger import put_base
from benchmarks.month.stream import make_month, read_source
from benchmarks.month.weeks import Week
from moderator.domain.errors import ModerationError

START: Final = datetime(2026, 6, 1, tzinfo=UTC)
BEGIN, END = "<!-- month: made by make month -->", "<!-- month ends -->"


def main() -> None:
    """Live the month and say how it went."""
    asked = _asked()
    progress = Console(stderr=True)
    began = time.monotonic()
    breaking = None if asked.breaking == "natural" else float(asked.breaking)
    rows = read_source(asked.data, asked.source)
    arrivals = make_month(rows, START, days=asked.days, a_day=asked.a_day, breaking=breaking, seed=asked.seed)
    plan = Plan(start=START, weeks=weeks.first_days(asked.days), arrivals=arrivals, staff=STAFF, seed=asked.seed)
    if asked.ungated:
        plan = replace(plan, checks=())
    with tempfile.TemporaryDirectory(prefix="month-") as name:
        folder = Path(name)

        def tell(step: str, done: int, total: int) -> None:
            if done == total:
                progress.print(f"{time.monotonic() - began:4.0f} s  base: {step}")

        version, is_shipped = put_base(
            folder / "without" / "models", asked.models, asked.data, asked.source, arrivals[0].lang, START, tell
        )
        copytree(folder / "without" / "models", folder / "with" / "models")
        progress.print(f"{time.monotonic() - began:4.0f} s  {len(arrivals):,} comments of {asked.source}, {version}")
        lives = _both(folder, plan)
    compared = weeks.compare(plan, *lives)
    seconds = time.monotonic() - began
    said = _said(asked, plan, compared, is_shipped, lives[1], seconds)
    if sys.stdout.isatty():
        progress.print(Markdown(said))
    else:
        print(said)
    if asked.docs:
        _write(asked.docs, said, compared)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.month", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="labelled files")
    parser.add_argument("--models", type=Path, default=Path("models"), help="where the shipped base is")
    parser.add_argument("--source", default="civil_raw", help="the file whose comments are sent")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--a-day", type=int, default=330, help="comments a day")
    parser.add_argument("--breaking", default="0.08", help="share that breaks the rules, or `natural`: the file's own")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument(
        "--ungated", action="store_true", help="use whatever was learned: what the gate costs, or saves"
    )
    parser.add_argument("--docs", type=Path, help="a folder with training.md, whose table and picture are renewed")
    return parser.parse_args()


def _both(folder: Path, plan: Plan) -> tuple[Life, Life]:
    """Live both arms side by side, each in a process of its own with one thread for its sums."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        without = pool.submit(live, folder / "without", plan, learns=False)
        learning = pool.submit(live, folder / "with", plan, learns=True)
        return without.result(), learning.result()


def _said(
    asked: argparse.Namespace, plan: Plan, compared: list[Week], is_shipped: bool, learning: Life, seconds: float
) -> str:  # fmt: skip
    breaking = sum(one.reason is not None for one in plan.arrivals)
    base = "the shipped base" if is_shipped else f"a small base that was fitted without `{asked.source}` and its kin"
    people = ", ".join(f"{one.name} {one.a_day} ({one.misses:.0%} and {one.wrongs:.0%})" for one in plan.staff)
    mistakes = sum(not one.is_right for one in learning.did)
    nights = [one.seconds for one in learning.nights]
    taught = len(learning.did)
    return (
        f"`{asked.source}`, {plan.weeks[-1]} days, {len(plan.arrivals):,} comments, "
        f"{breaking / len(plan.arrivals):.1%} of which break the rules, on {base}; people and what they can decide "
        f"a day, with the shares of rule breakers that they approve and of others that they reject: {people}. "
        f"{mistakes} of the {taught:,} decisions that taught are wrong. "
        f"{'Nothing was asked of what was learned. ' if asked.ungated else ''}A night's run took "
        f"{max(nights, default=0.0):.0f} s at most, the whole month, both ways, {seconds / 60:.1f} minutes.\n\n"
        + weeks.markdown(compared)
    )


def _write(docs: Path, said: str, compared: list[Week]) -> None:
    """Renew what stands between the markers of training.md, and the picture."""
    page = docs / "training.md"
    pictured = compared[:-1] if len(compared) > 1 else compared
    (docs / "pictures" / "month.svg").write_text(picture.draw(pictured), encoding="utf-8")
    before = page.read_text("utf-8")
    renewed = re.sub(f"(?s){re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{said}\n{END}", before)
    page.write_text(renewed, encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except ModerationError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
