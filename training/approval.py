"""What may be approved: how much a level of caution holds, and what it promises of the rest.

A comment is approved when no label reaches its *hold from*, so the promise is about all labels together: of what is
approved, at most 2 % breaks the rules. Whole sets of thresholds are the candidates. Each has one price: the share of
harmless comments that `toxic` may hold; the other labels, mostly parts of it, may hold a sixth of that each. Rows that
choose (`thresholds.is_choosing`) turn prices into logits; the others certify.

Candidates stand in an order fixed beforehand, from the dearest to the cheapest, and the walk ends at the first whose
promise fails (Learn then Test, fixed sequence). The share of rule breakers among what is approved follows, at the
stated shares of abuse and spam, from an exact binomial bound for each kind of row, the error divided among them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import Approval
from moderator.domain.scoring import Caution, Label
from training.calibrate import PRIORS, UNNATURAL
from training.corpora import Row, source
from training.exact import CONFIDENCE, fixed_sequence, lower_bound, trials_needed, upper_bound
from training.thresholds import is_choosing

PROMISE: Final = 0.02  # Of what is approved, at most this share may break the rules.
PRICES: Final = np.geomspace(0.5, 0.002, 48)  # From the strictest to the laxest.
RARER_SHARE: Final = 1 / 6
_DIGITS: Final = 6


class Price(NamedTuple):
    """The share of harmless comments that a level holds, all labels together; up to `at_most` where that keeps the
    promise."""

    plain: float
    at_most: float


LEVELS: Final[Mapping[Caution, Price]] = {
    Caution.CAUTIOUS: Price(0.20, 0.25),
    Caution.BALANCED: Price(0.10, 0.125),
    Caution.PERMISSIVE: Price(0.05, 0.05),
}


@dataclass(frozen=True)
class Stand:
    """Rows by what they are, as logits before calibration, one column a label: a site in small.

    `harmless_choosing` turns prices into thresholds; the others certify. A row is harmless when somebody said that it
    is not toxic and nobody that it has another label.
    """

    labels: tuple[Label, ...]
    harmless_choosing: NDArray[np.floating]
    harmless: NDArray[np.floating]
    abuse: NDArray[np.floating]
    spam: NDArray[np.floating]

    @cached_property
    def candidates(self) -> NDArray[np.float64]:
        """Thresholds of each price, shape (prices, labels): a comment is held when any logit reaches its own."""
        share = np.array([1.0 if label is Label.TOXIC else RARER_SHARE for label in self.labels])
        falling = -np.sort(-self.harmless_choosing.astype(np.float64), axis=0)
        if not falling.size:
            return np.full((PRICES.size, len(self.labels)), -np.inf)  # Nobody knows a price: everything is held.
        # Half way between the last row that is held and the first that is not; above all rows where none may be held.
        padded = np.vstack((falling[:1] + 1.0, falling))
        middles = (padded[:-1] + padded[1:]) / 2
        counts = np.minimum((PRICES[:, np.newaxis] * share * falling.shape[0]).astype(int), falling.shape[0] - 1)
        return np.take_along_axis(middles, counts, axis=0)


def stand_of(corpus: Sequence[Row], logits: NDArray[np.floating], labels: Sequence[Label]) -> Stand:
    """Return the natural comments of a corpus by what they are."""
    kinds: dict[str, list[int]] = {"harmless_choosing": [], "harmless": [], "abuse": [], "spam": []}
    for number, row in enumerate(corpus):
        if (kind := _kind(row)) is not None:
            kinds[kind].append(number)
    return Stand(labels=tuple(labels), **{kind: logits[rows] for kind, rows in kinds.items()})


def _kind(row: Row) -> str | None:
    if row.source in UNNATURAL or not source(row.source).is_shippable:
        return None
    if any(row.is_positive(label) for label in Label if label is not Label.SPAM):
        return "abuse"
    if row.is_positive(Label.SPAM):
        return "spam"
    if row.is_positive(Label.TOXIC) is not False:
        return None
    return "harmless_choosing" if is_choosing(row) else "harmless"


class Risk(NamedTuple):
    """The share of comments approved, and of rule breakers among those, with its bounds, each for itself one-sided."""

    share: float
    risk: float
    low: float
    high: float


def is_held(logits: NDArray[np.floating], hold_from: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which rows reach a threshold."""
    return np.asarray((logits >= hold_from).any(axis=1))


def risk_of(stand: Stand, hold_from: NDArray[np.floating], *, abuse: float, spam: float) -> Risk:
    """Return what a set of thresholds approves where shares `abuse` and `spam` of comments break the rules."""

    def approved(rows: NDArray[np.floating], weight: float) -> Counted:
        return Counted(int((~is_held(rows, hold_from)).sum()), rows.shape[0], weight)

    wrong = [approved(stand.abuse, abuse), approved(stand.spam, spam)]
    return risk_from(wrong, [approved(stand.harmless, 1 - abuse - spam)])


class Counted(NamedTuple):
    """How many rows of a kind were decided one way, of how many, and what share of comments is of that kind."""

    events: int
    trials: int
    weight: float


def risk_from(wrong: Sequence[Counted], right: Sequence[Counted]) -> Risk:
    """Return the risk from what was decided wrongly and rightly, kind by kind; the bounds share the error."""
    wrong, right = ([one for one in kinds if one.weight > 0] for kinds in (wrong, right))
    each = 1 - (1 - CONFIDENCE) / len([*wrong, *right])
    mistakes, share = _rate(wrong), _rate([*wrong, *right])
    return Risk(
        share=share,
        risk=mistakes / share if share else 0.0,
        low=_part(_bound(lower_bound, wrong, each), _bound(upper_bound, right, each)),
        high=_part(_bound(upper_bound, wrong, each), _bound(lower_bound, right, each)),
    )


def _rate(kinds: Sequence[Counted]) -> float:
    return sum(one.weight * one.events / one.trials if one.trials else one.weight for one in kinds)


def _bound(bound: Callable[[int, int, float], float], kinds: Sequence[Counted], each: float) -> float:
    return sum(one.weight * bound(one.events, one.trials, each) for one in kinds)


def _part(wrong: float, right: float) -> float:
    return wrong / (wrong + right) if wrong + right else 0.0


def walk(stand: Stand, candidates: NDArray[np.floating], *, abuse: float, spam: float, promise: float = PROMISE) -> int:
    """Return how many candidates, from the strictest on, keep the promise before the first that does not."""
    return fixed_sequence(risk_of(stand, hold_from, abuse=abuse, spam=spam).high <= promise for hold_from in candidates)


def choose(choosing: NDArray[np.floating], candidates: NDArray[np.floating], price: float) -> int:
    """Return the strictest candidate within a price, counted on harmless rows that do not certify."""
    within = np.flatnonzero(_held(choosing, candidates) <= price)
    return int(within[0]) if within.size else candidates.shape[0] - 1


def choose_level(stand: Stand, kept: int, price: Price) -> int:
    """Return the candidate of a level: the strictest within its price, or a certified one that costs little more.

    Args:
        kept: how many candidates keep the promise.
    """
    chosen = choose(stand.harmless_choosing, stand.candidates, price.plain)
    if chosen >= kept > 0 and _held(stand.harmless_choosing, stand.candidates)[kept - 1] <= price.at_most:
        return kept - 1
    return chosen


def _held(choosing: NDArray[np.floating], candidates: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.array([is_held(choosing, hold_from).mean() if choosing.size else 1.0 for hold_from in candidates])


def describe(
    stand: Stand, hold_from: NDArray[np.floating], price: Price, *, is_certified: bool, abuse: float, spam: float
) -> Approval:
    """Return what a level promises, in figures and in words."""
    found = risk_of(stand, hold_from, abuse=abuse, spam=spam)
    needed = 0 if is_certified else trials_needed(0, PROMISE) or 0
    note = (
        f"Up to {found.high:.1%} of what is approved may break the rules. {needed} more audited approvals, none of "
        f"them breaking a rule, would show that it is at most {PROMISE:.0%}."
    )
    return Approval(
        price=price.plain,
        held=round(float(is_held(stand.harmless, hold_from).mean()), 4) if stand.harmless.size else 1.0,
        approved=round(found.share, 4),
        risk=round(found.risk, 5),
        risk_at_most=round(found.high, 5),
        promise=PROMISE,
        is_certified=is_certified,
        needed=needed,
        note="" if is_certified else note,
    )


def shares(labels: Sequence[Label]) -> tuple[float, float]:
    """Return the shares of abuse and of spam that a site may expect. Abuse is what `toxic` stands for."""
    return PRIORS[Label.TOXIC], PRIORS[Label.SPAM] if Label.SPAM in labels else 0.0


def as_threshold(score: float) -> float:
    """Return a score rounded as the manifest has it; 0 would hold everything and is none."""
    return max(round(score, _DIGITS), 10**-_DIGITS)
