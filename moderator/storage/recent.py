"""The newest comments of all, for whoever compares two models on them: drawn evenly, with what a moderator said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moderator.domain.ids import CommentId, SiteId, first_id_at
from moderator.domain.policy import Action
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Row

ROWS_PER_READ: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """A comment as it stands. `ruling` is the newest of a moderator, None where there is none that holds."""

    id: CommentId
    site_id: SiteId
    text: str
    lang: str | None
    section: str | None
    ruling: Action | None


NEWEST = """
SELECT received_ms FROM comments
WHERE CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id
ORDER BY id DESC LIMIT 1
"""


async def newest_at(connection: Connection, site_id: SiteId | None) -> datetime | None:
    """Return when the newest comment came in, of a site or of any; None where there is no comment."""
    row = await connection.one(NEWEST, site_id=site_id)
    return None if row is None else from_ms(row["received_ms"])


# Every so-manieth: of `total` rows the ones at which `place * most / total` reaches another whole number.
DRAWN = """
SELECT id FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place, COUNT(*) OVER () AS total FROM comments
    WHERE id >= :oldest AND received_ms >= :since_ms AND erased_ms IS NULL
        AND (CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id)
) AS numbered
WHERE total <= :most OR place * :most / total <> (place - 1) * :most / total
ORDER BY id
"""
# A moderator's newest ruling; when that one took something back, it says hold.
COMMENTS = """
WITH asked (id) AS ({values})
SELECT comments.id, comments.site_id, text, lang, article_section, ruling.action AS ruling
FROM asked JOIN comments ON comments.id = CAST(asked.id AS TEXT)
LEFT JOIN decisions AS ruling ON ruling.id = (
    SELECT MAX(own.id) FROM decisions AS own WHERE own.comment_id = comments.id AND own.source = 'moderator')
ORDER BY comments.id
"""


async def drawn(connection: Connection, site_id: SiteId | None, *, since: datetime, most: int) -> list[Recent]:
    """Return up to `most` comments since a moment, evenly over the time, the oldest first. Erased ones are not there.

    Args:
        site_id: of this site; None: of every site.
    """
    # Ids sort by time; with a margin for a clock that was set back meanwhile.
    oldest = first_id_at(to_ms(since - timedelta(days=1)))
    rows = await connection.all(DRAWN, oldest=oldest, since_ms=to_ms(since), site_id=site_id, most=most)
    ids = [row["id"] for row in rows]
    found: list[Recent] = []
    for begin in range(0, len(ids), ROWS_PER_READ):
        asked: Sequence[tuple[str]] = [(one,) for one in ids[begin : begin + ROWS_PER_READ]]
        found += [_recent(row) for row in await connection.many(COMMENTS, asked)]
    return found


AUDITED = """
SELECT EXISTS (
    SELECT 1 FROM decisions
    WHERE source = 'moderator' AND inclusion_probability IS NOT NULL AND decided_ms >= :since_ms
        AND (CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id)
) AS found
"""


async def has_audits(connection: Connection, site_id: SiteId | None, since: datetime) -> bool:
    """Return whether a moderator has decided since a moment about a verdict that was drawn for a check."""
    row = await connection.one(AUDITED, site_id=site_id, since_ms=to_ms(since))
    return row is not None and bool(row["found"])


def _recent(row: Row) -> Recent:
    ruling = None if row["ruling"] is None else Action(row["ruling"])
    return Recent(
        id=CommentId(row["id"]),
        site_id=SiteId(row["site_id"]),
        text=row["text"],
        lang=row["lang"],
        section=row["article_section"],
        ruling=None if ruling is Action.HOLD else ruling,
    )
