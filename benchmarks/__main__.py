"""Run every benchmark and print each figure beside its ceiling: `make bench`, or one part: `… -m benchmarks stack`.

`… -m benchmarks quality --data DIR` compares judgement instead of speed, on labelled files; `perspective --data DIR`
prints which thresholds stand for those of another service. `audits` says how often the interval of the audits holds the
truth, `drift --data DIR` how soon a change in real comments is found; `--seeds` is how many streams each is asked of.
`learning`, `strangers`, `poison` and `promises` measure
what learning from decisions costs and whether it keeps what is said of it; they take minutes and are asked for by name.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import (
    audits,
    campaigns,
    commits,
    console,
    drift,
    figures,
    learning,
    perspective,
    protocols,
    quality,
    scoring,
    searching,
    stack,
    start,
)

MODELS = Path("models")
LEARNING = ("learning", "strangers", "poison", "promises")
PARTS = ("scoring", "start", "commits", "campaigns", "search", "stack", "protocols", "console")


def _rows(found: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Return what was measured: figure, its ceiling or rival, the ratio, the goal."""
    rows = []
    if "scoring" in found:
        rows += _scoring_rows(found["scoring"])
    if "start" in found:
        rows.append(("first score after start", f"{found['start']:.2f} s", "", "", "< 1 s"))
    if "commits" in found:
        one = found["commits"]
        rate = f"{one['grouped']:.0f}/s"
        each, bare = one["one_each"], one["bare"]
        rows.append(
            ("group commit, 64 clients", rate, f"one each {each:.0f}/s", f"{one['grouped'] / each:.1f} ×", "≥ 10 ×")
        )
        rows.append(
            ("group commit, 64 clients", rate, f"bare batches {bare:.0f}/s", f"{one['grouped'] / bare:.2f}", "≥ 0.5")
        )
    if "campaigns" in found:
        one = found["campaigns"]
        rows.append(("near-duplicates, a signature", f"{one['sign']:.0f} µs", "", "", ""))
        for kind, name in (("wall", "text to commit"), ("processor", "of both cores")):
            on, off = one[f"{kind}_on"], one[f"{kind}_off"]
            rows.append((f"near-duplicates, {name}", f"{on:.0f} µs", f"without {off:.0f} µs", f"{on / off:.2f}", ""))
    if "search" in found:
        one = found["search"]
        figure = f"p50 {one['p50_ms']:.1f}  p95 {one['p95_ms']:.1f}  worst {one['worst_ms']:.0f} ms"
        rows.append((f"search, {one['comments']:,} comments", figure, "", "", "p95 < 300 ms"))
        rows.append(("search, its index fills", f"{one['indexed_per_second']:.0f}/s", "", "", ""))
        step = max(one["longest_pass_ms"], one["longest_step_ms"])
        rows.append(("search, longest hold of the writer", f"{step:.0f} ms", "", "", ""))
    if "stack" in found:
        one = found["stack"]
        echo = one["echo"]["per_second"]
        for name, goal in (("score", ""), ("full", "≥ 0.30")):
            title = {"score": "score over HTTP", "full": "full stack, after commit"}[name]
            figure = f"{one[name]['per_second']:.0f}/s  p50 {one[name]['p50_ms']:.1f}  p99 {one[name]['p99_ms']:.0f} ms"
            ceiling = f"echo {echo:.0f}/s  p50 {one['echo']['p50_ms']:.1f}  p99 {one['echo']['p99_ms']:.0f} ms"
            rows.append((title, figure, ceiling, f"{one[name]['per_second'] / echo:.2f}", goal))
        rows.append(("worker's memory after it", f"{one['worker_mib']:.0f} MiB", "", "", "< 120 MiB"))
    if "protocols" in found:
        rows += _protocol_rows(found["protocols"])
    if "console" in found:
        rows += _console_rows(found["console"])
    return rows


def _console_rows(one: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    empty = one["empty"]
    ceiling = f"empty page p50 {empty['p50_ms']:.1f}  p95 {empty['p95_ms']:.1f} ms"
    titles = {
        "press": ("key press to next case", "p95 < 150 ms"),
        "queue": ("queue page", "p95 < 300 ms"),
        "filtered": ("queue page, filtered", "p95 < 300 ms"),
        "author": ("queue page, one author", "p95 < 300 ms"),
        "name": ("queue page, a name typed", ""),
        "search": ("search page", "p95 < 300 ms"),
        "workbench": ("workbench", "p95 < 300 ms"),
    }
    rows = []
    for name, (title, goal) in titles.items():
        own = one[name]
        figure = f"p50 {own['p50_ms']:.0f}  p95 {own['p95_ms']:.0f}  worst {own['worst_ms']:.0f} ms"
        rows.append((title, figure, ceiling, f"p95 +{own['p95_ms'] - empty['p95_ms']:.0f} ms", goal))
    rows.append(("workbench, first opening", f"{one['workbench']['first_ms']:.0f} ms", "", "", ""))
    return rows


def _protocol_rows(one: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    echo = one["echo"]
    ceiling = f"echo p50 {echo['p50_ms']:.1f}  p99 {echo['p99_ms']:.1f} ms"
    rows = []
    for name, title in (("analyze", "Perspective analyze"), ("comment_check", "Akismet comment-check, stored")):
        own = one[name]
        figure = f"{own['per_second']:.0f}/s  p50 {own['p50_ms']:.1f}  p99 {own['p99_ms']:.1f} ms"
        ratio = f"p99 {own['p99_ms'] / echo['p99_ms']:.1f} ×"
        rows.append((f"{title}, 32 clients", figure, ceiling, ratio, "< 5 ×, < 100 ms"))
    return rows


def _scoring_rows(one: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    ours = one["ours"]
    rows = [
        ("score, single, all labels", _micros(ours["single"]), "", "", "≤ 150 µs"),
        ("the same with signals", _micros(one["with_signals"]), "", "", ""),
        ("model loads", f"{one['load_seconds']:.2f} s", "", "", "< 0.3 s"),
    ]
    goals = {"single": "≥ 25 ×", "batch": "≥ 8 ×"}
    rivals = {"scikit-learn, same features": one["same_features"], "scikit-learn, usual": one["usual_features"]}
    for name, theirs in {**rivals, **one["peers"]}.items():
        if isinstance(theirs, str):
            rows.append(("score", "", f"{name}: {theirs}", "", ""))
            continue
        for kind, goal in goals.items():
            if kind not in theirs:
                continue
            is_goal = theirs is one["same_features"]
            ratio = f"{theirs[kind] / ours[kind]:.1f} ×"
            rows.append(
                (
                    f"score, {kind}",
                    _micros(ours[kind]),
                    f"{name} {_micros(theirs[kind])}",
                    ratio,
                    goal if is_goal else "",
                )
            )
    return rows


def _micros(value: float) -> str:
    return f"{value:.0f} µs"


def _print_quality(data: Path) -> None:
    found = quality.measure(MODELS, data)
    if not sys.stdout.isatty():
        print(json.dumps(found))
    table = Table(title="Area under the ROC curve, `toxic`, test rows")
    for title in ("set", "rows", "toxic", "ours", "alt-profanity-check", "seen by ours", "seen by the other"):
        table.add_column(title)
    for name, one in found.items():
        theirs = one["alt-profanity-check"]
        figures = (f"{one['ours']:.3f}", "not installed" if theirs is None else f"{theirs:.3f}")
        seen = (one["seen_by_us"], one["seen_by_peer"])
        table.add_row(name, str(one["rows"]), str(one["positives"]), *figures, *seen)
    Console(stderr=not sys.stdout.isatty(), width=120).print(table)


def _print_learning(part: str, data: Path, runs: int) -> None:
    found = {
        "learning": lambda: learning.measure(MODELS),
        "strangers": lambda: figures.strangers(data),
        "poison": lambda: figures.poison(data, runs=runs),
        "promises": figures.promises,
    }[part]()
    print(json.dumps(found, indent=2))
    if part == "strangers":
        print(figures.table_of_strangers(found))


def main(chosen: list[str]) -> None:
    """Measure one part after the other, never two at once."""
    found: dict[str, Any] = {}
    progress = Console(stderr=True)
    for part in chosen or PARTS:
        progress.print(f"measuring {part} …")
        found[part] = {
            "scoring": lambda: scoring.measure(MODELS),
            "start": lambda: start.measure(MODELS),
            "commits": commits.measure,
            "campaigns": lambda: campaigns.measure(MODELS),
            "search": searching.measure,
            "stack": lambda: stack.measure(MODELS),
            "protocols": lambda: protocols.measure(MODELS),
            "console": lambda: console.measure(MODELS),
        }[part]()
    if not sys.stdout.isatty():
        json.dump(found, sys.stdout)
        print()
    table = Table(title="Measured in one run; read across, not down")
    for title in ("what", "measured", "beside", "ratio", "goal"):
        table.add_column(title)
    for row in _rows(found):
        table.add_row(*row)
    Console(stderr=not sys.stdout.isatty(), width=140).print(table)


def _run() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks")
    named = [*PARTS, "quality", "perspective", "audits", "drift", *LEARNING]
    parser.add_argument("parts", nargs="*", choices=named, default=[])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="labelled files")
    parser.add_argument("--seeds", type=int, default=100, help="streams of audits and of drift")
    parser.add_argument("--a-day", type=int, default=drift.A_DAY, help="comments a day in the streams of drift")
    parser.add_argument("--runs", type=int, default=100, help="how many sites `poison` makes")
    asked = parser.parse_args()
    if "quality" in asked.parts:
        _print_quality(asked.data)
    if "perspective" in asked.parts:
        print(perspective.markdown(perspective.measure(MODELS, asked.data)))
    if "audits" in asked.parts:
        print(audits.markdown(audits.measure(asked.seeds)))
    if "drift" in asked.parts:
        print(drift.markdown(drift.measure(MODELS, asked.data, asked.seeds, asked.a_day)))
    for part in asked.parts:
        if part in LEARNING:
            _print_learning(part, asked.data, asked.runs)
    if not set(asked.parts) - set(PARTS):
        main([part for part in asked.parts if part in PARTS])


if __name__ == "__main__":
    _run()
