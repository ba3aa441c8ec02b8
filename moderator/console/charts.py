"""Charts as SVG: stacked bars over days, and reliability diagrams. Reckoned here, written down by the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from moderator.domain.reliability import Group

WIDTH: Final = 640
HEIGHT: Final = 140
BOX: Final = 200  # A reliability diagram is a square.


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a bar. `kind` is the number of the series that it belongs to."""

    kind: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Bars over days. `top` is the count at the upper edge; `labels` have places and numbers of bars to be named."""

    segments: Sequence[Segment]
    top: int
    labels: Sequence[tuple[float, int]]


def stack(columns: Sequence[Sequence[int]]) -> Stack:
    """Return bars from left to right, each of whose series stand on one another, the first at the bottom."""
    top = rounded_up(max([sum(column) for column in columns], default=0))
    step = WIDTH / max(len(columns), 1)
    segments = []
    for number, column in enumerate(columns):
        y = float(HEIGHT)
        for kind, count in enumerate(column):
            height = HEIGHT * count / top
            y -= height
            if count:
                segments.append(
                    Segment(
                        kind=kind,
                        x=round(step * number + step * 0.08, 1),
                        y=round(y, 1),
                        width=round(step * 0.84, 1),
                        height=round(height, 1),
                    )
                )
    places = sorted({0, (len(columns) - 1) // 2, len(columns) - 1}) if columns else []
    labels = [(round(step * (number + 0.5), 1), number) for number in places]
    return Stack(segments=segments, top=top, labels=labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar over one day, of a CSS class."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Bars over days and the height of the limit at 1; `labels` have places and numbers of bars to be named."""

    bars: Sequence[Bar]
    limit: float
    labels: Sequence[tuple[float, int]]


def bars(days: Sequence[tuple[float | None, str]]) -> Bars:
    """Return a bar for each value that there is, from left to right, each with its class; values from 2 on are cut."""
    step = WIDTH / max(len(days), 1)
    found = []
    for number, (value, kind) in enumerate(days):
        if value is not None:
            height = round(HEIGHT * min(max(value, 0.02), 2.0) / 2, 1)
            x, width = round(step * (number + 0.08), 1), round(step * 0.84, 1)
            found.append(Bar(kind=kind, x=x, y=round(HEIGHT - height, 1), width=width, height=height))
    places = sorted({0, (len(days) - 1) // 2, len(days) - 1}) if days else []
    return Bars(bars=found, limit=HEIGHT / 2, labels=[(round(step * (number + 0.5), 1), number) for number in places])


def rounded_up(number: int) -> int:
    """Return the least number of one leading digit (1, 2, 5) and zeros that is not smaller; 1 for 0."""
    unit = 1
    while True:
        for digit in (1, 2, 5):
            if digit * unit >= number:
                return digit * unit
        unit *= 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A group's place in a diagram, and the ends of its interval."""

    x: float
    y: float
    top: float
    bottom: float
    group: Group


def diagram(groups: Sequence[Group]) -> list[Dot]:
    """Return a reliability diagram's dots: on the line from corner to corner a score is the share that it says.

    Both axes are in steps of log odds, because most scores lie near 0; what is beyond stands at the edge.
    """
    return [
        Dot(
            x=place_of_share(group.predicted),
            y=BOX - place_of_share(group.observed),
            top=BOX - place_of_share(group.high),
            bottom=BOX - place_of_share(group.low),
            group=group,
        )
        for group in groups
    ]


def place_of_share(share: float) -> float:
    """Return where a share (0 to 1) stands on an axis of log odds."""
    inside = min(max(share, _LEAST), 1 - _LEAST)
    return round(BOX * (log(inside / (1 - inside)) - _FIRST) / (-2 * _FIRST), 1)


_LEAST: Final = 0.0005  # Shares beyond this, at either side, stand at the edge.
_FIRST: Final = log(_LEAST / (1 - _LEAST))
MARKS: Final = tuple((place_of_share(share), f"{share * 100:g} %") for share in (0.001, 0.01, 0.1, 0.9, 0.99))
