"""From where the machine may reject: thresholds whose promise was tested, label by label.

A threshold chosen because it looked good on the very rows that it was chosen on breaks its promise every other time.
Here a walk finds it: candidates stand in an order fixed beforehand, each is tested exactly, and the walk ends at the
first that fails; the last that passed keeps the promise with the stated confidence (Learn then Test, Angelopoulos et
al. 2021, fixed sequence). Candidates are logits before calibration, so that the calibration, which saw the same rows,
has no say in what is rejected. The precision at a site's share of positives follows from two exact binomial bounds,
each at half the error.

Where to start is a choice too: at the very strictest candidate hardly anything is selected, the first test fails, and
nothing is ever issued. Rows that choose and do not certify (`is_choosing`) say where the promise is easiest to keep.
"""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.corpora import Row
from training.exact import (
    CONFIDENCE,
    fixed_sequence,
    lower_bound,
    lower_bounds,
    trials_needed,
    upper_bound,
    upper_bounds,
)

PRECISION: Final = 0.95  # Of what is rejected, at least this share must break the rules.
CANDIDATES: Final = np.linspace(12.0, -6.0, 181)  # Logits, from the strictest to the laxest.
CHOOSE_ONE_OF: Final = 3
_EACH: Final = 1 - (1 - CONFIDENCE) / 2  # Two bounds share the error.

Logits = NDArray[np.floating]


class Rejection(NamedTuple):
    """From which logit a label rejects, or None; and then how many more harmless rows would certify one.

    `needed` counts rows none of which reaches the candidate where the walk starts; None where no number would do.
    """

    reject_at: float | None
    needed: int | None


def is_choosing(row: Row) -> bool:
    """Return whether a row chooses between candidates: a third of all, always the same. The others certify."""
    return zlib.crc32(row.id.encode()) % CHOOSE_ONE_OF == 0


def start_of(harmful: Logits, harmless: Logits, prior: float) -> int:
    """Return the first candidate to test: where rows kept aside for this show the highest precision."""

    right, wrong = (np.array([(rows >= one).sum() for one in CANDIDATES]) for rows in (harmful, harmless))
    rates = prior * lower_bounds(right, harmful.size, _EACH)
    return int(np.argmax(rates / ((1 - prior) * upper_bounds(wrong, harmless.size, _EACH))))


def find_rejection(
    harmful: Logits, harmless: Logits, prior: float, *, start: int = 0, precision: float = PRECISION
) -> Rejection:
    """Walk from strict to lax, and return the last candidate before the first that fails.

    Args:
        harmful: logits of rows that have the label and had no say in `start`.
        harmless: logits of rows that break no rule and had none either.
        prior: the share of comments with the label that a site may expect.
    """
    counts = list(_counts(harmful, harmless, start))

    def is_kept(right: int, wrong: int) -> bool:
        rate = prior * lower_bound(right, harmful.size, _EACH)
        false = (1 - prior) * upper_bound(wrong, harmless.size, _EACH)
        return rate >= precision * (rate + false)

    if passed := fixed_sequence(is_kept(right, wrong) for _, right, wrong in counts):
        return Rejection(counts[passed - 1][0], 0)
    _, right, wrong = counts[0]
    rate = prior * lower_bound(right, harmful.size, _EACH)
    trials = trials_needed(wrong, rate * (1 - precision) / precision / (1 - prior), _EACH)
    return Rejection(None, None if trials is None else trials - harmless.size)


def _counts(harmful: Logits, harmless: Logits, start: int) -> Iterator[tuple[float, int, int]]:
    """Yield each candidate, and how many of either kind it selects."""
    harmful, harmless = np.sort(harmful), np.sort(harmless)
    for candidate in CANDIDATES[start:]:
        below = np.searchsorted(harmful, candidate), np.searchsorted(harmless, candidate)
        yield float(candidate), harmful.size - int(below[0]), harmless.size - int(below[1])
