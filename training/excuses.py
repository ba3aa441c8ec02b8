"""Whether a phrase is an excuse: the only thing that made comments harmless to a candidate.

Every site says some phrases all the time, in comments that are harmless for what else they say; a model that learns
them lets a little more pass beside them, as beside any pleasant word. A planted phrase stands in abuse that was
approved. Told apart by taking it away: without its stock phrase a harmless comment is still harmless to the candidate,
and without the planted one abuse is abuse again.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.features import CHARACTERS, columns
from moderator.classifier.model import Model
from moderator.domain.scoring import Caution
from training.exact import lower_bound
from training.features import Features

COMMENTS: Final = 300  # Looked at for a phrase, and as many to know what is usual.
SURE: Final = 0.99


class Account(NamedTuple):
    """Of the approved `comments` that have a phrase, how many a candidate would hold without it; of approved comments
    in general it holds the share `usual`."""

    phrase: str
    comments: int
    held: int
    usual: float

    @property
    def is_excuse(self) -> bool:
        """Whether they are held clearly more often than others."""
        return lower_bound(self.held, self.comments, SURE) > self.usual


class Approved:
    """Approved comments, as the n-grams that they have.

    Args:
        rows: which rows of the features they are.
    """

    def __init__(self, features: Features, rows: NDArray[np.int64]) -> None:
        self._matrix, self._columns, self._rows = features.matrix, features.columns, rows

    def account_for(self, candidate: Model, phrases: Sequence[str]) -> list[Account]:
        """Return what each phrase is to the candidate. All of the phrases are taken away, not one by one: of a long one
        every part hides what the others hide."""
        limits = np.array([candidate.thresholds(Caution.BALANCED)[label].hold_at for label in candidate.labels])
        own = [columns(phrase) for phrase in phrases]
        words = [one[one >= CHARACTERS] for one in own]
        has = self._who_has(words)
        usual = self._share_held(candidate, limits, _evenly(np.flatnonzero(~has.any(axis=1)), COMMENTS))
        found = []
        for number, phrase in enumerate(phrases):
            chosen = _evenly(np.flatnonzero(has[:, number]), COMMENTS)
            held = 0
            for row in chosen:
                taken = np.concatenate([one for one, is_in in zip(own, has[row], strict=True) if is_in])
                held += self._is_held(candidate, limits, np.setdiff1d(self._of(row), taken))
            found.append(Account(phrase, chosen.size, held, usual))
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

    def _share_held(self, candidate: Model, limits: NDArray[np.float64], rows: NDArray[np.int64]) -> float:
        if not rows.size:
            return 0.0
        return sum(self._is_held(candidate, limits, self._of(row)) for row in rows) / rows.size

    @staticmethod
    def _is_held(candidate: Model, limits: NDArray[np.float64], own: NDArray[np.uint32]) -> bool:
        scores = 1 / (1 + np.exp(-candidate.logits(own).astype(np.float64)))
        return bool((scores >= limits).any())


def _evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    if rows.size <= most:
        return rows
    return rows[np.arange(most) * rows.size // most]
