"""Thresholds keep their promise far more often than they break it, and are not issued without evidence."""

import numpy as np
import pytest
from scipy.stats import binom

from moderator.domain.scoring import Caution, Label
from training import thresholds
from training.thresholds import CONFIDENCE, PRECISION, Promise, choose, lower_bound, upper_bound

PRIOR = 0.15
PROMISE = Promise(held=0.06, missed=0.4)


def _site(rows: int, seed: int, separation: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Scores and truth of a made site with a share PRIOR of positives, well calibrated."""
    chance = np.random.default_rng(seed)
    positive = chance.random(rows) < PRIOR
    logits = chance.normal(np.where(positive, separation / 2, -separation / 2), 1.0) * separation
    return 1 / (1 + np.exp(-(logits + np.log(PRIOR / (1 - PRIOR))))), positive


def test_bounds_are_exact() -> None:
    for events, trials in ((0, 59), (3, 100), (40, 50)):
        upper, lower = upper_bound(events, trials, 0.95), lower_bound(events, trials, 0.95)
        assert binom.cdf(events, trials, upper) == pytest.approx(0.05)
        if events:
            assert binom.sf(events - 1, trials, lower) == pytest.approx(0.05)
    assert upper_bound(5, 5, 0.95) == 1
    assert lower_bound(0, 5, 0.95) == 0


def test_promises_are_broken_at_most_as_often_as_the_confidence_allows() -> None:
    test_scores, test_positive = _site(200_000, seed=0)
    issued = broken = missed = 0
    rounds = 120
    for seed in range(1, rounds + 1):
        scores, positive = _site(3_000, seed)
        found = choose(scores, positive, positive, PRIOR, PROMISE)
        if found.reject_at is not None:
            issued += 1
            rejected = test_scores >= found.reject_at
            broken += bool(test_positive[rejected].mean() < PRECISION)
        if found.is_certified:
            missed += bool((test_scores[test_positive] < found.hold_at).mean() > PROMISE.missed)
    allowed = binom.ppf(0.999, rounds, 1 - CONFIDENCE)
    assert issued > rounds / 2
    assert broken <= allowed
    assert missed <= allowed


def test_without_evidence_nothing_is_rejected() -> None:
    scores, positive = _site(200, seed=3)
    assert choose(scores, positive, positive, PRIOR, PROMISE).reject_at is None


def test_scores_that_tell_nothing_keep_the_price_and_say_what_is_missed() -> None:
    chance = np.random.default_rng(7)
    scores, positive = chance.random(4_000), chance.random(4_000) < PRIOR
    found = choose(scores, positive, positive, PRIOR, PROMISE)
    assert not found.is_certified
    assert "may be approved" in found.note
    assert 0.5 * PROMISE.held < (scores[~positive] >= found.hold_at).mean() <= PROMISE.held


def test_rows_that_break_other_rules_are_no_mistakes() -> None:
    scores, positive = _site(3_000, seed=11)
    noisy = positive.copy()
    noisy[np.flatnonzero(positive)[::2]] = False  # Half of what breaks the rules has another label.
    strict = choose(scores, noisy, noisy, PRIOR, PROMISE)
    fair = choose(scores, noisy, positive, PRIOR, PROMISE)
    assert strict.reject_at is None
    assert fair.reject_at is not None


def test_caution_lowers_the_threshold() -> None:
    scores, positive = _site(3_000, seed=12, separation=2.0)
    promises = [thresholds.promise_for(caution, Label.TOXIC) for caution in Caution]
    bounds = [choose(scores, positive, positive, PRIOR, promise).hold_at for promise in promises]
    assert bounds == sorted(bounds)


def test_rarer_labels_cost_less() -> None:
    for caution in Caution:
        assert thresholds.promise_for(caution, Label.THREAT).held < thresholds.promise_for(caution, Label.TOXIC).held
