"""From which score on one passage of a text is worth a person's look, however low the whole text scores."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from moderator.classifier.model import Model
from moderator.classifier.passages import highest_logits
from moderator.domain.scoring import Caution, Label
from training import calibrate
from training.corpora import Row

# Shares of harmless comments that may be held for a passage alone. Other labels are parts of `toxic`, or too rare for
# a score of sixteen words to mean something.
HELD: Final = {Label.TOXIC: 0.015, Label.THREAT: 0.002, Label.SPAM: 0.002}
_DIGITS: Final = 6


def choose_limits(model: Model, valid: Sequence[Row]) -> dict[Label, float]:
    """Return for some labels the score that only so many passages of harmless comments reach.

    Args:
        model: calibrated, with its thresholds: what these hold already costs nothing more.
        valid: rows that the model was not fitted on and that may be shipped.
    """
    logits = model.logits_of_many([row.text for row in valid])
    bounds = model.thresholds(Caution.BALANCED)
    hold_from = np.array([_logit(bounds[label].hold_at) for label in model.labels])
    held = np.asarray((logits >= hold_from).any(axis=1))
    found = [highest_logits(model, row.text) for row in valid]
    limits: dict[Label, float] = {}
    for column, label in enumerate(model.labels):
        if label not in HELD:
            continue
        rows, positive, breaks_rules = calibrate.choose_rows(valid, label)
        harmless = rows[~(positive | breaks_rules)]
        passed = (own[column] for number in harmless if not held[number] and (own := found[number]) is not None)
        falling = np.sort(np.fromiter(passed, np.float64))[::-1]
        allowed = int(HELD[label] * harmless.size)
        if allowed < falling.size:
            # Half way between the last passage that is held and the first that is not.
            limit = falling[max(0, allowed - 1) : allowed + 1].mean()
            limits[label] = round(float(1 / (1 + np.exp(-limit))), _DIGITS)
    return limits


def _logit(score: float) -> float:
    return float(np.log(score / (1 - score))) if score < 1 else np.inf
