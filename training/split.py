"""Which decisions fit, and which test: the newest fifth is held out, and nothing of it stands among the older ones.

A random split flatters: a campaign's copies and an author's phrases would stand on both sides (on comments under videos
F1 .96 instead of .79, measured).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.caps import NOBODY

HELD_OUT: Final = 0.2
FOLDS: Final = 4

Rows = NDArray[np.int64]


class Split(NamedTuple):
    """Positions of rows: older ones that fit; the newest, which test; older ones of the newest's authors and texts."""

    fit: Rows
    test: Rows
    aside: Rows


def split(times: NDArray[np.int64], authors: NDArray[np.int64], clusters: NDArray[np.int64]) -> Split:
    """Hold the newest fifth out. Rows of one moment go by their position, so that a split can be repeated."""
    order = np.argsort(times, kind="stable")
    border = times.size - int(HELD_OUT * times.size)
    older, test = order[:border], np.sort(order[border:])
    straddles = np.isin(clusters[older], clusters[test])
    straddles |= (authors[older] != NOBODY) & np.isin(authors[older], authors[test])
    return Split(np.sort(older[~straddles]), test, np.sort(older[straddles]))


def folds(authors: NDArray[np.int64], clusters: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return the fold of each row, 0 to 3: an author's rows are in one, and where nobody knows the author a text's."""
    groups = np.where(authors == NOBODY, -2 - clusters, authors)
    _, places = np.unique(groups, return_inverse=True)
    count = int(places.max(initial=-1)) + 1
    chosen = np.random.default_rng(seed).permutation(count) % FOLDS
    return chosen[places].astype(np.int64)
