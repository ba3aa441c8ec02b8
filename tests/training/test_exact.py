"""Bounds are exact, and what they say is needed is just enough."""

import numpy as np
import pytest
from scipy.stats import binom

from training.exact import fixed_sequence, lower_bound, lower_bounds, trials_needed, upper_bound, upper_bounds


@pytest.mark.parametrize(("events", "trials"), [(0, 59), (3, 100), (40, 50)])
def test_bounds_are_exact(events: int, trials: int) -> None:
    assert binom.cdf(events, trials, upper_bound(events, trials, 0.95)) == pytest.approx(0.05)
    if events:
        assert binom.sf(events - 1, trials, lower_bound(events, trials, 0.95)) == pytest.approx(0.05)


def test_many_bounds_at_once_are_the_same() -> None:
    events = np.array([0, 1, 30, 59])
    assert upper_bounds(events, 59) == pytest.approx([upper_bound(int(one), 59) for one in events])
    assert lower_bounds(events, 59) == pytest.approx([lower_bound(int(one), 59) for one in events])


def test_bounds_end_at_none_and_all() -> None:
    assert upper_bound(5, 5, 0.95) == 1
    assert lower_bound(0, 5, 0.95) == 0


@pytest.mark.parametrize(
    ("rate", "errors", "needed"),
    [(0.05, 0, 59), (0.02, 0, 149), (0.01, 0, 299), (0.02, 1, 236), (0.01, 3, 773), (0.001, 0, 2_995)],
)
def test_so_many_trials_and_not_one_fewer_show_a_rate(rate: float, errors: int, needed: int) -> None:
    assert trials_needed(errors, rate) == needed
    assert upper_bound(errors, needed - 1) > rate


def test_no_number_of_trials_shows_the_impossible() -> None:
    assert trials_needed(0, 0.0) is None
    assert trials_needed(0, 1e-9) is None


def test_a_walk_ends_at_the_first_failure() -> None:
    assert fixed_sequence([True, True, False, True]) == 2
    assert fixed_sequence([False, True]) == 0
    assert fixed_sequence([True]) == 1
    assert fixed_sequence([]) == 0
