"""What decisions teach stays near the base, and is exactly the base where they say nothing."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from training import anchored
from training.anchored import Examples

SCALES = np.ones(40, np.float32)


def _site(rows: int, seed: int = 1, *, columns: int = 40) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """Return features, base logits and values of a site where the first columns mean what the base does not know."""
    chance = np.random.default_rng(seed)
    dense = (chance.random((rows, columns)) < 0.15).astype(np.float32)
    base = chance.normal(-1, 1, rows)
    logits = base + 3.0 * dense[:, 0] + 3.0 * dense[:, 1] - 2.0 * dense[:, 2]
    values = (chance.random(rows) < 1 / (1 + np.exp(-logits))).astype(float)
    return csr_matrix(dense), base[:, np.newaxis], values


def _loss(logits: np.ndarray, values: np.ndarray) -> float:
    return float((np.logaddexp(0, logits) - values * logits).mean())


def test_it_learns_what_the_base_lacks() -> None:
    matrix, base, values = _site(800)
    fitted = anchored.fit(matrix, SCALES, Examples(values, np.ones(800)), base, np.ones(1), 1.0)
    assert set(np.argsort(-np.abs(fitted.delta))[:3]) == {0, 1, 2}
    others, other_base, other_values = _site(2_000, 2)
    after = fitted.logits(others, SCALES, other_base)
    assert _loss(after, other_values) < _loss(fitted.platt.apply(other_base), other_values) - 0.03


def test_the_gradient_is_the_losses_own() -> None:
    matrix, base, values = _site(60)
    chance = np.random.default_rng(3)
    weights, scales = chance.random(60), chance.random(40).astype(np.float32) + 0.5
    best = anchored.fit_delta(matrix, scales, Examples(values, weights), base[:, 0], 2.0)

    def objective(point: np.ndarray) -> float:
        logits = base[:, 0] + matrix @ (point * scales)
        losses = np.logaddexp(0, logits) - values * logits
        return float(2.0 * weights @ losses + 0.5 * point @ point)

    for _ in range(30):
        assert objective(best) <= objective(best + 0.02 * chance.normal(size=40)) + 1e-3


def test_a_column_that_never_occurs_keeps_the_bases_weight_exactly() -> None:
    matrix, base, values = _site(300)
    matrix = csr_matrix(matrix.multiply(np.arange(40) < 30))
    fitted = anchored.fit(matrix, SCALES, Examples(values, np.ones(300)), base, np.ones(1), 10.0)
    assert (fitted.delta[30:] == 0.0).all()
    assert (fitted.delta[:3] != 0.0).all()


def test_the_weaker_the_strength_the_nearer_the_base() -> None:
    matrix, base, values = _site(400)
    examples = Examples(values, np.ones(400))
    sizes = [
        float(np.abs(anchored.fit(matrix, SCALES, examples, base, np.ones(1), strength).delta).sum())
        for strength in anchored.STRENGTHS
    ]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize(("rows", "positives"), [(49, 20), (200, 9), (200, 191)])
def test_with_few_examples_only_the_offset_moves(rows: int, positives: int) -> None:
    matrix, base, _ = _site(rows)
    values = (np.arange(rows) < positives).astype(float)
    fitted = anchored.fit(matrix, SCALES, Examples(values, np.ones(rows)), base, np.ones(1), 1.0)
    assert (fitted.delta == 0).all()
    assert fitted.platt.slopes.tolist() == [1.0]
    assert fitted.platt.offset != 0.0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_one_class_alone_moves_nothing(value: float) -> None:
    matrix, base, _ = _site(300)
    fitted = anchored.fit(matrix, SCALES, Examples(np.full(300, value), np.ones(300)), base, np.ones(1), 1.0)
    assert np.array_equal(fitted.logits(matrix, SCALES, base), base[:, 0])


def test_rows_without_weight_teach_nothing() -> None:
    matrix, base, values = _site(600)
    weights = np.where(np.arange(600) < 300, 1.0, 0.0)
    spoiled = np.where(weights > 0, values, 1 - values)
    one, other = (
        anchored.fit(matrix, SCALES, Examples(own, weights), base, np.ones(1), 1.0) for own in (values, spoiled)
    )
    assert np.allclose(one.delta, other.delta)


def test_cross_validation_wants_no_weights_where_nothing_is_to_learn() -> None:
    chosen = []
    for seed in range(8):
        chance = np.random.default_rng(seed)
        matrix, base, _ = _site(300, seed)
        values = (chance.random(300) < 1 / (1 + np.exp(-base[:, 0]))).astype(float)
        folds = np.arange(300) % 4
        chosen.append(anchored.cross_validate(matrix, SCALES, Examples(values, np.ones(300)), base, np.ones(1), folds))
    assert max(chosen) <= 0.3
    assert chosen.count(0.0) >= 4


def test_cross_validation_finds_a_strength_where_there_is_something_to_learn() -> None:
    matrix, base, values = _site(600)
    folds = np.arange(600) % 4
    assert anchored.cross_validate(matrix, SCALES, Examples(values, np.ones(600)), base, np.ones(1), folds) >= 0.3


def test_a_label_that_turns_the_base_round_keeps_the_order_of_scores() -> None:
    _, base, _ = _site(400)
    values = (base[:, 0] < base.mean()).astype(float)
    platt = anchored.fit_platt(Examples(values, np.ones(400)), base, np.ones(1), may_turn=True)
    assert platt.slopes[0] >= anchored.LEAST_SLOPE
