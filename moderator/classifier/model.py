"""A model in memory: one table from hashed n-grams to all labels, folded from what training learned.

Row by row the table holds an n-gram's weight for every label, multiplied by its inverse document frequency and by the
slope of the label's calibration. A text's scores are then one `take`, one product of ones with the rows taken, and one
logistic function: the same numbers as the scikit-learn pipeline of `training.pipeline`, at a fraction of its time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.batch import columns_many
from moderator.classifier.evasion import is_gibberish
from moderator.classifier.features import CHARACTERS, COLUMNS, LENGTH_POWER, WINDOW, Columns, columns, windows
from moderator.classifier.normalise import normalise
from moderator.domain.policy import Policy
from moderator.domain.scoring import Caution, Label, Threshold

Floats = NDArray[np.float32]

_ONES: Final[Floats] = np.ones(16 * WINDOW, np.float32)
_HALF_POWER: Final = LENGTH_POWER / 2  # The table sums squares.
_WORDS_FROM: Final = np.uint32(CHARACTERS)  # A plain number would turn all columns into wider ones first.
# Fewer texts are hashed one by one: one takes 180 µs then, and 400 by way of `columns_many`, which has more to set up.
_FEWEST_MANY: Final = 4
# A model that has seen fewer of the n-grams cannot tell what is strange from what is new to it.
_LEAST_SEEN: Final = 0.5


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
        passages: Mapping[Label, float] = MappingProxyType({}),
        house_rules: Callable[[str], float] | None = None,
    ) -> None:
        self.version = version
        self.labels = tuple(calibration)
        self.languages = languages
        self.scripts = scripts
        # How likely a site's people reject a text, whatever their reason (0 to 1); None where no decision taught it.
        self.house_rules = house_rules
        self._thresholds = thresholds
        self._by_language = by_language
        # From which logit on a passage alone is worth a look; None where that is not known.
        limits = np.array([_logit(passages.get(label, 1.0)) for label in self.labels], np.float32)
        self.passage_limits: Floats | None = limits if passages else None
        slopes = np.array([one.slope for one in calibration.values()], np.float32)
        offsets = np.array([one.offset for one in calibration.values()], np.float32)
        # The last column is the square of the idf: its sum over a text is the square of the text's length.
        self.table: Floats = np.empty((COLUMNS, len(self.labels) + 1), np.float32)
        np.multiply(weights.weights, weights.idf[:, np.newaxis] * slopes, out=self.table[:, :-1])
        np.square(weights.idf, out=self.table[:, -1])
        self._offsets = weights.intercepts * slopes + offsets
        squares = self.table[:CHARACTERS, -1]
        has_seen = float((squares < squares.max()).mean())
        self._rare = float(squares.mean()) if has_seen >= _LEAST_SEEN else float("inf")

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
        return self.read(text)[0]

    def scores_many(self, texts: Sequence[str]) -> Floats:
        """Return the `scores` of each text, shape (texts, labels), in about half the time."""
        return self.read_many(texts)[0]

    def read(self, text: str) -> tuple[Floats, bool]:
        """Return `scores`, and whether some window of the text is gibberish to this model."""
        plain = normalise(text)
        if len(plain) <= WINDOW:
            logits, is_strange = self._read(plain)
        else:
            parts = [self._read(part) for _, part in windows(plain)]
            logits, is_strange = np.max([part for part, _ in parts], axis=0), any(strange for _, strange in parts)
        return _probabilities(logits), is_strange

    def read_many(self, texts: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the `read` of each text, in about half the time."""
        logits, is_strange = self._read_many(texts)
        return _probabilities(logits), is_strange

    def logits_of(self, text: str) -> Floats:
        """Return the calibrated logit of each label, for a text as its author wrote it."""
        plain = normalise(text)
        if len(plain) <= WINDOW:
            return self.logits(columns(plain))
        highest: Floats = np.max([self.logits(columns(part)) for _, part in windows(plain)], axis=0)
        return highest

    def logits_of_many(self, texts: Sequence[str]) -> Floats:
        """Return the `logits_of` each text, shape (texts, labels)."""
        return self._read_many(texts)[0]

    def _read_many(self, texts: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the logits of each text, and whether some window of it is gibberish."""
        parts: list[str] = []
        begins: list[int] = []
        for text in texts:
            plain = normalise(text)
            begins.append(len(parts))
            parts += [plain] if len(plain) <= WINDOW else [part for _, part in windows(plain)]
        # As in `_weigh`, but what need not be done text by text waits for the end. A block without n-grams adds 0 / 1.
        sums = np.zeros((2, len(parts), self.table.shape[1]), np.float32)
        sums[:, :, -1] = 1.0
        is_strange = np.zeros(len(parts), np.bool_)
        all_columns = columns_many(parts) if len(parts) >= _FEWEST_MANY else map(columns, parts)
        for number, found in enumerate(all_columns):
            border = int(found.searchsorted(_WORDS_FROM))
            rows = self.table.take(found.astype(np.intp), axis=0)
            if border:
                np.dot(_ONES[:border], rows[:border], out=sums[0, number])
                rarity = float(sums[0, number, -1]) / (border * self._rare)
                is_strange[number] = is_gibberish(parts[number], rarity)
            if border < found.size:
                np.dot(_ONES[border : found.size], rows[border:], out=sums[1, number])
        logits = self.combine(sums)
        if len(parts) == len(texts):
            return logits, is_strange
        return np.maximum.reduceat(logits, begins, axis=0), np.logical_or.reduceat(is_strange, begins)

    def logits(self, found: Columns) -> Floats:
        """Return the calibrated logit of each label for the n-grams of one window: ascending, each once."""
        return self._weigh(found)[0]

    def _read(self, plain: str) -> tuple[Floats, bool]:
        found = columns(plain)
        logits, rarity = self._weigh(found)
        return logits, is_gibberish(plain, rarity)

    def _weigh(self, found: Columns) -> tuple[Floats, float]:
        """Return the logits, and how rare the characters' n-grams are: 1 where they are as rare as chance makes them.

        A text's length is a sum of squared idfs already, so that its mean costs nothing: about 0.15 for ordinary
        English, 0.3 for German, 0.5 for Russian, 0.7 for what a cat writes.
        """
        if not found.size:
            return self._offsets.copy(), 0.0
        border = int(found.searchsorted(_WORDS_FROM))
        rows = self.table.take(found.astype(np.intp), axis=0)
        logits, rarity = self._offsets, 0.0
        if border:
            sums = np.dot(_ONES[:border], rows[:border])
            logits = logits + sums[:-1] / float(sums[-1]) ** _HALF_POWER
            rarity = float(sums[-1]) / (border * self._rare)
        if border < found.size:
            sums = np.dot(_ONES[border : found.size], rows[border:])
            logits = logits + sums[:-1] / float(sums[-1]) ** _HALF_POWER
        return logits, rarity

    def combine(self, sums: Floats) -> Floats:
        """Return calibrated logits, shape (texts, labels), from the sums of the table's rows.

        Args:
            sums: those of each text's n-grams of characters, then of words, shape (2, texts, labels + 1). The last
                column has the squared length of the block; it must be above 0.
        """
        # In double precision, as `_weigh` does it text by text.
        lengths = sums[..., -1:].astype(np.float64)
        lengths **= _HALF_POWER
        added = sums[..., :-1] / lengths.astype(np.float32)
        logits: Floats = self._offsets + (added[0] + added[1])
        return logits

    def contributions(self, found: Columns) -> NDArray[np.float32]:
        """Return what each n-gram of a window adds to each label's logit, shape (n-grams, labels)."""
        rows = self.table.take(found, axis=0)
        border = int(found.searchsorted(_WORDS_FROM))
        for part in (rows[:border], rows[border:]):
            part[:, :-1] /= float(part[:, -1].sum()) ** _HALF_POWER if part.size else 1.0
        return rows[:, :-1]


def _logit(score: float) -> float:
    return log(score / (1 - score)) if score < 1 else inf


def _probabilities(logits: Floats) -> Floats:
    """Turn logits into probabilities, in place."""
    np.negative(logits, out=logits)
    np.exp(logits, out=logits)
    logits += 1.0
    return np.reciprocal(logits, out=logits)
