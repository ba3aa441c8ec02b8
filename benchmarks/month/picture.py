"""The month as a picture: two small panels of lines over weeks, an SVG that is readable by day and by night."""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.month.weeks import Week

WIDTH: Final = 300
HEIGHT: Final = 150
GAP: Final = 96
_STYLE: Final = """
text { font: 11px system-ui, sans-serif; fill: #444 } .title { font-weight: 600; fill: #222 }
.axis { stroke: #999 } .grid { stroke: #ddd } .line { fill: none; stroke-width: 2 }
.without { stroke: #b4540a } .with { stroke: #1a6fb5 } .needed { stroke: #b4540a; stroke-dasharray: 4 4 }
.dot.without { fill: #b4540a } .dot.with { fill: #1a6fb5 } .words.without, .words.needed { fill: #b4540a; stroke: none }
.words.with { fill: #1a6fb5; stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #bbb } .title { fill: #eee } .axis { stroke: #777 } .grid { stroke: #3a3a3a }
  .without, .needed { stroke: #f0a060 } .with { stroke: #7cc0f8 } .dot.without { fill: #f0a060 }
  .dot.with { fill: #7cc0f8 } .words.without, .words.needed { fill: #f0a060 } .words.with { fill: #7cc0f8 }
}
"""


def draw(weeks: Sequence[Week]) -> str:
    """Return the picture of some weeks, the whole month left out."""
    held = {
        "needed": [(week.needed, 0.0, 0.0) for week in weeks],
        "without": [(week.without.held, 0.0, 0.0) for week in weeks],
        "with": [(week.learning.held, 0.0, 0.0) for week in weeks],
    }
    missed = {
        "without": [(week.without.missed.share, week.without.missed.low, week.without.missed.high) for week in weeks],
        "with": [(week.learning.missed.share, week.learning.missed.low, week.learning.missed.high) for week in weeks],
    }
    names = [week.name for week in weeks]
    panels = [
        _panel("Held for people, share of all comments", held, names, 0),
        _panel("Wrong among the approved (bars: 95 %)", missed, names, WIDTH + GAP),
    ]
    words = [
        f'<text class="words {kind}" x="{place}" y="{HEIGHT + 52}">{says}</text>'
        for kind, place, says in (
            ("with", 0, "with learning"),
            ("without", 100, "without"),
            ("needed", 170, "without, to find as many as with (dashed)"),
        )
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-44 -28 {2 * WIDTH + GAP + 68} {HEIGHT + 92}" role="img" '
        f'aria-label="A month with and without learning"><style>{_STYLE}</style>{"".join(panels + words)}</svg>\n'
    )


def _panel(title: str, series: dict[str, list[tuple[float, float, float]]], names: Sequence[str], x: int) -> str:
    top = _rounded_up(max(max(value, high) for points in series.values() for value, _, high in points))
    step = WIDTH / len(names)

    def y(value: float) -> float:
        return round(HEIGHT * (1 - value / top), 1)

    parts = [f'<text class="title" y="-12">{escape(title)}</text>']
    for number in range(5):
        value = top * number / 4
        kind = "grid" if number else "axis"
        parts.append(f'<line class="{kind}" x2="{WIDTH}" y1="{y(value)}" y2="{y(value)}"/>')
        parts.append(f'<text x="-6" y="{y(value) + 4}" text-anchor="end">{100 * value:.3g} %</text>')
    for number, name in enumerate(names):
        place = round(step * (number + 0.5), 1)
        parts.append(f'<text x="{place}" y="{HEIGHT + 18}" text-anchor="middle">{escape(name)}</text>')
    for shift, (kind, points) in enumerate(series.items()):
        places = [round(step * (number + 0.5) + 4 * (shift - len(series) // 2), 1) for number in range(len(points))]
        run = " ".join(f"{place},{y(value)}" for place, (value, _, _) in zip(places, points, strict=True))
        parts.append(f'<polyline class="line {kind}" points="{run}"/>')
        if kind == "needed":
            continue
        for place, (value, low, high) in zip(places, points, strict=True):
            if high:
                parts.append(f'<line class="{kind}" x1="{place}" x2="{place}" y1="{y(low)}" y2="{y(high)}"/>')
            parts.append(f'<circle class="dot {kind}" cx="{place}" cy="{y(value)}" r="3"/>')
    return f'<g transform="translate({x})">{"".join(parts)}</g>'


def _rounded_up(share: float) -> float:
    """Return the least of 1, 2, 4, 8, 12, 20, 40, 60, 80 and 100 % that is not smaller."""
    return next((step / 100 for step in (1, 2, 4, 8, 12, 20, 40, 60, 80) if step / 100 >= share), 1.0)
