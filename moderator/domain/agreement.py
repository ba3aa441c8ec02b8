"""How far people agree who decide about the same comment without knowing of each other. Pure.

Shares say how often they do, with Wilson's interval; Krippendorff's alpha says how far that is beyond what chance alone
would bring: 1 is always, 0 as often as by lot. Alpha is the one for any number of opinions a comment and for categories
without an order (Krippendorff, "Computing Krippendorff's alpha-reliability", 2011).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from moderator.domain.ids import PersonId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.workbench import Rate, wilson

FEWEST: Final = 20  # Comments below which a figure says more about chance than about anybody.
_Z: Final = 1.959964  # 95 %

Unit = tuple[Hashable, ...]
Reading = Callable[["Said"], Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody decided: approve, or reject for a reason."""

    action: Action
    reason: ReasonCode | None = None

    @property
    def ground(self) -> str:
        """Return the reason that it is rejected for, or that it is approved."""
        return self.reason or self.action if self.action is Action.REJECT else self.action


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What two people said of a comment, the first decider's word first; `number` comments of which they said this.

    Contrary: the second one was asked because the first decision contradicts a sure score, and not by chance.
    """

    people: tuple[PersonId, PersonId]
    said: tuple[Said, Said]
    is_contrary: bool = False
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How many comments two people said something of, how many of them the same, and how sure that is.

    `rate` and `alpha` are None for too few comments; alpha also where everybody always says the same thing, because
    chance would have brought that, too.
    """

    comments: int
    agreed: int
    rate: Rate | None
    alpha: Rate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far people agree.

    `actions`: on approving and rejecting. `grounds`: also on the reason. `reasons`: of the comments that at least one
    rejected for a reason, how many both did. `people`: how often others agree with somebody, whoever decided first.
    All of these are about opinions that were asked for by chance. `contrary` counts those that were asked for because a
    decision contradicted a sure score, by action.
    """

    actions: Measure
    grounds: Measure
    reasons: Mapping[ReasonCode, Measure]
    people: Mapping[PersonId, Measure]
    contrary: Measure


def sum_up(pairs: Iterable[Pair]) -> Agreement:
    """Return how far people agree, by all that two people said of the same comments."""
    drawn, contrary = list[Pair](), list[Pair]()
    for pair in pairs:
        (contrary if pair.is_contrary else drawn).append(pair)
    people = sorted({person for pair in drawn for person in pair.people})
    return Agreement(
        actions=_measure(_units(drawn, lambda said: said.action)),
        grounds=_measure(_units(drawn, lambda said: said.ground)),
        reasons={reason: found for reason in ReasonCode if (found := _of_reason(drawn, reason)).comments},
        people={person: _of_person(drawn, person) for person in people},
        contrary=_measure(_units(contrary, lambda said: said.action), fewest=1),
    )


def _units(pairs: Sequence[Pair], read: Reading) -> Counter[Unit]:
    found: Counter[Unit] = Counter()
    for pair in pairs:
        one, other = pair.said
        found[read(one), read(other)] += pair.number
    return found


def _measure(units: Counter[Unit], *, fewest: int = FEWEST) -> Measure:
    comments = units.total()
    agreed = sum(number for (one, other), number in units.items() if one == other)
    if comments < fewest:
        return Measure(comments=comments, agreed=agreed, rate=None)
    return Measure(
        comments=comments, agreed=agreed, rate=wilson(agreed / comments, comments), alpha=alpha_with_bounds(units)
    )


def _of_reason(pairs: Sequence[Pair], reason: ReasonCode) -> Measure:
    units = _units(pairs, lambda said: said.ground == reason)
    both, comments = units[True, True], units.total() - units[False, False]
    if comments < FEWEST:
        return Measure(comments=comments, agreed=both, rate=None)
    # Alpha looks at the comments, too, that neither rejected for it: there they agree that it is not so.
    return Measure(
        comments=comments, agreed=both, rate=wilson(both / comments, comments), alpha=alpha_with_bounds(units)
    )


def _of_person(pairs: Sequence[Pair], person: PersonId) -> Measure:
    found = _measure(_units([pair for pair in pairs if person in pair.people], lambda said: said.action))
    return Measure(comments=found.comments, agreed=found.agreed, rate=found.rate)


def alpha(units: Mapping[Unit, int]) -> float | None:
    """Return Krippendorff's alpha for categories without an order, at most 1; below 0 they agree less than by lot.

    None where there is nothing to agree on: fewer than two values that can be compared, or one category alone.

    Args:
        units: the values that people gave a comment, in any order, and how many comments were given these. A comment
            with one value alone says nothing.
    """
    totals: Counter[Hashable] = Counter()
    apart = 0.0  # Ordered pairs of values of a comment that differ, each over the number of its other values.
    for values, number in units.items():
        if len(values) < 2:
            continue
        own = Counter(values)
        for value, times in own.items():
            totals[value] += number * times
            apart += number * times * (len(values) - times) / (len(values) - 1)
    size = totals.total()
    by_lot = size * size - sum(times * times for times in totals.values())
    return 1 - (size - 1) * apart / by_lot if by_lot else None


def alpha_with_bounds(units: Mapping[Unit, int]) -> Rate | None:
    """Return alpha and its 95 % bounds by the jackknife: what it would be without each of the comments in turn.

    Comments of which the same was said are alike, so that as many alphas are computed as there are different ones.
    """
    found = alpha(units)
    comments = sum(units.values())
    if found is None or comments < 2:
        return None
    without: list[tuple[float, int]] = []
    for values, number in units.items():
        left = alpha({**units, values: number - 1})
        if left is None:  # All the disagreement there is hangs on this comment.
            return Rate(share=found, low=-1.0, high=1.0)
        without.append((left, number))
    middle = sum(left * number for left, number in without) / comments
    spread = sum(number * (left - middle) ** 2 for left, number in without) * (comments - 1) / comments
    half = _Z * sqrt(spread)
    return Rate(share=found, low=max(found - half, -1.0), high=min(found + half, 1.0))
