"""People at work: the queue, claims, decisions, and taking them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from moderator.domain.comments import Status
from moderator.domain.errors import CaseClosed, ClaimLost, Conflict, Forbidden, NotFound, NotNewest
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.queue import EVERYTHING, Filter
from moderator.domain.review import (
    REPORTED_WEIGHT,
    STATUS_AFTER,
    Automation,
    Case,
    CaseState,
    Cause,
    Decision,
    Detection,
    ReasonCode,
    Source,
    check_ruling,
    ground_of,
)
from moderator.services import Services
from moderator.storage import cases, comments, decisions, outbox, reports, signatures
from moderator.storage.audit import Actor
from moderator.storage.cases import CaseFile
from moderator.storage.database import Connection
from moderator.usecases.recording import record

MAX_CLAIM = 50
HAND = 3  # The case in view, the next one, and one for whoever is quick.


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision, where the comment stands after it, and the case that waits now (None: nothing waits)."""

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

    Cases of `passing_over`, which the person has just skipped, stay in the queue for others.
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
        await cases.hold_on(connection, holder=person.id, now=now, expires_at=expires_at)
        missing = HAND - len(await cases.list_claimed(connection, holder=person.id, now=now))
        if missing > 0:
            await _claim(services, connection, person, count=missing, over=passing_over, only=only)


async def _claim(
    services: Services, connection: Connection, person: Person, *, count: int, over: Sequence[CaseId], only: Filter
) -> list[CaseFile]:
    now = services.now()
    return await cases.claim(
        connection,
        holder=person.id,
        count=count,
        now=now,
        expires_at=now + timedelta(seconds=services.settings.claim_seconds),
        sites=person.sites,
        passing_over=over,
        only=only,
    )


async def claim_case(services: Services, person: Person, case_id: CaseId) -> CaseFile:
    """Claim one certain case, or hold on to it for longer.

    Raises:
        NotFound: no such case, or not for this person's eyes.
        CaseClosed, ClaimLost: it is decided, or somebody else holds it.
    """
    async with services.database.transaction() as connection:
        await _get_visible(services, connection, person, case_id)
        return await _claim_one(services, connection, person, case_id)


async def release(services: Services, person: Person, case_id: CaseId) -> None:
    """Give a claimed case back to the queue.

    Raises:
        NotFound: no such case, or not for this person's eyes.
        ClaimLost: this person does not hold it.
    """
    async with services.database.transaction() as connection:
        await _get_visible(services, connection, person, case_id)
        if not await cases.release(connection, case_id, person.id):
            raise ClaimLost("You do not hold this case.")


async def release_expired(services: Services) -> int:
    """Return expired claims to the queue; one pass of a background loop. Return how many."""
    async with services.database.transaction() as connection:
        return await cases.release_expired(connection, services.now())


async def decide(
    services: Services,
    person: Person,
    case_id: CaseId,
    *,
    action: Action,
    reason: ReasonCode | None = None,
    note: str | None = None,
    generation: int | None = None,
) -> Decided:
    """Close a case with a decision.

    Raises:
        InvalidInput: the ruling is incomplete; a rejection needs a reason.
        NotFound: no such case, or not for this person's eyes.
        CaseClosed, ClaimLost: somebody else was first, or the claim has expired.
    """
    check_ruling(action, reason, note)
    now = services.now()
    async with services.database.transaction() as connection:
        file = await _get_visible(services, connection, person, case_id)
        case = file.case
        case.check_may_decide(person.id, generation, now)
        if not await cases.close(connection, case_id, generation=case.generation, now=now):
            raise ClaimLost("This case has moved on since you saw it; claim it again.")
        decision = Decision(
            id=DecisionId(services.ids.new()),
            site_id=case.site_id,
            comment_id=case.comment_id,
            case_id=case_id,
            source=Source.MODERATOR,
            action=action,
            person_id=person.id,
            reason=reason,
            note=note,
            ground=ground_of(action, reason),
            detection=Detection.REPORT if case.cause is Cause.REPORT else Detection.POLICY,
            # The person saw the scores; a blind sample is shown without them.
            automation=Automation.NOT_AUTOMATED if case.cause is Cause.SAMPLE else Automation.PARTIALLY,
            policy_version=file.outcome.policy,
            model_version=file.outcome.model,
            decided_at=now,
        )
        await reports.answer(connection, case.comment_id, decision_id=decision.id, now=now)
        event = await record(services, connection, _actor(person), decision, AuditAction.CASE_DECIDED)
        await outbox.call_back(connection, event)
    services.metrics.decisions.labels(action).inc()
    return Decided(decision=decision, status=STATUS_AFTER[action])


async def undo(services: Services, person: Person, decision_id: DecisionId) -> Decided:
    """Take the newest decision on a comment back: the comment is held again, and its case is this person's.

    People undo their own decisions, the policy's and the site's; an administrator undoes anybody's.

    Raises:
        NotFound: no such decision, or not for this person's eyes.
        Forbidden: it is somebody else's.
        NotNewest: another decision has followed it.
    """
    now = services.now()
    async with services.database.transaction() as connection:
        undone = await decisions.get(connection, decision_id)
        if not person.may_see(undone.site_id):
            raise NotFound("There is no such decision.")
        if not _is_theirs(person, undone):
            raise Forbidden("Only the one who decided, or an administrator, may undo this.")
        history = await decisions.for_comment(connection, undone.comment_id)
        if history[-1].id != undone.id:
            raise NotNewest("A newer decision stands; undo that one first.")
        if undone.action is Action.HOLD:
            raise Conflict("This decision was itself an undo; the comment waits in the queue.")
        stored = await comments.get_anywhere(connection, undone.comment_id)
        if stored.is_erased:
            raise Conflict("This comment was erased; nothing can be decided about it any more.")
        decision = Decision(
            id=DecisionId(services.ids.new()),
            site_id=undone.site_id,
            comment_id=undone.comment_id,
            source=Source.MODERATOR,
            action=Action.HOLD,
            person_id=person.id,
            detection=Detection.PERSON,
            automation=Automation.NOT_AUTOMATED,
            policy_version=undone.policy_version,
            model_version=undone.model_version,
            undoes=undone.id,
            decided_at=now,
        )
        await record(services, connection, _actor(person), decision, AuditAction.DECISION_UNDONE)
        case_id = await _reopen(services, connection, decision)
        file = await _claim_one(services, connection, person, case_id)
    services.metrics.undone.inc()
    return Decided(decision=decision, status=Status.HELD, case=file)


def may_undo(person: Person, history: Sequence[Decision]) -> bool:
    """Return whether somebody may take back the last of a comment's decisions, which are in order."""
    return bool(history) and history[-1].action is not Action.HOLD and _is_theirs(person, history[-1])


def _is_theirs(person: Person, decision: Decision) -> bool:
    return decision.source is not Source.MODERATOR or decision.person_id == person.id or person.is_admin


async def _get_visible(services: Services, connection: Connection, person: Person, case_id: CaseId) -> CaseFile:
    """Return a case that this person may see; another site's case does not exist for them."""
    file = await cases.get(connection, case_id, now=services.now())
    if not person.may_see(file.case.site_id):
        raise NotFound("There is no such case.")
    return file


async def _claim_one(services: Services, connection: Connection, person: Person, case_id: CaseId) -> CaseFile:
    now = services.now()
    expires_at = now + timedelta(seconds=services.settings.claim_seconds)
    if not await cases.claim_one(connection, case_id, holder=person.id, now=now, expires_at=expires_at):
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
