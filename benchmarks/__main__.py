"""Run every benchmark and print each figure beside its ceiling: `make bench`, or one part: `… -m benchmarks stack`."""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import campaigns, commits, scoring, stack, start

MODELS = Path("models")
PARTS = ("scoring", "start", "commits", "campaigns", "stack")


def _rows(found: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Return what was measured: figure, its ceiling or rival, the ratio, the goal."""
    rows = []
    if "scoring" in found:
        one = found["scoring"]
        for kind, goal in (("single", "≥ 40 ×"), ("batch", "≥ 8 ×")):
            ours, theirs = one[f"fused_{kind}"], one[f"sklearn_{kind}"]
            ratio = f"{theirs / ours:.0f} ×"
            rows.append((f"score, {kind}", f"{ours:.0f} µs", f"scikit-learn {theirs:.0f} µs", ratio, goal))
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
    if "stack" in found:
        one = found["stack"]
        echo = one["echo"]["per_second"]
        for name, goal in (("score", ""), ("full", "≥ 0.30")):
            title = {"score": "score over HTTP", "full": "full stack, after commit"}[name]
            figure = f"{one[name]['per_second']:.0f}/s  p50 {one[name]['p50_ms']:.1f}  p99 {one[name]['p99_ms']:.0f} ms"
            ceiling = f"echo {echo:.0f}/s  p50 {one['echo']['p50_ms']:.1f}  p99 {one['echo']['p99_ms']:.0f} ms"
            rows.append((title, figure, ceiling, f"{one[name]['per_second'] / echo:.2f}", goal))
        rows.append(("worker's memory after it", f"{one['worker_mib']:.0f} MiB", "", "", "< 120 MiB"))
    return rows


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
            "stack": lambda: stack.measure(MODELS),
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


if __name__ == "__main__":
    main([part for part in sys.argv[1:] if part in PARTS])
