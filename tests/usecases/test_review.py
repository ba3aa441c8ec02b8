"""People at work."""

import asyncio
from dataclasses import replace

import pytest

from moderator.domain.comments import Status
from moderator.domain.errors import CaseClosed, ClaimLost, Conflict, Forbidden, InvalidInput, NotFound, NotNewest
from moderator.domain.events import ActorKind
from moderator.domain.ids import CaseId, DecisionId, SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.reasons import Ground, SiteReason
from moderator.domain.review import Automation, Cause, Detection, ReasonCode
from moderator.domain.sites import SiteSettings
from moderator.services import Services
from moderator.storage import audit, cases, comments, decisions, outbox
from moderator.storage.audit import Actor
from moderator.usecases import feedback, manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_blind_text, a_comment
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def hold(services: Services, site: SiteId, text: str = "What an idiot.") -> CaseId:
    """Post a comment that is held and return its case."""
    outcome = (await moderate(services, a_comment(text, site_id=site, received_at=services.now()))).outcome
    assert outcome.case is not None
    return outcome.case


async def test_the_most_urgent_case_is_claimed_first(services: Services, site: SiteId, anna: Person) -> None:
    insult = await hold(services, site, "What an idiot.")
    threat = await hold(services, site, "I will kill it.")

    claimed = await review.claim_next(services, anna, count=5)

    assert [file.case.id for file in claimed] == [threat, insult]
    assert claimed[0].case.claim is not None
    assert claimed[0].case.claim.holder == anna.id


async def test_waiting_makes_a_case_urgent(services: Services, site: SiteId, anna: Person, clock: Clock) -> None:
    old_insult = await hold(services, site, "What an idiot.")
    clock.forward(minutes=30)
    await hold(services, site, "I will kill it.")

    (first,) = await review.claim_next(services, anna, count=1)

    assert first.case.id == old_insult


async def test_two_people_never_hold_the_same_case(services: Services, site: SiteId, anna: Person, ben: Person) -> None:
    for n in range(20):
        await hold(services, site, f"Idiot number {n}.")

    batches = await asyncio.gather(*(review.claim_next(services, person, count=2) for person in [anna, ben] * 5))

    claimed = [file.case.id for batch in batches for file in batch]
    assert len(claimed) == len(set(claimed)) == 20


async def test_a_decision_closes_the_case_and_tells_everybody(
    services: Services, site: SiteId, anna: Person, clock: Clock
) -> None:
    await manage.add_endpoint(services, OPERATOR, site, "https://news.example/hook")
    await hold(services, site)
    (file,) = await review.claim_next(services, anna, count=1)

    decided = await review.decide(
        services,
        anna,
        file.case.id,
        action=Action.REJECT,
        reason=ReasonCode.INSULT,
        note="third time",
        generation=file.case.generation,
    )

    assert (decided.status, decided.decision.automation) == (Status.REJECTED, Automation.PARTIALLY)
    async with services.database.transaction() as connection:
        stored = await comments.get(connection, site, file.comment.id)
        (newest, *_) = await audit.recent(connection, limit=1)
        (delivery,) = await outbox.take_due(connection, now=clock.now(), lease_until=clock.now(), limit=9)
    assert (stored.outcome.status, stored.outcome.case) == (Status.REJECTED, None)
    assert (newest[1].actor.id, newest[1].subject_id) == (anna.id, file.comment.id)
    assert delivery.event.payload["status"] == "rejected"
    assert await review.claim_next(services, anna, count=1) == []


async def test_a_rejection_without_a_reason_changes_nothing(services: Services, site: SiteId, anna: Person) -> None:
    case_id = await hold(services, site)

    with pytest.raises(InvalidInput):
        await review.decide(services, anna, case_id, action=Action.REJECT, generation=0)

    assert len(await review.claim_next(services, anna, count=1)) == 1


async def test_a_case_is_decided_once(services: Services, site: SiteId, anna: Person, ben: Person) -> None:
    case_id = await hold(services, site)

    results = await asyncio.gather(
        *(review.decide(services, person, case_id, action=Action.APPROVE, generation=0) for person in (anna, ben)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, review.Decided) for result in results) == 1
    assert sum(isinstance(result, CaseClosed) for result in results) == 1


async def test_an_expired_claim_is_lost_and_returns(
    services: Services, site: SiteId, anna: Person, ben: Person, clock: Clock
) -> None:
    await hold(services, site)
    (file,) = await review.claim_next(services, anna, count=1)
    clock.forward(seconds=601)

    with pytest.raises(ClaimLost, match="expired"):
        await review.decide(services, anna, file.case.id, action=Action.APPROVE, generation=file.case.generation)
    assert await review.release_expired(services) == 1
    with pytest.raises(ClaimLost, match="moved on"):
        await review.decide(services, anna, file.case.id, action=Action.APPROVE, generation=file.case.generation)
    assert [again.case.id for again in await review.claim_next(services, ben, count=1)] == [file.case.id]


async def test_an_expired_claim_goes_to_the_next_without_waiting_for_the_loop(
    services: Services, site: SiteId, anna: Person, ben: Person, clock: Clock
) -> None:
    await hold(services, site)
    await review.claim_next(services, anna, count=1)
    clock.forward(seconds=601)

    (file,) = await review.claim_next(services, ben, count=1)

    assert file.case.claim is not None
    assert file.case.claim.holder == ben.id


async def test_a_released_case_is_free_again(services: Services, site: SiteId, anna: Person, ben: Person) -> None:
    await hold(services, site)
    (file,) = await review.claim_next(services, anna, count=1)

    with pytest.raises(ClaimLost):
        await review.release(services, ben, file.case.id)
    await review.release(services, anna, file.case.id)

    (again,) = await review.claim_next(services, ben, count=1)
    assert again.case.generation > file.case.generation


async def test_one_certain_case_can_be_claimed(services: Services, site: SiteId, anna: Person, ben: Person) -> None:
    case_id = await hold(services, site)

    file = await review.claim_case(services, anna, case_id)

    assert (await review.claim_case(services, anna, case_id)).case.generation > file.case.generation
    with pytest.raises(ClaimLost):
        await review.claim_case(services, ben, case_id)
    await review.decide(services, anna, case_id, action=Action.APPROVE)
    with pytest.raises(CaseClosed):
        await review.claim_case(services, ben, case_id)


async def test_an_undone_decision_brings_the_case_back_to_its_person(
    services: Services, site: SiteId, anna: Person
) -> None:
    case_id = await hold(services, site)
    decided = await review.decide(services, anna, case_id, action=Action.APPROVE, generation=0)

    undone = await review.undo(services, anna, decided.decision.id)

    assert (undone.status, undone.decision.undoes) == (Status.HELD, decided.decision.id)
    assert undone.case is not None
    assert undone.case.case.claim is not None
    assert (undone.case.case.claim.holder, undone.case.case.cause) == (anna.id, Cause.UNDONE)
    assert undone.case.case.weight == pytest.approx(0.3)
    with pytest.raises(NotNewest):
        await review.undo(services, anna, decided.decision.id)
    with pytest.raises(Conflict):
        await review.undo(services, anna, undone.decision.id)


async def test_the_policys_own_decision_can_be_undone(services: Services, site: SiteId, anna: Person) -> None:
    outcome = (await moderate(services, a_comment("Cheap viagra!", site_id=site))).outcome
    async with services.database.read() as connection:
        (decision,) = await decisions.for_comment(connection, outcome.comment_id)

    undone = await review.undo(services, anna, decision.id)

    assert undone.case is not None
    again = await review.decide(services, anna, undone.case.case.id, action=Action.APPROVE)
    assert again.status is Status.APPROVED


async def test_undoing_a_report_on_an_approved_comment_keeps_its_open_case(
    services: Services, site: SiteId, anna: Person
) -> None:
    outcome = (await moderate(services, a_comment(site_id=site))).outcome
    reported = await feedback.report(services, site, outcome.comment_id, reason=None, note=None)
    async with services.database.read() as connection:
        (decision,) = await decisions.for_comment(connection, outcome.comment_id)

    undone = await review.undo(services, anna, decision.id)

    assert undone.case is not None
    assert undone.case.case.id == reported.case


async def test_only_its_person_or_an_administrator_undoes_a_decision(
    services: Services, site: SiteId, anna: Person, ben: Person
) -> None:
    chief = (await manage.add_person(services, OPERATOR, "Chief", Role.ADMIN)).person
    case_id = await hold(services, site)
    decided = await review.decide(services, anna, case_id, action=Action.APPROVE, generation=0)

    with pytest.raises(Forbidden):
        await review.undo(services, ben, decided.decision.id)

    assert (await review.undo(services, chief, decided.decision.id)).status is Status.HELD


async def test_a_decision_on_an_erased_comment_stays(services: Services, site: SiteId, anna: Person) -> None:
    case_id = await hold(services, site)
    decided = await review.decide(services, anna, case_id, action=Action.APPROVE, generation=0, note="her words")
    await feedback.erase(services, Actor(kind=ActorKind.OPERATOR), site, decided.decision.comment_id)

    with pytest.raises(Conflict, match="erased"):
        await review.undo(services, anna, decided.decision.id)


async def test_what_is_not_theirs_does_not_exist(services: Services, site: SiteId, anna: Person) -> None:
    other = await manage.add_site(services, OPERATOR, "Other")
    stranger = replace(anna, sites=(other.site.id,))
    case_id = await hold(services, site)
    decided = await review.decide(services, anna, await hold(services, site), action=Action.APPROVE, generation=0)

    assert await review.claim_next(services, stranger, count=5) == []
    with pytest.raises(NotFound):
        await review.decide(services, stranger, case_id, action=Action.APPROVE, generation=0)
    with pytest.raises(NotFound):
        await review.claim_case(services, stranger, case_id)
    with pytest.raises(NotFound):
        await review.undo(services, stranger, decided.decision.id)
    with pytest.raises(NotFound):
        await review.release(services, stranger, case_id)
    with pytest.raises(NotFound):
        await review.undo(services, anna, DecisionId("nothing"))
    with pytest.raises(NotFound):
        await review.claim_case(services, anna, CaseId("nothing"))


async def test_a_reported_comments_decision_says_so(services: Services, site: SiteId, anna: Person) -> None:
    outcome = (await moderate(services, a_comment(site_id=site))).outcome
    await feedback.report(services, site, outcome.comment_id, reason=ReasonCode.HATE, note=None)
    (file,) = await review.claim_next(services, anna, count=1)

    decided = await review.decide(services, anna, file.case.id, action=Action.APPROVE)

    assert (file.case.cause, decided.decision.detection) == (Cause.REPORT, Detection.REPORT)
    async with services.database.read() as connection:
        assert await cases.find_open(connection, outcome.comment_id) is None


OWN = (
    SiteReason(name="Hetze", key="1", reason=ReasonCode.HATE, ground=Ground.LAW, reference="StGB § 130"),
    SiteReason(name="Rude", key="2", reason=ReasonCode.INSULT, reference="Rules, 4"),
)


async def test_a_sites_own_reason_gives_code_ground_and_reference(
    services: Services, site: SiteId, anna: Person, clock: Clock
) -> None:
    await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=OWN))
    await manage.add_endpoint(services, OPERATOR, site, "https://news.example/hook")
    case_id = await hold(services, site)

    decided = (
        await review.decide(services, anna, case_id, action=Action.REJECT, site_reason="Hetze", generation=0)
    ).decision

    assert (decided.reason, decided.site_reason) == (ReasonCode.HATE, "Hetze")
    assert (decided.ground, decided.ground_reference) == (Ground.LAW, "StGB § 130")
    async with services.database.transaction() as connection:
        assert await decisions.get(connection, decided.id) == decided
        (delivery,) = await outbox.take_due(connection, now=clock.now(), lease_until=clock.now(), limit=9)
    told = delivery.event.payload
    assert (told["reason"], told["site_reason"], told["ground_reference"]) == ("hate", "Hetze", "StGB § 130")


async def test_a_code_alone_and_the_houses_reasons_name_nothing(services: Services, site: SiteId, anna: Person) -> None:
    first, second = await hold(services, site), await hold(services, site, "I will kill it.")
    by_name = await review.decide(services, anna, first, action=Action.REJECT, site_reason="illegal", generation=0)
    await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=OWN))
    by_code = await review.decide(services, anna, second, action=Action.REJECT, reason=ReasonCode.INSULT, generation=0)
    assert (by_name.decision.reason, by_name.decision.ground) == (ReasonCode.ILLEGAL, Ground.LAW)
    assert by_code.decision.ground is Ground.TERMS
    for decided in (by_name, by_code):
        assert (decided.decision.site_reason, decided.decision.ground_reference) == (None, None)


async def test_an_approval_rests_on_no_ground(services: Services, site: SiteId, anna: Person) -> None:
    await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=OWN))
    case_id = await hold(services, site)
    decided = await review.decide(services, anna, case_id, action=Action.APPROVE, site_reason="Rude", generation=0)
    assert (decided.decision.ground, decided.decision.ground_reference) == (None, None)


async def test_a_reason_that_the_site_has_not_changes_nothing(services: Services, site: SiteId, anna: Person) -> None:
    case_id = await hold(services, site)
    with pytest.raises(InvalidInput, match="no reason of this name"):
        await review.decide(services, anna, case_id, action=Action.REJECT, site_reason="Rude", generation=0)
    assert len(await review.claim_next(services, anna, count=1)) == 1


async def test_who_decides_a_blind_case_has_not_seen_the_machine_unless_their_tool_showed_it(
    services: Services, site: SiteId, anna: Person
) -> None:
    cases_of = [await hold(services, site, text) for text in (a_blind_text("An idiot"), a_blind_text("I will kill"))]
    for case_id, has_seen, automation in zip(
        cases_of, (False, True), (Automation.NOT_AUTOMATED, Automation.PARTIALLY), strict=True
    ):
        decided = await review.decide(
            services, anna, case_id, action=Action.APPROVE, generation=0, has_seen_scores=has_seen
        )
        assert decided.decision.automation is automation
