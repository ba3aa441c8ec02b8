"""Groups of equal size, and the shares that a site would see."""

import numpy as np
import pytest

from training.reliability import BINS, group

SCORES, POSITIVE = np.repeat([0.2, 0.8], 50), np.tile([True, False], 50)


def test_groups_are_of_equal_size_in_the_order_of_scores() -> None:
    groups = group(SCORES, POSITIVE)

    assert [one.rows for one in groups] == [10] * BINS
    assert [one.predicted for one in groups] == pytest.approx([0.2] * 5 + [0.8] * 5)
    assert {one.observed for one in groups} == {0.5}


def test_intervals_are_those_of_the_books() -> None:
    for positives, expected in ((0, (0, 0.2775)), (5, (0.2366, 0.7634)), (10, (0.7225, 1))):
        positive = np.repeat([np.arange(10) < positives], BINS, axis=0).ravel()
        one = group(np.repeat(np.linspace(0, 1, BINS), 10), positive)[0]
        assert (one.low, one.high) == pytest.approx(expected, abs=1e-3)


def test_at_another_share_of_positives_fewer_are_expected() -> None:
    assert {round(one.observed, 9) for one in group(SCORES, POSITIVE, prior=0.1)} == {0.1}


@pytest.mark.parametrize("is_positive", [True, False])
def test_one_class_alone_is_grouped_as_it_is(is_positive: bool) -> None:
    groups = group(np.linspace(0, 1, 4), np.full(4, is_positive), prior=0.1)

    assert [one.observed for one in groups] == [float(is_positive)] * 4


def test_a_set_without_rows_has_no_groups() -> None:
    assert group(np.zeros(0), np.zeros(0, np.bool_)) == []
