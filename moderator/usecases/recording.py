"""What follows from people's decisions, in the transaction of the caller: status, audit entry and event."""

from moderator.domain.events import AuditAction, EventName
from moderator.domain.ids import EventId
from moderator.domain.review import STATUS_AFTER, Decision
from moderator.services import Services
from moderator.storage import audit, comments, decisions, outbox
from moderator.storage.audit import Actor, Entry
from moderator.storage.database import Connection


async def record(
    services: Services,
    connection: Connection,
    actor: Actor,
    decision: Decision,
    act: AuditAction,
    *,
    batch: str | None = None,
) -> outbox.Event:
    """Write a decision with all that follows from it. Return the event that the site's webhooks will hear of.

    Args:
        batch: the press by which it was made or taken back together with others; None for one by itself.
    """
    await write_down(connection, actor, decision, act, batch=batch)
    return await _announce(services, connection, decision)


async def write_down(
    connection: Connection, actor: Actor, decision: Decision, act: AuditAction, *, batch: str | None = None
) -> None:
    """Write a decision that is no news to its site: status and audit entry follow, no event. `batch` as in `record`."""
    await decisions.append(connection, [decision])
    await comments.set_status(connection, decision.comment_id, STATUS_AFTER[decision.action])
    await audit.append(
        connection,
        Entry(
            at=decision.decided_at,
            actor=actor,
            action=act,
            subject_kind="comment",
            subject_id=decision.comment_id,
            site_id=decision.site_id,
            detail={
                "decision": decision.id,
                "action": decision.action,
                "reason": decision.reason,
                **({} if batch is None else {"batch": batch}),
            },
        ),
    )


async def _announce(services: Services, connection: Connection, decision: Decision) -> outbox.Event:
    stored = await comments.get_anywhere(connection, decision.comment_id)
    event = outbox.Event(
        id=EventId(services.ids.new()),
        site_id=decision.site_id,
        name=EventName.COMMENT_DECIDED,
        comment_id=decision.comment_id,
        payload={
            "comment": decision.comment_id,
            "external_id": stored.comment.external_id,
            "status": STATUS_AFTER[decision.action],
            "action": decision.action,
            "reason": decision.reason,
            "ground": decision.ground,
            "ground_reference": decision.ground_reference,
            "site_reason": decision.site_reason,
            "decision": decision.id,
            "undoes": decision.undoes,
        },
        created_at=decision.decided_at,
    )
    await outbox.enqueue(connection, event)
    return event
