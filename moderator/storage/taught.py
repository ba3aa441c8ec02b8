"""What moderators decided last, for whoever looks at what it taught: the newest texts, and how many decisions wait."""

from collections.abc import Sequence
from datetime import datetime

from moderator.domain.ids import CommentId, SiteId
from moderator.storage.columns import to_ms
from moderator.storage.database import Connection

NEWEST = """
SELECT comments.id, comments.text, decisions.decided_ms
FROM decisions JOIN comments ON comments.id = decisions.comment_id
WHERE decisions.site_id = :site_id AND decisions.source = 'moderator' AND comments.erased_ms IS NULL
ORDER BY decisions.decided_ms DESC, decisions.id DESC LIMIT :limit
"""


async def newest(connection: Connection, sites: Sequence[SiteId], *, most: int) -> list[tuple[CommentId, str]]:
    """Return the ids and texts of the comments of some sites that moderators decided about last, the newest first.

    Erased ones are not there. One that was decided about more than once is there once.
    """
    found: list[tuple[int, CommentId, str]] = []
    for site_id in sites:
        rows = await connection.all(NEWEST, site_id=site_id, limit=most)
        found.extend((int(row["decided_ms"]), CommentId(row["id"]), row["text"]) for row in rows)
    found.sort(key=lambda one: -one[0])
    texts = {comment_id: text for _, comment_id, text in found}
    return list(texts.items())[:most]


SINCE = """
SELECT COUNT(*) AS number FROM decisions
WHERE site_id = :site_id AND source = 'moderator' AND decided_ms > :since_ms
"""


async def count_since(connection: Connection, sites: Sequence[SiteId], since: datetime | None) -> int:
    """Return how many decisions moderators took after a moment; None stands for the beginning."""
    total = 0
    for site_id in sites:
        row = await connection.one(SINCE, site_id=site_id, since_ms=-1 if since is None else to_ms(since))
        total += int(row["number"]) if row else 0
    return total
