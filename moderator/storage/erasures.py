"""What was erased, when and at whose wish; never what it was."""

from datetime import datetime

from moderator.domain.ids import CommentId, SiteId
from moderator.storage.columns import to_ms
from moderator.storage.database import Connection

ADD = """
INSERT INTO erasures (id, site_id, comment_id, cause, requested_by, comments, erased_ms)
VALUES (:id, :site_id, :comment_id, :cause, :requested_by, :comments, :erased_ms)
"""


async def add(
    connection: Connection,
    *,
    erasure_id: str,
    site_id: SiteId,
    comment_id: CommentId | None,
    cause: str,
    requested_by: str | None,
    comments: int,
    now: datetime,
) -> None:
    """Record an erasure of one comment, or of `comments` by one author. `cause` is request, retention or author."""
    await connection.execute(
        ADD,
        id=erasure_id,
        site_id=site_id,
        comment_id=comment_id,
        cause=cause,
        requested_by=requested_by,
        comments=comments,
        erased_ms=to_ms(now),
    )
