"""What a site says about standing comments: readers' reports, and wishes to erase."""

from dataclasses import dataclass

from moderator.domain.comments import Status
from moderator.domain.errors import Fault, InvalidInput, NotFound
from moderator.domain.events import ActorKind, AuditAction, EventName
from moderator.domain.ids import CaseId, CommentId, EventId, ReportId, SiteId
from moderator.domain.policy import Action
from moderator.domain.review import MAX_NOTE_CHARACTERS, REPORTED_WEIGHT, Case, CaseState, Cause, ReasonCode, Source
from moderator.services import Services
from moderator.storage import audit, cases, comments, decisions, erasures, opinions, outbox, reports, search, signatures
from moderator.storage import feedback as labels
from moderator.storage.audit import Actor, Entry
from moderator.storage.comments import Stored
from moderator.storage.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report as recorded. Muted: a person has approved the comment, so it is counted and opens no case."""

    id: ReportId
    is_muted: bool
    case: CaseId | None


async def report(
    services: Services, site_id: SiteId, comment_id: CommentId, *, reason: ReasonCode | None, note: str | None
) -> Reported:
    """Record a reader's report. An approved comment gets a case, unless a person has approved it before.

    Raises:
        InvalidInput: the note is too long.
        NotFound: this site has no such comment, or it was erased.
    """
    if note is not None and len(note) > MAX_NOTE_CHARACTERS:
        raise InvalidInput(Fault(pointer="/note", detail=f"at most {MAX_NOTE_CHARACTERS} characters"))
    now = services.now()
    async with services.database.transaction() as connection:
        stored = await comments.get(connection, site_id, comment_id)
        if stored.is_erased:
            raise NotFound("There is no such comment.")
        case_id = await cases.find_open(connection, comment_id)
        is_muted = False
        if case_id is not None and await cases.hasten_second(connection, case_id, REPORTED_WEIGHT):
            # A person has decided already: the report counts, and the one who looks once more looks sooner.
            case_id, is_muted = None, stored.outcome.status is Status.APPROVED
        elif stored.outcome.status is Status.APPROVED and case_id is not None:
            await cases.mark_reported(connection, case_id, REPORTED_WEIGHT)
        elif stored.outcome.status is Status.APPROVED:
            is_muted = await _was_approved_by_a_person(connection, comment_id)
            if not is_muted:
                case_id = await _open_case(services, connection, stored)
        recorded = reports.Report(
            id=ReportId(services.ids.new()),
            site_id=site_id,
            comment_id=comment_id,
            reason=reason,
            note=note,
            is_muted=is_muted,
            case_id=case_id,
            created_at=now,
        )
        await reports.add(connection, recorded)
    services.metrics.reports.labels(str(is_muted).lower()).inc()
    return Reported(id=recorded.id, is_muted=is_muted, case=case_id)


async def _was_approved_by_a_person(connection: Connection, comment_id: CommentId) -> bool:
    history = await decisions.for_comment(connection, comment_id)
    return bool(history) and history[-1].source is Source.MODERATOR and history[-1].action is Action.APPROVE


async def _open_case(services: Services, connection: Connection, stored: Stored) -> CaseId:
    case = Case(
        id=CaseId(services.ids.new()),
        site_id=stored.comment.site_id,
        comment_id=stored.comment.id,
        cause=Cause.REPORT,
        state=CaseState.OPEN,
        weight=REPORTED_WEIGHT,
        opened_at=services.now(),
        generation=0,
        campaign=await signatures.find_campaign_of(connection, stored.comment.id),
    )
    await cases.open_many(connection, [case])
    return case.id


async def erase(services: Services, actor: Actor, site_id: SiteId, comment_id: CommentId) -> None:
    """Erase a comment's text and author; scores and the skeleton of its decisions stay. Erasing twice changes nothing.

    Raises:
        NotFound: this site has no such comment.
    """
    async with services.database.transaction() as connection:
        await comments.get(connection, site_id, comment_id)
        erased = await _erase_one(services, connection, actor, site_id, comment_id)
    if erased:
        await services.database.checkpoint()


async def erase_author(services: Services, actor: Actor, site_id: SiteId, author_key: str) -> int:
    """Erase every comment of an author (`id:…` or `email:…`). Return how many there were."""
    async with services.database.transaction() as connection:
        found = await comments.ids_by_author(connection, site_id, author_key)
        for comment_id in found:
            await _erase_one(services, connection, actor, site_id, comment_id)
    if found:
        await services.database.checkpoint()
    return len(found)


async def _erase_one(
    services: Services, connection: Connection, actor: Actor, site_id: SiteId, comment_id: CommentId
) -> bool:
    now = services.now()
    text = (await comments.get_anywhere(connection, comment_id)).comment.text
    if not await comments.erase(connection, comment_id, int(now.timestamp() * 1000)):
        return False
    await search.forget(connection, comment_id, text)
    await signatures.erase(connection, comment_id)
    await labels.erase(connection, site_id, comment_id, text, now)
    await cases.withdraw(connection, comment_id, now)
    await cases.erase_notes(connection, comment_id)
    await reports.erase_notes(connection, comment_id, now)
    await decisions.erase_notes(connection, comment_id)
    await opinions.erase_notes(connection, comment_id)
    await erasures.add(
        connection,
        erasure_id=services.ids.new(),
        site_id=site_id,
        comment_id=comment_id,
        cause="request",
        requested_by=actor.id,
        comments=1,
        now=now,
    )
    await audit.append(
        connection,
        Entry(
            at=now,
            actor=actor,
            action=AuditAction.COMMENT_ERASED,
            subject_kind="comment",
            subject_id=comment_id,
            site_id=site_id,
        ),
    )
    await outbox.enqueue(
        connection,
        outbox.Event(
            id=EventId(services.ids.new()),
            site_id=site_id,
            name=EventName.COMMENT_ERASED,
            comment_id=comment_id,
            payload={"comment": comment_id},
            created_at=now,
        ),
    )
    return True


async def site_of(connection: Connection, comment_id: CommentId) -> SiteId:
    """Return which site a comment belongs to. For operators, who see every site. Raises NotFound."""
    return (await comments.get_anywhere(connection, comment_id)).comment.site_id


def site_actor(site_id: SiteId) -> Actor:
    """Return a site as the one who acts, with its key."""
    return Actor(kind=ActorKind.SITE, id=site_id)
