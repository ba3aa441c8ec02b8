"""How far people agree, against a slow reference and against what theory says of moderators with known errors."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.agreement import FEWEST, Pair, Said, alpha, alpha_with_bounds, sum_up
from moderator.domain.ids import PersonId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode

ANNA, BEN, CLEO = PersonId("anna"), PersonId("ben"), PersonId("cleo")
APPROVED = Said(action=Action.APPROVE)
INSULT, SPAM = (Said(action=Action.REJECT, reason=reason) for reason in (ReasonCode.INSULT, ReasonCode.SPAM))

values = st.sampled_from("abcd")
some_units = st.lists(st.lists(values, max_size=5).map(tuple), max_size=12)


def slow_alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Return alpha by its definition: every ordered pair of values within a comment, and of all values there are."""
    rated = [unit for unit in units if len(unit) > 1]
    everything = [value for unit in rated for value in unit]
    among_all = [one != other for one, other in permutations(everything, 2)]
    if not any(among_all):
        return None
    observed = 0.0
    for unit in rated:
        within = [one != other for one, other in permutations(unit, 2)]
        observed += len(unit) * sum(within) / len(within)
    return 1 - (observed / len(everything)) / (sum(among_all) / len(among_all))


@given(some_units)
def test_alpha_is_what_its_definition_says(units: list[tuple[str, ...]]) -> None:
    expected, found = slow_alpha(units), alpha(Counter(units))
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found == pytest.approx(expected)
        assert found <= 1


def test_alpha_is_what_krippendorff_computes_for_his_own_example() -> None:
    # Four observers, twelve comments, five categories, with gaps: his section C, where nominal alpha is 0.743.
    units = ["111", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "555", "11", "3"]
    assert alpha(Counter(tuple(unit) for unit in units)) == pytest.approx(0.743, abs=0.0005)


@given(some_units)
def test_the_bounds_lie_around_alpha(units: list[tuple[str, ...]]) -> None:
    counted = Counter(units)
    found = alpha_with_bounds(counted)
    if found is not None:
        assert -1 <= found.low <= found.share <= found.high <= 1
        assert found.share == alpha(counted)


@given(st.lists(st.tuples(values, values), min_size=2, max_size=12))
def test_the_bounds_are_those_of_leaving_each_comment_out_in_turn(units: list[tuple[str, str]]) -> None:
    found = alpha_with_bounds(Counter(units))
    left = [slow_alpha(units[:place] + units[place + 1 :]) for place in range(len(units))]
    if found is None:
        assert slow_alpha(units) is None
    elif None in left:
        assert (found.low, found.high) == (-1, 1)
    else:
        known = [one for one in left if one is not None]
        middle = sum(known) / len(known)
        spread = sum((one - middle) ** 2 for one in known) * (len(known) - 1) / len(known)
        assert found.high == pytest.approx(min(1.0, found.share + 1.959964 * spread**0.5))


def simulated(comments: int, errors: Sequence[float], harmful: float, seed: int) -> list[Pair]:
    """Return what pairs of moderators said, each wrong about as many comments as their error rate says."""
    chance, people = random.Random(seed), (ANNA, BEN, CLEO)[: len(errors)]
    counted: Counter[tuple[tuple[PersonId, PersonId], tuple[Said, Said]]] = Counter()
    for _ in range(comments):
        is_harmful = chance.random() < harmful
        first, second = chance.sample(range(len(people)), 2)
        one, other = (
            INSULT if is_harmful != (chance.random() < errors[person]) else APPROVED for person in (first, second)
        )
        counted[(people[first], people[second]), (one, other)] += 1
    return [Pair(people=who, said=said, number=number) for (who, said), number in counted.items()]


def expected_alpha(error: float, harmful: float) -> float:
    """Return what alpha tends to where two people have the same error rate: 1 − observed over expected disagreement."""
    rejected = harmful * (1 - error) + (1 - harmful) * error
    return 1 - 2 * error * (1 - error) / (2 * rejected * (1 - rejected))


@pytest.mark.parametrize(("error", "harmful"), [(0.0, 0.3), (0.05, 0.3), (0.1, 0.5), (0.2, 0.2), (0.5, 0.4)])
def test_moderators_with_known_error_rates_have_the_alpha_of_theory(error: float, harmful: float) -> None:
    found = sum_up(simulated(20_000, [error, error], harmful, seed=7)).actions
    assert found.alpha is not None
    assert found.alpha.share == pytest.approx(expected_alpha(error, harmful), abs=0.02)
    assert found.rate is not None
    assert found.rate.share == pytest.approx(1 - 2 * error * (1 - error), abs=0.01)


def test_the_bounds_of_alpha_cover_the_truth_about_as_often_as_they_say() -> None:
    truth, covered = expected_alpha(0.1, 0.4), 0
    for seed in range(100):
        found = sum_up(simulated(200, [0.1, 0.1], 0.4, seed)).actions.alpha
        assert found is not None
        covered += found.low <= truth <= found.high
    assert covered >= 90


def test_who_errs_more_agrees_less_with_the_others() -> None:
    found = sum_up(simulated(6_000, [0.02, 0.02, 0.3], 0.4, seed=3)).people
    shares = {person: one.rate.share for person, one in found.items() if one.rate}
    assert shares[CLEO] == pytest.approx(0.02 * 0.3 + 0.98 * 0.7, abs=0.02)
    assert shares[ANNA] > shares[CLEO] + 0.1 < shares[BEN]


def pairs_of(*said: tuple[Said, Said], number: int = 1, is_contrary: bool = False) -> list[Pair]:
    return [Pair(people=(ANNA, BEN), said=one, number=number, is_contrary=is_contrary) for one in said]


def test_a_rejection_for_another_reason_agrees_on_the_action_alone() -> None:
    found = sum_up(pairs_of((INSULT, SPAM), (INSULT, INSULT), number=15))
    assert (found.actions.agreed, found.grounds.agreed, found.actions.comments) == (30, 15, 30)
    assert found.actions.alpha is None  # Nobody approved anything: chance would have agreed as often.
    assert found.grounds.alpha is not None


def test_a_reason_is_looked_at_where_at_least_one_gave_it() -> None:
    pairs = pairs_of((INSULT, INSULT), number=16) + pairs_of((APPROVED, INSULT), (SPAM, INSULT), number=4)
    found = sum_up(pairs + pairs_of((APPROVED, APPROVED), number=500)).reasons
    assert set(found) == {ReasonCode.INSULT, ReasonCode.SPAM}
    insult, spam = found[ReasonCode.INSULT], found[ReasonCode.SPAM]
    assert (insult.comments, insult.agreed) == (24, 16)
    assert insult.rate is not None
    assert insult.rate.low < 16 / 24 < insult.rate.high
    assert insult.alpha is not None
    assert insult.alpha.share > insult.rate.share  # It knows of the five hundred, too.
    assert (spam.comments, spam.agreed, spam.rate) == (4, 0, None)


def test_nobodys_figure_is_shown_before_there_are_twenty_comments() -> None:
    for number, is_shown in ((FEWEST - 1, False), (FEWEST, True)):
        found = sum_up(pairs_of((INSULT, INSULT), number=number)).people
        assert set(found) == {ANNA, BEN}
        assert all((one.rate is not None) is is_shown for one in found.values())


def test_what_was_asked_for_because_of_a_sure_score_is_counted_apart() -> None:
    found = sum_up(pairs_of((APPROVED, INSULT), (APPROVED, APPROVED), is_contrary=True))
    assert (found.contrary.comments, found.contrary.agreed) == (2, 1)
    assert (found.actions.comments, found.people, found.reasons) == (0, {}, {})


def test_nothing_is_said_of_nothing() -> None:
    found = sum_up([])
    assert (found.actions.comments, found.actions.rate, found.actions.alpha) == (0, None, None)
    assert found.contrary.rate is None
