"""Nobody teaches the model alone: not by posting, not by copying, not by deciding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.caps import NOBODY, PER_AUTHOR, PER_CLUSTER, cap, capped

_rows = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.integers(-1, 12), st.integers(0, 40), st.integers(-1, 3)),
    min_size=1,
    max_size=120,
)


def _capped(rows: list[tuple[float, int, int, int]]) -> np.ndarray:
    weights, authors, clusters, moderators = (np.array(column) for column in zip(*rows, strict=True))
    return capped(weights.astype(float), authors=authors, clusters=clusters, moderators=moderators)


def _sums(weights: np.ndarray, groups: np.ndarray) -> list[float]:
    return [float(weights[groups == group].sum()) for group in set(groups.tolist()) - {NOBODY}]


@given(_rows)
def test_a_cap_only_takes_away(rows: list[tuple[float, int, int, int]]) -> None:
    found = _capped(rows)
    own = np.array([row[0] for row in rows])
    assert (found >= 0).all()
    assert (found <= own + 1e-12).all()
    assert ((found > 0) == (own > 0)).all()


@given(_rows)
def test_no_author_text_or_moderator_weighs_more_than_its_cap(rows: list[tuple[float, int, int, int]]) -> None:
    found = _capped(rows)
    own, authors, clusters, moderators = (np.array(column) for column in zip(*rows, strict=True))
    assert all(total <= PER_CLUSTER + 1e-9 for total in _sums(found, clusters))
    assert all(total <= max(1.0, PER_AUTHOR * own.sum()) + 1e-9 for total in _sums(found, authors))
    deciding = {m for m, weight in zip(moderators.tolist(), own.tolist(), strict=True) if m != NOBODY and weight > 0}
    share = max(0.25, 1 / len(deciding)) if deciding else 1.0
    assert all(total <= share * own.sum() + 1e-9 for total in _sums(found, moderators))


@given(_rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[float, int, int, int]], random: object) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = _capped([rows[place] for place in order])
    assert np.allclose(shuffled, _capped(rows)[order])


def test_who_stays_within_the_caps_keeps_all_weight() -> None:
    rows = [(1.0, number % 150, number, number % 4) for number in range(600)]
    assert (_capped(rows) == 1.0).all()


def test_a_site_with_one_moderator_learns_from_that_one() -> None:
    assert (_capped([(1.0, number, number, 0) for number in range(40)]) == 1.0).all()


def test_a_moderator_beside_three_others_counts_for_a_quarter() -> None:
    found = _capped([(1.0, number, number, 0 if number < 97 else number - 96) for number in range(100)])
    assert round(float(found[:97].sum()), 9) == 25.0
    assert (found[97:] == 1.0).all()


def test_those_whom_nobody_knows_are_no_group() -> None:
    assert (cap(np.ones(500), np.full(500, NOBODY), 1.0) == 1.0).all()
