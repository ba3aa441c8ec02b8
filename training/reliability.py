"""Whether scores are the probabilities that they claim to be, group by group."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import ScoreGroup
from moderator.domain.workbench import wilson

BINS: Final = 10


def group(scores: NDArray[np.floating], positive: NDArray[np.bool_], *, prior: float | None = None) -> list[ScoreGroup]:
    """Return ten groups of equal size by score: the mean score of each, and what share of it is positive.

    Args:
        prior: the share of positives that the scores assume. With it the shares observed are those that a site with
            that share would see, not those of a test set that holds more or fewer.
    """
    order = np.argsort(scores, kind="stable")
    of_set = float(positive.mean()) if positive.size else 0.0
    found = []
    for part in np.array_split(order, BINS):
        if not part.size:
            continue
        rate = wilson(float(positive[part].mean()), part.size)
        low, observed, high = (_at_prior(share, of_set, prior) for share in (rate.low, rate.share, rate.high))
        mean = float(scores[part].mean())
        found.append(ScoreGroup(predicted=mean, observed=observed, low=low, high=high, rows=part.size))
    return found


def _at_prior(share: float, of_set: float, prior: float | None) -> float:
    """Return a share of positives as it is where a comment is positive with another probability."""
    if prior is None or not 0 < of_set < 1:
        return share
    more, fewer = share * (prior / of_set), (1 - share) * ((1 - prior) / (1 - of_set))
    return more / (more + fewer)
