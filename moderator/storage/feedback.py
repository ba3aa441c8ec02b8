"""Labels that came from outside the console."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from moderator.domain.feedback import Feedback, Provenance
from moderator.domain.ids import CommentId, FeedbackId, SiteId
from moderator.domain.scoring import Label
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row

ADD = """
INSERT INTO feedback (id, site_id, comment_id, text, text_hash, lang, label, value, provenance, trust, given_ms)
VALUES (:id, :site_id, :comment_id, :text, :text_hash, :lang, :label, :value, :provenance, :trust, :given_ms)
ON CONFLICT (site_id, text_hash, label, provenance) DO UPDATE SET
    comment_id = COALESCE(excluded.comment_id, feedback.comment_id),
    text = CASE WHEN COALESCE(excluded.comment_id, feedback.comment_id) IS NULL THEN excluded.text END,
    lang = excluded.lang, value = excluded.value, trust = excluded.trust, given_ms = excluded.given_ms
"""


async def add(connection: Connection, feedback: Feedback, *, text: str) -> None:
    """Store a label for a text; a later word of the same provenance takes the place of an earlier one.

    Args:
        text: what the label is about, be it a comment's text or the feedback's own.
    """
    await connection.execute(
        ADD,
        id=feedback.id,
        site_id=feedback.site_id,
        comment_id=feedback.comment_id,
        text=feedback.text,
        text_hash=hash_text(text),
        lang=feedback.lang,
        label=feedback.label,
        value=feedback.value,
        provenance=feedback.provenance,
        trust=feedback.trust,
        given_ms=to_ms(feedback.given_at),
    )


PAGE = "SELECT * FROM feedback WHERE site_id = :site_id AND erased_ms IS NULL AND id > :after ORDER BY id LIMIT :limit"


async def page(connection: Connection, site_id: SiteId, *, after: str = "", limit: int = 1_000) -> Sequence[Feedback]:
    """Return a site's labels that are not erased, the oldest first, from the one after `after` on."""
    return [from_row(row) for row in await connection.all(PAGE, site_id=site_id, after=after, limit=limit)]


ERASE = """
UPDATE feedback SET text = NULL, text_hash = NULL, lang = NULL, erased_ms = :now_ms
WHERE site_id = :site_id AND (comment_id = :comment_id OR text_hash = :text_hash) AND erased_ms IS NULL
"""


async def erase(connection: Connection, site_id: SiteId, comment_id: CommentId, text: str, now: datetime) -> None:
    """Remove what is kept of an erased comment's text, wherever it was sent again as somebody's suggestion."""
    await connection.execute(
        ERASE, site_id=site_id, comment_id=comment_id, text_hash=hash_text(text), now_ms=to_ms(now)
    )


def hash_text(text: str) -> str:
    """Return a text's hex SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def from_row(row: Row) -> Feedback:
    """Return the label that a row of the table is."""
    return Feedback(
        id=FeedbackId(row["id"]),
        site_id=SiteId(row["site_id"]),
        comment_id=None if row["comment_id"] is None else CommentId(row["comment_id"]),
        text=row["text"],
        lang=row["lang"],
        label=Label(row["label"]),
        value=float(row["value"]),
        provenance=Provenance(row["provenance"]),
        trust=float(row["trust"]),
        given_at=from_ms(row["given_ms"]),
    )
