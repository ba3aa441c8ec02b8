"""Campaigns: how alike two sketches are, and what is said about a group."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.campaigns import Campaign, describe, likeness
from moderator.domain.ids import CommentId
from moderator.domain.judging import judge
from moderator.domain.policy import Action, Facts, Policy, Rule
from tests.builders import a_comment, a_policy, a_scored

SKETCHES = st.binary(min_size=64, max_size=64).map(bytes.hex)


def a_campaign(comments: int = 4, authors: int = 2, articles: int = 1) -> Campaign:
    return Campaign(id=CommentId("first"), comments=comments, authors=authors, articles=articles)


@given(SKETCHES, SKETCHES)
def test_likeness_is_a_share_the_same_both_ways_and_whole_for_the_same(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
    assert likeness(one, one) == 1


def test_likeness_counts_equal_places() -> None:
    assert likeness("00" * 64, "00" * 16 + "ff" * 48) == 0.25


@pytest.mark.parametrize(
    ("campaign", "hours", "words"),
    [
        (a_campaign(5, 3, 2), 24, "One of 5 alike within a day, by 3 authors under 2 articles"),
        (a_campaign(4, 1, 2), 168, "One of 4 alike within 7 days, by 1 author under 2 articles"),
        (a_campaign(100, 100, 1), 1, "One of 100 or more alike within an hour, by 100 or more authors under 1 article"),
        (a_campaign(4, 2, 0), 6, "One of 4 alike within 6 hours, by 2 authors"),
        (a_campaign(4, 0, 2), 48, "One of 4 alike within 2 days, under 2 articles"),
        (a_campaign(4, 0, 0), 24, "One of 4 alike within a day"),
    ],
)
def test_the_size_of_a_campaign_in_words(campaign: Campaign, hours: int, words: str) -> None:
    assert describe(campaign, hours) == words


@pytest.mark.parametrize(
    ("campaign", "is_held"),
    [
        (a_campaign(4, authors=2, articles=1), True),
        (a_campaign(4, authors=1, articles=2), True),
        (a_campaign(4, authors=0, articles=2), True),
        (a_campaign(3, authors=3, articles=3), False),
        (a_campaign(9, authors=1, articles=1), False),
        (a_campaign(9, authors=0, articles=0), False),
    ],
)
def test_a_text_like_three_others_is_held_when_authors_or_articles_differ(campaign: Campaign, is_held: bool) -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(), Facts(campaign=campaign))

    assert verdict.action is (Action.HOLD if is_held else Action.APPROVE)
    assert [reason.code for reason in verdict.reasons] == [Rule.CAMPAIGN] * is_held


def test_the_reason_says_how_many_and_how_widely() -> None:
    verdict = judge(a_policy(campaign_hours=72), a_comment(), a_scored(), Facts(campaign=a_campaign(6, 4, 2)))

    assert verdict.reasons[0].detail == "One of 6 alike within 3 days, by 4 authors under 2 articles."


def test_the_limit_is_the_policys_and_nought_is_off() -> None:
    facts = Facts(campaign=a_campaign(6, 4, 2))

    assert judge(a_policy(campaign_limit=5), a_comment(), a_scored(), facts).action is Action.HOLD
    assert judge(a_policy(campaign_limit=6), a_comment(), a_scored(), facts).action is Action.APPROVE
    assert judge(a_policy(campaign_limit=0), a_comment(), a_scored(), facts).action is Action.APPROVE


@pytest.mark.parametrize("hours", [0, -1, 169])
def test_a_window_has_an_hour_to_a_week(hours: int) -> None:
    with pytest.raises(ValueError, match="1 to 168 hours"):
        Policy(version=1, campaign_hours=hours)
