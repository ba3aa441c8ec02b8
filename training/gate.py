"""The conditions that a version must meet before it takes the champion's place, each a line with its numbers.

A check is a function from `Trial` to lines; `CHECKS` is their order. All are run, so that a refusal says all that is
wrong at once.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from moderator.classifier.manifest import GateLine, Metric
from training import evaluate, trigger
from training.attacked import withstands_as_much
from training.calibrated import says_what_it_means
from training.certificates import keeps_promises
from training.examples import keeps_golden_verdicts
from training.excuses import Approved
from training.fairness import treats_groups_alike
from training.flips import changes_little
from training.lessons import LABELS
from training.recall import FEWEST_OF_CLASS, finds_as_much, is_worth_having
from training.trial import Check as Check
from training.trial import Trial as Trial
from training.trial import ruled


def run_gate(trial: Trial, checks: Sequence[Check]) -> list[GateLine]:
    """Return every line of every check."""
    return [line for check in checks for line in check(trial)]


def has_enough_labels(trial: Trial) -> Sequence[GateLine]:
    """Check that the decisions held out can tell anything."""
    is_rejected, _ = ruled(trial, trial.split.test)
    rejected, approved = int(is_rejected.sum()), int((~is_rejected).sum())
    return [
        GateLine(
            check="labels",
            passed=min(rejected, approved) >= FEWEST_OF_CLASS,
            value=min(rejected, approved),
            need=f"≥ {FEWEST_OF_CLASS}",
            detail=f"{approved:,} approved and {rejected:,} rejected among the newest decisions, which test; "
            f"{trial.split.fit.size:,} older ones fit, "
            f"{trial.split.aside.size:,} of the same authors or texts are left out",
        )
    ]


def hides_nothing(trial: Trial) -> Sequence[GateLine]:
    """Check that there is no phrase beside which abuse passes that the base would hold.

    Beside the base, not beside the version in use: a phrase may be planted night by night, a little each time.
    """
    is_rejected, rows = ruled(trial, np.arange(len(trial.lessons)))
    rows = rows[~is_rejected]
    usual = float((trial.base_margins(rows) >= 0).mean()) if rows.size else 0.0
    approved = Approved(trial.lessons.features, rows, trial.base.model)
    return [trigger.check(trial.base.model, trial.candidate.model, trial.lessons.witnesses, approved, usual)]


CHECKS: Final[Sequence[Check]] = (
    has_enough_labels,
    finds_as_much,
    is_worth_having,
    says_what_it_means,
    keeps_golden_verdicts,
    treats_groups_alike,
    withstands_as_much,
    hides_nothing,
    keeps_promises,
    changes_little,
)


def metrics(trial: Trial) -> dict[str, dict[str, Metric]]:
    """Return the figures of each label on the decisions held out, where there are enough of both classes."""
    rows = trial.split.test
    scores = 1 / (1 + np.exp(-trial.tested_logits(rows)))
    found = {}
    for column, label in enumerate(trial.labels):
        values = trial.lessons.values[rows, LABELS.index(label.value)]
        is_known = ~np.isnan(values)
        positive = values[is_known] >= 0.5
        if evaluate.FEWEST <= positive.sum() <= positive.size - evaluate.FEWEST:
            found[label.value] = {"newest decisions": evaluate.measure(scores[is_known, column], positive)}
    return found
