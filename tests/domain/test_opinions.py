"""Which decisions get a second opinion, who may settle a disagreement, and when there is one."""

import pytest

from moderator.domain import audits
from moderator.domain.ids import CommentId, DecisionId, PersonId, SiteId
from moderator.domain.opinions import (
    Opinion,
    find_dissent,
    is_drawn,
    may_be_seconded,
    may_be_settled,
    settling,
    standing,
)
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import Decision, Detection, ReasonCode, Source
from tests.builders import A_SITE
from tests.storage.rows import ANNA, BEN, a_decision

A_COMMENT = CommentId("comment-1")
CLEO, DORA = PersonId("person-cleo"), PersonId("person-dora")


def decided(name: str, action: Action, by: PersonId = ANNA, **changed: object) -> Decision:
    """Return a moderator's decision."""
    reason = ReasonCode.INSULT if action is Action.REJECT else None
    fields = {"source": Source.MODERATOR, "person_id": by, "action": action, "reason": reason, **changed}
    return a_decision(A_COMMENT, id=DecisionId(name), **fields)


def an_opinion(name: str, action: Action, about: str, by: PersonId = BEN, **changed: object) -> Opinion:
    """Return what somebody says of a decision."""
    return Opinion(said=decided(name, action, by, **changed), about=DecisionId(about))


def a_person(person_id: PersonId, role: Role = Role.MODERATOR, *sites: SiteId) -> Person:
    """Return somebody who sees these sites, all of them without any."""
    return Person(id=person_id, name=person_id, role=role, sites=sites)


def test_the_draw_is_the_same_each_time_and_as_large_as_the_share() -> None:
    ids = [CommentId(f"comment-{number}") for number in range(20_000)]
    drawn = [is_drawn(one, A_SITE, 0.05) for one in ids]
    assert drawn == [is_drawn(one, A_SITE, 0.05) for one in ids]
    assert sum(drawn) / len(ids) == pytest.approx(0.05, abs=0.006)
    assert all(is_drawn(one, A_SITE, 1.0) for one in ids)
    assert not any(is_drawn(one, A_SITE, 0.0) for one in ids)


def test_it_knows_nothing_of_the_checks_on_the_machine() -> None:
    ids = [CommentId(f"comment-{number}") for number in range(20_000)]
    both = sum(is_drawn(one, A_SITE, 0.2) and audits.is_drawn(one, A_SITE, 0.2) for one in ids)
    assert both / len(ids) == pytest.approx(0.04, abs=0.006)


def test_what_was_taken_back_stands_no_more() -> None:
    kept = an_opinion("o-1", Action.APPROVE, "d-1")
    taken = an_opinion("o-2", Action.REJECT, "d-1")
    back = an_opinion("o-3", Action.HOLD, "d-1", undoes=DecisionId("o-2"))
    assert standing([kept, taken, back]) == [kept]


def test_an_opinion_that_says_the_opposite_disputes_what_holds() -> None:
    first = decided("d-1", Action.APPROVE)
    agreeing, opposite = (an_opinion("o-1", action, "d-1") for action in (Action.APPROVE, Action.REJECT))
    assert find_dissent([first], [agreeing]) is None
    assert find_dissent([first], [opposite]) == opposite
    assert find_dissent([first], []) is None
    assert find_dissent([], [opposite]) is None


@pytest.mark.parametrize(
    ("following", "is_disputed"),
    [
        ([decided("d-2", Action.APPROVE, CLEO)], False),  # Cleo settled it as it was,
        ([decided("d-2", Action.REJECT, CLEO)], False),  # or as Ben had said.
        ([decided("d-2", Action.HOLD, undoes=DecisionId("d-1"))], False),  # Anna took hers back,
        ([decided("d-2", Action.HOLD), decided("d-3", Action.REJECT)], False),  # and gave in,
        ([decided("d-2", Action.HOLD), decided("d-3", Action.APPROVE)], True),  # or insisted.
        ([decided("d-2", Action.APPROVE, detection=Detection.PERSON)], False),  # Anna was asked to settle it.
        ([decided("d-2", Action.APPROVE, detection=Detection.REPORT)], True),  # A reader's report asked nothing so.
    ],
)
def test_whoever_is_neither_of_the_two_settles_it(following: list[Decision], is_disputed: bool) -> None:
    opposite = an_opinion("o-1", Action.REJECT, "d-1")
    found = find_dissent([decided("d-1", Action.APPROVE), *following], [opposite])
    assert (found is not None) is is_disputed


def test_somebody_else_is_asked_where_somebody_else_sees_the_site() -> None:
    elsewhere = a_person(BEN, Role.ADMIN, SiteId("site-2"))
    assert not may_be_seconded([], A_SITE, ANNA)
    assert not may_be_seconded([a_person(ANNA), elsewhere], A_SITE, ANNA)
    assert may_be_seconded([a_person(ANNA), elsewhere, a_person(CLEO, Role.MODERATOR, A_SITE)], A_SITE, ANNA)


def test_seniors_settle_it_then_anybody_else_then_nobody() -> None:
    two = [a_person(ANNA), a_person(BEN, Role.SENIOR)]
    assert settling(two, A_SITE, ANNA, BEN) is None
    for others, is_for_seniors in (
        ([a_person(CLEO)], False),
        ([a_person(CLEO), a_person(DORA, Role.SENIOR)], True),
        ([a_person(CLEO), a_person(DORA, Role.SENIOR, SiteId("site-2"))], False),
    ):
        found = settling([*two, *others], A_SITE, ANNA, BEN)
        assert found is not None
        assert (found.barred, found.is_for_seniors) == ((ANNA, BEN), is_for_seniors)


@pytest.mark.parametrize(
    ("roles", "barred"),
    [
        ((Role.MODERATOR, Role.ADMIN), (ANNA,)),
        ((Role.ADMIN, Role.SENIOR), (BEN,)),
        ((Role.ADMIN, Role.ADMIN), ()),
    ],
)
def test_an_administrator_settles_it_where_nobody_else_sees_the_site(
    roles: tuple[Role, Role], barred: tuple[PersonId, ...]
) -> None:
    elsewhere = a_person(CLEO, Role.ADMIN, SiteId("site-2"))
    two = [a_person(person, role) for person, role in zip((ANNA, BEN), roles, strict=True)]
    found = settling([*two, elsewhere], A_SITE, ANNA, BEN)
    assert found is not None
    assert (found.barred, found.is_for_seniors) == (barred, False)


@pytest.mark.parametrize(
    ("roles", "may_be"),
    [
        ((), True),
        ((Role.MODERATOR,), True),
        ((Role.MODERATOR, Role.SENIOR), False),
        ((Role.MODERATOR, Role.ADMIN), True),
        ((Role.MODERATOR, Role.MODERATOR, Role.MODERATOR), True),
    ],
)
def test_two_alone_need_an_administrator(roles: tuple[Role, ...], may_be: bool) -> None:
    people = [a_person(PersonId(f"person-{number}"), role) for number, role in enumerate(roles)]
    assert may_be_settled(people, A_SITE) is may_be
