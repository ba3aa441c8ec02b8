"""Second opinions in the console: what nobody may see before they have said what they think, and what shows after."""

import re
from dataclasses import replace

import pytest

from moderator.domain.ids import SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import Cause, ReasonCode
from moderator.services import Services
from moderator.storage import cases
from moderator.storage.case_files import CaseFile
from moderator.usecases import manage, review
from tests.builders import a_policy, sighted
from tests.console.conftest import OPERATOR, PASSWORD, Visitor, hold
from tests.fakes import Clock

pytestmark = pytest.mark.anyio

TEXT = sighted("What an idiot the minister is.")


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def people_of(services: Services) -> dict[str, Person]:
    return {one.name: one for one in services.directory.people.values()}


@pytest.fixture
async def anna(visitor: Visitor) -> Visitor:
    """Return Anna, signed in."""
    await visitor.open("/console")
    await visitor.sign_in("Anna")
    return visitor


@pytest.fixture
async def ben(other: Visitor) -> Visitor:
    """Return Ben, signed in."""
    await other.open("/console")
    await other.sign_in("Ben")
    return other


@pytest.fixture
async def asked(services: Services, site: SiteId) -> CaseFile:
    """Return the case by which Ben is asked for a second opinion on what Anna approved."""
    await manage.set_policy(services, OPERATOR, site, replace(a_policy(), second_review_share=1.0))
    await hold(services, site, TEXT)
    person = people_of(services)["Anna"]
    (file,) = await review.claim_next(services, person, count=1)
    await review.decide(services, person, file.case.id, action=Action.APPROVE, note="Harsh, and fair.")
    async with services.database.read() as connection:
        (asked,) = await cases.list_open(connection, as_of=services.now(), limit=9)
    assert asked.case.cause is Cause.SECOND
    return asked


async def test_whoever_is_asked_sees_neither_scores_nor_the_first_decision(
    services: Services, asked: CaseFile, ben: Visitor
) -> None:
    queue = text_of(await ben.open("/console/queue"))
    assert "1 waiting" in queue
    assert "Anna" not in queue
    await review.claim_case(services, people_of(services)["Ben"], asked.case.id)
    for path in ("/console", f"/console/comments/{asked.comment.id}"):
        page = text_of(await ben.open(path))
        assert "Decide this one without the machine" in page
        for hidden in ("Anna", "Harsh", "approved", "second", "Scores"):
            assert hidden not in page, (path, hidden)


async def test_who_decided_first_does_not_find_it(asked: CaseFile, anna: Visitor) -> None:
    assert "Nothing is waiting" in text_of(await anna.open("/console/queue"))
    page = text_of(await anna.open(f"/console/comments/{asked.comment.id}"))
    assert "approved by Anna" in page
    assert "Its case is open" not in page


async def test_where_two_disagree_both_are_heard_by_who_settles_it(
    services: Services, asked: CaseFile, anna: Visitor, other: Visitor
) -> None:
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    second, ada = people_of(services)["Ben"], people_of(services)["Ada"]
    await review.claim_case(services, second, asked.case.id)
    await review.decide(services, second, asked.case.id, action=Action.REJECT, reason=ReasonCode.INSULT, note="No.")
    (file,) = await review.claim_next(services, ada, count=1)
    await other.open("/console")
    await other.sign_in("Ada")
    page = text_of(await other.open("/console"))
    assert file.case.cause is Cause.DISAGREEMENT
    assert re.search(r"Two people disagree.*approved , Anna.*Harsh, and fair.*rejected : insult, Ben.*No\.", page)
    page = text_of(await anna.open(f"/console/comments/{asked.comment.id}"))
    assert re.search(r"rejected : insult by Ben ?, .*\(second opinion\)", page)


async def test_an_opinion_is_taken_back_by_the_button_that_takes_decisions_back(
    services: Services, asked: CaseFile, ben: Visitor
) -> None:
    await review.claim_case(services, people_of(services)["Ben"], asked.case.id)
    await ben.open("/console")
    await ben.press("A")
    assert "Undo" in await ben.open("/console")
    page = text_of(await ben.press("U"))
    assert "Taken back: the case is yours once more. The comment stands as it did." in page
    assert "Decide this one without the machine" in page


async def test_how_far_people_agree_is_told_from_twenty_comments_on(
    services: Services, site: SiteId, anna: Visitor, other: Visitor
) -> None:
    await manage.set_policy(
        services, OPERATOR, site, replace(a_policy(), second_review_share=1.0, duplicate_limit=0, campaign_limit=0)
    )
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await other.open("/console")
    await other.sign_in("Ada")
    found = people_of(services)
    for number in range(20):
        await hold(services, site, f"An idiot, number {number}.")
        action = Action.APPROVE if number < 12 else Action.REJECT
        for name in ("Anna", "Ben"):
            (file,) = await review.claim_next(services, found[name], count=1)
            reason = None if action is Action.APPROVE else ReasonCode.INSULT
            await review.decide(services, found[name], file.case.id, action=action, reason=reason)
    page = text_of(await other.open("/console/numbers"))
    assert "approve or reject 20 20 100 % (84 % to 100 %) 1.000 (1.000 to 1.000)" in page
    assert "insult 8 8 too few –" in page
    assert "Anna 20 20 100 %" in page
    assert "Ben 20 20 100 %" in page
    page = text_of(await anna.open("/console/numbers"))
    assert "Anna 20 20 100 %" in page
    assert "Ben 20" not in page


async def test_the_numbers_say_that_nobody_could_settle_a_disagreement(
    services: Services, site: SiteId, asked: CaseFile, ben: Visitor, clock: Clock
) -> None:
    said = "Nobody could settle what two people of News disagree on"
    assert said in text_of(await ben.open("/console/numbers"))
    cleo = await manage.add_person(services, OPERATOR, "Cleo", Role.SENIOR, password=PASSWORD)
    assert said not in text_of(await ben.open("/console/numbers"))
    person = people_of(services)["Ben"]
    await review.claim_case(services, person, asked.case.id)
    await review.decide(services, person, asked.case.id, action=Action.REJECT, reason=ReasonCode.INSULT)
    clock.forward(minutes=2)
    assert "two people disagree wait" not in text_of(await ben.open("/console/numbers"))
    await manage.disable_person(services, OPERATOR, cleo.person.id)
    await review.release_expired(services)
    clock.forward(minutes=2)
    page = text_of(await ben.open("/console/numbers"))
    assert said in page
    assert "1 comment on which two people disagree waits, and nobody is there who may settle it" in page
