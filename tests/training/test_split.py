"""The newest decisions test, and nothing of them stands among the older ones."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.caps import NOBODY
from training.split import folds, split

_rows = st.lists(st.tuples(st.integers(0, 50), st.integers(-1, 9), st.integers(0, 30)), max_size=80)


def _columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(rows, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


@given(_rows)
def test_the_newest_fifth_tests_and_shares_no_author_and_no_text(rows: list[tuple[int, int, int]]) -> None:
    times, authors, clusters = _columns(rows)
    parted = split(times, authors, clusters)
    assert sorted(np.concatenate(parted).tolist()) == list(range(len(rows)))
    assert parted.test.size == int(0.2 * len(rows))
    if parted.test.size:
        older = np.concatenate((parted.fit, parted.aside))
        assert times[older].max() <= times[parted.test].min()
    known = set(authors[parted.test].tolist()) - {NOBODY}
    assert not known & set(authors[parted.fit].tolist())
    assert not set(clusters[parted.test].tolist()) & set(clusters[parted.fit].tolist())


@given(_rows)
def test_an_author_is_in_one_fold(rows: list[tuple[int, int, int]]) -> None:
    _, authors, clusters = _columns(rows)
    found = folds(authors, clusters, 1)
    for author in set(authors.tolist()) - {NOBODY}:
        assert len(set(found[authors == author].tolist())) == 1
    for cluster in set(clusters[authors == NOBODY].tolist()):
        assert len(set(found[(authors == NOBODY) & (clusters == cluster)].tolist())) == 1
