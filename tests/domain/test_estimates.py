"""The weighted rate of errors and its interval: exact where weights are equal, true of streams whose rate is known."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.domain import binomial
from moderator.domain.estimates import NO_ESTIMATE, Stratum, estimate, lower_bound, merged, more_needed

FAR, NEAR = 0.02, 0.1
LENGTH = 4_000


def drawn(probability: float, audited: int, wrong: int = 0) -> Stratum:
    return Stratum(probability=probability, audited=audited, wrong=wrong)


@settings(deadline=None, max_examples=50)  # A quantile takes a millisecond; a busy machine takes its time.
@given(audited=st.integers(1, 400), share=st.floats(0, 1), probability=st.sampled_from((0.001, 0.02, 1.0)))
def test_of_equal_weights_the_interval_is_clopper_and_pearsons(audited: int, share: float, probability: float) -> None:
    wrong = round(audited * share)

    found = estimate([drawn(probability, audited, wrong)])

    assert found.share == pytest.approx(wrong / audited)
    assert found.low == pytest.approx(binomial.lower_bound(wrong, audited, 0.975), abs=1e-6)
    assert found.high == pytest.approx(binomial.upper_bound(wrong, audited, 0.975), abs=1e-6)
    assert found.bound == pytest.approx(binomial.upper_bound(wrong, audited), abs=1e-6)


STRATUM = st.tuples(st.sampled_from((0.005, 0.02, 0.1, 0.5, 1.0)), st.integers(0, 300), st.floats(0, 1)).map(
    lambda one: drawn(one[0], one[1], round(one[1] * one[2]))
)


@settings(deadline=None, max_examples=50)
@given(st.lists(STRATUM, max_size=5))
def test_the_interval_encloses_the_rate_and_lies_between_none_and_all(strata: list[Stratum]) -> None:
    found = estimate(strata)

    if found.share is None:
        assert found == NO_ESTIMATE
    else:
        assert 0.0 <= found.low <= found.share <= found.bound <= found.high <= 1.0
        assert estimate(merged(strata)).bound == pytest.approx(found.bound, abs=1e-9)


def test_an_error_that_was_seldom_drawn_weighs_more() -> None:
    far = estimate([drawn(FAR, 100, 1), drawn(NEAR, 100)])
    near = estimate([drawn(FAR, 100), drawn(NEAR, 100, 1)])

    assert far.share == pytest.approx(50 / 6000)
    assert near.share == pytest.approx(10 / 6000)
    assert far.unweighted == near.unweighted == 1 / 200


def test_no_error_is_no_promise_of_none() -> None:
    assert estimate([drawn(FAR, 10)]).bound == pytest.approx(0.2589, abs=1e-4)
    assert estimate([drawn(FAR, 149)]).bound <= 0.02


def test_a_heavy_comment_that_was_fine_could_have_been_wrong() -> None:
    # Alone, 500 clean rulings bound the rate at 0.6 %; but nearly all of the weight lies on fifty of them.
    assert estimate([drawn(0.001, 50), drawn(1.0, 450)]).bound > 0.05


@pytest.mark.parametrize(
    ("strata", "promise", "needed"),
    [
        ([], 0.02, 149),
        ([drawn(FAR, 100)], 0.02, 49),
        ([drawn(FAR, 100, 1)], 0.02, 136),
        ([drawn(FAR, 149)], 0.02, 0),
        ([], 0.05, 59),
        ([drawn(FAR, 0)], 1.0, 1),
        ([drawn(FAR, 5)], 0.0, None),
        ([drawn(FAR, 5)], 1e-9, None),
    ],
)
def test_it_says_how_many_more_would_do(strata: list[Stratum], promise: float, needed: int | None) -> None:
    assert more_needed(strata, promise) == needed


def test_as_many_as_it_asks_for_certify() -> None:
    needed = more_needed([drawn(FAR, 90), drawn(NEAR, 50, 1)], 0.02)
    assert needed is not None

    scale = 1 + needed / 140
    more = [drawn(FAR, round(90 * scale) + 1), drawn(NEAR, round(50 * scale), 1)]

    assert estimate(more).bound <= 0.02


def test_a_promise_is_broken_only_where_that_is_sure() -> None:
    assert lower_bound([], 0.999) == 0.0
    assert lower_bound([drawn(FAR, 100, 3)], 0.999) < 0.02
    assert lower_bound([drawn(FAR, 100, 12)], 0.999) > 0.02


@pytest.mark.parametrize("wrong", [{"probability": 0.0}, {"probability": 1.5}, {"wrong": 3}, {"wrong": -1}])
def test_what_cannot_have_been_drawn_is_refused(wrong: dict[str, float]) -> None:
    fields = {"probability": 0.5, "audited": 2, "wrong": 1, **wrong}
    with pytest.raises(ValueError, match=r"probability above 0|no more can be wrong"):
        Stratum(**fields)  # type: ignore[arg-type]


def test_the_interval_holds_the_truth_of_streams_and_counting_alone_does_not() -> None:
    source = random.Random(7)
    held = counted = 0
    for _ in range(100):
        tallies = {FAR: [0, 0], NEAR: [0, 0]}
        truth = 0
        for _ in range(LENGTH):
            is_near = source.random() < 0.2
            is_wrong = source.random() < (0.12 if is_near else 0.004)
            probability = NEAR if is_near else FAR
            truth += is_wrong
            if source.random() < probability:
                tallies[probability][0] += 1
                tallies[probability][1] += is_wrong
        found = estimate([drawn(chance, *numbers) for chance, numbers in tallies.items()])
        held += found.low <= truth / LENGTH <= found.high
        low = binomial.lower_bound(found.wrong, found.audited, 0.975)
        high = binomial.upper_bound(found.wrong, found.audited, 0.975)
        counted += low <= truth / LENGTH <= high

    assert held >= 93
    assert counted <= 70
