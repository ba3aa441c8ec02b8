"""Bootstrap intervals of a set's figures."""

import time
from statistics import mean

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluate import measure
from training.intervals import Interval, intervals


def _width(one: Interval) -> float:
    return one.high - one.low


def _set(rows: int, seed: int = 3, *, digits: int = 6) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    chance = np.random.default_rng(seed)
    positive = np.arange(rows) < rows // 4
    return np.round(chance.normal(np.where(positive, 1.5, 0.0), 1.0), digits), positive


@pytest.mark.parametrize("digits", [6, 1, 0])
@pytest.mark.parametrize("rows", [40, 2_000])
def test_the_estimates_are_those_of_the_evaluation_and_lie_within(rows: int, digits: int) -> None:
    scores, positive = _set(rows, digits=digits)
    found = intervals(scores, positive, 1)
    measured = measure(scores, positive)
    for one, expected in (
        (found.auc, measured.auc),
        (found.average_precision, measured.average_precision),
        (found.recall_at_1, measured.recall_at_1),
        (found.recall_at_5, measured.recall_at_5),
    ):
        assert one.estimate == pytest.approx(expected, abs=1e-4)
        assert 0 <= one.low <= one.estimate <= one.high <= 1


def test_the_order_of_rows_does_not_matter_to_estimates() -> None:
    scores, positive = _set(500)
    order = np.random.default_rng(2).permutation(500)
    assert intervals(scores[order], positive[order], 1).auc.estimate == intervals(scores, positive, 1).auc.estimate


def test_the_same_seed_gives_the_same_intervals() -> None:
    scores, positive = _set(500)
    assert intervals(scores, positive, 1) == intervals(scores, positive, 1)
    assert intervals(scores, positive, 1) != intervals(scores, positive, 2)


def test_more_rows_make_narrower_intervals() -> None:
    few, many = (intervals(*_set(rows), 1) for rows in (200, 5_000))
    assert _width(many.auc) < _width(few.auc) / 2
    assert _width(many.recall_at_5) < _width(few.recall_at_5) / 2


def _auc(seed: int) -> Interval:
    return intervals(*_set(400, seed), seed, resamples=100).auc


def test_most_intervals_hold_the_truth() -> None:
    truth = 0.8556  # Of two normal distributions 1.5 apart: Φ(1.5 / √2).
    held = [one.low <= truth <= one.high for one in map(_auc, range(100))]
    assert mean(held) >= 0.88


def test_two_thousand_rows_take_well_under_a_second() -> None:
    scores, positive = _set(2_000)
    start = time.perf_counter()
    intervals(scores, positive, 1, resamples=200)
    assert time.perf_counter() - start < 0.7


@pytest.mark.parametrize("positive", [np.zeros(5, np.bool_), np.ones(5, np.bool_)])
def test_one_class_alone_is_refused(positive: NDArray[np.bool_]) -> None:
    with pytest.raises(ValueError, match="both"):
        intervals(np.arange(5.0), positive, 1)


def test_an_interval_reads_well() -> None:
    assert str(Interval(estimate=0.9123, low=0.89, high=0.93)) == "0.912 (0.890–0.930)"
