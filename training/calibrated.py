"""Whether the candidate's scores are the probabilities that they claim to be, on decisions held out.

What was drawn for a check counts for one over its probability, as it stands for the comments that nobody looked at.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import GateLine
from training.teach import examples_of
from training.trial import Floats, Trial, present, resamples

BINS: Final = 10
MARGIN: Final = 0.02  # Of the error, and of the mean score beside the share of positives.
RESAMPLES: Final = 200
FEWEST: Final = 20  # Positives and negatives.
FEWEST_EFFECTIVE: Final = 200.0  # Rows of equal weight that tell as much (Kish 1965).


class Fit(NamedTuple):
    """How far scores are from shares, weighted: the expected calibration error, the mean score, the share observed."""

    error: float
    mean: float
    share: float


def says_what_it_means(trial: Trial) -> Sequence[GateLine]:
    """Check, label by label, that the error grows by no more than a margin and the mean score is near the share.

    A label is judged where the decisions held out have enough of it. What is chance is let pass: a difference counts
    when 95 % of the resamples have it.
    """
    rows = trial.split.test
    before, after = (1 / (1 + np.exp(-logits)) for logits in (trial.base_logits(rows), trial.tested_logits(rows)))
    if trial.newer is not None and trial.newer.size == rows.size:
        before = 1 / (1 + np.exp(-trial.champion_logits(rows)))
    weights = present(trial, rows)[rows] / trial.lessons.chances[rows]
    drawn = list(islice(resamples(trial, rows), RESAMPLES))
    judged = []
    for column, label in enumerate(trial.labels):
        examples = examples_of(trial.lessons, label.value, present(trial, rows)).only(rows)
        own = weights * (examples.weights > 0)
        if has_enough(examples.values, own):
            judged.append((label.value, *compare(before[:, column], after[:, column], examples.values, own, drawn)))
    need = f"≤ {100 * MARGIN:g} points worse, mean within {100 * MARGIN:g}"
    if not judged:
        detail = (
            f"too few decisions held out to tell: a label needs {FEWEST} that have it, {FEWEST} that do not, and as "
            f"much weight as {FEWEST_EFFECTIVE:g} equal ones"
        )
        return [GateLine(check="calibration", passed=True, value=None, need=need, detail=detail)]
    name, was, now, is_worse = max(judged, key=lambda one: (one[3], one[2].error - one[1].error))
    return [
        GateLine(
            check="calibration",
            passed=not is_worse,
            value=round(100 * (now.error - was.error), 2),
            need=need,
            detail=f"the error of {name}, the worst of {len(judged)} labels, is {100 * now.error:.1f} points, "
            f"{100 * was.error:.1f} before; scores are {now.mean:.1%} on average where {now.share:.1%} have the label",
        )
    ]


def compare(
    before: Floats, after: Floats, values: Floats, weights: Floats, drawn: Sequence[Floats]
) -> tuple[Fit, Fit, bool]:
    """Return how well two kinds of scores fit, and whether the later ones are clearly worse than they may be.

    Args:
        drawn: how often each row is drawn, resample by resample.
    """
    was, now = fit_of(before, values, weights), fit_of(after, values, weights)
    gap = abs(now.mean - now.share)
    if now.error - was.error <= MARGIN and gap <= MARGIN:
        return was, now, False
    errors, gaps = [], []
    for counts in drawn:
        old, new = (fit_of(scores, values, weights * counts) for scores in (before, after))
        errors.append(new.error - old.error)
        gaps.append(new.mean - new.share)
    is_worse = float(np.quantile(errors, 0.05)) > 0 and now.error - was.error > MARGIN
    low, high = np.quantile(gaps, (0.025, 0.975))
    is_off = gap > MARGIN and gap > abs(was.mean - was.share) and not low <= 0 <= high
    return was, now, bool(is_worse or is_off)


def has_enough(values: Floats, weights: Floats) -> bool:
    """Return whether rows can tell: enough of both classes, and not all weight on a few."""
    positive, known = values >= 0.5, weights > 0
    if min((positive & known).sum(), (~positive & known).sum()) < FEWEST:
        return False
    return bool(weights.sum() ** 2 / np.square(weights).sum() >= FEWEST_EFFECTIVE)


def fit_of(scores: Floats, values: Floats, weights: Floats) -> Fit:
    """Return how far scores are from what was said of the rows, over bins of equal weight."""
    total = weights.sum()
    if not total:
        return Fit(0.0, 0.0, 0.0)
    order = np.argsort(scores, kind="stable")
    heavy: NDArray[np.float64] = weights[order]
    # Which bin the middle of a row's weight lies in.
    bins = np.minimum(((np.cumsum(heavy) - heavy / 2) / total * BINS).astype(np.int64), BINS - 1)
    off = np.bincount(bins, heavy * (scores[order] - values[order]), minlength=BINS)
    mean, share = float(weights @ scores / total), float(weights @ values / total)
    return Fit(float(np.abs(off).sum() / total), mean, share)
