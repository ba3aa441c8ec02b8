"""Word from outside the console: staff overrule or confirm, clients suggest; neither is a moderator's word."""

import pytest

from moderator.domain.comments import Status
from moderator.domain.errors import CaseClosed, InvalidInput, NotFound, TooLarge
from moderator.domain.feedback import Provenance
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Detection, ReasonCode, Source
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.storage import audit, comments, decisions
from moderator.storage import feedback as labels
from moderator.usecases import feedback, review, teaching
from moderator.usecases.moderate import moderate
from tests.builders import a_comment
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

SPAM = {Label.SPAM: 1.0}
HAM = {Label.SPAM: 0.0}


async def post(services: Services, site: SiteId, text: str) -> CommentId:
    return (await moderate(services, a_comment(text, site_id=site))).outcome.comment_id


async def status(services: Services, site: SiteId, comment_id: CommentId) -> Status:
    async with services.database.read() as connection:
        return (await comments.get(connection, site, comment_id)).outcome.status


async def test_staff_overturn_what_the_policy_published(services: Services, site: SiteId) -> None:
    comment_id = await post(services, site, "A fine bargain for you.")

    stands = await teaching.overrule(
        services, site, comment_id, action=Action.REJECT, reason=ReasonCode.SPAM, labels=SPAM
    )

    assert stands is await status(services, site, comment_id) is Status.REJECTED
    async with services.database.read() as connection:
        *_, decision = await decisions.for_comment(connection, comment_id)
        (given,) = await labels.page(connection, site)
    assert (decision.source, decision.action, decision.reason) == (Source.SITE, Action.REJECT, ReasonCode.SPAM)
    assert (decision.detection, decision.automation) == (Detection.PERSON, Automation.NOT_AUTOMATED)
    assert (given.comment_id, given.text, given.label, given.value) == (comment_id, None, Label.SPAM, 1.0)
    assert given.provenance is Provenance.SITE_STAFF
    assert [line async for line in audit.find_breaks(services.database)] == []


async def test_what_staff_confirm_stays_as_it_was_decided_and_teaches(services: Services, site: SiteId) -> None:
    comment_id = await post(services, site, "Buy viagra here.")
    await teaching.overrule(services, site, comment_id, action=Action.REJECT, reason=ReasonCode.SPAM, labels=SPAM)
    async with services.database.read() as connection:
        (decision,) = await decisions.for_comment(connection, comment_id)
        assert len(await labels.page(connection, site)) == 1
    assert decision.source is Source.POLICY


async def test_a_case_is_closed_under_a_moderators_hands(services: Services, site: SiteId, anna: Person) -> None:
    comment_id = await post(services, site, "What an idiot.")
    (file,) = await review.claim_next(services, anna, count=1)

    await teaching.overrule(services, site, comment_id, action=Action.APPROVE, labels=HAM)

    assert await status(services, site, comment_id) is Status.APPROVED
    with pytest.raises(CaseClosed):
        await review.decide(services, anna, file.case.id, action=Action.APPROVE, generation=file.case.generation)


async def test_a_moderator_can_undo_what_staff_decided(services: Services, site: SiteId, anna: Person) -> None:
    comment_id = await post(services, site, "A fine bargain for you.")
    await teaching.overrule(services, site, comment_id, action=Action.REJECT, reason=ReasonCode.SPAM, labels=SPAM)
    async with services.database.read() as connection:
        *_, decision = await decisions.for_comment(connection, comment_id)
    undone = await review.undo(services, anna, decision.id)
    assert undone.status is Status.HELD


async def test_a_suggestion_keeps_its_text_and_decides_nothing(services: Services, site: SiteId) -> None:
    await teaching.suggest(services, site, "Buy my pills.", {Label.SPAM: 1.0, Label.TOXIC: 0.25}, lang="en")
    async with services.database.read() as connection:
        given = await labels.page(connection, site)
    assert {(one.label, one.value, one.text, one.lang) for one in given} == {
        (Label.SPAM, 1.0, "Buy my pills.", "en"),
        (Label.TOXIC, 0.25, "Buy my pills.", "en"),
    }
    assert {one.provenance for one in given} == {Provenance.SUGGESTION}


async def test_a_suggestion_needs_a_text_and_a_label(services: Services, site: SiteId) -> None:
    for text, given in ((" ", SPAM), ("Buy.", {})):
        with pytest.raises(InvalidInput):
            await teaching.suggest(services, site, text, given)
    with pytest.raises(TooLarge):
        await teaching.suggest(services, site, "x" * 20_001, SPAM)


async def test_an_erased_comment_takes_no_more_word(services: Services, site: SiteId) -> None:
    comment_id = await post(services, site, "A fine bargain for you.")
    await teaching.overrule(services, site, comment_id, action=Action.APPROVE, labels=HAM)
    await feedback.erase(services, OPERATOR, site, comment_id)
    with pytest.raises(NotFound):
        await teaching.overrule(services, site, comment_id, action=Action.APPROVE, labels=HAM)
    with pytest.raises(NotFound):
        await teaching.overrule(services, site, CommentId("nothing"), action=Action.APPROVE, labels=HAM)
    async with services.database.read() as connection:
        assert await labels.page(connection, site) == []
