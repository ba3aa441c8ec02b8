"""Which of the machine's verdicts are drawn for a check, and how likely each was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.audits import drawn_probability, is_drawn, probability_of
from moderator.domain.comments import Comment
from moderator.domain.ids import CommentId, DecisionId, SiteId
from moderator.domain.judging import judge
from moderator.domain.policy import Action, Facts, Reason, Rule, Verdict
from moderator.domain.review import Automation, Decision, Detection, Source
from moderator.domain.scoring import Scored
from tests.builders import A_SITE, NOON, a_comment, a_policy, a_scored

THRESHOLDS = a_policy().thresholds  # Held from 0.5, rejected from 0.9.


def probability(share: float, scored: Scored | None, *, verdict: Verdict | None = None) -> float | None:
    verdict = verdict or judge(a_policy(), a_comment(), scored, Facts())
    return probability_of(share, verdict, scored, THRESHOLDS)


@pytest.mark.parametrize(
    ("insult", "expected"),
    [
        (0.10, 0.02),
        (0.24, 0.02),
        (0.25, 0.10),
        (0.49, 0.10),
        (0.50, None),  # held: people see it anyway
        (0.89, None),
        (0.91, 0.10),
        (0.94, 0.10),
        (0.96, 0.02),
    ],
)
def test_near_a_threshold_more_is_drawn(insult: float, expected: float | None) -> None:
    assert probability(0.02, a_scored(insult=insult)) == pytest.approx(expected)


def test_a_rejection_by_a_rule_is_drawn_like_a_sure_one() -> None:
    reason = Reason(code=Rule.BANNED_PHRASE, action=Action.REJECT, detail="There is a banned phrase.")
    assert probability(0.02, None, verdict=Verdict(action=Action.REJECT, reasons=(reason,))) == 0.02


def test_of_several_scores_that_reject_the_surest_says_how_near_it_is() -> None:
    assert probability(0.02, a_scored(insult=0.91, threat=0.99)) == 0.02


def test_a_threshold_of_one_leaves_no_room_above_it() -> None:
    reason = Reason(code=Rule.SCORE, action=Action.REJECT, detail="insult", score=1.0, threshold=1.0)
    assert probability(0.02, None, verdict=Verdict(action=Action.REJECT, reasons=(reason,))) == 0.02


def test_an_approval_without_scores_is_drawn_at_the_sites_share() -> None:
    assert probability(0.02, None, verdict=Verdict(action=Action.APPROVE)) == 0.02


def test_none_is_drawn_where_the_site_wants_none_and_never_more_than_all() -> None:
    assert probability(0.0, a_scored()) is None
    assert probability(0.4, a_scored(insult=0.49)) == 1.0


@given(st.floats(0, 1), st.text(min_size=1, max_size=40))
def test_the_draw_is_repeatable_and_certain_at_the_ends(share: float, comment: str) -> None:
    comment_id = CommentId(comment)
    assert is_drawn(comment_id, A_SITE, share) == is_drawn(comment_id, A_SITE, share)
    assert is_drawn(comment_id, A_SITE, 1.0)
    assert not is_drawn(comment_id, A_SITE, 0.0)


def test_about_as_many_are_drawn_as_the_probability_says_and_each_site_draws_its_own() -> None:
    ids = [CommentId(f"comment-{number}") for number in range(20_000)]
    here = {one for one in ids if is_drawn(one, A_SITE, 0.05)}
    there = {one for one in ids if is_drawn(one, SiteId("site-2"), 0.05)}
    assert 870 <= len(here) <= 1_130  # 1,000, give or take four standard deviations.
    assert len(here & there) < 150


def test_a_likelier_comment_is_drawn_whenever_a_less_likely_one_is() -> None:
    for number in range(500):
        comment_id = CommentId(f"comment-{number}")
        if is_drawn(comment_id, A_SITE, 0.1):
            assert is_drawn(comment_id, A_SITE, 0.3)


def decided(comment: Comment, source: Source, share: float | None) -> Decision:
    return Decision(
        id=DecisionId(f"decision-{source}"),
        site_id=comment.site_id,
        comment_id=comment.id,
        source=source,
        action=Action.APPROVE,
        person_id=None,
        detection=Detection.POLICY,
        automation=Automation.FULLY,
        inclusion_probability=share,
        decided_at=NOON,
    )


def test_only_a_comment_that_was_drawn_carries_its_probability() -> None:
    comments = [a_comment(comment_id=f"comment-{number}") for number in range(200)]
    shares = {
        drawn_probability([decided(one, Source.SITE, None), decided(one, Source.POLICY, 0.1)]) for one in comments
    }
    assert shares == {None, 0.1}
    assert drawn_probability([]) is None
    assert drawn_probability([decided(comments[0], Source.POLICY, None)]) is None
