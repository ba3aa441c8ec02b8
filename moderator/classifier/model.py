"""A model in memory: one table from hashed n-grams to all labels, folded from what training learned.

Row by row the table holds an n-gram's weight for every label, multiplied by its inverse document frequency and by the
slope of the label's calibration. A text's scores are then one `take`, one product of ones with the rows taken, and one
logistic function: the same numbers as the scikit-learn pipeline of `training.pipeline`, at a fraction of its time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.features import CHARACTERS, COLUMNS, WINDOW, Columns, columns, windows
from moderator.classifier.normalise import normalise
from moderator.domain.policy import Policy
from moderator.domain.scoring import Caution, Label, Threshold

Floats = NDArray[np.float32]

_ONES: Final[Floats] = np.ones(16 * WINDOW, np.float32)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt's logistic: score = 1 / (1 + exp(-(slope * logit + offset)))."""

    slope: float
    offset: float

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"a calibration must keep the order of scores; its slope is {self.slope}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What training learned: inverse document frequencies, shape (COLUMNS,); one weight an n-gram and label, shape
    (COLUMNS, labels); one intercept a label, shape (labels,)."""

    idf: Floats
    weights: NDArray[np.floating]
    intercepts: Floats

    def __post_init__(self) -> None:
        labels = self.intercepts.shape[0]
        if self.idf.shape != (COLUMNS,) or self.weights.shape != (COLUMNS, labels):
            raise ValueError(f"shapes {self.idf.shape} and {self.weights.shape} do not fit {COLUMNS} n-grams")
        if not all(np.isfinite(part).all() for part in (self.idf, self.weights, self.intercepts)):
            raise ValueError("a weight is not a finite number")


class Model:
    """A model version that can score. Safe to share between threads: nothing in it changes."""

    def __init__(
        self,
        version: str,
        weights: Weights,
        calibration: Mapping[Label, Calibration],
        thresholds: Mapping[Caution, Mapping[Label, Threshold]],
        languages: frozenset[str] = frozenset(),
        scripts: frozenset[str] = frozenset(),
        by_language: Mapping[Caution, Mapping[str, Mapping[Label, Threshold]]] = MappingProxyType({}),
    ) -> None:
        self.version = version
        self.labels = tuple(calibration)
        self.languages = languages
        self.scripts = scripts
        self._thresholds = thresholds
        self._by_language = by_language
        slopes = np.array([one.slope for one in calibration.values()], np.float32)
        offsets = np.array([one.offset for one in calibration.values()], np.float32)
        # The last column is the square of the idf: its sum over a text is the square of the text's length.
        self.table: Floats = np.empty((COLUMNS, len(self.labels) + 1), np.float32)
        np.multiply(weights.weights, weights.idf[:, np.newaxis] * slopes, out=self.table[:, :-1])
        np.square(weights.idf, out=self.table[:, -1])
        self._offsets = weights.intercepts * slopes + offsets

    def thresholds(self, caution: Caution) -> Mapping[Label, Threshold]:
        """Return the thresholds that a level of caution means for this model."""
        return self._thresholds[caution]

    def thresholds_by_language(self, caution: Caution) -> Mapping[str, Mapping[Label, Threshold]]:
        """Return the thresholds that a level of caution means in languages that the shared ones do not fit."""
        return self._by_language.get(caution, {})

    def complete(self, policy: Policy) -> Policy:
        """Return a site's policy with this model's thresholds where it has set none of its own."""
        return policy.over(self.thresholds(policy.caution), self.thresholds_by_language(policy.caution))

    def scores(self, text: str) -> Floats:
        """Return the calibrated probability (0 to 1) of each of `labels`, for a text as its author wrote it.

        A long text is scored in windows, and each label's highest score counts: what is hidden at the end of a long
        comment weighs as much as what stands at its start.
        """
        logits = self.logits_of(text)
        np.negative(logits, out=logits)
        np.exp(logits, out=logits)
        logits += 1.0
        return np.reciprocal(logits, out=logits)

    def logits_of(self, text: str) -> Floats:
        """Return the calibrated logit of each label, for a text as its author wrote it."""
        plain = normalise(text)
        if len(plain) <= WINDOW:
            return self.logits(columns(plain))
        highest: Floats = np.max([self.logits(columns(part)) for _, part in windows(plain)], axis=0)
        return highest

    def logits(self, found: Columns) -> Floats:
        """Return the calibrated logit of each label for the n-grams of one window: ascending, each once."""
        if not found.size:
            return self._offsets.copy()
        border = int(found.searchsorted(CHARACTERS))
        rows = self.table.take(found, axis=0)
        logits = self._offsets
        if border:
            sums = _ONES[:border] @ rows[:border]
            logits = logits + sums[:-1] / sqrt(sums[-1])
        if border < found.size:
            sums = _ONES[border : found.size] @ rows[border:]
            logits = logits + sums[:-1] / sqrt(sums[-1])
        return logits

    def contributions(self, found: Columns) -> NDArray[np.float32]:
        """Return what each n-gram of a window adds to each label's logit, shape (n-grams, labels)."""
        rows = self.table.take(found, axis=0)
        border = int(found.searchsorted(CHARACTERS))
        for part in (rows[:border], rows[border:]):
            part[:, :-1] /= np.sqrt(part[:, -1:].sum()) if part.size else 1.0
        return rows[:, :-1]
