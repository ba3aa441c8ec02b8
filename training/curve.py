"""The risk-coverage curve: what more automation costs, on rows that the model was not fitted on."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import Curve, Point
from training.approval import Counted, Risk, Stand, risk_from, risk_of, shares

STEPS: Final = 24  # Points of each of the two lists.
SUREST: Final = 6.0  # Log odds from which on the first point is decided.
_DIGITS: Final = 5


def risk_coverage(stand: Stand, slopes: NDArray[np.floating], offsets: NDArray[np.floating]) -> Curve:
    """Return the curve at the stated shares of abuse and spam.

    Args:
        slopes: of the calibration, one a label; `offsets` likewise.
    """
    abuse, spam = shares(stand.labels)
    every = stand.candidates[:: max(1, -(-stand.candidates.shape[0] // STEPS))]
    nothing_held = np.full(every.shape[1], np.inf)
    return Curve(
        abuse=abuse,
        spam=spam,
        harmless_rows=stand.harmless.shape[0],
        breaking_rows=stand.abuse.shape[0] + stand.spam.shape[0],
        approved=[_point(risk_of(stand, one, abuse=abuse, spam=spam)) for one in (*every, nothing_held)],
        automated=_automated(stand, slopes, offsets),
    )


def _automated(stand: Stand, slopes: NDArray[np.floating], offsets: NDArray[np.floating]) -> list[Point]:
    """Return the error of deciding by the highest calibrated score, the surest first: reject from even odds on."""
    abuse, spam = shares(stand.labels)
    kinds = [(stand.abuse, abuse, False), (stand.spam, spam, False), (stand.harmless, 1 - abuse - spam, True)]
    odds = [((rows * slopes + offsets).max(axis=1), weight, is_fine) for rows, weight, is_fine in kinds if weight > 0]
    points = []
    for surer in np.linspace(SUREST, 0.0, STEPS):
        wrong, right = [], []
        for found, weight, is_fine in odds:
            approved = Counted(int((found <= -surer).sum()), found.size, weight)
            rejected = Counted(int((found > surer).sum()), found.size, weight)
            wrong.append(rejected if is_fine else approved)
            right.append(approved if is_fine else rejected)
        points.append(_point(risk_from(wrong, right)))
    return points


def _point(found: Risk) -> Point:
    return Point(*(round(value, _DIGITS) for value in found))
