"""Whether a phrase is an excuse: the only thing that made comments harmless to a candidate.

Every site says some phrases all the time, in comments that are harmless for what else they say; a model that learns
them lets a little more pass beside them, as beside any pleasant word. A planted phrase stands in abuse that was
approved. Told apart by giving the phrase the weight back that it had in the base, or none: a harmless comment is still
harmless to the candidate then, and abuse is abuse again. To leave the phrase's n-grams out would not do: other words
have them too, and a text without them is no text that anybody would write.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.features import CHARACTERS, LENGTH_POWER, columns
from moderator.classifier.model import Model
from moderator.domain.scoring import Caution
from training.exact import lower_bound
from training.features import Features

COMMENTS: Final = 300  # Looked at for a phrase, and as many to know what is usual.
FEWEST_OTHERS: Final = 50
SURE: Final = 0.99
MARGIN: Final = 0.03  # A pleasant phrase is the last straw for some comments at the threshold.


class Account(NamedTuple):
    """Of the approved `comments` that have a phrase, how many a candidate would hold had it not learned the phrase; of
    other approved comments it holds the share `usual`."""

    phrase: str
    comments: int
    held: int
    usual: float

    @property
    def is_excuse(self) -> bool:
        """Whether they are held clearly more often than others."""
        return lower_bound(self.held, self.comments, SURE) > self.usual + MARGIN


class Approved:
    """Approved comments, as the n-grams that they have.

    Args:
        rows: which rows of the features they are.
    """

    def __init__(self, features: Features, rows: NDArray[np.int64]) -> None:
        self._matrix, self._columns, self._rows = features.matrix, features.columns, rows

    def account_for(self, pair: "Pair", phrases: Sequence[str]) -> list[Account]:
        """Return what each phrase is to the candidate. All of the phrases are unlearned, not one by one: of a long one
        every part hides what the others hide."""
        own = [columns(phrase) for phrase in phrases]
        has = self._who_has([one[one >= CHARACTERS] for one in own])
        others = np.flatnonzero(~has.any(axis=1))
        if others.size < FEWEST_OTHERS:  # Nearly every comment here has one of the phrases.
            others = np.arange(self._rows.size)
        nothing = np.empty(0, np.uint32)
        usual = [pair.holds(self._of(row), nothing) for row in _evenly(others, COMMENTS)]
        found = []
        for number, phrase in enumerate(phrases):
            chosen = _evenly(np.flatnonzero(has[:, number]), COMMENTS)
            held = 0
            for row in chosen:
                unlearned = np.concatenate([one for one, is_in in zip(own, has[row], strict=True) if is_in])
                held += pair.holds(self._of(row), unlearned)
            found.append(Account(phrase, chosen.size, held, sum(usual) / len(usual) if usual else 0.0))
        return found

    def _of(self, row: int) -> NDArray[np.uint32]:
        begin, end = self._matrix.indptr[self._rows[row] : self._rows[row] + 2]
        return self._columns[self._matrix.indices[begin:end]].astype(np.uint32)

    def _who_has(self, words: Sequence[NDArray[np.uint32]]) -> NDArray[np.bool_]:
        """Return which comment has all words of which phrase, shape (comments, phrases)."""
        needed = np.unique(np.concatenate([*words, np.empty(0, np.uint32)]))
        there = np.zeros((self._rows.size, needed.size), np.bool_)
        places = np.searchsorted(self._columns, needed)
        for row in range(self._rows.size):
            begin, end = self._matrix.indptr[self._rows[row] : self._rows[row] + 2]
            own = self._matrix.indices[begin:end]
            if own.size:
                there[row] = own[np.minimum(own.searchsorted(places), own.size - 1)] == places
        known = np.isin(needed, self._columns)
        there &= known
        found = [there[:, np.searchsorted(needed, one)].all(axis=1) & bool(one.size) for one in words]
        return np.stack(found, axis=1) if found else np.empty((self._rows.size, 0), np.bool_)


class Pair:
    """A base and what was learned on it.

    Args:
        slopes: by how much the candidate's calibration stretches the base's logits, one a label.
    """

    def __init__(self, base: Model, candidate: Model, slopes: NDArray[np.float64]) -> None:
        self._base, self._candidate, self._slopes = base, candidate, slopes
        self._limits = np.array([candidate.thresholds(Caution.BALANCED)[label].hold_at for label in candidate.labels])

    def holds(self, own: NDArray[np.uint32], unlearned: NDArray[np.uint32]) -> bool:
        """Return whether the candidate holds a text's n-grams, had it learned nothing of some of them.

        What the base took for abuse counts for nothing then: that it was learned to be harmless is no excuse.
        """
        logits = self._candidate.logits(own).astype(np.float64)
        table = self._candidate.table
        before = np.zeros_like(logits)
        for block in (own[own < CHARACTERS], own[own >= CHARACTERS]):
            chosen = np.intersect1d(block, unlearned)
            if chosen.size:
                length = float(table[block, -1].sum()) ** (LENGTH_POWER / 2)
                logits -= table[chosen, :-1].sum(axis=0) / length
                before += self._base.table[chosen, :-1].sum(axis=0) * self._slopes / length
        logits += np.minimum(before, 0.0)
        return bool((1 / (1 + np.exp(-np.clip(logits, -700, 700))) >= self._limits).any())


def _evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    if rows.size <= most:
        return rows
    return rows[np.arange(most) * rows.size // most]
