"""Plots as SVG: where everything stands is reckoned here, the templates only write it down."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log1p
from typing import Final

from moderator.console.language import gettext
from moderator.console.words import figure
from moderator.console.words import number as whole
from moderator.domain.scoring import Threshold
from moderator.domain.workbench import EDGES, Histogram

# Every bar is as wide as the others, so that what is fine near 0 and 1 can be seen.
STEP: Final = 20
WIDTH: Final = STEP * (len(EDGES) - 1)
HEIGHT: Final = 64
SHOWN: Final = (0.01, 0.1, 0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many comments score from one edge to the next."""

    x: int
    y: float
    height: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A label's scores. `hold` and `reject` are where these begin; the plot's width where they never do."""

    bars: Sequence[Bar]
    hold: float
    reject: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A score that is written below a plot."""

    x: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with its band, as the `points` of a polyline and of a polygon; `top` is the share at the upper edge."""

    points: str
    band: str
    top: float


LINE_WIDTH: Final = 440
LINE_HEIGHT: Final = 160


def line(points: Sequence[Sequence[float]]) -> Line | None:
    """Return the plot of points (share, risk, low, high) from left to right, all from 0 to 1; None without any."""
    if not points:
        return None
    top = min(max(max(high for *_, high in points), 0.01), 1.0)

    def written(places: Iterable[tuple[float, float]]) -> str:
        return " ".join(
            f"{LINE_WIDTH * share:.1f},{LINE_HEIGHT * (1 - min(risk / top, 1)):.1f}" for share, risk in places
        )

    lower = [(share, low) for share, _, low, _ in points]
    upper = [(share, high) for share, _, _, high in reversed(points)]
    return Line(points=written((share, risk) for share, risk, _, _ in points), band=written([*lower, *upper]), top=top)


def ticks() -> list[Tick]:
    """Return the scores that are written below each plot."""
    return [Tick(x=STEP * EDGES.index(edge), says=figure(edge)) for edge in SHOWN]


def plot(histogram: Histogram, threshold: Threshold | None, tallest: int) -> Plot:
    """Return the plot of a label.

    Args:
        tallest: how many comments the tallest bar of all plots stands for. Heights are logarithmic: most comments are
            harmless, and the few that are not must still be seen.
    """
    full = log1p(max(tallest, 1))
    bars = [
        Bar(
            x=STEP * number,
            y=round(HEIGHT - HEIGHT * log1p(count) / full, 1),
            height=round(HEIGHT * log1p(count) / full, 1),
            says=gettext("%(count)s from %(low)s to %(high)s")
            % {"count": whole(count), "low": figure(EDGES[number]), "high": figure(EDGES[number + 1])},
        )
        for number, count in enumerate(histogram)
        if count
    ]
    if threshold is None:
        return Plot(bars=bars, hold=WIDTH, reject=WIDTH)
    return Plot(bars=bars, hold=place_of(threshold.hold_at), reject=place_of(threshold.reject_at))


def place_of(score: float) -> float:
    """Return where a score stands from left to right; scores above 1 stand at the right edge."""
    if score >= 1:
        return WIDTH
    number = bisect_right(EDGES, score) - 1
    start, end = EDGES[number], EDGES[number + 1]
    return round(STEP * (number + (score - start) / (end - start)), 1)
