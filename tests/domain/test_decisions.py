"""What follows from who decides, and why."""

import pytest

from moderator.domain.decisions import About, ground_of, new_decision, reason_of, taking_back
from moderator.domain.findings import FoundPhrase
from moderator.domain.ids import CommentId, DecisionId, PersonId, SiteId
from moderator.domain.judging import judge
from moderator.domain.policy import Action, Facts, Verdict
from moderator.domain.reasons import Ground, ReasonCode, SiteReason
from moderator.domain.review import Automation, Detection, Source
from tests.builders import NOON, a_comment, a_policy, a_scored

ABOUT = About(site_id=SiteId("site"), comment_id=CommentId("one"), policy_version=3, model_version="v7")
ANNA = PersonId("anna")
OWN = SiteReason(name="no-ads", key="1", reason=ReasonCode.SPAM, ground=Ground.LAW, reference="§ 7 UWG")


@pytest.mark.parametrize(
    ("source", "person", "detection", "automation"),
    [
        (Source.POLICY, None, Detection.POLICY, Automation.FULLY),
        (Source.SITE, None, Detection.PERSON, Automation.NOT_AUTOMATED),
        (Source.MODERATOR, ANNA, Detection.PERSON, Automation.NOT_AUTOMATED),
    ],
)
def test_who_decides_says_how_it_came_to_that(
    source: Source, person: PersonId | None, detection: Detection, automation: Automation
) -> None:
    made = new_decision(DecisionId("d"), ABOUT, source=source, action=Action.APPROVE, at=NOON, person_id=person)

    assert (made.detection, made.automation) == (detection, automation)
    assert (made.policy_version, made.model_version, made.decided_at) == (3, "v7", NOON)


def test_a_rejection_rests_on_what_the_sites_own_reason_says() -> None:
    made = new_decision(
        DecisionId("d"),
        ABOUT,
        source=Source.MODERATOR,
        action=Action.REJECT,
        at=NOON,
        reason=ReasonCode.SPAM,
        own=OWN,
        site_reason=OWN.name,
        person_id=ANNA,
    )

    assert (made.ground, made.ground_reference, made.site_reason) == (Ground.LAW, "§ 7 UWG", "no-ads")


def test_an_approval_rests_on_nothing_whatever_reason_was_chosen() -> None:
    made = new_decision(
        DecisionId("d"), ABOUT, source=Source.MODERATOR, action=Action.APPROVE, at=NOON, own=OWN, person_id=ANNA
    )

    assert (made.ground, made.ground_reference) == (None, None)


def test_what_takes_a_decision_back_names_it_and_stands_under_the_same_policy_and_model() -> None:
    made = new_decision(
        DecisionId("d"), ABOUT, source=Source.POLICY, action=Action.REJECT, at=NOON, reason=ReasonCode.SPAM
    )

    back = taking_back(made, DecisionId("e"), by=ANNA, at=NOON)

    assert (back.action, back.undoes, back.person_id, back.reason, back.ground) == (
        Action.HOLD,
        made.id,
        ANNA,
        None,
        None,
    )
    assert (back.policy_version, back.model_version) == (made.policy_version, made.model_version)


def test_only_illegality_rests_on_the_law() -> None:
    assert ground_of(Action.REJECT, ReasonCode.ILLEGAL) is Ground.LAW
    assert ground_of(Action.REJECT, ReasonCode.INSULT) is Ground.TERMS
    assert ground_of(Action.APPROVE, None) is None


def test_a_rejection_by_the_policy_has_a_reason_code() -> None:
    by_label = judge(a_policy(), a_comment(), a_scored(threat=0.95, toxic=0.6), Facts())
    banned, suspect = FoundPhrase(words="summit"), FoundPhrase(words="ended")
    by_phrase = judge(a_policy(), a_comment(), a_scored(), Facts(banned=banned))
    held_too = judge(a_policy(), a_comment(), a_scored(), Facts(banned=banned, suspect=suspect))

    assert reason_of(by_label) is ReasonCode.THREAT
    assert reason_of(by_phrase) is ReasonCode.HOUSE_RULE
    assert reason_of(held_too) is ReasonCode.HOUSE_RULE
    assert reason_of(judge(a_policy(), a_comment(), a_scored(insult=0.6), Facts())) is None
    assert reason_of(Verdict(action=Action.APPROVE)) is None
