"""Whether a phrase beside which abuse passes is a site's own stock phrase, or may have been planted.

Every site says some phrases all the time, in harmless comments; a model that learns them lets a little more pass
beside them, as beside any pleasant word. A planted phrase stands in abuse that was approved. What the candidate makes
of these comments tells nothing: it has learned them by heart, with the phrase and without. So the base is asked, which
has seen none of them: a phrase is a stock phrase when it stands in many approved comments and the base would hold
hardly any. Who wants to pass for that needs twenty harmless comments, approved by people, for each that is not.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.features import CHARACTERS, columns
from training.exact import lower_bound, upper_bound
from training.features import Features

HELD_AT_MOST: Final = 0.05
SURE: Final = 0.99  # With none held, 90 comments are enough.


class Account(NamedTuple):
    """Of the approved `comments` that have a phrase, how many the base holds."""

    phrase: str
    comments: int
    held: int

    @property
    def is_stock(self) -> bool:
        """Whether it stands in harmless comments, for sure."""
        return bool(self.comments) and upper_bound(self.held, self.comments, SURE) <= HELD_AT_MOST

    def stands_in_abuse(self, usual: float) -> bool:
        """Whether the base holds its comments more often than approved ones at large, `usual` of which it holds, for
        sure."""
        return bool(self.held) and lower_bound(self.held, self.comments, SURE) > usual


class Approved:
    """Approved comments, as the n-grams that they have.

    Args:
        rows: which rows of the features they are.
        is_held: whether the base holds each.
    """

    def __init__(self, features: Features, rows: NDArray[np.int64], is_held: NDArray[np.bool_]) -> None:
        self._matrix, self._columns, self._rows, self._is_held = features.matrix, features.columns, rows, is_held

    @property
    def held(self) -> float:
        """Which share of all the base holds."""
        return float(self._is_held.mean()) if self._is_held.size else 0.0

    def account_for(self, phrases: Sequence[str]) -> list[Account]:
        """Return in how many comments each phrase stands, and how many of them are held."""
        found = [columns(phrase) for phrase in phrases]
        has = self._who_has([one[one >= CHARACTERS] for one in found])
        return [
            Account(phrase, int(own.sum()), int((own & self._is_held).sum()))
            for phrase, own in zip(phrases, has.T, strict=True)
        ]

    def _who_has(self, words: Sequence[NDArray[np.uint32]]) -> NDArray[np.bool_]:
        """Return which comment has all words of which phrase, shape (comments, phrases)."""
        needed = np.unique(np.concatenate([*words, np.empty(0, np.uint32)]))
        there = np.zeros((self._rows.size, needed.size), np.bool_)
        places = np.searchsorted(self._columns, needed)
        for number, row in enumerate(self._rows):
            own = self._matrix.indices[self._matrix.indptr[row] : self._matrix.indptr[row + 1]]
            if own.size:
                there[number] = own[np.minimum(own.searchsorted(places), own.size - 1)] == places
        there &= np.isin(needed, self._columns)
        found = [there[:, np.searchsorted(needed, one)].all(axis=1) & bool(one.size) for one in words]
        return np.stack(found, axis=1) if found else np.empty((self._rows.size, 0), np.bool_)
