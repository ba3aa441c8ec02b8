"""Where a person must look, and where the machine may reject: thresholds whose promise was tested.

A threshold chosen because it looked good on the very rows that it was chosen on breaks its promise every other time.
*Hold from* is set by its price on the harmless rows, and what it misses is then tested on the harmful ones. *Reject
from* is found by a walk: candidates stand in an order fixed beforehand, each is tested exactly, and the walk ends at
the first that fails; the last that passed keeps the promise with the stated confidence (Learn then Test, Angelopoulos
et al. 2021, fixed sequence). Rates at a site's share of positives follow from two exact binomial bounds (Clopper and
Pearson 1934), each at half the error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from moderator.classifier.manifest import ThresholdOf
from moderator.domain.scoring import Caution, Label

CONFIDENCE: Final = 0.95
PRECISION: Final = 0.95  # Of what is rejected, at least this share must break the rules.
FEWEST_REJECTED: Final = 30
_LOGITS: Final = np.linspace(6.0, -6.0, 121)
CANDIDATES: Final = 1 / (1 + np.exp(-_LOGITS))  # From the strictest to the laxest.


@dataclass(frozen=True, slots=True)
class Promise:
    """What a level of caution costs and promises: at most a share `held` of the harmless comments is held for a label,
    and at most a share `missed` of the label's positives is approved."""

    held: float
    missed: float


PROMISES: Final[Mapping[Caution, Promise]] = {
    Caution.CAUTIOUS: Promise(held=0.12, missed=0.25),
    Caution.BALANCED: Promise(held=0.06, missed=0.4),
    Caution.PERMISSIVE: Promise(held=0.02, missed=0.6),
}
RARER_SHARE: Final = 1 / 6  # Other labels are mostly parts of `toxic`; each may cost a sixth of what that costs.


def promise_for(caution: Caution, label: Label) -> Promise:
    """Return what a level of caution means for a label."""
    promise = PROMISES[caution]
    return promise if label is Label.TOXIC else Promise(held=promise.held * RARER_SHARE, missed=promise.missed)


def upper_bound(events: int, trials: int, confidence: float) -> float:
    """Return the exact upper bound of a rate, one-sided."""
    return 1.0 if events >= trials else float(beta.ppf(confidence, events + 1, trials - events))


def lower_bound(events: int, trials: int, confidence: float) -> float:
    """Return the exact lower bound of a rate, one-sided."""
    return 0.0 if events <= 0 else float(beta.ppf(1 - confidence, events, trials - events + 1))


def choose(
    scores: NDArray[np.floating],
    positive: NDArray[np.bool_],
    breaks_rules: NDArray[np.bool_],
    prior: float,
    promise: Promise,
) -> ThresholdOf:
    """Return the thresholds of one label.

    Args:
        scores: calibrated scores of rows that the model was not fitted on.
        positive: which of them have the label.
        breaks_rules: which of them have this label or another: holding or rejecting those is no mistake.
        prior: the share of positives that a site may expect.
    """
    harmful, harmless = np.sort(scores[positive]), np.sort(scores[~(positive | breaks_rules)])
    reject_at = _certified_rejection(harmful, harmless, prior)
    hold_at = _affordable_hold(harmless, promise.held)
    # The harmless rows chose the threshold and the harmful ones test it, so one exact test is enough.
    missed = upper_bound(_below(harmful, hold_at), harmful.size, CONFIDENCE)
    is_certified = missed <= promise.missed
    note = f"Up to {missed:.0%} of such comments may be approved ({harmful.size} labelled ones were tested)."
    return ThresholdOf(
        hold_at=round(min(hold_at, reject_at or 1.0), 6),
        reject_at=None if reject_at is None else round(reject_at, 6),
        is_certified=is_certified,
        note="" if is_certified else note,
    )


def _below(ordered: NDArray[np.floating], threshold: float) -> int:
    return int(np.searchsorted(ordered, threshold, side="left"))


def _certified_rejection(harmful: NDArray[np.floating], harmless: NDArray[np.floating], prior: float) -> float | None:
    """Walk from strict to lax, beginning where enough is rejected to say anything."""
    confidence = 1 - (1 - CONFIDENCE) / 2
    found = None
    for candidate in CANDIDATES:
        right = harmful.size - _below(harmful, candidate)
        wrong = harmless.size - _below(harmless, candidate)
        if right < FEWEST_REJECTED:
            continue
        rate = prior * lower_bound(right, harmful.size, confidence)
        false = (1 - prior) * upper_bound(wrong, harmless.size, confidence)
        if rate < PRECISION * (rate + false):
            break
        found = float(candidate)
    return found


def _affordable_hold(harmless: NDArray[np.floating], held: float) -> float:
    """Return the lowest candidate that holds at most a share `held` of the harmless ones."""
    fitting = [one for one in CANDIDATES if harmless.size - _below(harmless, one) <= held * harmless.size]
    return float(min(fitting)) if fitting else float(CANDIDATES[0])
