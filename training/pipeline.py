"""Texts to weighted features with scikit-learn's own parts: the definition that the fused scorer is tested against."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.pipeline import Pipeline

from moderator.classifier.batch import columns_many
from moderator.classifier.features import CHARACTERS, COLUMNS, LENGTH_POWER, WINDOW
from moderator.classifier.normalise import normalise

Tick = Callable[[int], object]


class HashedNgrams(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to a sparse matrix of zeros and ones, one row a text, one column a hashed n-gram.

    Of a long text only the first window counts: labels of long texts say little about their later parts.
    """

    def __init__(self, tick: Tick | None = None) -> None:
        self.tick = tick

    def fit(self, _texts: Iterable[str], _labels: object = None) -> Self:
        """Learn nothing: hashing needs no vocabulary."""
        return self

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return float32 ones, shape (texts, COLUMNS)."""
        found: list[NDArray[np.int32]] = []
        for begin in range(0, len(texts), 1_000):
            plain = [normalise(text)[:WINDOW].strip() for text in texts[begin : begin + 1_000]]
            found += [one.astype(np.int32) for one in columns_many(plain)]
            if self.tick:
                self.tick(len(plain))
        sizes = np.fromiter((one.size for one in found), np.int64, len(found))
        indices = np.concatenate(found) if found else np.empty(0, np.int32)
        indptr = np.concatenate((np.zeros(1, np.int64), sizes.cumsum()))
        matrix = csr_matrix((np.ones(indices.size, np.float32), indices, indptr), shape=(len(texts), COLUMNS))
        matrix.has_sorted_indices = True
        return matrix


class Shortened(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Rows divided by a power of their Euclidean length, and scaled so that a row of median length has length 1."""

    scale_: float

    def fit(self, matrix: csr_matrix, _labels: object = None) -> Self:
        """Learn the median length."""
        lengths = _lengths(matrix)
        self.scale_ = float(np.median(lengths[lengths > 0])) ** (LENGTH_POWER - 1) if lengths.any() else 1.0
        return self

    def transform(self, matrix: csr_matrix) -> csr_matrix:
        """Return float32 rows; the given ones are changed."""
        lengths = _lengths(matrix)
        lengths[lengths == 0] = 1.0
        matrix.data *= np.repeat(self.scale_ / lengths**LENGTH_POWER, np.diff(matrix.indptr)).astype(matrix.dtype)
        return matrix


def _lengths(matrix: csr_matrix) -> NDArray[np.float64]:
    return np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), np.float64).ravel())


def new_weighting() -> ColumnTransformer:
    """Return the weighting by inverse document frequency, each block shortened for itself."""

    def block() -> Pipeline:
        return Pipeline([("frequency", TfidfTransformer(norm=None)), ("length", Shortened())])

    return ColumnTransformer(
        [("characters", block(), slice(0, CHARACTERS)), ("words", block(), slice(CHARACTERS, COLUMNS))],
        sparse_threshold=1.0,
    )


def idf_of(weighting: ColumnTransformer) -> NDArray[np.float32]:
    """Return the fitted inverse document frequencies, one a column."""
    return np.concatenate([block["frequency"].idf_ for block in _blocks(weighting)]).astype(np.float32)


def for_serving(weighting: ColumnTransformer, coefficients: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return coefficients, shape (COLUMNS, …), for rows that are divided by a power of their length and no more."""
    characters, words = (block["length"].scale_ for block in _blocks(weighting))
    scaled = np.array(coefficients, np.float32)
    scaled[:CHARACTERS] *= characters
    scaled[CHARACTERS:] *= words
    return scaled


def _blocks(weighting: ColumnTransformer) -> list[Any]:
    parts: Any = weighting.named_transformers_
    return [parts["characters"], parts["words"]]


def as_csr(matrix: Any) -> csr_matrix:
    """Return a weighted matrix in rows, float32 and with 32-bit indices, as the solver wants it."""
    rows = csr_matrix(matrix, dtype=np.float32)
    rows.indices = rows.indices.astype(np.int32, copy=False)
    if rows.nnz < np.iinfo(np.int32).max:
        rows.indptr = rows.indptr.astype(np.int32, copy=False)
    return rows
