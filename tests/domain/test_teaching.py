"""What a decision teaches, of which labels it says nothing, and what waits for a second opinion."""

from datetime import timedelta

import pytest

from moderator.domain.ids import CommentId, DecisionId, PersonId
from moderator.domain.opinions import Opinion
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Decision, Detection, ReasonCode, Source
from moderator.domain.scoring import Label
from moderator.domain.teaching import (
    HOUSE_RULES,
    LABELS_OF_REASON,
    contradicts,
    is_contrary,
    labels_taught,
    ruling_of,
)
from tests.builders import A_SITE, NOON

ANNA, BEN = "person-anna", "person-ben"


def a_decision(number: int, action: Action, person: str | None = ANNA, **changed: object) -> Decision:
    fields = {
        "id": DecisionId(f"decision-{number}"),
        "site_id": A_SITE,
        "comment_id": CommentId("comment-1"),
        "source": Source.MODERATOR if person else Source.POLICY,
        "action": action,
        "person_id": PersonId(person) if person else None,
        "detection": Detection.POLICY,
        "automation": Automation.PARTIALLY,
        "decided_at": NOON + timedelta(minutes=number),
        "reason": ReasonCode.INSULT if action is Action.REJECT else None,
        **changed,
    }
    return Decision(**fields)  # type: ignore[arg-type]


def test_an_approval_says_that_nothing_is_wrong() -> None:
    assert labels_taught(Action.APPROVE, None) == {**dict.fromkeys(Label, 0.0), HOUSE_RULES: 0.0}


@pytest.mark.parametrize("reason", ReasonCode)
def test_a_rejection_says_what_its_reason_says_and_leaves_the_rest_open(reason: ReasonCode) -> None:
    taught = labels_taught(Action.REJECT, reason)
    assert taught == {**dict.fromkeys(LABELS_OF_REASON.get(reason, ()), 1.0), HOUSE_RULES: 1.0}
    assert len(taught) < len(Label)


def test_an_insult_is_toxic_and_spam_is_not() -> None:
    assert labels_taught(Action.REJECT, ReasonCode.INSULT) == {Label.INSULT: 1, Label.TOXIC: 1, HOUSE_RULES: 1}
    assert labels_taught(Action.REJECT, ReasonCode.SPAM) == {Label.SPAM: 1, HOUSE_RULES: 1}
    assert labels_taught(Action.REJECT, None) == {HOUSE_RULES: 1}


def test_a_hold_says_nothing() -> None:
    assert labels_taught(Action.HOLD, None) == {}


def test_the_newest_decision_of_a_moderator_holds() -> None:
    ruling = ruling_of(
        [a_decision(1, Action.REJECT, None), a_decision(2, Action.REJECT), a_decision(3, Action.APPROVE)]
    )
    assert ruling is not None
    assert (ruling.decision, ruling.action, ruling.people) == ("decision-3", Action.APPROVE, 1)
    assert ruling.labels == labels_taught(Action.APPROVE, None)


@pytest.mark.parametrize(
    "history",
    [
        [],
        [a_decision(1, Action.APPROVE, None)],
        [a_decision(1, Action.APPROVE), a_decision(2, Action.HOLD, undoes=DecisionId("decision-1"))],
        [a_decision(1, Action.APPROVE), a_decision(2, Action.APPROVE, None)],
    ],
    ids=["nothing", "the machine alone", "an undone one", "overruled by another"],
)
def test_nothing_is_taught_where_no_moderators_decision_holds(history: list[Decision]) -> None:
    assert ruling_of(history) is None


def test_people_who_say_the_same_are_counted_once_each() -> None:
    history = [
        a_decision(1, Action.REJECT, BEN),
        a_decision(2, Action.REJECT, ANNA),
        a_decision(3, Action.REJECT, ANNA),
    ]
    ruling = ruling_of(history)
    assert ruling is not None
    assert ruling.people == 2


def test_who_gave_another_reason_or_took_it_back_does_not_agree() -> None:
    other = a_decision(1, Action.REJECT, BEN, reason=ReasonCode.SPAM)
    taken = a_decision(2, Action.REJECT, BEN)
    back = a_decision(3, Action.HOLD, BEN, undoes=taken.id)
    ruling = ruling_of([other, taken, back, a_decision(4, Action.REJECT, ANNA)])
    assert ruling is not None
    assert ruling.people == 1


def an_opinion(number: int, action: Action, person: str = BEN, **changed: object) -> Opinion:
    return Opinion(said=a_decision(number, action, person, **changed), about=DecisionId("decision-1"))


def test_a_second_opinion_that_says_the_same_is_a_second_voice() -> None:
    first, same = a_decision(1, Action.REJECT), an_opinion(2, Action.REJECT)
    for given, people in (
        ([], 1),
        ([same], 2),
        ([same, an_opinion(3, Action.REJECT)], 2),  # Ben once more.
        ([same, an_opinion(3, Action.HOLD, undoes=same.said.id)], 1),
        ([an_opinion(2, Action.REJECT, reason=ReasonCode.SPAM)], 1),
    ):
        ruling = ruling_of([first], given)
        assert ruling is not None
        assert (ruling.decision, ruling.person, ruling.people, ruling.is_disputed) == (first.id, ANNA, people, False)


def test_a_disputed_decision_is_told_apart_until_somebody_settles_it() -> None:
    first, opposite = a_decision(1, Action.APPROVE), an_opinion(2, Action.REJECT)
    ruling = ruling_of([first], [opposite])
    assert ruling is not None
    assert (ruling.people, ruling.is_disputed) == (1, True)
    settled = ruling_of([first, a_decision(3, Action.REJECT, "person-cleo")], [opposite])
    assert settled is not None
    assert (settled.people, settled.is_disputed) == (2, False)


@pytest.mark.parametrize(
    ("action", "reason", "scored", "expected"),
    [
        (Action.APPROVE, None, {Label.SPAM: 0.96}, True),
        (Action.APPROVE, None, {Label.SPAM: 0.9, Label.INSULT: 0.9}, False),
        (Action.REJECT, ReasonCode.INSULT, {Label.INSULT: 0.0005, Label.TOXIC: 0.0005}, True),
        (Action.REJECT, ReasonCode.INSULT, {Label.INSULT: 0.0005, Label.TOXIC: 0.2}, False),
        (Action.REJECT, ReasonCode.OFF_TOPIC, {Label.INSULT: 0.0005}, False),
        (Action.HOLD, None, {Label.SPAM: 0.99}, False),
        (Action.APPROVE, None, {}, False),
    ],
)
def test_a_decision_is_contrary_where_scores_were_sure_of_the_opposite(
    action: Action, reason: ReasonCode | None, scored: dict[Label, float], expected: bool
) -> None:
    assert is_contrary(labels_taught(action, reason), scored) is expected


@pytest.mark.parametrize(
    ("value", "score", "prior", "expected"),
    [
        (0.0, 0.96, 0.05, True),
        (0.0, 0.94, 0.05, False),
        (1.0, 0.96, 0.05, False),
        (1.0, 0.04, 0.05, False),
        (1.0, 0.002, 0.05, True),
        (1.0, 0.002, 0.005, False),
        (1.0, 0.0, 0.05, True),
        (1.0, 1.0, 0.05, False),
    ],
)
def test_only_a_sure_score_is_contradicted(value: float, score: float, prior: float, expected: bool) -> None:
    assert contradicts(value, score, prior) is expected
