"""The figures of the report, as SVG: the same bytes for the same numbers, legible on white and on black.

Colours are variables of the page around them (`--plot-ink` and so on) that fall back on ones for either background.
Matplotlib lays the text out with its own font; the reader's browser sets it in the page's.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from xml.sax.saxutils import escape

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from training.reliability import group as reliability_groups

_STEPS: Final = 40  # Of the distribution.
_WIDTH, _HEIGHT, _DPI = 480, 320, 72  # In SVG's pixels, a point of type being one: legible on a telephone, too.
_LEAST: Final = 0.0005  # Scores and shares beyond this, at either side, stand at the edge.
_TICKS: Final = np.array((0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999))
_ROOM: Final = 0.16  # Share of the width that a word beside a point or a line needs.
_BELOW_LEGEND: Final = 0.84  # Share of the height.

# Where the page sets no colours of its own these stand on white and on near black alike.
INK: Final = "#737881"
FAINT: Final = "#8f949c"
ACCENT: Final = "#3f7fce"
_VARIABLES: Final = {INK: "--plot-ink", FAINT: "--plot-faint", ACCENT: "--plot-accent"}
_LEADER: Final[Mapping[str, Any]] = {
    "arrowstyle": "-",
    "color": FAINT,
    "linewidth": 0.8,
    "shrinkA": 0,
    "shrinkB": 4,
    "relpos": (1, 0),
}
_FONT: Final = "system-ui, 'DejaVu Sans', sans-serif"

# The keys are a type of their own from matplotlib 3.11 on, and strings before.
_STYLE: Final[Mapping[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "moderator",
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "text.parse_math": False,
    "text.color": INK,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.labelsize": 13,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.alpha": 0.28,
    "grid.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "none",
}


def reliability(
    scores: NDArray[np.floating], positive: NDArray[np.bool_], title: str, *, prior: float | None = None
) -> str:
    """Return the reliability diagram: the mean score of ten equal groups against what share of each is positive.

    Both stand at equal steps of their log odds, because most scores of most labels are near 0; a group without any
    positive stands at the lower edge. The bars are 95 % intervals (Wilson 1927).

    Args:
        prior: the share of positives that the scores assume. With it the shares observed are those that a site with
            that share would see, not those of a test set that holds more or fewer.
    """
    groups = reliability_groups(scores, positive, prior=prior)
    means = np.array([one.predicted for one in groups])
    found = np.array([(one.low, one.observed, one.high) for one in groups])
    share = found[:, 1]
    ends = float(_log_odds(np.array(_LEAST))), float(_log_odds(np.array(1 - _LEAST)))
    places, (low, middle, high) = np.clip(_log_odds(means), *ends), np.clip(_log_odds(found.T), *ends)
    with _figure(title) as (axes, drawn):
        axes.plot(ends, ends, color=FAINT, linewidth=1.2, linestyle=(0, (4, 4)))
        axes.vlines(places, low, high, color=ACCENT, linewidth=2, alpha=0.55)
        axes.plot(places, middle, color=ACCENT, linewidth=1.6, marker="o", markersize=6.5, clip_on=False)
        axes.set(xlim=ends, ylim=ends, xlabel="score", ylabel="share that has the label")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(FixedLocator(_log_odds(_TICKS).tolist()))
            axis.set_major_formatter(FixedFormatter([f"{tick * 100:g} %" for tick in _TICKS]))
        pairs = ", ".join(f"{mean:.1%} → {seen:.1%}" for mean, seen in zip(means, share, strict=True))
        drawn.description = f"Mean score of {len(groups)} groups of equal size → share that has the label: {pairs}."
    return drawn.svg


def risk_coverage(
    points: Sequence[tuple[float, float]],
    title: str,
    *,
    marks: Mapping[str, tuple[float, float]] | None = None,
    decides: str = "approved",
) -> str:
    """Return the risk–coverage curve.

    Args:
        points: share of comments approved by the machine, and share of rule breakers among those; one at least.
        marks: points to name on the curve, such as where a level of caution stands.
        decides: what the machine does with that share; “decided” means either way, and the risk wrong decisions.
    """
    along, risks = np.array(sorted(points), np.float64).T
    wrong = "rule breakers" if decides == "approved" else "wrong decisions"
    with _figure(title) as (axes, drawn):
        axes.plot(along, risks, color=ACCENT, linewidth=2.2, solid_capstyle="round")
        axes.set(xlim=(-0.02, 1.02), xlabel=f"share {decides} by the machine", ylabel=f"{wrong} among them")
        top = max([*risks.tolist(), *(risk for _, risk in (marks or {}).values())]) or 0.01
        axes.set_ylim(-0.02 * top, 1.3 * top)
        _in_percent(axes)
        _marks(axes, marks or {})
        drawn.description = _sampled(along, risks, decides, wrong) + "".join(
            f" {name}: {share:.1%} {decides}, {risk:.2%} of them {wrong}."
            for name, (share, risk) in (marks or {}).items()
        )
    return drawn.svg


def score_distribution(
    scores: NDArray[np.floating],
    positive: NDArray[np.bool_],
    title: str,
    *,
    hold_at: float | None = None,
    reject_at: float | None = None,
) -> str:
    """Return how the scores of positives and of the others lie, each class as shares of itself, and the thresholds.

    Scores crowd at 0 and 1, so that they stand at equal steps of their log odds; the last step at either side holds
    everything beyond, too.
    """
    odds = _log_odds(scores)
    ends = float(_log_odds(np.array(_LEAST))), float(_log_odds(np.array(1 - _LEAST)))
    edges = np.linspace(*ends, _STEPS + 1)
    with _figure(title) as (axes, drawn):
        tallest = 0.0
        for chosen, colour, name in ((~positive, FAINT, "without the label"), (positive, ACCENT, "with the label")):
            counted, _ = np.histogram(np.clip(odds[chosen], *ends), edges)
            shares = counted / max(1, int(chosen.sum()))
            tallest = max(tallest, float(shares.max()))
            axes.stairs(shares, edges, fill=True, color=colour, alpha=0.22, linewidth=0)
            axes.stairs(shares, edges, color=colour, linewidth=1.8, label=f"{name} ({int(chosen.sum()):,})")
        axes.set_xticks(_log_odds(_TICKS), [f"{tick * 100:g} %" for tick in _TICKS])
        axes.set(xlim=ends, ylim=(0, 1.42 * (tallest or 1)), xlabel="score", ylabel="share of the class")
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(_percent))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(visible=False, axis="x")
        _thresholds(axes, hold_at, reject_at, ends)
        axes.legend(loc="upper left", frameon=False, ncols=2, handlelength=1.2, columnspacing=1.4, borderaxespad=0)
        drawn.description = _spread("Without", scores[~positive]) + " " + _spread("With", scores[positive])
    return drawn.svg


class _Drawn:
    """What a figure says to those who do not see it, and the finished picture."""

    def __init__(self) -> None:
        self.description = ""
        self.svg = ""


@contextmanager
def _figure(title: str) -> Iterator[tuple[Axes, _Drawn]]:
    """Yield axes to draw on; afterwards the picture is ready.

    The figure belongs to no window system and to no global list, unlike those of pyplot.
    """
    with matplotlib.rc_context(dict(_STYLE)):
        figure = Figure(figsize=(_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI)
        axes = figure.add_subplot()
        axes.set_title(title)
        drawn = _Drawn()
        yield axes, drawn
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    drawn.svg = _finished(written.getvalue(), title, drawn.description)


def _finished(svg: str, title: str, description: str) -> str:
    """Return the picture fit to stand inside a page beside others.

    That is: no prologue, no metadata, no style sheet (which would apply to the whole page), no ids but those that are
    referred to, and these unlike any other picture's.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"\s*<style.*?</style>", "", body, flags=re.DOTALL)
    unique = "p" + hashlib.sha256((body + title + description).encode()).hexdigest()[:10]
    used = set(re.findall(r'(?:href="#|url\(#)([\w.-]+)', body))
    body = re.sub(r' id="([\w.-]+)"', lambda at: f' id="{unique}-{at[1]}"' if at[1] in used else "", body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{unique}-", body)
    for colour, name in _VARIABLES.items():
        body = body.replace(colour, f"var({name}, {colour})")
    body = body.replace("'DejaVu Sans'", _FONT)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-labelledby="{unique}-title {unique}-desc" style="stroke-linejoin: round; stroke-linecap: butt">\n'
        f'<title id="{unique}-title">{escape(title)}</title>\n<desc id="{unique}-desc">{escape(description)}</desc>'
    )
    return head + body[body.index(">") + 1 :].rstrip() + "\n"


def _log_odds(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    inside = np.clip(scores.astype(np.float64), 1e-9, 1 - 1e-9)
    return np.log(inside / (1 - inside))


def _marks(axes: Axes, marks: Mapping[str, tuple[float, float]]) -> None:
    """Name points at their upper left, which is free because the curves rise; each higher than a close one before."""
    level, before = 0, -1.0
    for name, (share, risk) in sorted(marks.items(), key=lambda mark: mark[1]):
        level = level + 1 if share - before < _ROOM else 0
        before = share
        axes.plot([share], [risk], color=ACCENT, marker="o", markersize=7)
        axes.annotate(
            name, (share, risk), (-7, 7 + 18 * level), textcoords="offset points", ha="right", va="bottom",
            arrowprops=dict(_LEADER) if level else None,
        )  # fmt: skip


def _thresholds(axes: Axes, hold_at: float | None, reject_at: float | None, ends: tuple[float, float]) -> None:
    """Draw the thresholds, each named on its outer side, unless that is outside the picture."""
    for name, threshold, is_left in (("hold", hold_at, True), ("reject", reject_at, False)):
        if threshold is None:
            continue
        place = float(np.clip(_log_odds(np.array(threshold)), *ends))
        room = (place - ends[0] if is_left else ends[1] - place) / (ends[1] - ends[0])
        goes_left = is_left == (room > _ROOM)
        axes.axvline(place, ymax=_BELOW_LEGEND, color=INK, linewidth=1.2, linestyle=(0, (3, 3)))
        axes.annotate(
            name, (place, _BELOW_LEGEND), (-5 if goes_left else 5, 0), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right" if goes_left else "left", va="top",
        )  # fmt: skip


def _in_percent(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(FuncFormatter(_percent))


def _percent(share: float, _position: int | None = None) -> str:
    return f"{round(share * 100, 6):g} %"


def _sampled(along: NDArray[np.floating], risks: NDArray[np.floating], decides: str, wrong: str) -> str:
    chosen = np.unique(np.linspace(0, along.size - 1, 6).astype(int))
    pairs = ", ".join(f"{along[one]:.1%} → {risks[one]:.2%}" for one in chosen)
    return f"Share {decides} by the machine → share of {wrong} among them: {pairs}."


def _spread(which: str, scores: NDArray[np.floating]) -> str:
    if not scores.size:
        return f"{which} the label: none."
    low, middle, high = np.quantile(scores, (0.25, 0.5, 0.75))
    return (
        f"{which} the label: {scores.size:,}, half of them between {low:.1%} and {high:.1%}, the median {middle:.1%}."
    )
