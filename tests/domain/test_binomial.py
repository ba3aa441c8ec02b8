"""Exact bounds with the standard library alone are those of SciPy, and of the tables."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, betaincinv

from moderator.domain.binomial import beta_quantile, beta_share, lower_bound, upper_bound

PARAMETER = st.floats(min_value=0.4, max_value=5_000)
SHARE = st.floats(min_value=0.001, max_value=0.999)


@settings(deadline=None, max_examples=50)
@given(a=PARAMETER, b=PARAMETER, share=SHARE)
def test_quantiles_are_those_of_scipy(a: float, b: float, share: float) -> None:
    assert beta_quantile(a, b, share) == pytest.approx(float(betaincinv(a, b, share)), rel=1e-8)


@settings(deadline=None, max_examples=50)
@given(a=PARAMETER, b=PARAMETER, at=SHARE)
def test_shares_are_those_of_scipy(a: float, b: float, at: float) -> None:
    assert beta_share(a, b, at) == pytest.approx(float(betainc(a, b, at)), rel=1e-9, abs=1e-12)


def test_nothing_lies_below_zero_and_everything_below_one() -> None:
    assert beta_share(2, 3, 0.0) == 0.0
    assert beta_share(2, 3, 1.0) == 1.0


# How many clean cases certify what: the exact binomial's own table.
@pytest.mark.parametrize(
    ("events", "trials", "rate"),
    [(0, 59, 0.05), (0, 149, 0.02), (0, 299, 0.01), (1, 236, 0.02), (3, 386, 0.02), (3, 773, 0.01)],
)
def test_the_known_numbers_certify_and_one_less_does_not(events: int, trials: int, rate: float) -> None:
    assert upper_bound(events, trials) <= rate < upper_bound(events, trials - 1)


def test_bounds_end_where_rates_end() -> None:
    assert upper_bound(7, 7) == 1.0
    assert lower_bound(0, 7) == 0.0
    assert 0.0 < lower_bound(1, 7) < 1 / 7 < upper_bound(1, 7) < 1.0
