"""How many comments a site has sent in a time, and what became of them."""

from dataclasses import dataclass
from datetime import datetime

from moderator.domain.ids import SiteId
from moderator.storage.columns import to_ms
from moderator.storage.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A site's comments of a time.

    `spam` were rejected, by the policy or, when they were held, by people; all others are `ham`. `missed_spam` the
    policy approved and people rejected since; `false_positives` are the other way round.
    """

    comments: int = 0
    spam: int = 0
    missed_spam: int = 0
    false_positives: int = 0

    @property
    def ham(self) -> int:
        """Return how many were not taken for spam."""
        return self.comments - self.spam


COUNT_COMMENTS = """
SELECT COUNT(*) AS comments,
    COALESCE(SUM(CASE WHEN verdict = 'reject' OR (verdict = 'hold' AND status = 'rejected') THEN 1 ELSE 0 END), 0)
        AS spam,
    COALESCE(SUM(CASE WHEN verdict = 'approve' AND status = 'rejected' THEN 1 ELSE 0 END), 0) AS missed_spam,
    COALESCE(SUM(CASE WHEN verdict = 'reject' AND status = 'approved' THEN 1 ELSE 0 END), 0) AS false_positives
FROM comments
WHERE site_id = :site_id
    AND (CAST(:since_ms AS BIGINT) IS NULL OR received_ms >= CAST(:since_ms AS BIGINT))
    AND (CAST(:until_ms AS BIGINT) IS NULL OR received_ms < CAST(:until_ms AS BIGINT))
"""


async def count_comments(
    connection: Connection, site_id: SiteId, *, since: datetime | None, until: datetime | None
) -> Counts:
    """Return a site's counts from `since` until before `until`; None for no bound. It reads every row of the site."""
    row = await connection.one(
        COUNT_COMMENTS,
        site_id=site_id,
        since_ms=None if since is None else to_ms(since),
        until_ms=None if until is None else to_ms(until),
    )
    assert row is not None  # There is no grouping.
    return Counts(
        comments=int(row["comments"]),
        spam=int(row["spam"]),
        missed_spam=int(row["missed_spam"]),
        false_positives=int(row["false_positives"]),
    )
