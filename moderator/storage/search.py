"""Finding comments by their words: PostgreSQL has a column for it, SQLite an index that a pass beside it fills."""

from collections.abc import Sequence
from typing import Final

from moderator.domain.comments import Status
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.scoring import Label
from moderator.domain.search import Term, parse
from moderator.storage.comments import Stored, stored_of
from moderator.storage.database import Connection

_AFTER_ALL: Final = CommentId("z" * 27)  # No id comes after it, however the engine sorts.

_COLUMNS = "comments.*, cases.id AS open_case_id"
_OPEN_CASES = "LEFT JOIN cases ON cases.comment_id = comments.id AND cases.state = 'open'"
_FILTERS = """
    AND comments.erased_ms IS NULL
    AND (CAST(:sites AS TEXT) IS NULL OR :sites LIKE '%,' || comments.site_id || ',%')
    AND (CAST(:status AS TEXT) IS NULL OR comments.status = :status)
    AND (CAST(:author AS TEXT) IS NULL OR comments.author_key = :author)
    AND (CAST(:article AS TEXT) IS NULL OR comments.article_url = :article)
    AND (CAST(:section AS TEXT) IS NULL OR comments.article_section = :section)
    AND (CAST(:label AS TEXT) IS NULL OR comments.reasons LIKE '%"label":"' || :label || '"%')
"""

# The index gives the newest first by itself; CROSS JOIN keeps SQLite from beginning elsewhere.
BY_WORDS = {
    "sqlite": f"""
SELECT {_COLUMNS}
FROM search CROSS JOIN search_places ON search_places.number = search.rowid
    CROSS JOIN comments ON comments.id = search_places.comment_id {_OPEN_CASES}
WHERE search MATCH :words
    AND search.rowid < COALESCE((SELECT number FROM search_places WHERE comment_id = :before), 9223372036854775807)
    {_FILTERS}
ORDER BY search.rowid DESC LIMIT :limit
""",
    "postgresql": f"""
SELECT {_COLUMNS}
FROM comments {_OPEN_CASES}
WHERE comments.search @@ to_tsquery('simple', :words) AND comments.id < :before {_FILTERS}
ORDER BY comments.id DESC LIMIT :limit
""",
}
BY_AUTHOR = f"""
SELECT {_COLUMNS} FROM comments {_OPEN_CASES}
WHERE comments.site_id = :site_id AND comments.author_key = :author AND comments.id < :before {_FILTERS}
ORDER BY comments.id DESC LIMIT :limit
"""
BY_ARTICLE = f"""
SELECT {_COLUMNS} FROM comments {_OPEN_CASES}
WHERE comments.site_id = :site_id AND comments.article_url = :article AND comments.id < :before {_FILTERS}
ORDER BY comments.id DESC LIMIT :limit
"""
NEWEST = f"""
SELECT {_COLUMNS} FROM comments {_OPEN_CASES}
WHERE comments.id < :before {_FILTERS}
ORDER BY comments.id DESC LIMIT :limit
"""


async def search(
    connection: Connection,
    *,
    text: str,
    sites: Sequence[SiteId],
    status: Status | None = None,
    author: str | None = None,
    article: str | None = None,
    section: str | None = None,
    label: Label | None = None,
    before: CommentId | None = None,
    limit: int,
) -> list[Stored]:
    """Return comments that are not erased, the newest first, from the one before `before` on.

    Args:
        text: words that must all stand in a comment, "a phrase", a beginning*; blank finds whatever the filters let
            through, and signs without a word find nothing.
        sites: empty means every site. An author's key and an article's address are a site's own: with one of them, and
            without words, the first of `sites` counts alone.
        label: comments that the policy held or rejected for this label.
    """
    terms = parse(text)
    if text.strip() and not terms:
        return []
    more: dict[str, str] = {}
    if terms:
        statement = BY_WORDS[connection.engine]
        more["words"] = _WRITTEN[connection.engine](terms)
    elif author is not None and sites:
        statement, more["site_id"] = BY_AUTHOR, sites[0]
    elif article is not None and sites:
        statement, more["site_id"] = BY_ARTICLE, sites[0]
    else:
        statement = NEWEST
    rows = await connection.all(
        statement,
        sites=f",{','.join(sites)}," if sites else None,
        status=status,
        author=author,
        article=article,
        section=section,
        label=label,
        before=before or _AFTER_ALL,
        limit=limit,
        **more,
    )
    return [stored_of(row) for row in rows]


def for_sqlite(terms: Sequence[Term]) -> str:
    """Return terms in the language of FTS5, everything quoted."""
    return " AND ".join(f'"{" ".join(term.words)}"' + (" *" if term.is_prefix else "") for term in terms)


def for_postgres(terms: Sequence[Term]) -> str:
    """Return terms in the language of `to_tsquery`, everything quoted."""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_prefix else "") + ")"
        for term in terms
    )


_WRITTEN = {"sqlite": for_sqlite, "postgresql": for_postgres}


LAST = "SELECT MAX(comment_id) AS id FROM search_places"
NEW = "SELECT id FROM comments WHERE id > :last ORDER BY id LIMIT :limit"
LATE = """
SELECT id FROM comments
WHERE id > :since AND id < :last AND NOT EXISTS (SELECT 1 FROM search_places WHERE comment_id = comments.id)
ORDER BY id LIMIT :limit
"""


async def find_unindexed(connection: Connection, *, late_since: str, limit: int) -> list[CommentId]:
    """Return comments that the index lacks, in the order of their ids.

    An id is made before its comment is committed, so that one may appear behind the last that is indexed; those are
    looked for from the id `late_since` on, once there is nothing newer.
    """
    if connection.engine != "sqlite":
        return []
    row = await connection.one(LAST)
    last = (row and row["id"]) or ""
    rows = await connection.all(NEW, last=last, limit=limit)
    if not rows and late_since < last:
        rows = await connection.all(LATE, since=late_since, last=last, limit=limit)
    return [CommentId(row["id"]) for row in rows]


ADD_PLACES = "INSERT INTO search_places (comment_id) {values} ON CONFLICT DO NOTHING RETURNING number"
ADD_WORDS = """
INSERT INTO search (rowid, text)
SELECT search_places.number, comments.text
FROM search_places JOIN comments ON comments.id = search_places.comment_id
WHERE search_places.number >= :first AND comments.erased_ms IS NULL ORDER BY search_places.number
"""


async def index(connection: Connection, found: Sequence[CommentId]) -> None:
    """Take the words of comments into the index of SQLite. One that is there already, or was erased, stays as it is."""
    rows = await connection.many(ADD_PLACES, [(comment_id,) for comment_id in found])
    if rows:
        await connection.execute(ADD_WORDS, first=min(row["number"] for row in rows))


FORGET = """
INSERT INTO search (search, rowid, text)
SELECT 'delete', number, :text FROM search_places WHERE comment_id = :comment_id
"""
COUNT_ERASED = "UPDATE search_merges SET erased = erased + 1 WHERE id = 1"


async def forget(connection: Connection, comment_id: CommentId, text: str) -> None:
    """Take the words of a comment, which had this text, out of the index; from the file they go by `merge`.

    PostgreSQL does it by itself with the row.
    """
    if connection.engine == "sqlite":
        await connection.execute(FORGET, comment_id=comment_id, text=text)
        await connection.execute(COUNT_ERASED)


MERGES = "SELECT erased, merging, merged FROM search_merges WHERE id = 1"
BEGIN = "UPDATE search_merges SET merging = erased WHERE id = 1"
END = "UPDATE search_merges SET merged = merging WHERE id = 1"
MERGE = "INSERT INTO search (search, rank) VALUES ('merge', :pages)"
CHANGES = "SELECT total_changes() AS number"


async def must_merge(connection: Connection) -> bool:
    """Return whether the index still has words of erased comments in it."""
    if connection.engine != "sqlite":
        return False
    row = await connection.one(MERGES)
    return row is not None and bool(row["merged"] < row["erased"])


async def merge(connection: Connection, *, pages: int) -> bool:
    """Merge some pages of the index, so that in the end no part of it keeps what was erased before the merge began.

    A part is written once and never changed: an erasure only adds a mark, and the words go when the part that has them
    and the part that has the mark become one. Return whether that has been reached.
    """
    row = await connection.one(MERGES)
    assert row is not None  # The migration put it there.
    is_first = row["merging"] == row["merged"]
    if is_first:
        await connection.execute(BEGIN)
    before = await _changes(connection)
    # A negative number puts all parts together, which is asked for once; FTS5 then works it off in steps.
    await connection.execute(MERGE, pages=-pages if is_first else pages)
    if await _changes(connection) - before >= 2:  # Fewer mean that there was nothing to merge (fts5, 6.8).
        return False
    await connection.execute(END)
    return True


async def _changes(connection: Connection) -> int:
    row = await connection.one(CHANGES)
    assert row is not None  # A function gives a row.
    return int(row["number"])
