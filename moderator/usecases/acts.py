"""What the acts of operators and administrators share: a line in the audit log, and what may be a name."""

from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.events import AuditAction
from moderator.domain.ids import SiteId
from moderator.services import Services
from moderator.storage import audit
from moderator.storage.audit import Actor, Entry
from moderator.storage.database import Connection

MAX_NAME_CHARACTERS = 200


async def audit_act(
    services: Services,
    connection: Connection,
    actor: Actor,
    action: AuditAction,
    subject_kind: str,
    subject_id: str,
    site_id: SiteId | None = None,
    **detail: str | int | None,
) -> None:
    """Chain an act onto the audit log; `detail` holds identifiers and numbers, never what somebody wrote."""
    await audit.append(
        connection,
        Entry(
            at=services.now(),
            actor=actor,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            site_id=site_id,
            detail=detail,
        ),
    )


def check_name(name: str) -> None:
    """Raise InvalidInput unless a site or a person may be called so."""
    if not name.strip() or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise InvalidInput(Fault(pointer="/name", detail=f"1 to {MAX_NAME_CHARACTERS} printable characters"))
