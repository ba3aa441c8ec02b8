"""Which cases may be decided together, and which few stand for the others."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.bulk import SAMPLE_CASES, Selection, is_free, most_different, spread
from moderator.domain.campaigns import likeness
from moderator.domain.ids import CommentId, PersonId, SiteId
from moderator.domain.review import CaseState, Cause, Claim
from moderator.domain.scoring import Label
from tests.builders import A_SITE, NOON, a_case, a_comment, scores

ANNA, BEN = PersonId("anna"), PersonId("ben")


def test_a_band_takes_its_lower_end_and_leaves_its_upper_one() -> None:
    band = Selection(site_id=A_SITE, label=Label.INSULT, low=0.4, high=0.6)
    case = a_case(a_comment())

    assert [band.includes(case, scores(insult=at)) for at in (0.39, 0.4, 0.59, 0.6)] == [False, True, True, False]
    assert not band.includes(case, {})
    assert not band.includes(a_case(a_comment(site_id=SiteId("other"))), scores(insult=0.5))


def test_a_band_to_the_top_includes_the_top() -> None:
    band = Selection(site_id=A_SITE, label=Label.SPAM, low=0.9, high=1.0)

    assert band.includes(a_case(a_comment()), scores(spam=1.0))


def test_a_campaign_takes_its_own_cases_whatever_they_score() -> None:
    campaign = Selection(site_id=A_SITE, campaign=CommentId("first"))
    case = replace(a_case(a_comment()), campaign=CommentId("first"))

    assert campaign.includes(case, {})
    assert not campaign.includes(replace(case, campaign=None), {})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"label": Label.SPAM, "campaign": CommentId("first")},
        {"label": Label.SPAM, "low": 0.5, "high": 0.5},
        {"label": Label.SPAM, "low": -0.1},
        {"label": Label.SPAM, "high": 1.1},
        {"label": Label.SPAM, "low": float("nan")},
    ],
)
def test_a_selection_that_chooses_nothing_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"selection|band"):
        Selection(site_id=A_SITE, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("cause", list(Cause))
def test_only_ordinary_cases_are_decided_together(cause: Cause) -> None:
    case = replace(a_case(a_comment()), cause=cause)

    assert is_free(case, ANNA, NOON) == (cause in {Cause.BORDERLINE, Cause.REPORT, Cause.UNDONE, Cause.CAMPAIGN})


def test_what_is_closed_or_in_somebody_elses_hands_is_left_alone() -> None:
    case = a_case(a_comment())
    held = replace(case, claim=Claim(holder=BEN, expires_at=NOON + timedelta(minutes=1)))

    assert not is_free(replace(case, state=CaseState.CLOSED), ANNA, NOON)
    assert not is_free(held, ANNA, NOON)
    assert is_free(held, BEN, NOON)
    assert is_free(held, ANNA, NOON + timedelta(minutes=1))


@given(st.integers(0, 5_000))
def test_a_sample_lies_evenly_from_end_to_end(count: int) -> None:
    places = spread(count)

    assert len(places) == min(count, SAMPLE_CASES)
    assert places == sorted(set(places))
    if count:
        assert (places[0], places[-1]) == (0, count - 1)
    gaps = {later - earlier for earlier, later in pairwise(places)}
    assert not gaps or max(gaps) - min(gaps) <= 1


_SKETCHES = st.lists(st.none() | st.binary(min_size=4, max_size=4).map(bytes.hex), max_size=30)


@given(_SKETCHES)
def test_the_most_different_are_each_once_and_begin_with_the_first(sketches: list[str | None]) -> None:
    chosen = most_different(sketches, 5)

    assert len(chosen) == len(set(chosen)) == min(5, len(sketches))
    assert chosen[:1] == ([0] if sketches else [])


def test_of_copies_and_one_variant_the_variant_is_shown() -> None:
    copy, variant, between = "00" * 64, "ff" * 64, "00" * 40 + "ff" * 24
    sketches = [copy, copy, between, copy, variant]

    assert most_different(sketches, 2) == [0, 4]
    assert most_different(sketches, 3) == [0, 4, 2]
    assert likeness(copy, between) > likeness(variant, between)
