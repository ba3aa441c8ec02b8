"""Scores that are no probabilities are refused; chance is not, and too few rows tell nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.calibrated import compare, fit_of, has_enough

CHANCE = np.random.default_rng(7)
DRAWN = [np.bincount(CHANCE.integers(2_000, size=2_000), minlength=2_000).astype(float) for _ in range(200)]


def _site(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return true probabilities, and what people said."""
    chance = np.random.default_rng(seed)
    truth = chance.beta(0.6, 3.0, 2_000)
    return truth, (chance.random(2_000) < truth).astype(np.float64)


def test_true_probabilities_pass_and_have_a_small_error() -> None:
    truth, values = _site(1)
    was, now, is_worse = compare(truth, truth, values, np.ones(2_000), DRAWN)
    assert not is_worse
    assert was == now
    assert now.error < 0.03
    assert now.mean == pytest.approx(now.share, abs=0.02)


@pytest.mark.parametrize("wrong", [lambda truth: truth * 0.5, lambda truth: np.minimum(1, truth * 2), np.sqrt])
def test_scores_that_say_too_little_or_too_much_are_refused(wrong: object) -> None:
    truth, values = _site(2)
    _, now, is_worse = compare(truth, wrong(truth), values, np.ones(2_000), DRAWN)  # type: ignore[operator]
    assert is_worse
    assert now.error > 0.05


def test_a_candidate_that_is_nearer_passes_however_bad_it_still_is() -> None:
    truth, values = _site(3)
    *_, is_worse = compare(np.minimum(1, truth * 3), np.minimum(1, truth * 2), values, np.ones(2_000), DRAWN)
    assert not is_worse


def test_honest_candidates_are_hardly_ever_refused() -> None:
    refused = 0
    for seed in range(100):
        truth, values = _site(seed)
        noisy = np.clip(truth + np.random.default_rng(seed).normal(0, 0.01, 2_000), 0, 1)
        refused += compare(truth, noisy, values, np.ones(2_000), DRAWN[:50])[2]
    assert refused <= 5


def test_what_was_drawn_for_a_check_counts_for_those_that_were_not() -> None:
    """Half of the rows stand for fifty others each; the score is right for these and wrong for the rest."""
    values = np.array([0.0] * 100 + [1.0] * 100)
    scores = np.array([0.0] * 100 + [0.5] * 100)
    weights = np.array([50.0] * 100 + [1.0] * 100)
    assert fit_of(scores, values, np.ones(200)).error == pytest.approx(0.25)
    weighted = fit_of(scores, values, weights)
    assert weighted.error == pytest.approx(0.5 * 100 / 5_100, rel=0.01)
    assert weighted.share == pytest.approx(100 / 5_100)


def test_too_few_rows_or_all_weight_on_a_few_tell_nothing() -> None:
    values = np.array([0.0, 1.0] * 200)
    assert has_enough(values, np.ones(400))
    assert not has_enough(values, np.where(np.arange(400) < 30, 1.0, 0.0))
    assert not has_enough(np.zeros(400), np.ones(400))
    assert not has_enough(values, np.where(np.arange(400) < 8, 1_000.0, 1.0))
    assert fit_of(values, values, np.zeros(400)).error == 0
