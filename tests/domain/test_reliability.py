"""Whether scores come true: groups of rulings, weighted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.reliability import EDGES, FEWEST, Ruled, group


def _ruled(score: float, number: int, rejected: int, weight: float = 1.0) -> list[Ruled]:
    return [Ruled(score=score, is_rejected=n < rejected, weight=weight) for n in range(number)]


def test_a_group_has_its_mean_score_and_what_came_true() -> None:
    (low, high) = group([*_ruled(0.12, 10, 1), *_ruled(0.18, 10, 2), *_ruled(1.0, 10, 10)])

    assert (low.predicted, low.observed, low.number) == (pytest.approx(0.15), pytest.approx(0.15), 20)
    assert (high.predicted, high.observed, high.high) == (1.0, 1.0, 1.0)
    assert low.low < 0.15 < low.high
    assert high.low < 1.0


def test_too_few_rulings_say_nothing() -> None:
    assert group([]) == []
    assert group(_ruled(0.5, FEWEST - 1, 1)) == []
    assert len(group(_ruled(0.5, FEWEST, 1))) == 1


def test_a_ruling_counts_for_as_many_as_its_weight_says_but_is_one() -> None:
    (mixed,) = group([*_ruled(0.6, 30, 30), *_ruled(0.6, 30, 0, weight=9.0)])
    (equal,) = group(_ruled(0.6, 60, 6))

    assert mixed.observed == pytest.approx(0.1) == equal.observed
    assert mixed.high > equal.high
    assert group([*_ruled(0.6, 20, 0), *_ruled(0.6, 1, 1, weight=1_000.0)]) == []


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(1, 100)), max_size=100))
def test_groups_are_in_order_and_within_their_bounds(found: list[tuple[float, bool, float]]) -> None:
    groups = group([Ruled(score=score, is_rejected=is_rejected, weight=weight) for score, is_rejected, weight in found])

    assert sum(one.number for one in groups) <= len(found)
    assert [one.predicted for one in groups] == sorted(one.predicted for one in groups)
    for one in groups:
        assert 0 <= one.low <= one.observed <= one.high <= 1
        assert EDGES[0] <= one.predicted <= EDGES[-1] + 1e-9
