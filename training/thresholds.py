"""Where a person must look, and where the machine may reject: thresholds that keep a promise with 95 % confidence.

A threshold chosen because it looked good on the very rows that it was chosen on breaks its promise every other time. So
candidates stand in an order fixed beforehand, each is tested exactly, and the walk ends at the first that fails: then
the last that passed keeps the promise with the stated confidence (Learn then Test, Angelopoulos et al. 2021, fixed
sequence). Rates at a site's share of positives follow from two exact binomial bounds (Clopper and Pearson 1934), each
at half the error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from moderator.classifier.manifest import ThresholdOf
from moderator.domain.scoring import Caution

CONFIDENCE: Final = 0.95
PRECISION: Final = 0.95  # Of what is rejected, at least this share must break the rules.
FEWEST_REJECTED: Final = 30
_LOGITS: Final = np.linspace(6.0, -6.0, 121)
CANDIDATES: Final = 1 / (1 + np.exp(-_LOGITS))  # From the strictest to the laxest.


@dataclass(frozen=True, slots=True)
class Promise:
    """What a level of caution promises, and its price.

    At most `missed` of a label's positives are approved, and at most `held` of the harmless comments are held for it;
    where both cannot be had, the price is kept. A share `cheap` of the harmless is held in any case.
    """

    missed: float
    held: float
    cheap: float


PROMISES: Final[Mapping[Caution, Promise]] = {
    Caution.CAUTIOUS: Promise(missed=0.25, held=0.15, cheap=0.02),
    Caution.BALANCED: Promise(missed=0.4, held=0.06, cheap=0.01),
    Caution.PERMISSIVE: Promise(missed=0.6, held=0.03, cheap=0.005),
}


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
    caught = _certified_hold(harmful, promise.missed)
    affordable = _affordable_hold(harmless, promise.held)
    if caught is not None and caught >= affordable:
        hold_at, note = min(caught, _affordable_hold(harmless, promise.cheap)), ""
    else:
        hold_at = affordable
        missed = upper_bound(_below(harmful, hold_at), harmful.size, CONFIDENCE)
        note = (
            f"Up to {missed:.0%} of such comments may be approved ({harmful.size} labelled ones were tested); "
            f"catching {1 - promise.missed:.0%} would hold more than {promise.held:.0%} of the harmless ones."
        )
    return ThresholdOf(
        hold_at=round(min(hold_at, reject_at or 1.0), 6),
        reject_at=None if reject_at is None else round(reject_at, 6),
        is_certified=not note,
        note=note,
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


def _certified_hold(harmful: NDArray[np.floating], missed: float) -> float | None:
    """Walk from lax to strict: the highest threshold below which at most `missed` of the positives fall."""
    found = None
    for candidate in CANDIDATES[::-1]:
        if upper_bound(_below(harmful, candidate), harmful.size, CONFIDENCE) > missed:
            break
        found = float(candidate)
    return found


def _affordable_hold(harmless: NDArray[np.floating], held: float) -> float:
    """Return the lowest candidate that holds at most a share `held` of the harmless ones."""
    fitting = [one for one in CANDIDATES if harmless.size - _below(harmless, one) <= held * harmless.size]
    return float(min(fitting)) if fitting else float(CANDIDATES[0])
