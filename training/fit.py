"""One logistic regression for each label, fitted by scikit-learn on the rows where the label is known."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from moderator.domain.scoring import Label
from training.corpora import POSITIVE, Row, family, source

SEED: Final = 20_261_124
STRENGTH: Final = 4.0  # The C of the recipe: inverse of the L2 penalty.
ITERATIONS: Final = 250
TWIN_STRENGTH: Final = 1.0
TWIN_ITERATIONS: Final = 150
TWIN_SMOOTHING: Final = 0.1
# How much of a label's weights the twin has. The twin trusts rare words that stand on one side only: it tells insults
# apart much better in comments like the ones it saw, and costs a little where positives are few.
TWIN_SHARES: Final[Mapping[Label, float]] = {
    Label.TOXIC: 2 / 3,
    Label.SEVERE_TOXIC: 1 / 2,
    Label.OBSCENE: 1 / 2,
    Label.INSULT: 4 / 5,
    Label.IDENTITY_ATTACK: 1 / 2,
    Label.SPAM: 1 / 2,
}
ORIGIN_VALUE: Final = 0.5
# Half of these labels' weights come from a fit without intercepts for origins: a place's style says something, too.
POOLED: Final = frozenset({Label.TOXIC})
IMPLIED_ORIGIN: Final = "implied"
SPARSE: Final = 0.25  # A matrix has few columns when fewer than this share of them occur.

IMPLIED: Final = 20_000
IMPLIED_BELOW: Final = 0.1
IMPLIED_WEIGHTS: Final[Mapping[Label, float]] = {
    Label.SEVERE_TOXIC: 0.5,
    Label.OBSCENE: 0.5,
    Label.THREAT: 0.3,
    Label.INSULT: 0.5,
    Label.IDENTITY_ATTACK: 0.5,
    Label.SEXUAL_EXPLICIT: 0.1,
}
HAM: Final = 20_000
HAM_WEIGHT: Final = 0.3


@dataclass(frozen=True)
class Examples:
    """The rows of one label: positions in the corpus, shares (0 to 1), weights, and the number of each row's origin.

    Rows of one origin were chosen in one way. How many of them are positive says how they were chosen, and nothing of
    comments elsewhere.
    """

    rows: NDArray[np.int64]
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]
    origins: NDArray[np.int64]

    @property
    def positives(self) -> int:
        """How many have the label."""
        return int((self.shares >= POSITIVE).sum())

    @property
    def has_both_classes(self) -> bool:
        """Whether there is something to tell apart."""
        return bool((self.shares > 0).any() and (self.shares < 1).any())


@dataclass(frozen=True)
class Fitted:
    """A label's weights, one a column, and intercept; how many iterations it took and whether they were enough."""

    coefficients: NDArray[np.float32]
    intercept: float
    iterations: int
    has_converged: bool


def choose_examples(corpus: Sequence[Row], label: Label) -> Examples:
    """Return the rows to learn a label from.

    Besides the rows where it is known: harmless comments whose rarer labels nobody asked for count as negatives, and
    comments from sets without spam count as ham, both at a lower weight and sampled with a fixed seed.
    """
    known = [(row, source(one.source).weight(label)) for row, one in enumerate(corpus) if label in one.labels]
    known = [(row, weight) for row, weight in known if weight > 0]
    rows = [row for row, _ in known]
    shares = [float(corpus[row].labels[label]) for row, _ in known]
    weights = [weight * corpus[row].weight for row, weight in known]
    origins = [family(corpus[row].source) for row in rows]
    implied, weight = _implied(corpus, label)
    rows += implied
    shares += [0.0] * len(implied)
    weights += [weight] * len(implied)
    origins += [IMPLIED_ORIGIN] * len(implied)
    _, numbers = np.unique(np.array(origins), return_inverse=True)
    return Examples(np.array(rows, np.int64), np.array(shares), np.array(weights), numbers.astype(np.int64))


def _implied(corpus: Sequence[Row], label: Label) -> tuple[list[int], float]:
    def is_comment(row: Row) -> bool:
        return source(row.source).is_shippable and row.domain != "synthetic"

    if label is Label.SPAM:
        spam_sources = {row.source for row in corpus if Label.SPAM in row.labels}
        fitting = [n for n, row in enumerate(corpus) if row.source not in spam_sources and is_comment(row)]
        return _sample(fitting, HAM), HAM_WEIGHT
    if label not in IMPLIED_WEIGHTS:
        return [], 0.0
    fitting = [
        number
        for number, row in enumerate(corpus)
        if label not in row.labels and row.labels.get(Label.TOXIC, 1.0) < IMPLIED_BELOW and is_comment(row)
    ]
    return _sample(fitting, IMPLIED), IMPLIED_WEIGHTS[label]


def _sample(rows: list[int], count: int) -> list[int]:
    if len(rows) <= count:
        return rows
    chosen = np.random.default_rng(SEED).choice(len(rows), count, replace=False)
    return [rows[number] for number in sorted(chosen)]


def fit(features: csr_matrix, examples: Examples, label: Label) -> Fitted:
    """Fit a label. Shares between 0 and 1 count as a part of each class.

    Each origin has an intercept of its own while fitting, which is then left out: else the style of a source that is
    mostly insults would count as one.

    Args:
        features: weighted features of the whole corpus, shape (rows, columns), float32.

    Raises:
        ValueError: one of the classes has no row.
    """
    columns = features.shape[1]
    has_part = (examples.shares > 0) & (examples.shares < 1)
    split = np.flatnonzero(has_part)
    chosen = np.concatenate((np.arange(examples.rows.size), split))
    matrix = csr_matrix(features[examples.rows[chosen]])
    classes = np.concatenate(((examples.shares > 0), np.zeros(split.size, bool)))
    shares = np.where(has_part, examples.shares, 1.0)
    weights = np.concatenate((examples.weights * shares, examples.weights[split] * (1 - examples.shares[split])))
    with_origins = csr_matrix(hstack((matrix, _one_hot(examples.origins[chosen])), format="csr", dtype=np.float32))
    own = _with_twin(with_origins, columns, classes, weights, TWIN_SHARES.get(label, 0.0))
    if label not in POOLED:
        return own
    del with_origins
    pooled = _with_twin(matrix, columns, classes, weights, TWIN_SHARES.get(label, 0.0))
    return _mixed(own, pooled, 0.5)


def _with_twin(
    matrix: csr_matrix, columns: int, classes: NDArray[np.bool_], weights: NDArray[np.float64], share: float
) -> Fitted:
    """Fit, and average with the naive-Bayes twin, for which the matrix is changed. Columns beyond `columns` go."""
    plain = _solve(matrix, classes, weights, STRENGTH, ITERATIONS)
    plain = replace(plain, coefficients=plain.coefficients[:columns])
    if share == 0:
        return plain
    ratio = _log_ratio(matrix, classes, weights)
    ratio[columns:] = 1.0
    matrix.data *= ratio[matrix.indices]
    twin = _solve(matrix, classes, weights, TWIN_STRENGTH, TWIN_ITERATIONS)
    return _mixed(plain, replace(twin, coefficients=(twin.coefficients * ratio)[:columns]), share)


def _mixed(one: Fitted, other: Fitted, share: float) -> Fitted:
    """Return the average of two fits, the other one having a share of it: still one linear model."""
    return Fitted(
        coefficients=((1 - share) * one.coefficients + share * other.coefficients).astype(np.float32),
        intercept=(1 - share) * one.intercept + share * other.intercept,
        iterations=max(one.iterations, other.iterations),
        has_converged=one.has_converged and other.has_converged,
    )


def _one_hot(origins: NDArray[np.int64]) -> csr_matrix:
    values = np.full(origins.size, ORIGIN_VALUE, np.float32)
    return csr_matrix((values, (np.arange(origins.size), origins)))


def _solve(
    matrix: csr_matrix, classes: NDArray[np.bool_], weights: NDArray[np.float64], strength: float, iterations: int
) -> Fitted:
    """Fit. A column that no row has keeps the weight 0: where most are such, the solver is spared them."""
    columns = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]))
    if columns.size < SPARSE * matrix.shape[1]:
        found = _solve(csr_matrix(matrix[:, columns]), classes, weights, strength, iterations)
        coefficients = np.zeros(matrix.shape[1], np.float32)
        coefficients[columns] = found.coefficients
        return replace(found, coefficients=coefficients)
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=iterations, tol=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # `has_converged` says it.
        model.fit(matrix, classes, sample_weight=weights.astype(np.float32))
    taken = int(model.n_iter_[0])
    return Fitted(model.coef_[0].astype(np.float32), float(model.intercept_[0]), taken, taken < iterations)


def _log_ratio(matrix: csr_matrix, classes: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the naive Bayes log ratio of each column, scaled as NBSVM does: how much more often positives have it."""

    def rate(part: NDArray[np.bool_]) -> NDArray[np.float64]:
        mass = TWIN_SMOOTHING + matrix.T @ (weights * part)
        return np.asarray(mass / mass.sum())

    return np.log(rate(classes) / rate(~classes)).astype(np.float32)
