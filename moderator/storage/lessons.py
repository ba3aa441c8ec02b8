"""What people said of comments, page by page, for whoever learns from it. Erased comments are not there.

Reads alone, each a range of ids, so that a page costs the same at the end of a large database as at its beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from moderator.domain.feedback import Feedback
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.opinions import Opinion
from moderator.domain.review import Decision
from moderator.storage import decisions, feedback, opinions
from moderator.storage.columns import from_ms
from moderator.storage.database import Connection, Row

PAGE_SIZE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A comment that people have spoken of: decisions and second opinions, the oldest first, and word from outside.

    `campaign` is the first of the comments that were like it, None when nothing was or when it is not known any more.
    """

    comment_id: CommentId
    site_id: SiteId
    text: str
    lang: str | None
    section: str | None
    author: str | None
    campaign: CommentId | None
    received_at: datetime
    history: list[Decision] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)


COMMENTS = """
SELECT comments.id, comments.site_id, text, lang, article_section, author_key, comments.received_ms, campaign
FROM comments LEFT JOIN signatures ON signatures.comment_id = comments.id
WHERE comments.id > :after AND erased_ms IS NULL
    AND (CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id)
    AND (EXISTS (SELECT 1 FROM decisions WHERE decisions.comment_id = comments.id AND source = 'moderator')
        OR EXISTS (SELECT 1 FROM feedback WHERE feedback.comment_id = comments.id AND feedback.erased_ms IS NULL))
ORDER BY comments.id LIMIT :limit
"""
HISTORIES = """
WITH asked (id) AS ({values})
SELECT decisions.* FROM asked JOIN decisions ON decisions.comment_id = CAST(asked.id AS TEXT) ORDER BY decisions.id
"""
OPINIONS = """
WITH asked (id) AS ({values})
SELECT opinions.* FROM asked JOIN opinions ON opinions.comment_id = CAST(asked.id AS TEXT) ORDER BY opinions.id
"""
SAID_OF_COMMENTS = """
WITH asked (id) AS ({values})
SELECT feedback.* FROM asked JOIN feedback ON feedback.comment_id = CAST(asked.id AS TEXT)
WHERE feedback.erased_ms IS NULL ORDER BY feedback.id
"""


async def page(
    connection: Connection, site_id: SiteId | None, *, after: str = "", limit: int = PAGE_SIZE
) -> Sequence[Judged]:
    """Return comments of a site, or of all, that people have spoken of: the oldest first, from the one after `after`.

    Their whole history is there, the policy's decisions too: only so the newest one can be told.
    """
    rows = await connection.all(COMMENTS, site_id=site_id, after=after, limit=limit)
    found = {row["id"]: _judged(row) for row in rows}
    if not found:
        return []
    asked = [(comment_id,) for comment_id in found]
    for row in await connection.many(HISTORIES, asked):
        found[row["comment_id"]].history.append(decisions.from_row(row))
    for row in await connection.many(OPINIONS, asked):
        found[row["comment_id"]].opinions.append(opinions.from_row(row))
    for row in await connection.many(SAID_OF_COMMENTS, asked):
        found[row["comment_id"]].feedback.append(feedback.from_row(row))
    return list(found.values())


SAID_OF_TEXTS = """
SELECT * FROM feedback
WHERE id > :after AND comment_id IS NULL AND text IS NOT NULL AND erased_ms IS NULL
    AND (CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id)
ORDER BY id LIMIT :limit
"""


async def page_of_texts(
    connection: Connection, site_id: SiteId | None, *, after: str = "", limit: int = PAGE_SIZE
) -> Sequence[Feedback]:
    """Return what was said of texts that are nobody's comment here, the oldest first, from the one after `after`."""
    rows = await connection.all(SAID_OF_TEXTS, site_id=site_id, after=after, limit=limit)
    return [feedback.from_row(row) for row in rows]


COUNT = """
SELECT COUNT(*) AS number FROM decisions
WHERE source = 'moderator' AND (CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id)
"""


async def count(connection: Connection, site_id: SiteId | None) -> int:
    """Return how many decisions moderators have taken: about as many as there are comments to read."""
    row = await connection.one(COUNT, site_id=site_id)
    return 0 if row is None else int(row["number"])


def _judged(row: Row) -> Judged:
    return Judged(
        comment_id=CommentId(row["id"]),
        site_id=SiteId(row["site_id"]),
        text=row["text"],
        lang=row["lang"],
        section=row["article_section"],
        author=row["author_key"],
        campaign=None if row["campaign"] is None else CommentId(row["campaign"]),
        received_at=from_ms(row["received_ms"]),
    )
