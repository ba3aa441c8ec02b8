"""Second opinions as they are stored: what was asked for, what people said, and how far they agree."""

from dataclasses import replace

import pytest

from moderator.domain.agreement import Pair, Said
from moderator.domain.comments import Comment
from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, DecisionId, PersonId
from moderator.domain.opinions import Opinion, SecondReview
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Cause, ReasonCode, Source
from moderator.storage import cases, decisions, opinions
from moderator.storage.database import Connection, Database
from tests.builders import A_SITE, NOON, a_case
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, a_decision, add_comment, later

pytestmark = pytest.mark.anyio

APPROVED = Said(action=Action.APPROVE)
INSULT = Said(action=Action.REJECT, reason=ReasonCode.INSULT)


async def ask(
    connection: Connection, said: Said = APPROVED, *, is_contrary: bool = False, comment: Comment | None = None
) -> SecondReview:
    """Store a comment that Anna decided about, and a case that asks for a second opinion."""
    comment = await add_comment(connection, comment)
    first = a_decision(
        comment.id, source=Source.MODERATOR, person_id=ANNA, action=said.action, reason=said.reason, decided_at=NOON
    )
    await decisions.append(connection, [first])
    case = replace(a_case(comment), cause=Cause.SECOND, barred=(ANNA,))
    await cases.open_many(connection, [case])
    review = SecondReview(
        case_id=case.id,
        site_id=A_SITE,
        comment_id=comment.id,
        decision_id=first.id,
        person_id=ANNA,
        is_contrary=is_contrary,
        probability=0.05,
        opened_at=NOON,
    )
    await opinions.ask(connection, review)
    return review


def an_opinion(review: SecondReview, said: Said = APPROVED, *, by: PersonId = BEN, **changed: object) -> Opinion:
    """Return what somebody says of a comment that is decided."""
    fields = {
        "source": Source.MODERATOR,
        "person_id": by,
        "action": said.action,
        "reason": said.reason,
        "case_id": review.case_id,
        "automation": Automation.NOT_AUTOMATED,
        "inclusion_probability": review.probability,
        "decided_at": later(minutes=1),
        **changed,
    }
    return Opinion(said=a_decision(review.comment_id, **fields), about=review.decision_id)


async def test_what_was_asked_for_and_said_comes_back_as_it_was(connection: Connection) -> None:
    review = await ask(connection, is_contrary=True)
    opinion = an_opinion(review, INSULT, note="What a tone.")
    await opinions.give(connection, opinion)
    assert await opinions.get_review(connection, review.case_id) == review
    assert await opinions.for_comment(connection, review.comment_id) == [opinion]
    assert await opinions.find(connection, opinion.said.id) == opinion
    assert await opinions.find(connection, DecisionId("nobody-said-this")) is None
    with pytest.raises(NotFound):
        await opinions.get_review(connection, CaseId("another-case"))


async def test_decisions_know_nothing_of_it(connection: Connection) -> None:
    review = await ask(connection)
    await opinions.give(connection, an_opinion(review, INSULT))
    history = await decisions.for_comment(connection, review.comment_id)
    assert [one.id for one in history] == [review.decision_id]


async def test_those_asked_for_because_of_a_sure_score_are_counted_by_site_and_time(connection: Connection) -> None:
    for is_contrary in (True, True, False):
        await ask(connection, is_contrary=is_contrary)
    assert await opinions.count_contrary(connection, A_SITE, later(minutes=-1)) == 2
    assert await opinions.count_contrary(connection, A_SITE, NOON) == 0
    assert await opinions.count_contrary(connection, ANOTHER_SITE, later(minutes=-1)) == 0


async def test_an_erased_note_is_gone_and_the_row_still_whole(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        review = await ask(connection)
        await opinions.give(connection, an_opinion(review, INSULT, note="Quotes the text."))
        await opinions.erase_notes(connection, review.comment_id)
        assert [one.said.note for one in await opinions.for_comment(connection, review.comment_id)] == [None]
    assert [one async for one in opinions.find_altered(peopled)] == []


async def test_an_altered_opinion_is_found(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        given = []
        for _ in range(3):
            review = await ask(connection)
            given.append(an_opinion(review, INSULT))
            await opinions.give(connection, given[-1])
        await connection.execute("UPDATE opinions SET action = 'approve' WHERE id = :id", id=given[1].said.id)
    assert [one async for one in opinions.find_altered(peopled, page_size=2)] == [given[1].said.id]


async def test_pairs_are_counted_by_who_said_what(connection: Connection) -> None:
    for said, seconded, number in ((APPROVED, APPROVED, 3), (INSULT, APPROVED, 2), (APPROVED, INSULT, 1)):
        for _ in range(number):
            await opinions.give(connection, an_opinion(await ask(connection, said), seconded))
    contrary = await ask(connection, is_contrary=True)
    await opinions.give(connection, an_opinion(contrary, INSULT))

    found = await opinions.pairs(connection, [A_SITE, ANOTHER_SITE], NOON)

    people = (ANNA, BEN)
    assert sorted(found, key=lambda pair: -pair.number)[:2] == [
        Pair(people=people, said=(APPROVED, APPROVED), number=3),
        Pair(people=people, said=(INSULT, APPROVED), number=2),
    ]
    assert {pair.is_contrary for pair in found if pair.said == (APPROVED, INSULT)} == {True, False}
    assert await opinions.pairs(connection, [ANOTHER_SITE], NOON) == []
    assert await opinions.pairs(connection, [A_SITE], later(minutes=2)) == []
    assert await opinions.pairs(connection, [], NOON) == []
    summed = await opinions.agreement(connection, [A_SITE], NOON)
    assert (summed.actions.comments, summed.actions.agreed, summed.contrary.comments) == (6, 3, 1)


async def test_what_was_taken_back_is_no_opinion(connection: Connection) -> None:
    review = await ask(connection)
    given = an_opinion(review, INSULT)
    await opinions.give(connection, given)
    taken = an_opinion(review, Said(action=Action.HOLD), undoes=given.said.id, inclusion_probability=None)
    await opinions.give(connection, taken)
    assert await opinions.pairs(connection, [A_SITE], NOON) == []
