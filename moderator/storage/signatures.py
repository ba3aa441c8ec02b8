"""Signatures of the comments of a site's window: which earlier ones a new comment is like, and how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.campaigns import ALIKE_FROM, MOST_COUNTED, Campaign, Signature, likeness
from moderator.domain.ids import CommentId
from moderator.storage.columns import to_ms
from moderator.storage.database import Connection

# Of each key's comments only the newest are compared: a large campaign must not make each of its comments dearer.
MOST_COMPARED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A comment's signature, and the campaign it belongs to: its own id while nothing else is like it."""

    comment_id: CommentId
    campaign: CommentId
    signature: Signature
    received_at: datetime


ADD = """
INSERT INTO signatures (comment_id, campaign, sketch, key_1, key_2, key_3, received_ms) {values}
ON CONFLICT DO NOTHING
"""


async def add(connection: Connection, signed: Sequence[Signed]) -> None:
    """Store signatures in one statement."""
    if signed:
        await connection.many(
            ADD,
            [
                (one.comment_id, one.campaign, one.signature.sketch, *one.signature.keys, to_ms(one.received_at))
                for one in signed
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a new comment may be like, since when, and who wrote it where; `author` is a key, a name or a network."""

    signature: Signature
    since: datetime
    author: str | None
    article: str | None


# Most comments share no key with any: one statement for all who ask says which ones do.
HAS_NEIGHBOURS = """
WITH asked (n, key_1, key_2, key_3, since_ms) AS ({values})
SELECT CAST(n AS BIGINT) AS n FROM asked
WHERE EXISTS (SELECT 1 FROM signatures WHERE signatures.key_1 = CAST(asked.key_1 AS BIGINT)
        AND signatures.received_ms >= CAST(asked.since_ms AS BIGINT))
    OR EXISTS (SELECT 1 FROM signatures WHERE signatures.key_2 = CAST(asked.key_2 AS BIGINT)
        AND signatures.received_ms >= CAST(asked.since_ms AS BIGINT))
    OR EXISTS (SELECT 1 FROM signatures WHERE signatures.key_3 = CAST(asked.key_3 AS BIGINT)
        AND signatures.received_ms >= CAST(asked.since_ms AS BIGINT))
"""


async def find_campaigns(connection: Connection, questions: Sequence[Question]) -> Sequence[Campaign | None]:
    """Return, in order, the campaign that each comment would join; None where nothing is like it."""
    asked = [
        (str(n), *(str(key) for key in question.signature.keys), str(to_ms(question.since)))
        for n, question in enumerate(questions)
    ]
    found: list[Campaign | None] = [None] * len(questions)
    for row in await connection.many(HAS_NEIGHBOURS, asked):
        found[row["n"]] = await _find_campaign(connection, questions[row["n"]])
    return found


NEIGHBOURS = """
SELECT campaign, sketch FROM signatures WHERE comment_id IN (
    SELECT comment_id FROM (SELECT comment_id FROM signatures WHERE key_1 = :key_1 AND received_ms >= :since_ms
        ORDER BY received_ms DESC LIMIT :limit) AS by_first
    UNION
    SELECT comment_id FROM (SELECT comment_id FROM signatures WHERE key_2 = :key_2 AND received_ms >= :since_ms
        ORDER BY received_ms DESC LIMIT :limit) AS by_second
    UNION
    SELECT comment_id FROM (SELECT comment_id FROM signatures WHERE key_3 = :key_3 AND received_ms >= :since_ms
        ORDER BY received_ms DESC LIMIT :limit) AS by_third
)
"""


async def _find_campaign(connection: Connection, question: Question) -> Campaign | None:
    key_1, key_2, key_3 = question.signature.keys
    since_ms = to_ms(question.since)
    rows = await connection.all(
        NEIGHBOURS, key_1=key_1, key_2=key_2, key_3=key_3, since_ms=since_ms, limit=MOST_COMPARED
    )
    alike = [row["campaign"] for row in rows if likeness(row["sketch"], question.signature.sketch) >= ALIKE_FROM]
    if not alike:
        return None
    # Comments that came at the same moment may have begun a campaign each; ids sort by time, so the first one wins.
    campaign = CommentId(min(alike))
    return await _joined(connection, campaign, question)


MEASURE = """
SELECT COUNT(*) AS comments, COUNT(DISTINCT author) AS authors, COUNT(DISTINCT article_url) AS articles,
    COALESCE(MAX(CASE WHEN author = CAST(:author AS TEXT) THEN 1 ELSE 0 END), 0) AS has_author,
    COALESCE(MAX(CASE WHEN article_url = CAST(:article AS TEXT) THEN 1 ELSE 0 END), 0) AS has_article
FROM (
    SELECT COALESCE(comments.author_key, NULLIF(comments.author_name, ''), comments.author_network) AS author,
        comments.article_url
    FROM signatures JOIN comments ON comments.id = signatures.comment_id
    WHERE signatures.campaign = :campaign AND signatures.received_ms >= :since_ms
    ORDER BY signatures.received_ms DESC LIMIT :limit
) AS members
"""


async def _joined(connection: Connection, campaign: CommentId, question: Question) -> Campaign:
    """Return a campaign with one more comment in it, by this author under this article."""
    row = await connection.one(
        MEASURE,
        campaign=campaign,
        since_ms=to_ms(question.since),
        author=question.author,
        article=question.article,
        limit=MOST_COUNTED,
    )
    assert row is not None  # An aggregate always gives a row.
    return Campaign(
        id=campaign,
        comments=row["comments"] + 1,
        authors=row["authors"] + (question.author is not None and not row["has_author"]),
        articles=row["articles"] + (question.article is not None and not row["has_article"]),
    )


async def measure(connection: Connection, campaign: CommentId, since: datetime) -> Campaign:
    """Return how large a campaign stands in the window."""
    row = await connection.one(
        MEASURE, campaign=campaign, since_ms=to_ms(since), author=None, article=None, limit=MOST_COUNTED
    )
    assert row is not None  # An aggregate always gives a row.
    return Campaign(id=campaign, comments=row["comments"], authors=row["authors"], articles=row["articles"])


CAMPAIGN_OF = """
SELECT campaign FROM signatures AS own WHERE comment_id = :comment_id AND EXISTS (
    SELECT 1 FROM signatures AS other WHERE other.campaign = own.campaign AND other.comment_id <> own.comment_id)
"""


async def find_campaign_of(connection: Connection, comment_id: CommentId) -> CommentId | None:
    """Return the campaign of a stored comment; None when nothing in the window is like it."""
    row = await connection.one(CAMPAIGN_OF, comment_id=comment_id)
    return None if row is None else CommentId(row["campaign"])


ERASE = "DELETE FROM signatures WHERE comment_id = :comment_id"


async def erase(connection: Connection, comment_id: CommentId) -> None:
    """Remove what is kept of an erased comment's text."""
    await connection.execute(ERASE, comment_id=comment_id)


# A few at a time: whoever writes a comment meanwhile does not wait for long.
FORGET = """
DELETE FROM signatures WHERE comment_id IN (
    SELECT comment_id FROM signatures WHERE received_ms < :before_ms ORDER BY received_ms LIMIT :limit)
RETURNING comment_id
"""


async def forget(connection: Connection, before: datetime, *, limit: int) -> int:
    """Remove up to `limit` signatures from before a time. Return how many."""
    return len(await connection.all(FORGET, before_ms=to_ms(before), limit=limit))
