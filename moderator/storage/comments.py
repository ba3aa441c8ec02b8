"""Comments as received, with the first verdict and the present status."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from moderator.domain.comments import Article, Author, Comment, Status
from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, CommentId, SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action, Facts
from moderator.domain.review import STATUS_AFTER
from moderator.domain.scoring import Label, Signal
from moderator.storage.columns import (
    from_ms,
    from_ms_or_none,
    reasons_from_json,
    reasons_to_json,
    spans_from_json,
    spans_to_json,
    to_json,
    to_ms,
)
from moderator.storage.database import Connection, Row, Value

SCORE_COLUMNS = ", ".join(f"score_{label}" for label in Label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A comment with its first outcome, as it is stored.

    `fingerprint` tells whether a repeated request carries the same content; `text_hash` finds repeated texts (None for
    texts too short to tell); `author_network` is the address without its host part.
    """

    comment: Comment
    outcome: Outcome
    fingerprint: str | None = None
    text_hash: str | None = None
    author_network: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A stored comment as it stands now. `case` in its outcome is the open case."""

    comment: Comment
    outcome: Outcome
    fingerprint: str | None
    is_erased: bool


ADD = f"""
INSERT INTO comments (
    id, site_id, external_id, fingerprint, text, text_hash, lang, article_url, article_title, article_section,
    parent_id, author_key, author_id, author_name, author_email, author_url, author_network, posted_ms, received_ms,
    status, verdict, reasons, spans, signals, model_version, policy_version, case_id, {SCORE_COLUMNS}
) {{values}}
ON CONFLICT DO NOTHING
RETURNING id
"""


async def add(connection: Connection, records: Sequence[Record]) -> set[str]:
    """Store comments in one statement. Return the ids of those that are new: others reuse an external id."""
    rows = await connection.many(ADD, [_row(record) for record in records])
    return {row["id"] for row in rows}


FIND = """
SELECT comments.*, cases.id AS open_case_id
FROM comments LEFT JOIN cases ON cases.comment_id = comments.id AND cases.state = 'open'
WHERE comments.site_id = :site_id AND comments.id = :id
"""


async def get(connection: Connection, site_id: SiteId, comment_id: CommentId) -> Stored:
    """Return a comment of this site as it now stands. Raises NotFound, also for another site's comment."""
    row = await connection.one(FIND, site_id=site_id, id=comment_id)
    if row is None:
        raise NotFound("There is no such comment.")
    return stored_of(row)


FIND_ANYWHERE = """
SELECT comments.*, cases.id AS open_case_id
FROM comments LEFT JOIN cases ON cases.comment_id = comments.id AND cases.state = 'open'
WHERE comments.id = :id
"""


async def get_anywhere(connection: Connection, comment_id: CommentId) -> Stored:
    """Return a comment whatever its site. For callers that have checked the right to see it. Raises NotFound."""
    row = await connection.one(FIND_ANYWHERE, id=comment_id)
    if row is None:
        raise NotFound("There is no such comment.")
    return stored_of(row)


FIND_BY_EXTERNAL_ID = """
SELECT comments.*, comments.case_id AS open_case_id
FROM comments WHERE site_id = :site_id AND external_id = :external_id
"""


async def find_by_external_id(connection: Connection, site_id: SiteId, external_id: str) -> Stored | None:
    """Return what the site's own id stands for, with the outcome of the first answer, or None."""
    row = await connection.one(FIND_BY_EXTERNAL_ID, site_id=site_id, external_id=external_id)
    return None if row is None else stored_of(row, as_first_answered=True)


FIND_STANDING = """
SELECT comments.*, cases.id AS open_case_id
FROM comments LEFT JOIN cases ON cases.comment_id = comments.id AND cases.state = 'open'
WHERE comments.site_id = :site_id AND comments.external_id = :external_id
"""


async def find_standing(connection: Connection, site_id: SiteId, external_id: str) -> Stored | None:
    """Return what the site's own id stands for, as it now stands, or None."""
    row = await connection.one(FIND_STANDING, site_id=site_id, external_id=external_id)
    return None if row is None else stored_of(row)


FIND_BY_IDEMPOTENCY_KEY = """
SELECT comments.*, comments.case_id AS open_case_id, idempotency.fingerprint AS request_fingerprint
FROM idempotency JOIN comments ON comments.id = idempotency.comment_id
WHERE idempotency.site_id = :site_id AND idempotency.key = :key
"""


async def find_by_idempotency_key(connection: Connection, site_id: SiteId, key: str) -> tuple[str, Stored] | None:
    """Return the first request's fingerprint and its comment as first answered, or None for a new key."""
    row = await connection.one(FIND_BY_IDEMPOTENCY_KEY, site_id=site_id, key=key)
    return None if row is None else (row["request_fingerprint"], stored_of(row, as_first_answered=True))


ADD_IDEMPOTENCY_KEYS = """
INSERT INTO idempotency (site_id, key, fingerprint, comment_id, created_ms) {values}
ON CONFLICT DO NOTHING RETURNING key
"""


async def add_idempotency_key(
    connection: Connection, *, site_id: SiteId, key: str, fingerprint: str, comment_id: CommentId, now_ms: int
) -> bool:
    """Remember what a key stands for. Return whether the key is new."""
    rows = await connection.many(ADD_IDEMPOTENCY_KEYS, [(site_id, key, fingerprint, comment_id, now_ms)])
    return bool(rows)


FORGET_IDEMPOTENCY_KEYS = "DELETE FROM idempotency WHERE created_ms < :before_ms"


async def forget_idempotency_keys(connection: Connection, before_ms: int) -> None:
    """Drop keys older than a time; a repeat after that is a new request."""
    await connection.execute(FORGET_IDEMPOTENCY_KEYS, before_ms=before_ms)


# Counting stops at a hundred: nobody's rule asks for more, and a busy author stays cheap.
ASK_FACTS = """
WITH asked (n, site_id, author_key, text_hash, since_ms) AS ({values})
SELECT CAST(n AS BIGINT) AS n,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM comments WHERE comments.site_id = asked.site_id AND comments.author_key = asked.author_key
            AND comments.status = 'approved' LIMIT 100) AS found) AS approved,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM comments WHERE comments.site_id = asked.site_id AND comments.author_key = asked.author_key
            AND comments.status = 'rejected' LIMIT 100) AS found) AS rejected,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM comments WHERE comments.site_id = asked.site_id AND comments.text_hash = asked.text_hash
            AND comments.received_ms >= CAST(asked.since_ms AS BIGINT) LIMIT 100) AS found) AS duplicates
FROM asked
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsQuestion:
    """Whose record and which text's repetitions are asked for, since when."""

    site_id: SiteId
    author_key: str | None
    text_hash: str | None
    since_ms: int


async def author_facts(connection: Connection, questions: Sequence[FactsQuestion]) -> Sequence[Facts]:
    """Return what the policy may know about each comment, in order."""
    rows = await connection.many(
        ASK_FACTS,
        [
            (str(n), question.site_id, question.author_key, question.text_hash, str(question.since_ms))
            for n, question in enumerate(questions)
        ],
    )
    facts = {row["n"]: _facts(row) for row in rows}
    return [facts[n] for n in range(len(questions))]


SET_STATUS = "UPDATE comments SET status = :status WHERE id = :id"


async def set_status(connection: Connection, comment_id: CommentId, status: Status) -> None:
    """Let a comment's status follow its newest decision."""
    await connection.execute(SET_STATUS, id=comment_id, status=status)


ERASE = """
UPDATE comments SET text = '', text_hash = NULL, fingerprint = NULL, lang = NULL, parent_id = NULL,
    author_key = NULL, author_id = NULL, author_name = NULL, author_email = NULL, author_url = NULL,
    author_network = NULL, reasons = '[]', spans = '[]', erased_ms = :now_ms
WHERE id = :id AND erased_ms IS NULL
RETURNING id
"""


async def erase(connection: Connection, comment_id: CommentId, now_ms: int) -> bool:
    """Blank the text, its hashes and everything about the author. Return whether there was something to erase.

    Reasons go too: they may quote the text. Scores, status and the decisions stay.
    """
    return await connection.one(ERASE, id=comment_id, now_ms=now_ms) is not None


COUNT = "SELECT status, COUNT(*) AS number FROM comments WHERE site_id = :site_id GROUP BY status"


async def count_by_status(connection: Connection, site_id: SiteId) -> dict[Status, int]:
    """Return how many comments of a site stand where."""
    found = {Status(row["status"]): int(row["number"]) for row in await connection.all(COUNT, site_id=site_id)}
    return {status: found.get(status, 0) for status in Status}


APPROVED = """
SELECT comments.*, NULL AS open_case_id FROM comments
WHERE comments.site_id = :site_id AND comments.status = 'approved' AND comments.erased_ms IS NULL
ORDER BY comments.id DESC LIMIT :limit
"""


async def list_approved(connection: Connection, site_id: SiteId, limit: int) -> list[Stored]:
    """Return a site's published comments, the newest first."""
    return [stored_of(row) for row in await connection.all(APPROVED, site_id=site_id, limit=limit)]


EXPORT = """
SELECT comments.*, NULL AS open_case_id FROM comments
WHERE comments.id > :after AND (CAST(:site_id AS TEXT) IS NULL OR comments.site_id = :site_id)
ORDER BY comments.id LIMIT :limit
"""


async def page(connection: Connection, *, site_id: SiteId | None, after: str, limit: int) -> list[Stored]:
    """Return comments in the order of their ids, from the one after `after`; every site's when `site_id` is None."""
    return [stored_of(row) for row in await connection.all(EXPORT, site_id=site_id, after=after, limit=limit)]


FIND_IDS_BY_AUTHOR = """
SELECT id FROM comments WHERE site_id = :site_id AND author_key = :author_key AND erased_ms IS NULL ORDER BY id
"""


async def ids_by_author(connection: Connection, site_id: SiteId, author_key: str) -> list[CommentId]:
    """Return the ids of an author's comments that are not erased."""
    rows = await connection.all(FIND_IDS_BY_AUTHOR, site_id=site_id, author_key=author_key)
    return [CommentId(row["id"]) for row in rows]


BY_AUTHOR = """
SELECT comments.*, cases.id AS open_case_id
FROM comments LEFT JOIN cases ON cases.comment_id = comments.id AND cases.state = 'open'
WHERE comments.site_id = :site_id AND comments.author_key = :author_key AND comments.erased_ms IS NULL
ORDER BY comments.received_ms DESC, comments.id DESC LIMIT :limit
"""


async def list_by_author(connection: Connection, site_id: SiteId, author_key: str, limit: int) -> list[Stored]:
    """Return an author's comments that are not erased, as they now stand, the newest first."""
    rows = await connection.all(BY_AUTHOR, site_id=site_id, author_key=author_key, limit=limit)
    return [stored_of(row) for row in rows]


def _row(record: Record) -> tuple[Value, ...]:
    comment, outcome = record.comment, record.outcome
    article, author = comment.article, comment.author
    scores = outcome.scores
    return (
        comment.id,
        comment.site_id,
        comment.external_id,
        record.fingerprint,
        comment.text,
        record.text_hash,
        comment.lang,
        article.url,
        article.title,
        article.section,
        comment.parent_id,
        author.key,
        author.id,
        author.name,
        author.email,
        author.url,
        record.author_network,
        None if comment.posted_at is None else to_ms(comment.posted_at),
        to_ms(comment.received_at),
        outcome.status,
        outcome.verdict,
        reasons_to_json(outcome.reasons),
        spans_to_json(outcome.spans),
        to_json(outcome.signals) if outcome.signals else "[]",
        outcome.model,
        outcome.policy,
        outcome.case,
        *[scores.get(label) for label in Label],
    )


def comment_of(row: Row) -> Comment:
    """Map a row of `comments.*` to the comment in it. The address was never stored."""
    return Comment(
        id=CommentId(row["id"]),
        site_id=SiteId(row["site_id"]),
        text=row["text"],
        received_at=from_ms(row["received_ms"]),
        external_id=row["external_id"],
        article=Article(url=row["article_url"], title=row["article_title"], section=row["article_section"]),
        author=Author(id=row["author_id"], name=row["author_name"], email=row["author_email"], url=row["author_url"]),
        parent_id=row["parent_id"],
        posted_at=from_ms_or_none(row["posted_ms"]),
        lang=row["lang"],
    )


def outcome_of(row: Row, *, status: Status, case: CaseId | None) -> Outcome:
    """Map a row of `comments.*` to the outcome in it."""
    scores = {label: row[f"score_{label}"] for label in Label if row[f"score_{label}"] is not None}
    return Outcome(
        comment_id=CommentId(row["id"]),
        external_id=row["external_id"],
        verdict=Action(row["verdict"]),
        status=status,
        scores=scores,
        reasons=reasons_from_json(row["reasons"]),
        spans=spans_from_json(row["spans"]),
        signals=tuple(Signal(name) for name in json.loads(row["signals"])),
        model=row["model_version"],
        policy=row["policy_version"],
        case=case,
    )


def stored_of(row: Row, *, as_first_answered: bool = False) -> Stored:
    """Map a row of `comments.*` with `open_case_id` to the comment as it stands, or as it was first answered."""
    status = STATUS_AFTER[Action(row["verdict"])] if as_first_answered else Status(row["status"])
    return Stored(
        comment=comment_of(row),
        outcome=outcome_of(row, status=status, case=row["open_case_id"]),
        fingerprint=row["fingerprint"],
        is_erased=row["erased_ms"] is not None,
    )


def _facts(row: Row) -> Facts:
    return Facts(
        author_approved=int(row["approved"]), author_rejected=int(row["rejected"]), duplicates=int(row["duplicates"])
    )
