"""Figures of scores against the truth."""

import numpy as np
import pytest

from moderator.domain.scoring import Label
from training.corpora import Row
from training.evaluate import calibration_error, evaluate, measure, recall_at


def test_perfect_scores_have_perfect_figures() -> None:
    positive = np.arange(200) >= 100
    found = measure(positive.astype(np.float64), positive)
    assert (found.rows, found.positives) == (200, 100)
    assert (found.auc, found.average_precision, found.recall_at_1, found.recall_at_5) == (1, 1, 1, 1)
    assert found.calibration_error == 0


def test_recall_is_taken_at_the_stated_share_of_false_positives() -> None:
    scores = np.concatenate((np.linspace(0, 1, 100), np.full(50, 0.97), np.full(50, 0.5)))
    positive = np.arange(200) >= 100
    assert recall_at(scores, positive, 0.05) == 0.5
    assert recall_at(scores, positive, 0.01) == 0.0
    assert recall_at(scores, positive, 0.9) == 1.0


def test_calibration_error_is_the_mean_distance_from_the_truth() -> None:
    positive = np.tile([True, False, False, False], 100)
    assert calibration_error(np.full(400, 0.25), positive) == pytest.approx(0, abs=0.02)
    assert calibration_error(np.full(400, 0.75), positive) == pytest.approx(0.5, abs=0.02)


def test_sets_with_too_few_of_a_class_have_no_figures() -> None:
    def row(number: int, source: str, **labels: float) -> Row:
        return Row(id=str(number), source=source, lang="en", domain="news", text="t", split="test", labels=labels)

    corpus = [row(n, "large", toxic=n % 2) for n in range(40)] + [row(n, "small", toxic=n % 2) for n in range(8)]
    figures = evaluate(corpus, np.linspace(0, 1, 48).reshape(-1, 1), [Label.TOXIC])
    assert list(figures["toxic"]) == ["large"]
