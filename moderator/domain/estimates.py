"""How often the machine errs, from the verdicts of its own that were drawn and that people have decided about.

Verdicts near a threshold are drawn more often than others, and errors are more frequent there, so that counting alone
says too much; and what people see otherwise is what the machine doubted. Each drawn comment counts for one over its
probability, divided by the sum of these weights (Hájek 1971).

The interval is made for few errors, or none. Its ends are those of Fay and Feuer (1997) for a weighted sum of rare
events: one more error of the heaviest kind could have been there. They take the beta distribution instead of the gamma,
so that with equal weights they are exactly Clopper's and Pearson's, and no error among 149 comments bounds the rate at
2 %, as the rule of three says. `python -m benchmarks audits` shows how often they hold what they promise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Final

from moderator.domain.binomial import CONFIDENCE, MOST_TRIALS, beta_quantile
from moderator.domain.ids import SiteId
from moderator.domain.policy import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Verdicts that were drawn with one probability (0 to 1): how many people decided about, how many otherwise."""

    probability: float
    audited: int
    wrong: int

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ValueError("what was drawn had a probability above 0, and 1 at most")
        if not 0 <= self.wrong <= self.audited:
            raise ValueError("no more can be wrong than were audited")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What people made of a site's automatic verdicts of one kind on one day (UTC), all drawn with one probability."""

    site_id: SiteId
    verdict: Action
    day: date
    stratum: Stratum


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A rate of errors (0 to 1), weighted; `share` is None before anything was audited.

    `low` and `high` enclose it with 95 % confidence; `bound` alone is above it with 95 %, and is what a promise is held
    against. `unweighted` is what counting would say: shown beside, to be told apart, never to be believed.
    """

    audited: int = 0
    wrong: int = 0
    share: float | None = None
    low: float = 0.0
    high: float = 1.0
    bound: float = 1.0

    @property
    def unweighted(self) -> float | None:
        """Return the share of errors among what was audited, as if all had been drawn alike."""
        return self.wrong / self.audited if self.audited else None


NO_ESTIMATE: Final = Estimate()


def estimate(strata: Iterable[Stratum], confidence: float = CONFIDENCE) -> Estimate:
    """Return the rate of errors among all automatic verdicts, from those that were drawn."""
    found = [one for one in strata if one.audited]
    if not found:
        return NO_ESTIMATE
    sums = _Sums.of(found)
    tail = (1 - confidence) / 2
    return Estimate(
        audited=sum(one.audited for one in found),
        wrong=sum(one.wrong for one in found),
        share=sums.share,
        low=sums.lower(1 - tail),
        high=sums.upper(1 - tail),
        bound=sums.upper(confidence),
    )


def lower_bound(strata: Iterable[Stratum], confidence: float) -> float:
    """Return what the rate of errors is above, one-sided: a promise below it is broken."""
    found = [one for one in strata if one.audited]
    return _Sums.of(found).lower(confidence) if found else 0.0


def more_needed(strata: Iterable[Stratum], promise: float, confidence: float = CONFIDENCE) -> int | None:
    """Return how many more audited decisions would show that errors are at most a promise (0 to 1); 0 when these do.

    Counted as if none of them found another error, and as if they were drawn in the same mixture. None where no number
    would do.
    """
    if promise <= 0:
        return None
    found = [one for one in strata if one.audited]
    audited = sum(one.audited for one in found)
    sums = _Sums.of(found) if found else _Sums(share=0.0, variance=0.0, heaviest=1.0)

    def holds(more: int) -> bool:
        scale = max(audited, 1) / (audited + more) if audited + more else 1.0
        return sums.shrunk(scale).upper(confidence) <= promise

    if audited and holds(0):
        return 0
    low, high = 0, max(1, audited)
    while not holds(high):
        low, high = high, high * 2
        if high > MOST_TRIALS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return ceil(high)


def merged(strata: Iterable[Stratum]) -> Sequence[Stratum]:
    """Return strata of the same probability as one."""
    sums: dict[float, tuple[int, int]] = {}
    for one in strata:
        audited, wrong = sums.get(one.probability, (0, 0))
        sums[one.probability] = (audited + one.audited, wrong + one.wrong)
    return [
        Stratum(probability=probability, audited=audited, wrong=wrong)
        for probability, (audited, wrong) in sorted(sums.items())
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """A weighted rate: its variance as a sum of rare events, and what the heaviest single comment counts for."""

    share: float
    variance: float
    heaviest: float

    @classmethod
    def of(cls, strata: Sequence[Stratum]) -> "_Sums":
        whole = sum(one.audited / one.probability for one in strata)
        parts = [(1 / (one.probability * whole), one.wrong) for one in strata]
        return cls(
            share=min(sum(weight * wrong for weight, wrong in parts), 1.0),
            variance=sum(weight * weight * wrong for weight, wrong in parts),
            heaviest=max(weight for weight, _ in parts),
        )

    def shrunk(self, scale: float) -> "_Sums":
        """Return the same errors among more comments: `scale` (0 to 1) is how many there were for one now."""
        return _Sums(share=self.share * scale, variance=self.variance * scale**2, heaviest=self.heaviest * scale)

    def upper(self, confidence: float) -> float:
        """Return what the rate is below: the quantile for one more error, of the heaviest kind."""
        share = self.share + self.heaviest
        worth = share / (self.variance + self.heaviest**2)
        events = worth * share
        rest = worth - events + 1
        # A billionth: the sums of equal weights must not fall short of what they are.
        return max(beta_quantile(events, rest, confidence), self.share) if rest > 1e-9 and share < 1 + 1e-9 else 1.0

    def lower(self, confidence: float) -> float:
        if self.share <= 0:
            return 0.0
        worth = self.share / self.variance
        events = worth * self.share
        return min(beta_quantile(events, max(worth - events, 0.0) + 1, 1 - confidence), self.share)
