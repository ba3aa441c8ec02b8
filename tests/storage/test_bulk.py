"""Cases to be decided together, and the batches that were."""

from dataclasses import replace

import pytest

from moderator.domain.bulk import Selection
from moderator.domain.comments import Comment
from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, CommentId, DecisionId, PersonId
from moderator.domain.policy import Action
from moderator.domain.review import Case, Cause, ReasonCode, Source
from moderator.domain.scoring import Label
from moderator.storage import bulk, cases, claims, comments, decisions, signatures
from moderator.storage.bulk import Batch, Standing
from moderator.storage.comments import Record
from moderator.storage.database import Connection
from moderator.storage.signatures import Signed
from tests.builders import A_SITE, NOON, a_case, a_comment, a_signature, an_outcome, scores
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, a_decision, add_comment, later

pytestmark = pytest.mark.anyio

BAND = Selection(site_id=A_SITE, label=Label.SPAM, low=0.25, high=0.75)


async def _add(
    connection: Connection, spam: float | None = 0.5, *, comment: Comment | None = None, **changed: object
) -> Case:
    comment = comment or a_comment()
    outcome = replace(an_outcome(comment, verdict=Action.HOLD), scores={} if spam is None else scores(spam=spam))
    assert await comments.add(connection, [Record(comment=comment, outcome=outcome)])
    case = replace(a_case(comment), **changed)  # type: ignore[arg-type]
    assert await cases.open_many(connection, [case]) == {case.id}
    return case


async def _found(
    connection: Connection, selection: Selection = BAND, person: PersonId = ANNA, limit: int = 9
) -> list[CaseId]:
    found = await bulk.find(connection, selection, person_id=person, now=later(minutes=1), limit=limit)
    return [one.id for one in found]


async def test_a_band_finds_the_cases_that_score_in_it(connection: Connection) -> None:
    made = [await _add(connection, spam) for spam in (0.2, 0.25, 0.5, 0.75, None)]

    found = await bulk.find(connection, BAND, person_id=ANNA, now=later(minutes=1), limit=9)

    assert [(one.id, one.score, one.sketch) for one in found] == [(made[1].id, 0.25, None), (made[2].id, 0.5, None)]
    assert await _found(connection, limit=1) == [made[1].id]
    assert await _found(connection, replace(BAND, high=1.0)) == [one.id for one in made[1:4]]


async def test_a_band_to_the_top_finds_what_is_certain(connection: Connection) -> None:
    case = await _add(connection, 1.0)

    assert await _found(connection, replace(BAND, high=1.0)) == [case.id]


async def test_what_a_press_must_not_decide_is_not_found(connection: Connection) -> None:
    free = await _add(connection)
    other = a_comment(site_id=ANOTHER_SITE)
    await _add(connection, comment=other, site_id=ANOTHER_SITE)
    await _add(connection, opened_at=later(minutes=2))
    for cause in (Cause.SAMPLE, Cause.APPEAL):
        await _add(connection, cause=cause)
    closed = await _add(connection)
    assert await cases.close(connection, closed.id, generation=0, now=NOON)

    assert await _found(connection) == [free.id]
    assert await bulk.count(connection, BAND, person_id=ANNA, now=later(minutes=1)) == (1, 0)


async def test_what_a_colleague_holds_is_counted_and_left(connection: Connection) -> None:
    held, free = await _add(connection), await _add(connection)
    await claims.claim_one(connection, held.id, holder=BEN, now=NOON, expires_at=later(minutes=5))

    assert await _found(connection) == [free.id]
    assert await bulk.count(connection, BAND, person_id=ANNA, now=later(minutes=1)) == (1, 1)
    assert await _found(connection, person=BEN) == [held.id, free.id]
    after = later(minutes=5)
    assert await bulk.count(connection, BAND, person_id=ANNA, now=after) == (2, 0)


async def test_a_campaign_finds_its_cases_with_their_sketches(connection: Connection) -> None:
    campaign = CommentId("comment-0")
    case = await _add(connection, campaign=campaign)
    await _add(connection)
    signed = Signed(comment_id=case.comment_id, campaign=campaign, signature=a_signature(), received_at=NOON)
    await signatures.add(connection, [signed])

    selection = Selection(site_id=A_SITE, campaign=campaign)
    (one,) = await bulk.find(connection, selection, person_id=ANNA, now=NOON, limit=9)

    assert (one.id, one.score, one.sketch) == (case.id, None, "00" * 64)


async def test_the_largest_clusters_come_first(connection: Connection) -> None:
    for campaign, number in (("small", 2), ("large", 3), ("single", 1)):
        for n in range(number):
            await _add(connection, comment=a_comment(f"{campaign} {n}"), campaign=CommentId(campaign))
    await _add(connection, campaign=CommentId("small"), cause=Cause.SAMPLE)
    other = a_comment(site_id=ANOTHER_SITE)
    await _add(connection, comment=other, site_id=ANOTHER_SITE)

    found = await bulk.largest_clusters(connection, sites=(), limit=9)

    assert [(one.campaign, one.cases, one.text) for one in found] == [("large", 3, "large 0"), ("small", 2, "small 0")]
    assert await bulk.largest_clusters(connection, sites=[ANOTHER_SITE], limit=9) == []
    assert [one.campaign for one in await bulk.largest_clusters(connection, sites=[A_SITE], limit=1)] == ["large"]


def _batch(selection: Selection = BAND) -> Batch:
    return Batch(
        id="batch-1",
        person_id=ANNA,
        action=Action.REJECT,
        reason=ReasonCode.SPAM,
        selection=selection,
        asked=5,
        moved=0,
        created_at=NOON,
    )


@pytest.mark.parametrize("selection", [BAND, Selection(site_id=A_SITE, campaign=CommentId("first"))])
async def test_a_batch_comes_back_as_it_was_recorded(connection: Connection, selection: Selection) -> None:
    assert await bulk.add(connection, _batch(selection))
    assert not await bulk.add(connection, _batch(selection))
    await bulk.add_decided(connection, "batch-1", [], moved=2)

    assert await bulk.get(connection, "batch-1") == replace(_batch(selection), moved=2)
    with pytest.raises(NotFound):
        await bulk.get(connection, "batch-2")


async def test_what_became_of_a_batch_is_told_from_the_decisions(connection: Connection) -> None:
    made = []
    for n in range(4):
        comment = await add_comment(connection)
        decision = a_decision(
            comment.id, id=DecisionId(f"made-{n}"), source=Source.MODERATOR, person_id=ANNA, action=Action.APPROVE
        )
        await decisions.append(connection, [decision])
        made.append(decision)
    await bulk.add(connection, _batch())
    await bulk.add_decided(connection, "batch-1", [one.id for one in made], moved=1)
    assert await bulk.standing_of(connection, "batch-1") == Standing(decided=4, standing=4, taken_back=0)
    assert await bulk.decisions_of(connection, "batch-1") == [one.id for one in made]

    undo = replace(made[0], id=DecisionId("undo-0"), action=Action.HOLD, undoes=made[0].id)
    again = replace(made[1], id=DecisionId("site-1"), source=Source.SITE, person_id=None)
    await decisions.append(connection, [undo, again])

    standing = await bulk.standing_of(connection, "batch-1")
    assert standing == Standing(decided=4, standing=2, taken_back=1)
    assert standing.superseded == 1


async def test_what_is_about_to_be_decided_can_be_locked(connection: Connection) -> None:
    case = await _add(connection)
    decision = a_decision(case.comment_id)
    await decisions.append(connection, [decision])

    await bulk.lock_cases(connection, [case.id])
    await bulk.lock_decided(connection, [decision.id])

    assert (await cases.get(connection, case.id, now=NOON)).case == case
