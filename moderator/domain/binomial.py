"""Exact bounds of a rate that was counted (Clopper and Pearson 1934), with nothing but the standard library.

The serving process imports no statistics; these few functions are what its certificates rest on. They agree with SciPy
to nine digits (`tests/domain/test_binomial.py`).
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p
from typing import Final

CONFIDENCE: Final = 0.95
MOST_TRIALS: Final = 10_000_000
_STEPS: Final = 10_000  # Lentz's fraction needs about the root of the larger parameter.
_TINY: Final = 1e-300
_PRECISION: Final = 1e-15


def beta_share(a: float, b: float, at: float) -> float:
    """Return the share of a beta distribution that lies below a point: the regularised incomplete beta function."""
    if at <= 0 or at >= 1:
        return float(at >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(at) + b * log1p(-at))
    # The fraction is quick on this side of the middle alone; the other side is its mirror.
    if at <= (a + 1) / (a + b + 2):
        return min(front * _fraction(a, b, at) / a, 1.0)
    return max(1 - front * _fraction(b, a, 1 - at) / b, 0.0)


def _fraction(a: float, b: float, at: float) -> float:
    """Return the continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method."""
    c, d = 1.0, 1 / _away(1 - (a + b) * at / (a + 1))
    result, change, step = d, 0.0, 0
    while abs(change - 1) >= _PRECISION and step < _STEPS:
        step += 1
        twice = a + 2 * step
        for numerator in (
            step * (b - step) * at / ((twice - 1) * twice),
            -(a + step) * (a + b + step) * at / (twice * (twice + 1)),
        ):
            d = 1 / _away(1 + numerator * d)
            c = _away(1 + numerator / c)
            change = c * d
            result *= change
    return result


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=65_536)
def beta_quantile(a: float, b: float, share: float) -> float:
    """Return the point below which a share of a beta distribution lies. `a` and `b` are above 0."""
    low, high = 0.0, 1.0
    while high - low > 1e-13 * high and high > _TINY:
        middle = (low + high) / 2
        if beta_share(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def upper_bound(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return the exact upper bound of a rate, one-sided."""
    return 1.0 if events >= trials else beta_quantile(events + 1, trials - events, confidence)


def lower_bound(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return the exact lower bound of a rate, one-sided."""
    return 0.0 if events <= 0 else beta_quantile(events, trials - events + 1, 1 - confidence)
