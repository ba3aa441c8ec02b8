"""Which cases are shown without the machine."""

from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.blind import CHECKS, ONE_IN, is_blind, shown_cause
from moderator.domain.review import Cause

OTHERS = [cause for cause in Cause if cause not in (Cause.SAMPLE, Cause.SECOND, Cause.BORDERLINE)]


@given(text=st.text(st.characters(codec=None)))
def test_every_check_is_blind_and_no_case_that_says_why_it_is_there(text: str) -> None:
    assert is_blind(Cause.SAMPLE, text)
    assert is_blind(Cause.SECOND, text)
    assert not any(is_blind(cause, text) for cause in OTHERS)


def test_a_tenth_of_the_borderline_cases_are_blind() -> None:
    drawn = sum(is_blind(Cause.BORDERLINE, f"What an idiot, number {number}.") for number in range(5_000))
    # Four standard deviations of a binomial draw around the share.
    share = 1 / ONE_IN
    assert abs(drawn - 5_000 * share) < 4 * (5_000 * share * (1 - share)) ** 0.5


@given(text=st.text())
def test_the_same_words_are_drawn_alike(text: str) -> None:
    blind = is_blind(Cause.BORDERLINE, text)
    assert is_blind(Cause.BORDERLINE, f"  {text.replace(' ', '   ')} ") == blind


def test_a_check_is_known_as_a_borderline_case() -> None:
    assert {shown_cause(cause) for cause in CHECKS} == {Cause.BORDERLINE}
    assert [shown_cause(cause) for cause in OTHERS] == OTHERS
