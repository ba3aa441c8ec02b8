"""Charts as SVG: stacked bars over days, and reliability diagrams. Reckoned here, written down by the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

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


def rounded_up(number: int) -> int:
    """Return the least number of one leading digit (1, 2, 5) and zeros that is not smaller; 1 for 0."""
    unit = 1
    while True:
        for digit in (1, 2, 5):
            if digit * unit >= number:
                return digit * unit
        unit *= 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Comments of about the same score: the score predicted, the share that came true, and its bounds; all 0 to 1."""

    predicted: float
    observed: float
    low: float
    high: float
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A group's place in a diagram, and the ends of its interval."""

    x: float
    y: float
    top: float
    bottom: float
    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A reliability diagram: on the line from corner to corner a score is the share that it says."""

    dots: Sequence[Dot]
    scale: float

    @property
    def groups(self) -> Sequence[Group]:
        """Return what it shows, for a table."""
        return [dot.group for dot in self.dots]


def diagram(groups: Sequence[Group]) -> Diagram:
    """Return the diagram of some groups. Both axes end at the same share, which is 1 unless all scores are small."""
    largest = max([max(group.predicted, group.high) for group in groups], default=1.0)
    scale = min(1.0, max(ceil(largest * 20) / 20, 0.05))

    def place(share: float) -> float:
        return round(BOX * min(share / scale, 1.0), 1)

    return Diagram(
        dots=[
            Dot(
                x=place(group.predicted),
                y=BOX - place(group.observed),
                top=BOX - place(group.high),
                bottom=BOX - place(group.low),
                group=group,
            )
            for group in groups
        ],
        scale=scale,
    )
