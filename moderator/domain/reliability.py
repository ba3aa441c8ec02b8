"""Whether scores come true: rulings in groups of about the same score, each ruling with its weight. Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from moderator.domain.workbench import Ballot, wilson

# Fine at both ends, where most scores lie.
EDGES: Final = (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.97, 0.99, 1.0)
FEWEST: Final = 10  # Rulings that a group must be worth before it is shown.


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Comments of about the same score: the mean score, the share that came true, its 95 % bounds; all 0 to 1."""

    predicted: float
    observed: float
    low: float
    high: float
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A comment that a person decided on: its score, whether it was rejected, and for how many comments it counts."""

    score: float
    is_rejected: bool
    weight: float = 1.0


def group(rulings: Iterable[Ruled]) -> list[Group]:
    """Return what came true, from the lowest scores to the highest; groups worth too little are left out."""
    last = len(EDGES) - 2
    ballots, sums = [Ballot()] * (last + 1), [0.0] * (last + 1)
    for one in rulings:
        place = min(bisect_right(EDGES, one.score) - 1, last)
        sums[place] += one.weight * one.score
        ballots[place] += Ballot(
            rulings=1, weight=one.weight, squares=one.weight**2, wrong=one.weight * one.is_rejected
        )
    found = []
    for ballot, total in zip(ballots, sums, strict=True):
        worth = ballot.weight**2 / ballot.squares if ballot.squares else 0.0  # Kish, as in `Ballot.rate`.
        if worth * (1 + 1e-9) < FEWEST:
            continue
        rate = wilson(ballot.wrong / ballot.weight, worth)
        found.append(
            Group(
                predicted=total / ballot.weight,
                observed=rate.share,
                low=rate.low,
                high=rate.high,
                number=ballot.rulings,
            )
        )
    return found
