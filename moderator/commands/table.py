"""What became of imported comments: counts, and where the file has labels, how the verdicts compare with them."""

from collections import Counter
from typing import Any

import click

STATUSES = ("approved", "held", "rejected")


class Tally:
    """Counts outcomes while they come in."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.reasons: dict[str, Counter[str]] = {status: Counter() for status in STATUSES}
        self.labelled: dict[str, Counter[str]] = {"hostile": Counter(), "civil": Counter()}
        self.errors: Counter[str] = Counter()
        self.repeated = 0
        self.latencies: list[float] = []

    def add(self, status: str, reasons: list[str], labels: dict[str, float], *, is_new: bool) -> None:
        """Count one outcome. `labels` are what people said of the comment; `toxic` from 0.5 on is hostile."""
        self.statuses[status] += 1
        self.reasons[status].update(set(reasons))
        self.repeated += not is_new
        if "toxic" in labels:
            self.labelled["hostile" if labels["toxic"] >= 0.5 else "civil"][status] += 1

    def add_error(self, message: str) -> None:
        """Count a comment that could not be taken."""
        self.errors[message] += 1

    def summary(self, *, seconds: float, faults: list[str]) -> dict[str, Any]:
        """Return all counts, rates and, when it was measured, latencies."""
        total = sum(self.statuses.values())
        found: dict[str, Any] = {
            "comments": total,
            **{status: self.statuses[status] for status in STATUSES},
            "repeated": self.repeated,
            "reasons": {status: dict(self.reasons[status].most_common()) for status in STATUSES},
            "errors": dict(self.errors.most_common(20)),
            "bad_lines": len(faults),
            "seconds": round(seconds, 2),
            "per_second": round(total / seconds, 1) if seconds else None,
        }
        if self.latencies:
            ordered = sorted(self.latencies)
            found["p50_ms"] = round(1000 * ordered[len(ordered) // 2], 1)
            found["p99_ms"] = round(1000 * ordered[int(len(ordered) * 0.99)], 1)
        for kind, counts in self.labelled.items():
            number = sum(counts.values())
            if number:
                found[kind] = {
                    "comments": number,
                    **{status: counts[status] for status in STATUSES},
                    "not_published_share": round((counts["held"] + counts["rejected"]) / number, 4),
                    "held_share": round(counts["held"] / number, 4),
                    "rejected_share": round(counts["rejected"] / number, 4),
                }
        return found

    def print(self, found: dict[str, Any]) -> None:
        """Print a summary for people."""
        pace = f"{found['per_second']} a second" if found["per_second"] else ""
        if "p50_ms" in found:
            pace += f", p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms"
        click.echo(f"{found['comments']} comments in {found['seconds']} s: {pace}")
        for status in STATUSES:
            share = found[status] / found["comments"] if found["comments"] else 0.0
            reasons = ", ".join(f"{name} {number}" for name, number in found["reasons"][status].items())
            click.echo(f"  {status:<9} {found[status]:>7}  {share:6.1%}  {reasons}")
        if found["repeated"]:
            click.echo(f"  {found['repeated']} of them were there already")
        for kind in ("hostile", "civil"):
            if kind in found:
                one = found[kind]
                click.echo(
                    f"  labelled {kind}: {one['comments']}; not published {one['not_published_share']:.1%} "
                    f"(held {one['held_share']:.1%}, rejected {one['rejected_share']:.1%})"
                )
        if found["bad_lines"]:
            click.echo(f"  {found['bad_lines']} lines were no comments and were passed over")
        for message, number in found["errors"].items():
            click.echo(f"  {number} × {message}")
