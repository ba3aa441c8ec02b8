"""What came in lately, for whoever steers: scores and what became of them, or the texts. Reads only, page by page.

The newest come first and a page is a statement of its own, so that neither memory nor a reader is held for long.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from moderator.domain.ids import CommentId, SiteId
from moderator.domain.policy import Action, Rule
from moderator.domain.scoring import Label
from moderator.domain.workbench import Past
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.comments import SCORE_COLUMNS
from moderator.storage.database import Database, Row

PAGE_ROWS: Final = 2_000
TEXT_ROWS: Final = 500
_AFTER_ALL_MS: Final = 2**62
_COLUMNS: Final = tuple(f"score_{label}" for label in Label)


class _Reason(msgspec.Struct):
    """What is looked at of a stored reason; tens of thousands are read for one page."""

    code: str
    action: str


_REASONS: Final = msgspec.json.Decoder(list[_Reason])


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A comment that came in, with the model version that scored it."""

    past: Past
    received_at: datetime
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a comment says, and the address that its author left."""

    id: CommentId
    text: str
    author_url: str | None


# A comment's newest ruling by a moderator; when that one took something back, it says hold.
SCORED = f"""
SELECT comments.id, comments.received_ms, comments.article_section, comments.lang, comments.verdict, comments.reasons,
    comments.model_version, ruling.action AS ruling, ruling.inclusion_probability, {SCORE_COLUMNS}
FROM comments LEFT JOIN decisions AS ruling ON ruling.id = (
    SELECT MAX(own.id) FROM decisions AS own WHERE own.comment_id = comments.id AND own.source = 'moderator')
WHERE comments.site_id = :site_id AND comments.received_ms >= :since_ms
    AND (comments.received_ms, comments.id) < (:before_ms, :before) AND comments.erased_ms IS NULL
ORDER BY comments.received_ms DESC, comments.id DESC LIMIT :limit
"""


async def scored_since(
    database: Database, site_id: SiteId, since: datetime, *, most: int, page_rows: int = PAGE_ROWS
) -> AsyncIterator[list[Came]]:
    """Yield a site's comments since a moment in pages, the newest first, up to a number. Erased ones are left out."""
    async for rows in _pages(database, SCORED, site_id, since, most, page_rows):
        yield [_came(row) for row in rows]


TEXTS = """
SELECT comments.id, comments.received_ms, comments.text, comments.author_url FROM comments
WHERE comments.site_id = :site_id AND comments.received_ms >= :since_ms
    AND (comments.received_ms, comments.id) < (:before_ms, :before) AND comments.erased_ms IS NULL
ORDER BY comments.received_ms DESC, comments.id DESC LIMIT :limit
"""


async def texts_since(
    database: Database, site_id: SiteId, since: datetime, *, most: int, page_rows: int = TEXT_ROWS
) -> AsyncIterator[list[Text]]:
    """Yield the texts of a site's comments since a moment, like `scored_since`."""
    async for rows in _pages(database, TEXTS, site_id, since, most, page_rows):
        yield [Text(id=CommentId(row["id"]), text=row["text"], author_url=row["author_url"]) for row in rows]


async def _pages(
    database: Database, sql: str, site_id: SiteId, since: datetime, most: int, page_rows: int
) -> AsyncIterator[Sequence[Row]]:
    since_ms, before_ms, before = to_ms(since), _AFTER_ALL_MS, ""
    while most > 0:
        limit = min(most, page_rows)
        async with database.read() as connection:
            rows = await connection.all(
                sql, site_id=site_id, since_ms=since_ms, before_ms=before_ms, before=before, limit=limit
            )
        if rows:
            yield rows
        if len(rows) < limit:
            return
        most -= limit
        before_ms, before = int(rows[-1]["received_ms"]), rows[-1]["id"]


def _came(row: Row) -> Came:
    lang = row["lang"]
    past = Past(
        scores=tuple([row[column] for column in _COLUMNS]),
        verdict=Action(row["verdict"]),
        other=_other(row["reasons"]),
        section=row["article_section"],
        language=lang.partition("-")[0].lower() if lang else None,
        ruling=None if row["ruling"] is None else Action(row["ruling"]),
        probability=row["inclusion_probability"],
    )
    return Came(past=past, received_at=from_ms(row["received_ms"]), model=row["model_version"])


_NO_OTHERS: Final = (Rule.SCORE, Rule.DRIFT, Rule.UNCERTIFIED)


def _other(reasons: str) -> Action:
    """Return what the reasons besides scores led to.

    Left out is what says nothing of the comment: an alarm's hold, and that of a certificate that was missing.
    """
    if reasons == "[]":
        return Action.APPROVE
    actions = {found.action for found in _REASONS.decode(reasons) if found.code not in _NO_OTHERS}
    return next((action for action in (Action.REJECT, Action.HOLD) if action in actions), Action.APPROVE)
