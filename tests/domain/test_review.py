"""The legal moves: claims, rulings, and who may end a case."""

from dataclasses import replace
from datetime import timedelta

import pytest

from moderator.domain.errors import CaseClosed, ClaimLost, InvalidInput
from moderator.domain.ids import CommentId, DecisionId, PersonId, SiteId
from moderator.domain.policy import Action
from moderator.domain.review import (
    LEAST_WEIGHT,
    MAX_NOTE_CHARACTERS,
    SEVERITY,
    UNSCORED_WEIGHT,
    Automation,
    Case,
    CaseState,
    Claim,
    Decision,
    Detection,
    ReasonCode,
    Source,
    check_ruling,
    weigh,
)
from moderator.domain.scoring import Label, Scored
from tests.builders import NOON, a_case, a_comment, a_scored

ANNA, BEN = PersonId("anna"), PersonId("ben")


def claimed_by(person: PersonId, *, minutes: int = 10) -> Case:
    return replace(
        a_case(a_comment()), generation=1, claim=Claim(holder=person, expires_at=NOON + timedelta(minutes=minutes))
    )


def test_the_holder_may_decide_in_time() -> None:
    claimed_by(ANNA).check_may_decide(ANNA, 1, NOON)
    claimed_by(ANNA).check_may_decide(ANNA, None, NOON)


def test_a_free_case_may_be_decided_by_anybody_who_saw_its_generation() -> None:
    a_case(a_comment()).check_may_decide(BEN, 0, NOON)


def test_a_free_case_cannot_be_decided_blindly() -> None:
    with pytest.raises(ClaimLost, match="no claim"):
        a_case(a_comment()).check_may_decide(BEN, None, NOON)


def test_a_stale_generation_has_lost_the_claim() -> None:
    with pytest.raises(ClaimLost, match="moved on"):
        claimed_by(ANNA).check_may_decide(ANNA, 0, NOON)


def test_another_persons_case_is_not_decided() -> None:
    with pytest.raises(ClaimLost, match="Somebody else"):
        claimed_by(ANNA).check_may_decide(BEN, 1, NOON)


def test_a_claim_ends_at_its_very_expiry() -> None:
    with pytest.raises(ClaimLost, match="expired"):
        claimed_by(ANNA, minutes=0).check_may_decide(ANNA, 1, NOON)


@pytest.mark.parametrize("state", [CaseState.CLOSED, CaseState.WITHDRAWN])
def test_a_closed_case_stays_closed(state: CaseState) -> None:
    with pytest.raises(CaseClosed):
        replace(a_case(a_comment()), state=state).check_may_decide(ANNA, 0, NOON)


def test_a_ruling_is_an_approval_or_a_rejection_with_a_reason() -> None:
    check_ruling(Action.APPROVE, None, None)
    check_ruling(Action.REJECT, ReasonCode.SPAM, "x" * MAX_NOTE_CHARACTERS)


@pytest.mark.parametrize(
    ("action", "reason", "note", "pointer"),
    [
        (Action.HOLD, None, None, "/action"),
        (Action.REJECT, None, None, "/reason"),
        (Action.APPROVE, None, "x" * (MAX_NOTE_CHARACTERS + 1), "/note"),
    ],
)
def test_an_incomplete_ruling_names_its_fault(
    action: Action, reason: ReasonCode | None, note: str | None, pointer: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_ruling(action, reason, note)

    assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_a_case_weighs_its_gravest_label() -> None:
    assert weigh(a_scored(threat=0.5, spam=0.9)) == pytest.approx(0.5)
    assert weigh(None) == UNSCORED_WEIGHT
    assert weigh(Scored(scores={}, model="m")) == LEAST_WEIGHT
    assert weigh(Scored(scores={Label.SPAM: 0.0}, model="m")) == LEAST_WEIGHT
    assert set(SEVERITY) == set(Label)


def a_decision(**changed: object) -> Decision:
    valid = {
        "id": DecisionId("d"),
        "site_id": SiteId("s"),
        "comment_id": CommentId("c"),
        "source": Source.MODERATOR,
        "action": Action.APPROVE,
        "person_id": ANNA,
        "detection": Detection.POLICY,
        "automation": Automation.PARTIALLY,
        "decided_at": NOON,
    }
    return Decision(**{**valid, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [{"person_id": None}, {"source": Source.POLICY}, {"action": Action.REJECT}],
)
def test_a_decision_that_cannot_be_answered_for_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="person"):
        a_decision(**changed)


def test_a_decision_by_a_person_with_its_reason_stands() -> None:
    assert a_decision(action=Action.REJECT, reason=ReasonCode.HATE).reason is ReasonCode.HATE
