"""From logits of the valid rows to all that a version promises: calibration, thresholds, certificates, the curve."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import Approval, CalibrationOf, Curve, LanguageOf, ThresholdOf
from moderator.domain.scoring import Caution, Label
from training import approval, calibrate, thresholds
from training.corpora import BadData, Row
from training.curve import risk_coverage
from training.exact import upper_bound
from training.languages import carry_over

Tick = Callable[[int, int], object]
_DIGITS: Final = 6


class Promises(NamedTuple):
    """What the manifest says of calibration and thresholds."""

    calibration: dict[Label, CalibrationOf]
    thresholds: dict[Caution, dict[Label, ThresholdOf]]
    approvals: dict[Caution, Approval]
    curve: Curve
    by_language: dict[str, LanguageOf]


def make_promises(valid: Sequence[Row], logits: NDArray[np.floating], labels: Sequence[Label], tick: Tick) -> Promises:
    """Calibrate, choose thresholds and test them.

    Args:
        valid: rows that the model was not fitted on and that may be shipped.
        logits: theirs, before calibration, shape (rows, labels).

    Raises:
        BadData: a label has not both classes.
    """
    valid_rows = list(valid)
    calibration: dict[Label, CalibrationOf] = {}
    rejections: dict[Label, thresholds.Rejection] = {}
    for column, label in enumerate(labels):
        calibration[label], rejections[label] = _of_label(valid_rows, logits[:, column], label)
        tick(column + 1, len(labels))
    stand = approval.stand_of(valid_rows, logits, labels)
    abuse, spam = approval.shares(labels)
    kept = approval.walk(stand, stand.candidates, abuse=abuse, spam=spam)
    chosen = {caution: approval.choose_level(stand, kept, price) for caution, price in approval.LEVELS.items()}
    scale = Scale(tuple(labels), calibration)
    missed = {caution: _missed(valid_rows, logits, labels, stand.candidates[one]) for caution, one in chosen.items()}
    return Promises(
        calibration=calibration,
        thresholds={
            caution: {
                label: _threshold(scale, label, hold_at, rejections[label], missed[caution][label])
                for label, hold_at in scale.scores(stand.candidates[one]).items()
            }
            for caution, one in chosen.items()
        },
        approvals={
            caution: approval.describe(
                stand,
                stand.candidates[one],
                approval.LEVELS[caution],
                is_certified=one < kept,
                abuse=abuse,
                spam=spam,
            )
            for caution, one in chosen.items()
        },
        curve=risk_coverage(stand, *scale.parameters()),
        by_language=carry_over(valid_rows, logits, stand, chosen, scale.scores),
    )


class Scale(NamedTuple):
    """From logits to the scores that a site sees."""

    labels: tuple[Label, ...]
    calibration: dict[Label, CalibrationOf]

    def parameters(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return slopes and offsets, one a label."""
        found = [self.calibration[label] for label in self.labels]
        return np.array([one.slope for one in found]), np.array([one.offset for one in found])

    def scores(self, logits: NDArray[np.floating]) -> dict[Label, float]:
        """Return the calibrated scores of logits, one a label."""
        slopes, offsets = self.parameters()
        scores = 1 / (1 + np.exp(-np.clip(slopes * logits + offsets, -700, 700)))
        return dict(zip(self.labels, scores.tolist(), strict=True))


def _of_label(
    valid: Sequence[Row], logits: NDArray[np.floating], label: Label
) -> tuple[CalibrationOf, thresholds.Rejection]:
    chosen = calibrate.choose_rows(valid, label)
    rows, positive, breaks_rules = chosen
    if not positive.any() or positive.all():
        raise BadData(f"The valid split has not both positive and negative rows of {label}.")
    prior = calibrate.PRIORS[label]
    own = logits[rows]
    weights = calibrate.weigh([valid[row].source for row in rows], positive)
    found = calibrate.calibrate(own, positive, prior, calibrate.as_on_a_site(weights, chosen, label))
    choosing = np.array([thresholds.is_choosing(valid[row]) for row in rows])
    harmless = ~(positive | breaks_rules)
    start = thresholds.start_of(own[positive & choosing], own[harmless & choosing], prior)
    rejection = thresholds.find_rejection(own[positive & ~choosing], own[harmless & ~choosing], prior, start=start)
    return CalibrationOf(slope=found.slope, offset=found.offset, prior=prior), rejection


def _threshold(
    scale: Scale, label: Label, hold_at: float, rejection: thresholds.Rejection, missed: float
) -> ThresholdOf:
    hold_at = approval.as_threshold(hold_at)
    if rejection.reject_at is None:
        # Of more rows a part would choose again.
        needed = rejection.needed
        if needed is not None:
            needed = -(-needed * thresholds.CHOOSE_ONE_OF // (thresholds.CHOOSE_ONE_OF - 1))
        return ThresholdOf(
            hold_at=hold_at, is_certified=False, needed=needed, missed=round(missed, 4), note=_note(needed)
        )
    every = np.full(len(scale.labels), rejection.reject_at)
    reject_at = round(scale.scores(every)[label] + 0.5 * 10**-_DIGITS, _DIGITS)
    return ThresholdOf(hold_at=min(hold_at, reject_at), reject_at=reject_at, missed=round(missed, 4))


def _note(needed: int | None) -> str:
    if needed is None:
        return "Rejects nothing: there are too few labelled positives to promise anything."
    return (
        f"Rejects nothing: {needed:,} more labelled harmless comments, none of them scoring as high, would certify "
        f"that at least {thresholds.PRECISION:.0%} of what it rejects breaks the rules."
    )


def _missed(
    valid: Sequence[Row], logits: NDArray[np.floating], labels: Sequence[Label], hold_from: NDArray[np.floating]
) -> dict[Label, float]:
    """Return, for each label, the upper bound of the share of its positives that the whole policy approves."""
    held = approval.is_held(logits, hold_from)
    found = {}
    for label in labels:
        rows, positive, _ = calibrate.choose_rows(valid, label)
        approved = int((~held[rows[positive]]).sum())
        found[label] = upper_bound(approved, int(positive.sum()))
    return found
