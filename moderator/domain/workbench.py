"""The threshold workbench: what other thresholds would have made of past comments. Pure, and sums page by page.

Only scores are judged anew. What a site's other rules said of a comment (its links, its phrases, its author) depends on
the moment, and stands as it was recorded.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from operator import add
from typing import Final, Self

from moderator.domain.policy import Action, Policy
from moderator.domain.scoring import Label

# Fine near 0 and 1: rare labels are held from 0.004 on, and nothing is rejected below 0.9.
EDGES: Final = (
    *(0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
    *(0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1.0),
)
FEWEST_DECISIONS: Final = 30  # Below, an interval is so wide that its middle only misleads.
_Z: Final = 1.959964  # 95 %
_LABELS: Final = tuple(Label)
_ORDER: Final = (Action.APPROVE, Action.HOLD, Action.REJECT)
_RANK: Final = {action: rank for rank, action in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A comment as it was judged.

    `scores` are in the order of `Label`, None where the model gave none. `other` is what the reasons besides scores
    led to. `ruling` is what a person decided, None while nobody has; `probability` is how likely the comment was to be
    drawn for that, None where it was not drawn by chance.
    """

    scores: tuple[float | None, ...]
    verdict: Action
    other: Action = Action.APPROVE
    section: str | None = None
    language: str | None = None
    ruling: Action | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share (0 to 1), and between what it would lie for 95 % of the samples like this one."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """Rulings, each with its weight, and how much of that weight the thresholds get wrong."""

    rulings: int = 0
    weight: float = 0.0
    squares: float = 0.0
    wrong: float = 0.0

    def __add__(self, more: Self) -> Self:
        return type(self)(
            rulings=self.rulings + more.rulings,
            weight=self.weight + more.weight,
            squares=self.squares + more.squares,
            wrong=self.wrong + more.wrong,
        )

    @property
    def rate(self) -> Rate | None:
        """Return the share that is wrong, by Wilson's interval; None for too few rulings to say.

        A ruling that was drawn with a probability of 1 in 20 stands for twenty comments but is one: the interval counts
        as many rulings as would be worth the same with equal weights (Kish).
        """
        worth = self.weight**2 / self.squares if self.squares else 0.0
        # A billionth more: thirty equal weights must not sum up to 29.999….
        return wilson(self.wrong / self.weight, worth) if worth * (1 + 1e-9) >= FEWEST_DECISIONS else None


def wilson(share: float, number: float) -> Rate:
    """Return Wilson's 95 % score interval around a share of a number (above 0) of things."""
    share = min(max(share, 0.0), 1.0)
    square = _Z * _Z / number
    middle = (share + square / 2) / (1 + square)
    half = _Z * sqrt(share * (1 - share) / number + square / (4 * number)) / (1 + square)
    return Rate(share=share, low=min(max(middle - half, 0.0), share), high=max(min(middle + half, 1.0), share))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What becomes of comments.

    `reached` counts for each label the comments that score high enough to be held or rejected for it. `slipped` are
    those that people rejected, wrong where they would be approved; `wronged` those that people approved, wrong where
    they would be rejected.
    """

    counts: tuple[int, int, int] = (0, 0, 0)
    reached: tuple[int, ...] = (0,) * len(_LABELS)
    slipped: Ballot = Ballot()
    wronged: Ballot = Ballot()

    def __add__(self, more: Self) -> Self:
        approved, held, rejected = map(add, self.counts, more.counts)
        return type(self)(
            counts=(approved, held, rejected),
            reached=tuple(map(add, self.reached, more.reached)),
            slipped=self.slipped + more.slipped,
            wronged=self.wronged + more.wronged,
        )

    def __getitem__(self, action: Action) -> int:
        """Return how many comments come to an action."""
        return self.counts[_RANK[action]]

    @property
    def comments(self) -> int:
        """Return how many comments were judged."""
        return sum(self.counts)


def tally(policy: Policy, comments: Iterable[Past]) -> Tally:
    """Return what a policy (with the model's thresholds in it) would have made of comments.

    Where it rejects only with a certificate the site is taken to have none.
    """
    bench = _Bench(policy)
    for past in comments:
        bench.judge(past)
    return bench.total()


def tally_happened(comments: Iterable[Past]) -> Tally:
    """Return what did become of comments, by the policies and models of their time."""
    bench = _Bench(None)
    for past in comments:
        bench.count(past, _RANK[past.verdict])
    return bench.total()


class _Bench:
    """Counts. Tens of thousands of comments wait for a page, so the thresholds are looked up once."""

    def __init__(self, policy: Policy | None) -> None:
        self._policy = policy
        # Without the certificate that the policy asks for, people see what would be rejected.
        self._most = _RANK[Action.HOLD if policy and policy.certified_rejects else Action.REJECT]
        self._limits: dict[tuple[str | None, str | None], Sequence[tuple[int, float, float]]] = {}
        self._counts = [0, 0, 0]
        self._reached = [0] * len(_LABELS)
        self._ballots = {Action.REJECT: Ballot(), Action.APPROVE: Ballot()}

    def judge(self, past: Past) -> None:
        scores, rank = past.scores, _RANK[past.other]
        for place, hold_at, reject_at in self._limits_for(past):
            score = scores[place]
            if score is not None and score >= hold_at:
                self._reached[place] += 1
                rank = 2 if score >= reject_at else rank or 1
        self.count(past, min(rank, self._most))

    def count(self, past: Past, rank: int) -> None:
        self._counts[rank] += 1
        if past.ruling is not None and past.ruling is not Action.HOLD:
            weight = 1 / past.probability if past.probability else 1.0
            is_wrong = _ORDER[rank] is (Action.REJECT if past.ruling is Action.APPROVE else Action.APPROVE)
            one = Ballot(rulings=1, weight=weight, squares=weight * weight, wrong=weight * is_wrong)
            self._ballots[past.ruling] += one

    def total(self) -> Tally:
        approved, held, rejected = self._counts
        return Tally(
            counts=(approved, held, rejected),
            reached=tuple(self._reached),
            slipped=self._ballots[Action.REJECT],
            wronged=self._ballots[Action.APPROVE],
        )

    def _limits_for(self, past: Past) -> Sequence[tuple[int, float, float]]:
        policy = self._policy
        assert policy is not None
        # Sites name as many sections as they like; those without thresholds of their own share one entry.
        section = past.section if past.section in policy.sections else None
        language = past.language if past.language in policy.languages else None
        found = self._limits.get((section, language))
        if found is None:
            thresholds = policy.thresholds_for(section, language)
            found = [(_LABELS.index(label), own.hold_at, own.reject_at) for label, own in thresholds.items()]
            self._limits[section, language] = found
        return found


Histogram = tuple[int, ...]


def histograms(comments: Iterable[Past]) -> tuple[Histogram, ...]:
    """Return for each label, in their order, how many scores lie from each of `EDGES` to the next one."""
    last = len(EDGES) - 2
    counts = [[0] * (last + 1) for _ in _LABELS]
    for past in comments:
        for own, score in zip(counts, past.scores, strict=True):
            if score is not None:
                own[min(bisect_right(EDGES, score) - 1, last)] += 1
    return tuple(map(tuple, counts))
