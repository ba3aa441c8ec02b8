"""Passing a case on to a senior colleague, on both engines."""

from dataclasses import replace

import pytest

from moderator.domain.errors import ClaimLost, Conflict, Forbidden, InvalidInput, NotFound
from moderator.domain.events import AuditAction
from moderator.domain.ids import CaseId, SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import MAX_NOTE_CHARACTERS, ReasonCode
from moderator.services import Services
from moderator.storage import audit, cases, decisions
from moderator.usecases import feedback, manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_comment
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR
from tests.usecases.test_review import hold

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sue(services: Services) -> Person:
    """Return a senior moderator."""
    return (await manage.add_person(services, OPERATOR, "Sue", Role.SENIOR, password="a longer password")).person


async def passed_on(services: Services, site: SiteId, anna: Person, text: str = "What an idiot.") -> CaseId:
    """Let Anna take a case and pass it on."""
    case_id = await hold(services, site, text)
    await review.claim_case(services, anna, case_id)
    await review.escalate(services, anna, case_id, note="Is this a threat?")
    return case_id


async def test_a_case_goes_to_a_senior_with_its_note_before_all_others(
    services: Services, site: SiteId, anna: Person, ben: Person, sue: Person
) -> None:
    case_id = await passed_on(services, site, anna)
    grave = await hold(services, site, "I will kill it.")

    assert [file.case.id for file in await review.claim_next(services, ben, count=1)] == [grave]
    assert await review.claim_next(services, ben, count=1) == []
    (file,) = await review.claim_next(services, sue, count=1)

    assert file.case.id == case_id
    assert file.case.escalation is not None
    assert (file.case.escalation.by, file.case.escalation.note) == (anna.id, "Is this a threat?")
    decided = await review.decide(
        services, sue, case_id, action=Action.REJECT, reason=ReasonCode.THREAT, generation=file.case.generation
    )
    async with services.database.read() as connection:
        acts = [entry.action for _, entry in await audit.recent(connection, limit=3)]
        assert (await cases.get(connection, case_id, now=services.now())).case.state == "closed"
        assert [one.id for one in await decisions.for_comment(connection, file.comment.id)] == [decided.decision.id]
    assert acts[:2] == [AuditAction.CASE_DECIDED, AuditAction.CASE_ESCALATED]


async def test_nobody_below_a_senior_decides_or_takes_what_was_passed_on(
    services: Services, site: SiteId, anna: Person, ben: Person, sue: Person
) -> None:
    case_id = await passed_on(services, site, anna)
    async with services.database.read() as connection:
        generation = (await cases.get(connection, case_id, now=services.now())).case.generation

    for person in (anna, ben):
        with pytest.raises(Forbidden):
            await review.claim_case(services, person, case_id)
        with pytest.raises(Forbidden):
            await review.decide(services, person, case_id, action=Action.APPROVE, generation=generation)
        with pytest.raises(Forbidden):
            await review.escalate(services, person, case_id, generation=generation)

    assert (await review.claim_case(services, sue, case_id)).case.id == case_id


async def test_an_administrator_is_a_senior(services: Services, site: SiteId, anna: Person) -> None:
    chief = (await manage.add_person(services, OPERATOR, "Chief", Role.ADMIN)).person
    case_id = await passed_on(services, site, anna)
    assert [file.case.id for file in await review.claim_next(services, chief, count=1)] == [case_id]


async def test_a_senior_passes_on_to_another_one(services: Services, site: SiteId, anna: Person, sue: Person) -> None:
    case_id = await passed_on(services, site, anna)
    await review.claim_case(services, sue, case_id)
    with pytest.raises(Conflict, match="no other senior"):
        await review.escalate(services, sue, case_id)
    chief = (await manage.add_person(services, OPERATOR, "Chief", Role.ADMIN)).person
    await review.escalate(services, sue, case_id)

    assert await review.claim_next(services, sue, count=1) == []
    assert [file.case.id for file in await review.claim_next(services, chief, count=1)] == [case_id]


async def test_where_nobody_is_senior_nothing_is_passed_on(services: Services, site: SiteId, anna: Person) -> None:
    elsewhere = await manage.add_site(services, OPERATOR, "Other")
    await manage.add_person(services, OPERATOR, "Sue", Role.SENIOR, only_sites=[elsewhere.site.id])
    case_id = await hold(services, site)
    await review.claim_case(services, anna, case_id)
    with pytest.raises(Conflict, match="no other senior"):
        await review.escalate(services, anna, case_id)
    async with services.database.read() as connection:
        assert (await cases.get(connection, case_id, now=services.now())).case.escalation is None


async def test_only_what_one_holds_is_passed_on(
    services: Services, site: SiteId, anna: Person, ben: Person, sue: Person, clock: Clock
) -> None:
    case_id = await hold(services, site)
    with pytest.raises(ClaimLost):
        await review.escalate(services, anna, case_id)
    held = await review.claim_case(services, anna, case_id)
    with pytest.raises(ClaimLost):
        await review.escalate(services, ben, case_id)
    with pytest.raises(InvalidInput):
        await review.escalate(services, anna, case_id, note="x" * (MAX_NOTE_CHARACTERS + 1))
    with pytest.raises(NotFound):
        await review.escalate(services, replace(anna, sites=(SiteId("other"),)), case_id)
    clock.forward(seconds=601)
    with pytest.raises(ClaimLost):
        await review.escalate(services, anna, case_id, generation=held.case.generation)


async def test_a_case_that_moves_on_meanwhile_is_not_passed_on(
    services: Services, site: SiteId, anna: Person, sue: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL another worker may take it between the look and the change."""
    case_id = await hold(services, site)
    await review.claim_case(services, anna, case_id)
    found = cases.escalate

    async def late(connection: object, one: CaseId, **more: object) -> bool:
        return await found(connection, one, **{**more, "generation": 0})  # type: ignore[arg-type]

    monkeypatch.setattr(cases, "escalate", late)
    with pytest.raises(ClaimLost, match="moved on"):
        await review.escalate(services, anna, case_id)


async def test_taking_a_decision_back_does_not_hand_out_what_was_passed_on(
    services: Services, site: SiteId, anna: Person, ben: Person, sue: Person
) -> None:
    outcome = (await moderate(services, a_comment(site_id=site))).outcome
    reported = await feedback.report(services, site, outcome.comment_id, reason=None, note=None)
    assert reported.case is not None
    await review.claim_case(services, anna, reported.case)
    await review.escalate(services, anna, reported.case)
    async with services.database.read() as connection:
        (decision,) = await decisions.for_comment(connection, outcome.comment_id)
    with pytest.raises(Forbidden):
        await review.undo(services, ben, decision.id)
    assert (await review.undo(services, sue, decision.id)).case is not None


async def test_what_was_said_is_erased_with_the_comment(
    services: Services, site: SiteId, anna: Person, sue: Person
) -> None:
    case_id = await passed_on(services, site, anna)
    async with services.database.read() as connection:
        file = await cases.get(connection, case_id, now=services.now())
    await feedback.erase(services, OPERATOR, site, file.comment.id)
    async with services.database.read() as connection:
        file = await cases.get(connection, case_id, now=services.now())
    assert file.case.escalation is not None
    assert file.case.escalation.note is None
