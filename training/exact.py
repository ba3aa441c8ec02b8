"""Exact bounds of a rate that was counted (Clopper and Pearson 1934), and how much counting a promise needs."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

CONFIDENCE: Final = 0.95
Counts = NDArray[np.integer]

MOST_ROWS: Final = 10_000_000  # What would need more than this needs another model, not more rows.


@lru_cache(maxsize=65_536)
def upper_bound(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return the exact upper bound of a rate, one-sided."""
    return 1.0 if events >= trials else float(betaincinv(events + 1, trials - events, confidence))


@lru_cache(maxsize=65_536)
def lower_bound(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return the exact lower bound of a rate, one-sided."""
    return 0.0 if events <= 0 else float(betaincinv(events, trials - events + 1, 1 - confidence))


def upper_bounds(events: Counts, trials: int, confidence: float = CONFIDENCE) -> NDArray[np.float64]:
    """Return `upper_bound` of each of many counts at once, some of all trials at most."""
    return np.where(events >= trials, 1.0, betaincinv(events + 1, np.maximum(trials - events, 1), confidence))


def lower_bounds(events: Counts, trials: int, confidence: float = CONFIDENCE) -> NDArray[np.float64]:
    """Return `lower_bound` of each of many counts at once."""
    return np.where(events <= 0, 0.0, betaincinv(np.maximum(events, 1), trials - events + 1, 1 - confidence))


def trials_needed(events: int, rate: float, confidence: float = CONFIDENCE) -> int | None:
    """Return how many trials with so many events show that a rate is at most `rate`; None where no number would."""
    if rate <= 0:
        return None
    low, high = events, max(1, events)
    while upper_bound(events, high, confidence) > rate:
        low, high = high, high * 2
        if high > MOST_ROWS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if upper_bound(events, middle, confidence) <= rate:
            high = middle
        else:
            low = middle
    return high


def fixed_sequence(passed: Iterable[bool]) -> int:
    """Return how many candidates passed before the first that failed; later ones are not looked at.

    Each test is made at the full error, and yet the whole walk errs no more often than one: the first candidate that
    breaks the promise must pass by chance before any other can. The order must not depend on the rows that test.
    """
    count = 0
    for has_passed in passed:
        if not has_passed:
            break
        count += 1
    return count
