"""A site's correction of the base model: Platt's two numbers first, then weights that stay near the base's.

Minimised is C · Σ weight · loss(value, base + x · δ) + ½ |δ|², over the columns that occur in the rows. A column of
which the decisions say nothing keeps its base weight exactly, and one of which they say little nearly so. From a few
hundred decisions this learns what the base lacks and forgets nothing, where a model fitted from nothing is far worse
than the base until it has thousands (docs/decisions/0023 has the figures).

δ has no intercept: Platt's offset is one. A second would say of every text, the empty one and those in other languages
among them, what the words of this site's comments say of these. Nor does C go beyond 3: from there on languages that
share letters with the site's lose more than the site gains (decision 0027).

A strength C of 0 stands for no δ at all: where cross-validation sees no gain, only Platt's numbers move.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit

STRENGTHS: Final = (0.1, 0.3, 1.0, 3.0)
FEWEST: Final = 50  # Rows; and
FEWEST_OF_CLASS: Final = 10  # of either class, from which on more than the offset moves.
ITERATIONS: Final = 60
TOLERANCE: Final = 1e-5  # Relative, of the loss: at 1e-7 the same AUC to three digits, in twice the time.
# How far a site may be from the base before its decisions have said so: standard deviations of a slope and an offset.
SLOPE_SPREAD: Final = 0.5
OFFSET_SPREAD: Final = 2.0
LEAST_SLOPE: Final = 0.05

Floats = NDArray[np.float64]


class Examples(NamedTuple):
    """What is known of one label: values (0 to 1) and weights, one a row, 0 where a row does not speak of the label."""

    values: Floats
    weights: Floats

    @property
    def rows(self) -> int:
        """How many rows speak of the label."""
        return int((self.weights > 0).sum())

    @property
    def positives(self) -> int:
        """How many of these have it."""
        return int(((self.weights > 0) & (self.values >= 0.5)).sum())

    @property
    def is_rich(self) -> bool:
        """Whether there is enough to move weights."""
        return self.rows >= FEWEST and FEWEST_OF_CLASS <= self.positives <= self.rows - FEWEST_OF_CLASS

    @property
    def has_both_classes(self) -> bool:
        """Whether there is anything to tell apart."""
        return 0 < self.positives < self.rows

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Examples":
        """Return these rows' examples."""
        return Examples(self.values[chosen], self.weights[chosen])


class Platt(NamedTuple):
    """What the base's logits are multiplied by, one a logit, and what is added."""

    slopes: Floats
    offset: float

    def apply(self, logits: Floats) -> Floats:
        """Return the logits of rows, from the base's, shape (rows, logits)."""
        found: Floats = logits @ self.slopes + self.offset
        return found


class Fitted(NamedTuple):
    """A label's correction: Platt's numbers, what every weight changes by, one a column, C."""

    platt: Platt
    delta: Floats
    strength: float

    def logits(self, matrix: csr_matrix, scales: NDArray[np.float32], base: Floats) -> Floats:
        """Return the corrected logits of rows."""
        found = self.platt.apply(base)
        return found + _times(matrix, scales, self.delta) if self.delta.any() else found


def fit_platt(examples: Examples, base: Floats, centre: Floats, *, may_turn: bool) -> Platt:
    """Fit a slope for each logit of the base, and an offset, to a label.

    Args:
        base: the base's logits, shape (rows, logits).
        centre: the slopes that hold until the rows say otherwise.
        may_turn: whether the slopes move too.
    """
    rows = examples.weights > 0
    values, weights, logits = examples.values[rows], examples.weights[rows], base[rows]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slopes, offset = parameters[:-1], parameters[-1]
        value, residuals = _loss(logits @ slopes + offset, values, weights)
        from_centre = slopes - centre
        value += 0.5 * float(from_centre @ from_centre) / SLOPE_SPREAD**2 + 0.5 * offset**2 / OFFSET_SPREAD**2
        by_slopes = residuals @ logits + from_centre / SLOPE_SPREAD**2
        return value, np.append(by_slopes if may_turn else 0.0 * centre, residuals.sum() + offset / OFFSET_SPREAD**2)

    bounds: list[tuple[float | None, float | None]] = [(None, None)] * (centre.size + 1)
    if centre.size == 1:  # The order of scores stays as the base has it.
        bounds[0] = (LEAST_SLOPE, None)
    found = _minimise(loss, np.append(centre, 0.0), bounds=bounds)
    return Platt(found[:-1], float(found[-1]))


def fit_delta(
    matrix: csr_matrix,
    scales: NDArray[np.float32],
    examples: Examples,
    base: Floats,
    strength: float,
    start: Floats | None = None,
) -> Floats:
    """Fit the change of every weight to logits that are calibrated already.

    Args:
        matrix: features of the rows as serving computes them, shape (rows, columns), float32.
        scales: what a column is multiplied by, so that a row of median length has length 1 and C means the same on
            every site.
        start: where to begin, when a neighbouring strength has been fitted.
    """

    def loss(delta: Floats) -> tuple[float, Floats]:
        value, residuals = _loss(base + _times(matrix, scales, delta), examples.values, examples.weights)
        gradient = (matrix.T @ residuals.astype(np.float32)).astype(np.float64)
        gradient *= scales
        gradient *= strength
        gradient += delta
        return strength * value + 0.5 * float(delta @ delta), gradient

    return _minimise(loss, np.zeros(matrix.shape[1]) if start is None else start)


def cross_validate(
    matrix: csr_matrix,
    scales: NDArray[np.float32],
    examples: Examples,
    base: Floats,
    centre: Floats,
    folds: NDArray[np.int64],
) -> float:
    """Return the strength whose corrections have the least loss on rows that they were not fitted on; 0 for none."""
    losses: dict[float, list[Floats]] = {strength: [] for strength in (0.0, *STRENGTHS)}
    for fold in np.unique(folds):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        own, other = examples.only(inside), examples.only(outside)
        if not own.has_both_classes or not other.rows:
            continue
        platt = fit_platt(own, base[inside], centre, may_turn=True)
        rows, tests = csr_matrix(matrix[inside]), csr_matrix(matrix[outside])
        near, far = platt.apply(base[inside]), platt.apply(base[outside])
        found: Floats | None = None
        losses[0.0].append(_losses(far, other))
        for strength in STRENGTHS:
            found = fit_delta(rows, scales, own, near, strength, found)
            losses[strength].append(_losses(far + _times(tests, scales, found), other))
    return _choose({strength: np.concatenate(parts) for strength, parts in losses.items() if parts})


def _choose(losses: dict[float, Floats]) -> float:
    """Return the strength of least loss; in doubt the one that moves the model least."""
    return min(losses, key=lambda strength: (float(losses[strength].sum()), strength)) if losses else 0.0


def fit(
    matrix: csr_matrix,
    scales: NDArray[np.float32],
    examples: Examples,
    base: Floats,
    centre: Floats,
    strength: float,
) -> Fitted:
    """Fit a label's correction. With few rows only the offset moves; with those of one class, nothing does."""
    nothing = np.zeros(matrix.shape[1])
    if not examples.has_both_classes:
        return Fitted(Platt(centre.copy(), 0.0), nothing, 0.0)
    platt = fit_platt(examples, base, centre, may_turn=examples.is_rich)
    if strength == 0 or not examples.is_rich:
        return Fitted(platt, nothing, 0.0)
    return Fitted(platt, fit_delta(matrix, scales, examples, platt.apply(base), strength), strength)


def _times(matrix: csr_matrix, scales: NDArray[np.float32], delta: Floats) -> Floats:
    # In the matrix's own precision: SciPy would write all of it anew in the other one, for each product.
    weights = np.multiply(delta, scales, dtype=np.float32, casting="same_kind")
    return np.asarray(matrix @ weights, np.float64)


def _loss(logits: Floats, values: Floats, weights: Floats) -> tuple[float, Floats]:
    """Return the weighted logistic loss, and its derivative by each logit."""
    losses = np.logaddexp(0.0, logits) - values * logits
    return float(weights @ losses), weights * (expit(logits) - values)


def _losses(logits: Floats, examples: Examples) -> Floats:
    rows = examples.weights > 0
    own = logits[rows]
    return np.asarray(examples.weights[rows] * (np.logaddexp(0.0, own) - examples.values[rows] * own))


def _minimise(loss: Any, begin: Floats, *, bounds: Sequence[tuple[float | None, float | None]] | None = None) -> Floats:
    options = {"maxiter": ITERATIONS, "ftol": TOLERANCE, "gtol": 1e-5, "maxcor": 5}
    solve: Any = minimize  # Its stubs know no function that returns its derivative beside it.
    found: Floats = solve(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return found
