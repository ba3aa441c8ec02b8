"""How many comments of an author, or under an article, stand where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.comments import Status
from moderator.domain.ids import SiteId
from moderator.storage.columns import from_ms
from moderator.storage.database import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts by status, without what was erased, and when the first and the last comment came."""

    counts: Mapping[Status, int]
    first_at: datetime
    last_at: datetime

    @property
    def total(self) -> int:
        """Return how many there are."""
        return sum(self.counts.values())

    @property
    def rejected_share(self) -> float | None:
        """Return the share (0 to 1) of the rejected in what is decided; None when nothing is."""
        decided = self.counts[Status.APPROVED] + self.counts[Status.REJECTED]
        return self.counts[Status.REJECTED] / decided if decided else None


COLUMNS = "status, COUNT(*) AS number, MIN(received_ms) AS first_ms, MAX(received_ms) AS last_ms"
OF_AUTHOR = f"""
SELECT {COLUMNS} FROM comments
WHERE site_id = :site_id AND author_key = :author AND erased_ms IS NULL GROUP BY status
"""
OF_ARTICLE = f"""
SELECT {COLUMNS} FROM comments
WHERE site_id = :site_id AND article_url = :article AND erased_ms IS NULL GROUP BY status
"""


async def of_author(connection: Connection, site_id: SiteId, author: str) -> Tally | None:
    """Return the tally of an author's comments; None when there is none."""
    return _tally(await connection.all(OF_AUTHOR, site_id=site_id, author=author))


async def of_article(connection: Connection, site_id: SiteId, article: str) -> Tally | None:
    """Return the tally of the comments under an article; None when there is none."""
    return _tally(await connection.all(OF_ARTICLE, site_id=site_id, article=article))


def _tally(rows: Sequence[Row]) -> Tally | None:
    if not rows:
        return None
    found = {Status(row["status"]): int(row["number"]) for row in rows}
    return Tally(
        counts={status: found.get(status, 0) for status in Status},
        first_at=from_ms(min(row["first_ms"] for row in rows)),
        last_at=from_ms(max(row["last_ms"] for row in rows)),
    )
