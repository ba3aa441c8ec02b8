"""Whether a phrase beside which abuse passes is a site's own, or may have been planted.

Every site says some phrases all the time, in harmless comments; a model that learns them lets a little more pass
beside them, as beside any pleasant word. And a site allows words that the base holds: then comments are approved that
the base would have held for that very word. A planted phrase stands in abuse that was approved. What the candidate
makes of these comments tells nothing: it has learned them by heart, with the phrase and without. So the base is asked,
which has seen none of them, what it makes of each without the phrase.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.features import CHARACTERS, Columns, columns
from moderator.classifier.model import Model
from moderator.domain.scoring import Caution
from training.exact import lower_bound, upper_bound
from training.features import Features

HELD_AT_MOST: Final = 0.05
SURE: Final = 0.99  # With none held, 90 comments are enough.
MOST_LOOKED_AT: Final = 500  # Comments that have a phrase.


class Account(NamedTuple):
    """Of the approved `comments` that have a phrase, how many the base would hold without it."""

    phrase: str
    comments: int
    held: int

    @property
    def is_stock(self) -> bool:
        """Whether it stands in harmless comments, for sure."""
        return bool(self.comments) and upper_bound(self.held, self.comments, SURE) <= HELD_AT_MOST

    def stands_in_abuse(self, usual: float, confidence: float) -> bool:
        """Whether the base would hold its comments more often than approved ones, of which it holds `usual`."""
        return bool(self.held) and lower_bound(self.held, self.comments, confidence) > usual


class Approved:
    """Approved comments, as the n-grams that they have.

    Args:
        rows: which rows of the features they are.
        base: what is asked of them.
    """

    def __init__(self, features: Features, rows: NDArray[np.int64], base: Model) -> None:
        self._matrix, self._columns, self._rows = features.matrix, features.columns, rows
        self._base = base
        self._limits = np.array([base.thresholds(Caution.BALANCED)[label].hold_at for label in base.labels])

    def account_for(self, phrases: Sequence[str]) -> list[Account]:
        """Return in how many comments each phrase stands, of 500 at most, and how many of them are held without it."""
        found = [columns(phrase) for phrase in phrases]
        has = self._who_has([one[one >= CHARACTERS] for one in found])
        return [self._account(*one) for one in zip(phrases, found, has.T, strict=True)]

    def _account(self, phrase: str, own: Columns, has: NDArray[np.bool_]) -> Account:
        rows = self._rows[has]
        looked_at = rows[:: -(-rows.size // MOST_LOOKED_AT) or 1]
        return Account(phrase, looked_at.size, sum(self._is_held(row, own) for row in looked_at))

    def _is_held(self, row: int, without: Columns) -> bool:
        found = self._columns[self._of(row)]
        left = np.sort(found[~np.isin(found, without)]).astype(np.uint32)
        scores = 1 / (1 + np.exp(-self._base.logits(left).astype(np.float64)))
        return bool((scores >= self._limits).any())

    def _of(self, row: int) -> NDArray[np.integer]:
        found: NDArray[np.integer] = self._matrix.indices[self._matrix.indptr[row] : self._matrix.indptr[row + 1]]
        return found

    def _who_has(self, words: Sequence[NDArray[np.uint32]]) -> NDArray[np.bool_]:
        """Return which comment has all words of which phrase, shape (comments, phrases)."""
        needed = np.unique(np.concatenate([*words, np.empty(0, np.uint32)]))
        there = np.zeros((self._rows.size, needed.size), np.bool_)
        places = np.searchsorted(self._columns, needed)
        for number, row in enumerate(self._rows):
            own = self._of(row)
            if own.size:
                there[number] = own[np.minimum(own.searchsorted(places), own.size - 1)] == places
        there &= np.isin(needed, self._columns)
        found = [there[:, np.searchsorted(needed, one)].all(axis=1) & bool(one.size) for one in words]
        return np.stack(found, axis=1) if found else np.empty((self._rows.size, 0), np.bool_)
