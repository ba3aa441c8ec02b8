"""From what happened to figures, week by week, the two arms beside each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.month.arm import Came, Estimate, Life
from benchmarks.month.plan import Plan
from moderator.domain.review import Cause
from moderator.domain.workbench import Rate, wilson

WEEK: Final = 7
SHORTEST: Final = 4  # A rest of fewer days is part of the week before it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an arm shows over some days. Shares are 0 to 1.

    `missed` is the share of rule breakers among what the machine approved, `found` the share of rule breakers that it
    held. `auc` ranks the comments of one day among each other, since the next day another version may score.
    `decisions` are people's, `audits` those of them on the machine's own verdicts.
    """

    comments: int
    held: float
    missed: Rate
    found: float
    auc: float | None
    decisions: int
    audits: int
    mistakes: int
    waiting: int
    estimate: Estimate
    nights: Sequence[str]

    @property
    def saved(self) -> float:
        """Return the share of comments that nobody had to read."""
        return 1 - self.decisions / self.comments


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Some days in both arms; `needed` is the share that the machine would have to hold without learning to find as
    many rule breakers as it found with it."""

    name: str
    without: Figures
    learning: Figures
    needed: float


def first_days(days: int) -> list[int]:
    """Return the first day of each week, counted from 0, and the day after the last."""
    starts = list(range(0, days, WEEK))
    if len(starts) > 1 and days - starts[-1] < SHORTEST:
        starts.pop()
    return [*starts, days]


def compare(plan: Plan, without: Life, learning: Life) -> list[Week]:
    """Return the figures of each week, then of the whole."""
    breaks = np.array([arrival.reason is not None for arrival in plan.arrivals])
    found = []
    borders = list(zip(plan.weeks, plan.weeks[1:], strict=False))
    for number, (first, end) in enumerate(borders):
        parts = [_figures(life, breaks, first, end, life.estimates[number]) for life in (without, learning)]
        found.append(_week(f"days {first + 1}–{end}", parts, without, breaks, first, end))
    if len(borders) > 1:
        first, end = 0, plan.weeks[-1]
        whole = [
            _figures(life, breaks, first, end, life.estimate or Estimate(audits=0)) for life in (without, learning)
        ]
        found.append(_week("all", whole, without, breaks, first, end))
    return found


def _week(
    name: str, parts: Sequence[Figures], without: Life, breaks: np.ndarray, first: int, end: int
) -> Week:  # fmt: skip
    came = [one for one in without.came if first <= one.day < end]
    return Week(name=name, without=parts[0], learning=parts[1], needed=_needed(came, breaks, parts[1].found))


def _figures(life: Life, breaks: np.ndarray, first: int, end: int, estimate: Estimate) -> Figures:
    came = [one for one in life.came if first <= one.day < end]
    did = [one for one in life.did if first <= one.day < end]
    is_breaking = breaks[[one.number for one in came]]
    is_held = np.array([one.is_held for one in came])
    approved = max(int((~is_held).sum()), 1)
    nights = [
        night.outcome + (f" ({', '.join(night.refused_by)})" if night.refused_by else "")
        for night in life.nights
        if first <= night.day < end
    ]
    return Figures(
        comments=len(came),
        held=float(is_held.mean()),
        missed=wilson(float((is_breaking & ~is_held).sum()) / approved, approved),
        found=float(is_held[is_breaking].mean()),
        auc=_auc(came, breaks),
        decisions=len(did),
        audits=sum(one.cause == Cause.SAMPLE for one in did),
        mistakes=sum(not one.is_right for one in did),
        waiting=life.waiting[end - 1],
        estimate=estimate,
        nights=[f"{count} × {name}" for name, count in Counter(nights).most_common()],
    )


def _auc(came: Sequence[Came], breaks: np.ndarray) -> float | None:
    """Return the area under the ROC curve of `toxic`, the mean of the days', each by its number of pairs."""
    areas, pairs = [], []
    for day in sorted({one.day for one in came}):
        own = [one for one in came if one.day == day]
        truth = breaks[[one.number for one in own]]
        if 0 < truth.sum() < truth.size:
            areas.append(roc_auc_score(truth, [one.toxic for one in own]))
            pairs.append(int(truth.sum()) * int((~truth).sum()))
    return float(np.average(areas, weights=pairs)) if areas else None


def _needed(came: Sequence[Came], breaks: np.ndarray, found: float) -> float:
    """Return the share of comments to hold, the worst first, until so many of the rule breakers are among them."""
    order = sorted(came, key=lambda one: (not one.is_held, -one.margin))
    truth = np.cumsum(breaks[[one.number for one in order]])
    place = int(np.searchsorted(truth, found * truth[-1] - 1e-9)) + 1
    return min(place, len(order)) / len(order)


def markdown(weeks: Sequence[Week]) -> str:
    """Return the figures as docs/training.md has them."""
    lines = [
        ["", *(week.name for week in weeks)],
        ["---", *("---:" for _ in weeks)],
        ["comments", *(f"{week.learning.comments:,}" for week in weeks)],
        ["held, without learning", *(_share(week.without.held) for week in weeks)],
        ["held, **with**", *(f"**{_share(week.learning.held)}**" for week in weeks)],
        ["rule breakers found, without", *(_share(week.without.found) for week in weeks)],
        ["rule breakers found, **with**", *(f"**{_share(week.learning.found)}**" for week in weeks)],
        ["wrong among the approved, without", *(_rate(week.without.missed) for week in weeks)],
        ["wrong among the approved, **with**", *(f"**{_rate(week.learning.missed)}**" for week in weeks)],
        ["the same as audits estimate it, with", *(_estimate(week.learning.estimate) for week in weeks)],
        ["AUC of `toxic`, without", *(_area(week.without.auc) for week in weeks)],
        ["AUC of `toxic`, **with**", *(f"**{_area(week.learning.auc)}**" for week in weeks)],
        ["to find as many without learning, it would hold", *(_share(week.needed) for week in weeks)],
        ["people's decisions, without", *(_decisions(week.without) for week in weeks)],
        ["people's decisions, **with**", *(f"**{_decisions(week.learning)}**" for week in weeks)],
        [
            "waiting at the end, without · with",
            *(f"{week.without.waiting} · {week.learning.waiting}" for week in weeks),
        ],
        ["read by nobody, without · with", *(_saved(week) for week in weeks)],
        ["nights", *("; ".join(week.learning.nights) or "–" for week in weeks)],
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _share(share: float) -> str:
    return f"{share:.1%}"


def _rate(rate: Rate) -> str:
    return f"{rate.share:.1%} ({100 * rate.low:.1f}–{100 * rate.high:.1f})"


def _estimate(one: Estimate) -> str:
    if one.share is None or one.low is None or one.high is None:
        return f"too few ({one.audits})"
    return f"{one.share:.1%} ({100 * one.low:.1f}–{100 * one.high:.1f}), {one.audits} audits"


def _area(area: float | None) -> str:
    return "–" if area is None else f"{area:.3f}"


def _decisions(one: Figures) -> str:
    return f"{one.decisions:,}, {one.audits} audits"


def _saved(week: Week) -> str:
    return f"{_share(week.without.saved)} · {_share(week.learning.saved)}"
