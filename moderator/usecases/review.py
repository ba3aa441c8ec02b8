"""People at work: the queue, claims, decisions, and taking them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from moderator.domain.audits import drawn_probability
from moderator.domain.comments import Status
from moderator.domain.decisions import taking_back
from moderator.domain.errors import (
    CaseClosed,
    ClaimLost,
    Conflict,
    Forbidden,
    NotFound,
    NotNewest,
)
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.opinions import LONGEST_WAIT
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.queue import EVERYTHING, Filter
from moderator.domain.reasons import choose_reason
from moderator.domain.review import (
    REPORTED_WEIGHT,
    STATUS_AFTER,
    Case,
    CaseState,
    Cause,
    Decision,
    Escalation,
    ReasonCode,
    Source,
    check_note,
    check_ruling,
    is_same,
)
from moderator.services import Services
from moderator.storage import audit, cases, claims, comments, decisions, opinions, outbox, reports, signatures
from moderator.storage.audit import Actor, Entry
from moderator.storage.case_files import CaseFile
from moderator.storage.database import Connection
from moderator.usecases import seconding
from moderator.usecases.recording import record, write_down
from moderator.usecases.rulings import Ruling as Ruling
from moderator.usecases.rulings import decision_of

MAX_CLAIM = 50
HAND = 3  # The case in view, the next one, and one for whoever is quick.


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision, where the comment stands after it, and the case that waits now (None: nothing waits).

    A second opinion has the shape of a decision, and the comment stands as before.
    """

    decision: Decision
    status: Status
    case: CaseFile | None = None


async def claim_next(
    services: Services,
    person: Person,
    *,
    count: int,
    passing_over: Sequence[CaseId] = (),
    only: Filter = EVERYTHING,
) -> list[CaseFile]:
    """Claim up to `count` (1 to 50) of the most urgent free cases that this person may see, within a filter.

    Cases of `passing_over`, which the person has just skipped, stay in the queue for others. What a colleague passed on
    comes first for seniors, and not at all for others.
    """
    async with services.database.transaction() as connection:
        return await _claim(services, connection, person, count=min(count, MAX_CLAIM), over=passing_over, only=only)


async def fill_hand(
    services: Services, person: Person, *, passing_over: Sequence[CaseId] = (), only: Filter = EVERYTHING
) -> None:
    """Let somebody hold `HAND` cases: what they hold lasts longer, and as many more are claimed as are missing.

    The next case is then theirs before they decide about this one. Whoever has a full hand gets nothing more: a second
    press must not hoard what nobody sees. Who stops loses all of it in time.
    """
    now = services.now()
    async with services.database.transaction() as connection:
        expires_at = now + timedelta(seconds=services.settings.claim_seconds)
        await claims.hold_on(connection, holder=person.id, now=now, expires_at=expires_at)
        missing = HAND - len(await claims.list_claimed(connection, holder=person.id, now=now))
        if missing > 0:
            await _claim(services, connection, person, count=missing, over=passing_over, only=only)


async def _claim(
    services: Services, connection: Connection, person: Person, *, count: int, over: Sequence[CaseId], only: Filter
) -> list[CaseFile]:
    now = services.now()
    return await claims.claim(
        connection,
        holder=person.id,
        count=count,
        now=now,
        expires_at=now + timedelta(seconds=services.settings.claim_seconds),
        sites=person.sites,
        passing_over=over,
        only=only,
        is_senior=person.is_senior,
    )


async def claim_case(services: Services, person: Person, case_id: CaseId) -> CaseFile:
    """Claim one certain case, or hold on to it for longer.

    Raises:
        NotFound: no such case, or not for this person's eyes.
        Forbidden: it was passed on to a senior colleague.
        CaseClosed, ClaimLost: it is decided, or somebody else holds it.
    """
    async with services.database.transaction() as connection:
        _check_rank(person, await _get_visible(services, connection, person, case_id))
        return await _claim_one(services, connection, person, case_id)


async def release(services: Services, person: Person, case_id: CaseId) -> None:
    """Give a claimed case back to the queue.

    Raises:
        NotFound: no such case, or not for this person's eyes.
        ClaimLost: this person does not hold it.
    """
    async with services.database.transaction() as connection:
        await _get_visible(services, connection, person, case_id)
        if not await claims.release(connection, case_id, person.id):
            raise ClaimLost("You do not hold this case.")


async def escalate(
    services: Services, person: Person, case_id: CaseId, *, note: str | None = None, generation: int | None = None
) -> None:
    """Pass a case on to the seniors and administrators who may see its site, with a note for them.

    Raises:
        InvalidInput: the note is too long.
        NotFound: no such case, or not for this person's eyes.
        Forbidden: it was passed on to a senior colleague, which this person is not.
        CaseClosed, ClaimLost: somebody else was first, or the claim has expired.
        Conflict: there is nobody to pass it on to.
    """
    check_note(note)
    now = services.now()
    async with services.database.transaction() as connection:
        file = await _get_visible(services, connection, person, case_id)
        case = file.case
        _check_rank(person, file)
        case.check_may_decide(person.id, generation, now)
        if not any(
            other.is_senior and other.may_see(case.site_id) and other.id not in (person.id, *case.barred)
            for other in services.directory.people.values()
        ):
            raise Conflict("Nobody else may decide what is passed on: this site has no other senior or administrator.")
        escalation = Escalation(at=now, by=person.id, note=note)
        if not await cases.escalate(connection, case_id, generation=case.generation, escalation=escalation):
            raise ClaimLost("This case has moved on since you saw it; claim it again.")
        await audit.append(
            connection,
            Entry(
                at=now,
                actor=_actor(person),
                action=AuditAction.CASE_ESCALATED,
                subject_kind="comment",
                subject_id=case.comment_id,
                site_id=case.site_id,
                detail={"case": case_id},
            ),
        )


async def release_expired(services: Services) -> int:
    """Return expired claims to the queue; one pass of a background loop. Return how many.

    What has waited for a second opinion for too long is let go: the decision stands as it does. What two disagree on is
    opened to others where those who were to settle it have left.
    """
    now = services.now()
    async with services.database.transaction() as connection:
        released = await claims.release_expired(connection, now)
        await cases.let_go_second(connection, before=now - LONGEST_WAIT, now=now)
        await seconding.widen(services, connection)
    return released


async def decide(
    services: Services,
    person: Person,
    case_id: CaseId,
    *,
    action: Action,
    reason: ReasonCode | None = None,
    site_reason: str | None = None,
    note: str | None = None,
    generation: int | None = None,
    has_seen_scores: bool = False,
) -> Decided:
    """Close a case with a decision, or with the second opinion that it asks for.

    Args:
        site_reason: the name of a reason on the site's own list, which says the code, the ground and the reference;
            without one the code alone says the ground.
        has_seen_scores: whether the person saw the scores even of a blind case.

    Raises:
        InvalidInput: the ruling is incomplete; a rejection needs a reason, and the site's list must have it.
        NotFound: no such case, or not for this person's eyes.
        Forbidden: it was passed on to a senior colleague.
        CaseClosed, ClaimLost: somebody else was first, or the claim has expired.
    """
    now = services.now()
    async with services.database.transaction() as connection:
        file = await _get_visible(services, connection, person, case_id)
        settings = services.site(file.case.site_id).settings
        own = choose_reason(settings.reasons, site_reason, reason)
        reason = own.reason if own else reason
        check_ruling(action, reason, note)
        _check_rank(person, file)
        file.case.check_may_decide(person.id, generation, now)
        ruling = Ruling(action=action, reason=reason, own=own, note=note)
        decision = await rule_on(services, connection, person, file, ruling, now=now, has_seen_scores=has_seen_scores)
    services.metrics.decisions.labels(action).inc()
    is_second = file.case.cause is Cause.SECOND
    return Decided(decision=decision, status=file.outcome.status if is_second else STATUS_AFTER[action])


async def rule_on(
    services: Services,
    connection: Connection,
    person: Person,
    file: CaseFile,
    ruling: Ruling,
    *,
    now: datetime,
    has_seen_scores: bool = False,
    batch: str | None = None,
) -> Decision:
    """Close a case as it was read and record all that follows, in the caller's transaction, who has checked the right.

    Where the case asks for a second opinion, that is all that follows: what is returned then decides nothing. Who
    settles what two disagreed on as the first one had decided changes nothing for the site, which is not told again.

    Args:
        has_seen_scores: whether the person saw the scores even of a blind case.
        batch: the press that decides this case together with others; None for one decided by itself.

    Raises:
        ClaimLost: the case has moved on since it was read.
    """
    case = file.case
    if case.cause is Cause.SECOND:
        opinion = await seconding.give(
            services, connection, person, file, ruling, now=now, has_seen_scores=has_seen_scores
        )
        return opinion.said
    if not await cases.close(connection, case.id, generation=case.generation, now=now):
        raise ClaimLost("This case has moved on since you saw it; claim it again.")
    history = await decisions.for_comment(connection, case.comment_id)
    decision = decision_of(
        services,
        person,
        file,
        ruling,
        now=now,
        has_seen_scores=has_seen_scores,
        probability=drawn_probability(history),
    )
    await reports.answer(connection, case.comment_id, decision_id=decision.id, now=now)
    if case.cause is Cause.DISAGREEMENT and is_same(history[-1], decision):
        await write_down(connection, _actor(person), decision, AuditAction.CASE_DECIDED)
    else:
        event = await record(services, connection, _actor(person), decision, AuditAction.CASE_DECIDED, batch=batch)
        await outbox.call_back(connection, event)
    await seconding.follow(services, connection, file, [*history, decision])
    return decision


async def undo(services: Services, person: Person, decision_id: DecisionId) -> Decided:
    """Take the newest decision on a comment back: the comment is held again, and its case is this person's.

    People undo their own decisions, the policy's and the site's; seniors and administrators undo anybody's. Whoever
    gave a second opinion takes it back in the same way: the comment stays as it is, and they are asked again.

    Raises:
        NotFound: no such decision, or not for this person's eyes.
        Forbidden: it is somebody else's, or the comment's open case was passed on to a senior colleague.
        NotNewest: another decision has followed it.
    """
    async with services.database.transaction() as connection:
        if opinion := await opinions.find(connection, decision_id):
            taken, case_id = await seconding.take_back(services, connection, person, opinion)
            file = await _claim_one(services, connection, person, case_id)
            return Decided(decision=taken.said, status=file.outcome.status, case=file)
        decision, case_id = await take_back(services, connection, person, decision_id)
        _check_rank(person, await cases.get(connection, case_id, now=services.now()))
        file = await _claim_one(services, connection, person, case_id)
    services.metrics.undone.inc()
    return Decided(decision=decision, status=Status.HELD, case=file)


async def take_back(
    services: Services, connection: Connection, person: Person, decision_id: DecisionId, *, batch: str | None = None
) -> tuple[Decision, CaseId]:
    """Take a decision back in the caller's transaction; return the new one and the open case. Raises as `undo` does."""
    undone = await decisions.get(connection, decision_id)
    if not person.may_see(undone.site_id):
        raise NotFound("There is no such decision.")
    if not _is_theirs(person, undone):
        raise Forbidden("Only the one who decided, a senior or an administrator may undo this.")
    history = await decisions.for_comment(connection, undone.comment_id)
    if history[-1].id != undone.id:
        raise NotNewest("A newer decision stands; undo that one first.")
    if undone.action is Action.HOLD:
        raise Conflict("This decision was itself an undo; the comment waits in the queue.")
    stored = await comments.get_anywhere(connection, undone.comment_id)
    if stored.is_erased:
        raise Conflict("This comment was erased; nothing can be decided about it any more.")
    decision = taking_back(undone, DecisionId(services.ids.new()), by=person.id, at=services.now())
    await record(services, connection, _actor(person), decision, AuditAction.DECISION_UNDONE, batch=batch)
    await cases.withdraw_second(connection, undone.comment_id, decision.decided_at)
    return decision, await _reopen(services, connection, decision)


def may_undo(person: Person, history: Sequence[Decision]) -> bool:
    """Return whether somebody may take back the last of a comment's decisions, which are in order."""
    return bool(history) and history[-1].action is not Action.HOLD and _is_theirs(person, history[-1])


def _is_theirs(person: Person, decision: Decision) -> bool:
    return decision.source is not Source.MODERATOR or decision.person_id == person.id or person.is_senior


async def _get_visible(services: Services, connection: Connection, person: Person, case_id: CaseId) -> CaseFile:
    """Return a case that this person may see; one of another site, or that they are barred from, does not exist."""
    file = await cases.get(connection, case_id, now=services.now())
    if not person.may_see(file.case.site_id) or person.id in file.case.barred:
        raise NotFound("There is no such case.")
    return file


def _check_rank(person: Person, file: CaseFile) -> None:
    if file.case.escalation is not None and not person.is_senior:
        raise Forbidden("This case was passed on; a senior colleague decides it.")


async def _claim_one(services: Services, connection: Connection, person: Person, case_id: CaseId) -> CaseFile:
    now = services.now()
    expires_at = now + timedelta(seconds=services.settings.claim_seconds)
    if not await claims.claim_one(connection, case_id, holder=person.id, now=now, expires_at=expires_at):
        file = await cases.get(connection, case_id, now=now)
        if file.case.state is not CaseState.OPEN:
            raise CaseClosed("This case is closed already.")
        raise ClaimLost("Somebody else holds this case.")
    return await cases.get(connection, case_id, now=now)


async def _reopen(services: Services, connection: Connection, decision: Decision) -> CaseId:
    """Return the comment's open case, a new one where none is open."""
    standing = await cases.find_open(connection, decision.comment_id)
    if standing is not None:
        return standing
    weight = await cases.heaviest(connection, decision.comment_id)
    case = Case(
        id=CaseId(services.ids.new()),
        site_id=decision.site_id,
        comment_id=decision.comment_id,
        cause=Cause.UNDONE,
        state=CaseState.OPEN,
        weight=weight if weight is not None else REPORTED_WEIGHT,
        opened_at=decision.decided_at,
        generation=0,
        campaign=await signatures.find_campaign_of(connection, decision.comment_id),
    )
    await cases.open_many(connection, [case])
    return case.id


def _actor(person: Person) -> Actor:
    return Actor(kind=ActorKind.PERSON, id=person.id)
