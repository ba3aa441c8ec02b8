"""Readers' reports on standing comments."""

from dataclasses import dataclass
from datetime import datetime

from moderator.domain.ids import CaseId, CommentId, ReportId, SiteId
from moderator.domain.review import ReasonCode
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A reader says that a comment is bad. `is_muted`: a person had approved the comment before.

    `claims_illegal` is the reader's own word, and `legal_reference` the law that they name.
    """

    id: ReportId
    site_id: SiteId
    comment_id: CommentId
    reason: ReasonCode | None
    note: str | None
    is_muted: bool
    case_id: CaseId | None
    created_at: datetime
    claims_illegal: bool = False
    legal_reference: str | None = None


ADD = """
INSERT INTO reports (id, site_id, comment_id, reason, note, muted, case_id, claims_illegal, legal_reference, created_ms)
VALUES (
    :id, :site_id, :comment_id, :reason, :note, :muted, :case_id, :claims_illegal, :legal_reference, :created_ms
)
"""


async def add(connection: Connection, report: Report) -> None:
    """Store a report."""
    await connection.execute(
        ADD,
        id=report.id,
        site_id=report.site_id,
        comment_id=report.comment_id,
        reason=report.reason,
        note=report.note,
        muted=int(report.is_muted),
        case_id=report.case_id,
        claims_illegal=int(report.claims_illegal),
        legal_reference=report.legal_reference,
        created_ms=to_ms(report.created_at),
    )


FOR_COMMENT = "SELECT * FROM reports WHERE comment_id = :comment_id ORDER BY id"


async def for_comment(connection: Connection, comment_id: CommentId) -> list[Report]:
    """Return the reports on a comment, the oldest first."""
    return [_report(row) for row in await connection.all(FOR_COMMENT, comment_id=comment_id)]


ANSWER = """
UPDATE reports SET decision_id = :decision_id, answered_ms = :now_ms
WHERE comment_id = :comment_id AND answered_ms IS NULL
"""


async def answer(connection: Connection, comment_id: CommentId, *, decision_id: str, now: datetime) -> None:
    """Mark the open reports on a comment as answered by a decision."""
    await connection.execute(ANSWER, comment_id=comment_id, decision_id=decision_id, now_ms=to_ms(now))


ERASE_NOTES = """
UPDATE reports SET note = NULL, reporter_name = NULL, reporter_email = NULL, erased_ms = :now_ms
WHERE comment_id = :comment_id AND erased_ms IS NULL
"""


async def erase_notes(connection: Connection, comment_id: CommentId, now: datetime) -> None:
    """Blank what readers wrote about an erased comment: it may quote the text."""
    await connection.execute(ERASE_NOTES, comment_id=comment_id, now_ms=to_ms(now))


def _report(row: Row) -> Report:
    return Report(
        id=ReportId(row["id"]),
        site_id=SiteId(row["site_id"]),
        comment_id=CommentId(row["comment_id"]),
        reason=None if row["reason"] is None else ReasonCode(row["reason"]),
        note=row["note"],
        is_muted=bool(row["muted"]),
        case_id=None if row["case_id"] is None else CaseId(row["case_id"]),
        created_at=from_ms(row["created_ms"]),
        claims_illegal=bool(row["claims_illegal"]),
        legal_reference=row["legal_reference"],
    )
