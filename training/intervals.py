"""How far the figures of a test set can be trusted: bootstrap intervals.

Each resample draws as many positives and as many negatives as there are, with replacement. The rows are sorted once;
a resample is then only how often each score was drawn, and its figures are cumulative sums of those counts.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 1_000
CONFIDENCE: Final = 0.95
_DIGITS: Final = 4

Counts = NDArray[np.int64]


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, and between what it would lie for 95 % of the sets like this one."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it as tables show it: `0.912 (0.897–0.926)`."""
        return f"{self.estimate:.3f} ({self.low:.3f}–{self.high:.3f})"


class Intervals(msgspec.Struct, frozen=True, kw_only=True):
    """The intervals of one label on one set. Recalls are at 1 and 5 % false positives, as `training.evaluate` takes
    them.
    """

    auc: Interval
    average_precision: Interval
    recall_at_1: Interval
    recall_at_5: Interval


def intervals(
    scores: NDArray[np.floating], positive: NDArray[np.bool_], seed: int, *, resamples: int = RESAMPLES
) -> Intervals:
    """Return the figures of one label on one set, with their 95 % percentile intervals.

    An interval always holds its estimate. It says nothing of what the set itself leaves out, and it has no width where
    the classes do not overlap at all.

    Raises:
        ValueError: one of the classes is not there.
    """
    if not positive.any() or positive.all():
        raise ValueError("Intervals need both positives and negatives.")
    distinct, place = np.unique(scores, return_inverse=True)
    above, below = place[positive], place[~positive]
    chance = np.random.default_rng(seed)
    found = np.empty((resamples, 4))
    for number in range(resamples):
        found[number] = _figures(
            _counts(above[chance.integers(above.size, size=above.size)], distinct.size),
            _counts(below[chance.integers(below.size, size=below.size)], distinct.size),
        )
    estimates = _figures(_counts(above, distinct.size), _counts(below, distinct.size))
    tail = (1 - CONFIDENCE) / 2
    lows, highs = np.quantile(found, (tail, 1 - tail), axis=0)
    auc, precision, recall_at_1, recall_at_5 = map(_interval, estimates, lows.tolist(), highs.tolist())
    return Intervals(auc=auc, average_precision=precision, recall_at_1=recall_at_1, recall_at_5=recall_at_5)


def _counts(places: NDArray[np.intp], distinct: int) -> Counts:
    return np.bincount(places, minlength=distinct).astype(np.int64, copy=False)


def _figures(positives: Counts, negatives: Counts) -> tuple[float, float, float, float]:
    """Return AUC, average precision and recalls from how often each distinct score, in rising order, is a positive's
    and a negative's.
    """
    lower = np.cumsum(negatives)
    # Twice the number of pairs in the right order, an equal pair counting one: whole numbers as long as possible.
    won = int(positives @ (2 * lower - negatives))
    all_positives, all_negatives = int(positives.sum()), int(lower[-1])
    auc = won / (2 * all_positives * all_negatives)
    precision = _average_precision(positives, all_positives, all_negatives - lower + negatives)
    return auc, precision, _recall(positives, lower, 0.01), _recall(positives, lower, 0.05)


def _average_precision(positives: Counts, every: int, negatives_from: Counts) -> float:
    """Return the mean precision over the positives, each at its own score; `negatives_from` counts those from there up.

    This is scikit-learn's `average_precision_score`: steps, no interpolation.
    """
    positives_from = every - np.cumsum(positives) + positives
    there = positives > 0
    found = positives_from[there] / (positives_from[there] + negatives_from[there])
    return float(positives[there] @ found) / every


def _recall(positives: Counts, lower: Counts, false_positives: float) -> float:
    """Return the share of positives above the threshold; `lower` counts the negatives up to each score, that included.

    The threshold is the score of one negative, the same one that `training.evaluate.recall_at` takes.
    """
    every = int(lower[-1])
    let_through = min(every - 1, int(false_positives * every))
    threshold = int(np.searchsorted(lower, every - let_through))
    return float(positives[threshold + 1 :].sum() / positives.sum())


def _interval(estimate: float, low: float, high: float) -> Interval:
    # A threshold at the very edge of the negatives can only fall in a resample, so that a recall's percentiles may
    # miss the recall itself by a little.
    return Interval(
        estimate=round(estimate, _DIGITS),
        low=round(min(low, estimate), _DIGITS),
        high=round(max(high, estimate), _DIGITS),
    )
