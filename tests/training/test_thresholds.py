"""Rejections keep their promise on all but a few made sites, and are not issued without evidence."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from mapie.risk_control import BinaryClassificationController
from scipy.stats import binom

from training.corpora import Row
from training.exact import CONFIDENCE, fixed_sequence, upper_bound
from training.thresholds import PRECISION, find_rejection, is_choosing, start_of

PRIOR = 0.15
SITES = 500


def _site(rows: int, seed: int, separation: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits and truth of a made site with a share PRIOR of positives."""
    chance = np.random.default_rng(seed)
    positive = chance.random(rows) < PRIOR
    return chance.normal(np.where(positive, separation / 2, -separation / 2), 1.0) * 2, positive


def _true_precision() -> Callable[[float], float]:
    logits, positive = _site(1_000_000, seed=0)
    harmful, harmless = np.sort(logits[positive]), np.sort(logits[~positive])

    def precision(threshold: float) -> float:
        right = harmful.size - int(np.searchsorted(harmful, threshold))
        return right / (right + harmless.size - int(np.searchsorted(harmless, threshold)))

    return precision


def _looks_good(logits: np.ndarray, positive: np.ndarray) -> float:
    """The laxest threshold with enough precision on the rows that it is chosen on."""
    order = np.argsort(-logits)
    shares = np.cumsum(positive[order]) / np.arange(1, logits.size + 1)
    return float(logits[order[np.flatnonzero(shares >= PRECISION).max()]])


def _find(logits: np.ndarray, positive: np.ndarray, choosing: np.ndarray) -> float | None:
    start = start_of(logits[positive & choosing], logits[~positive & choosing], PRIOR)
    return find_rejection(logits[positive & ~choosing], logits[~positive & ~choosing], PRIOR, start=start).reject_at


def test_promises_are_broken_at_most_as_often_as_the_confidence_allows_and_looking_good_breaks_every_other() -> None:
    precision = _true_precision()
    issued = broken = naively_broken = 0
    for seed in range(1, SITES + 1):
        logits, positive = _site(5_000, seed)
        choosing = np.arange(logits.size) % 3 == 0
        found = _find(logits, positive, choosing)
        if found is not None:
            issued += 1
            broken += precision(found) < PRECISION
        naively_broken += precision(_looks_good(logits, positive)) < PRECISION
    print(issued, broken, naively_broken)
    assert issued > SITES / 2
    assert broken <= (1 - CONFIDENCE) * SITES
    assert 0.4 < naively_broken / SITES < 0.7


def test_without_evidence_nothing_is_rejected() -> None:
    logits, positive = _site(300, seed=3)
    assert _find(logits, positive, np.arange(300) % 3 == 0) is None


def test_as_many_more_harmless_rows_as_it_says_certify_a_rejection() -> None:
    harmful, harmless = np.array([5.0] * 100), np.array([-5.0] * 50)
    start = start_of(harmful, harmless, PRIOR)
    needed = find_rejection(harmful, harmless, PRIOR, start=start).needed
    assert needed
    for more, issued in ((needed - 1, False), (needed, True)):
        enough = np.concatenate((harmless, np.full(more, -5.0)))
        assert (find_rejection(harmful, enough, PRIOR, start=start).reject_at is not None) is issued


def test_a_walk_from_the_very_top_issues_nothing() -> None:
    logits, positive = _site(30_000, seed=3)
    assert find_rejection(logits[positive], logits[~positive], PRIOR).reject_at is None
    assert _find(logits, positive, np.arange(30_000) % 3 == 0) is not None


def test_scores_that_tell_nothing_reject_nothing() -> None:
    chance = np.random.default_rng(7)
    logits, positive = chance.normal(0, 2, 4_000), chance.random(4_000) < PRIOR
    assert _find(logits, positive, np.arange(4_000) % 3 == 0) is None


def test_without_positives_no_number_of_rows_would_help() -> None:
    none = np.empty(0)
    assert find_rejection(none, np.zeros(10), PRIOR, start=start_of(none, np.zeros(10), PRIOR)) == (None, None)


def test_a_third_of_the_rows_chooses_always_the_same() -> None:
    rows = [
        Row(id=f"set:{number}", source="set", lang="en", domain="news", text="t", split="valid", labels={})
        for number in range(3_000)
    ]
    chosen = [is_choosing(row) for row in rows]
    assert chosen == [is_choosing(row) for row in reversed(rows)][::-1]
    assert binom.cdf(sum(chosen), 3_000, 1 / 3) == pytest.approx(0.5, abs=0.499)


@pytest.mark.parametrize(("risk", "target"), [("precision", 0.9), ("recall", 0.8), ("fpr", 0.1)])
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_our_walk_and_our_bounds_agree_with_mapie(risk: str, target: float, seed: int) -> None:
    logits, positive = _site(2_000, seed)
    scores = 1 / (1 + np.exp(-logits))
    # From where the promise is easiest to keep to where it is hardest; precision begins where enough is selected.
    candidates = np.linspace(0.2, 0.98, 40) if risk == "recall" else np.linspace(0.98, 0.2, 40)
    rejected = scores[:, np.newaxis] >= candidates
    if risk == "precision":
        wrong, of = (rejected & ~positive[:, np.newaxis]).sum(axis=0), rejected.sum(axis=0)
    elif risk == "recall":
        wrong, of = (~rejected & positive[:, np.newaxis]).sum(axis=0), np.full(40, positive.sum())
    else:
        wrong, of = (rejected & ~positive[:, np.newaxis]).sum(axis=0), np.full(40, (~positive).sum())
    allowed = target if risk == "fpr" else 1 - target
    ours = fixed_sequence(
        upper_bound(int(events), int(trials)) <= allowed for events, trials in zip(wrong, of, strict=True)
    )
    controller = BinaryClassificationController(
        lambda x: np.column_stack((1 - x[:, 0], x[:, 0])),
        risk=risk,
        target_level=target,
        confidence_level=CONFIDENCE,
        list_predict_params=candidates,
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        controller.calibrate(scores.reshape(-1, 1), positive.astype(int))
    assert 0 < ours < candidates.size
    assert sorted(controller.valid_predict_params) == sorted(candidates[:ours])
