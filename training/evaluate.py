"""How well scores tell positives from negatives, set by set."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from moderator.classifier.manifest import Metric
from moderator.domain.scoring import Label
from training.corpora import Row

FEWEST: Final = 10  # Positives and negatives that a set needs before a figure says anything.
BINS: Final = 15


def recall_at(scores: NDArray[np.floating], positive: NDArray[np.bool_], false_positives: float) -> float:
    """Return the share of positives above the threshold that lets through a given share of negatives."""
    negatives = np.sort(scores[~positive])[::-1]
    threshold = negatives[min(negatives.size - 1, int(false_positives * negatives.size))]
    return float((scores[positive] > threshold).mean())


def calibration_error(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over bins of equal size."""
    order = np.argsort(scores, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if part.size]
    gaps = [abs(float(scores[part].mean()) - float(positive[part].mean())) * part.size for part in bins]
    return float(sum(gaps) / scores.size)


def measure(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> Metric:
    """Return the figures of one label on one set. Both classes must be there."""
    return Metric(
        rows=int(positive.size),
        positives=int(positive.sum()),
        auc=round(float(roc_auc_score(positive, scores)), 4),
        average_precision=round(float(average_precision_score(positive, scores)), 4),
        recall_at_1=round(recall_at(scores, positive, 0.01), 4),
        recall_at_5=round(recall_at(scores, positive, 0.05), 4),
        calibration_error=round(calibration_error(scores, positive), 4),
    )


def evaluate(
    corpus: Sequence[Row], scores: NDArray[np.floating], labels: Sequence[Label]
) -> Mapping[str, dict[str, Metric]]:
    """Return the figures of each label on each source of a corpus that has enough of both classes.

    Args:
        scores: calibrated scores, shape (rows, labels).
    """
    figures: dict[str, dict[str, Metric]] = {}
    for column, label in enumerate(labels):
        by_source: dict[str, list[int]] = {}
        for number, row in enumerate(corpus):
            if label in row.labels:
                by_source.setdefault(row.source, []).append(number)
        found = {}
        for source, rows in sorted(by_source.items()):
            positive = np.array([bool(corpus[number].is_positive(label)) for number in rows])
            if FEWEST <= positive.sum() <= positive.size - FEWEST:
                found[source] = measure(scores[rows, column], positive)
        figures[label.value] = found
    return figures
