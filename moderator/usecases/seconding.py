"""Second opinions: asking for one after a decision, giving one, taking it back, and what follows where two disagree."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from moderator.domain.decisions import taking_back
from moderator.domain.errors import ClaimLost, Conflict, Forbidden, NotFound, NotNewest
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.opinions import (
    MOST_CONTRARY_A_DAY,
    SECOND_WEIGHT,
    Opinion,
    SecondReview,
    find_dissent,
    is_drawn,
    may_be_seconded,
    settling,
    standing,
)
from moderator.domain.people import Person
from moderator.domain.review import REPORTED_WEIGHT, Case, CaseState, Cause, Decision, Escalation
from moderator.domain.teaching import is_contrary, labels_taught
from moderator.services import Services
from moderator.storage import audit, cases, comments, decisions, disputes, opinions
from moderator.storage.audit import Actor, Entry
from moderator.storage.case_files import CaseFile
from moderator.storage.database import Connection
from moderator.usecases.rulings import Ruling, decision_of

_DAY = timedelta(hours=24)


async def follow(services: Services, connection: Connection, file: CaseFile, history: Sequence[Decision]) -> None:
    """See to it that a decision, the last one of a comment's `history`, gets its second opinion where it is drawn.

    Where there is one already and the first decider has decided against it once more, somebody else has to settle that.
    """
    given = await opinions.for_comment(connection, file.comment.id)
    if standing(given):
        if dissent := find_dissent(history, given):
            await _let_settle(services, connection, dissent, first=history[-1], now=history[-1].decided_at)
        return
    decision = history[-1]
    people = services.directory.people.values()
    if decision.person_id is None or not may_be_seconded(people, decision.site_id, decision.person_id):
        return
    if drawn := await _draw(services, connection, file, decision):
        contrary, probability = drawn
        await _ask(
            services, connection, decision, is_contrary=contrary, probability=probability, now=decision.decided_at
        )


async def _draw(
    services: Services, connection: Connection, file: CaseFile, decision: Decision
) -> tuple[bool, float] | None:
    """Return whether an opinion is asked for because of a sure score, and with which probability; None: not at all."""
    own = services.directory.policies[decision.site_id].second_review_share
    share = services.settings.second_review_share if own is None else own
    if share <= 0:
        return None
    if is_drawn(decision.comment_id, decision.site_id, share):
        return False, min(share, 1.0)
    if not is_contrary(labels_taught(decision.action, decision.reason), file.outcome.scores):
        return None
    asked = await opinions.count_contrary(connection, decision.site_id, decision.decided_at - _DAY)
    return (True, 1.0) if asked < MOST_CONTRARY_A_DAY else None


async def _ask(
    services: Services,
    connection: Connection,
    decision: Decision,
    *,
    is_contrary: bool,
    probability: float,
    now: datetime,
) -> CaseId:
    """Open a case that asks for a second opinion on a decision."""
    assert decision.person_id is not None
    case = Case(
        id=CaseId(services.ids.new()),
        site_id=decision.site_id,
        comment_id=decision.comment_id,
        cause=Cause.SECOND,
        state=CaseState.OPEN,
        weight=SECOND_WEIGHT,
        opened_at=now,
        generation=0,
        barred=(decision.person_id,),
    )
    await cases.open_many(connection, [case])
    review = SecondReview(
        case_id=case.id,
        site_id=case.site_id,
        comment_id=case.comment_id,
        decision_id=decision.id,
        person_id=decision.person_id,
        is_contrary=is_contrary,
        probability=probability,
        opened_at=now,
    )
    await opinions.ask(connection, review)
    return case.id


async def give(
    services: Services,
    connection: Connection,
    person: Person,
    file: CaseFile,
    ruling: Ruling,
    *,
    now: datetime,
    has_seen_scores: bool,
) -> Opinion:
    """Close a case with the second opinion that it asks for, in the caller's transaction, who has checked the right.

    The comment stays as it is, and its site is told nothing.

    Raises:
        ClaimLost: the case has moved on since it was read.
    """
    review = await opinions.get_review(connection, file.case.id)
    if not await cases.close(connection, file.case.id, generation=file.case.generation, now=now):
        raise ClaimLost("This case has moved on since you saw it; claim it again.")
    said = decision_of(
        services,
        person,
        file,
        ruling,
        now=now,
        has_seen_scores=has_seen_scores,
        probability=review.probability,
    )
    opinion = Opinion(said=said, about=review.decision_id)
    await _record(connection, opinion, AuditAction.OPINION_GIVEN)
    history = await decisions.for_comment(connection, review.comment_id)
    dissent = find_dissent(history, [opinion])
    if dissent:
        await _let_settle(services, connection, dissent, first=history[-1], now=now)
    services.metrics.opinions.labels(str(dissent is None).lower()).inc()
    return opinion


async def _let_settle(
    services: Services, connection: Connection, dissent: Opinion, *, first: Decision, now: datetime
) -> None:
    """Open a case for somebody who has said nothing yet; where there is nobody, the first decision stands."""
    assert first.person_id is not None
    assert dissent.said.person_id is not None
    found = settling(services.directory.people.values(), first.site_id, first.person_id, dissent.said.person_id)
    if found is None:
        return
    case = Case(
        id=CaseId(services.ids.new()),
        site_id=first.site_id,
        comment_id=first.comment_id,
        cause=Cause.DISAGREEMENT,
        state=CaseState.OPEN,
        weight=REPORTED_WEIGHT,
        opened_at=now,
        generation=0,
        barred=found.barred,
    )
    await cases.open_many(connection, [case])
    if found.is_for_seniors:
        escalation = Escalation(at=now, by=dissent.said.person_id)
        await cases.escalate(connection, case.id, generation=case.generation, escalation=escalation)


async def widen(services: Services, connection: Connection) -> None:
    """Let others settle what those who were asked are no longer there to settle; one pass of a background loop.

    Where the last senior has left that is anybody else, and where there is nobody else an administrator of the two.
    """
    people = services.directory.people.values()
    for one in await disputes.list_open(connection):
        found = settling(people, one.site_id, *one.between)
        if found is None or one.is_held:
            continue
        if (one.is_for_seniors and not found.is_for_seniors) or found.barred != one.between:
            await disputes.widen(connection, one, found.barred)


async def take_back(
    services: Services, connection: Connection, person: Person, opinion: Opinion
) -> tuple[Opinion, CaseId]:
    """Take an opinion back; return what says so, and the case that asks for another one.

    Raises:
        NotFound: not for this person's eyes.
        Forbidden: it is somebody else's.
        NotNewest: it was taken back before, or a newer decision stands.
        Conflict: the comment was erased.
    """
    said, now = opinion.said, services.now()
    if not person.may_see(said.site_id):
        raise NotFound("There is no such decision.")
    if said.person_id != person.id:
        raise Forbidden("Only the one who gave this opinion may take it back.")
    history = await decisions.for_comment(connection, said.comment_id)
    if opinion not in standing(await opinions.for_comment(connection, said.comment_id)):
        raise NotNewest("This opinion was taken back already.")
    if history[-1].id != opinion.about:
        raise NotNewest("A newer decision stands; this opinion is heard already.")
    if (await comments.get_anywhere(connection, said.comment_id)).is_erased:
        raise Conflict("This comment was erased; nothing can be said about it any more.")
    await cases.withdraw_second(connection, said.comment_id, now)
    taken = Opinion(said=taking_back(said, DecisionId(services.ids.new()), by=person.id, at=now), about=opinion.about)
    await _record(connection, taken, AuditAction.OPINION_UNDONE)
    assert said.case_id is not None
    asked = await opinions.get_review(connection, said.case_id)
    case_id = await _ask(
        services, connection, history[-1], is_contrary=asked.is_contrary, probability=asked.probability, now=now
    )
    return taken, case_id


async def _record(connection: Connection, opinion: Opinion, act: AuditAction) -> None:
    said = opinion.said
    assert said.person_id is not None
    await opinions.give(connection, opinion)
    await audit.append(
        connection,
        Entry(
            at=said.decided_at,
            actor=Actor(kind=ActorKind.PERSON, id=said.person_id),
            action=act,
            subject_kind="comment",
            subject_id=said.comment_id,
            site_id=said.site_id,
            detail={"opinion": said.id, "about": opinion.about, "action": said.action, "reason": said.reason},
        ),
    )
