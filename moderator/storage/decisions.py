"""Decisions: append-only, each with a digest of its row."""

import hashlib
from collections.abc import AsyncIterator, Sequence

from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, CommentId, DecisionId, PersonId, SiteId
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Decision, Detection, Ground, ReasonCode, Source
from moderator.storage.columns import from_ms, to_json, to_ms
from moderator.storage.database import Connection, Database, Row, Value

COLUMNS = (
    "id",
    "site_id",
    "comment_id",
    "case_id",
    "source",
    "action",
    "person_id",
    "reason",
    "note",
    "ground",
    "ground_reference",
    "detection",
    "automation",
    "policy_version",
    "model_version",
    "undoes",
    "inclusion_probability",
    "decided_ms",
    "site_reason",
)

APPEND = f"INSERT INTO decisions ({', '.join(COLUMNS)}, digest) {{values}}"


async def append(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Record decisions."""
    if decisions:
        await connection.many(APPEND, [_row(decision) for decision in decisions])


GET = "SELECT * FROM decisions WHERE id = :id"


async def get(connection: Connection, decision_id: DecisionId) -> Decision:
    """Return a decision. Raises NotFound."""
    row = await connection.one(GET, id=decision_id)
    if row is None:
        raise NotFound("There is no such decision.")
    return from_row(row)


FOR_COMMENT = "SELECT * FROM decisions WHERE comment_id = :comment_id ORDER BY id"


async def for_comment(connection: Connection, comment_id: CommentId) -> list[Decision]:
    """Return a comment's decisions, the oldest first; the last one holds."""
    return [from_row(row) for row in await connection.all(FOR_COMMENT, comment_id=comment_id)]


BY_PERSON = "SELECT * FROM decisions WHERE person_id = :person_id ORDER BY id DESC LIMIT :limit"


async def by_person(connection: Connection, person_id: PersonId, limit: int) -> list[Decision]:
    """Return somebody's decisions, the newest first."""
    return [from_row(row) for row in await connection.all(BY_PERSON, person_id=person_id, limit=limit)]


# What people decided, in the console or in the site's own tool; the policy's decisions are as many as the comments.
# While a second opinion on one of them waits, whoever gives it must not read the first.
BY_PEOPLE = """decisions.source <> 'policy' AND NOT EXISTS (
    SELECT 1 FROM cases WHERE cases.comment_id = decisions.comment_id AND cases.state = 'open'
        AND cases.cause = 'second')
ORDER BY decisions.id DESC LIMIT :limit
"""
ON_AUTHOR = f"""
SELECT decisions.* FROM comments JOIN decisions ON decisions.comment_id = comments.id
WHERE comments.site_id = :site_id AND comments.author_key = :author AND {BY_PEOPLE}
"""
ON_ARTICLE = f"""
SELECT decisions.* FROM comments JOIN decisions ON decisions.comment_id = comments.id
WHERE comments.site_id = :site_id AND comments.article_url = :article AND {BY_PEOPLE}
"""


async def on_author(connection: Connection, site_id: SiteId, author: str, limit: int) -> list[Decision]:
    """Return what people decided about an author's comments, the newest first."""
    return [from_row(row) for row in await connection.all(ON_AUTHOR, site_id=site_id, author=author, limit=limit)]


# Looked for among the author's newest comments alone: some authors are machines, and every case asks this.
ON_AUTHOR_BEFORE = f"""
SELECT decisions.*, theirs.text AS comment_text
FROM (
    SELECT id, text FROM comments WHERE site_id = :site_id AND author_key = :author AND id <> :but
    ORDER BY received_ms DESC LIMIT 200
) AS theirs JOIN decisions ON decisions.comment_id = theirs.id
WHERE {BY_PEOPLE}
"""


async def on_author_before(
    connection: Connection, site_id: SiteId, author: str, *, but: CommentId, limit: int
) -> list[tuple[Decision, str]]:
    """Return what people decided about an author's last 200 other comments, the newest first, each with its text."""
    rows = await connection.all(ON_AUTHOR_BEFORE, site_id=site_id, author=author, but=but, limit=limit)
    return [(from_row(row), row["comment_text"]) for row in rows]


async def on_article(connection: Connection, site_id: SiteId, article: str, limit: int) -> list[Decision]:
    """Return what people decided about the comments under an article, the newest first."""
    return [from_row(row) for row in await connection.all(ON_ARTICLE, site_id=site_id, article=article, limit=limit)]


SET_NOTE = "UPDATE decisions SET note = NULL, digest = :digest WHERE id = :id"
NOTED = f"SELECT {', '.join(COLUMNS)} FROM decisions WHERE comment_id = :comment_id AND note IS NOT NULL"


async def erase_notes(connection: Connection, comment_id: CommentId) -> None:
    """Blank the notes on an erased comment, which may quote it, and digest the rows anew."""
    for row in await connection.all(NOTED, comment_id=comment_id):
        values = [None if column == "note" else row[column] for column in COLUMNS]
        await connection.execute(SET_NOTE, id=row["id"], digest=_digest(values))


PAGE = f"SELECT {', '.join(COLUMNS)}, digest FROM decisions WHERE id > :after ORDER BY id LIMIT :limit"


async def find_altered(database: Database, page_size: int = 1_000) -> AsyncIterator[DecisionId]:
    """Yield the ids of decisions whose row no longer matches its digest."""
    after = ""
    while True:
        async with database.read() as connection:
            rows = await connection.all(PAGE, after=after, limit=page_size)
        for row in rows:
            if _digest([row[column] for column in COLUMNS]) != row["digest"]:
                yield DecisionId(row["id"])
        if len(rows) < page_size:
            return
        after = rows[-1]["id"]


COUNT = "SELECT COUNT(*) AS number FROM decisions"


async def count(connection: Connection) -> int:
    """Return how many decisions there are."""
    row = await connection.one(COUNT)
    return 0 if row is None else int(row["number"])


def _row(decision: Decision) -> tuple[Value, ...]:
    values = values_of(decision)
    return (*values, _digest(values))


def values_of(decision: Decision) -> list[Value]:
    """Return what stands in `COLUMNS` for a decision."""
    probability = decision.inclusion_probability
    return [
        decision.id,
        decision.site_id,
        decision.comment_id,
        decision.case_id,
        decision.source,
        decision.action,
        decision.person_id,
        decision.reason,
        decision.note,
        decision.ground,
        decision.ground_reference,
        decision.detection,
        decision.automation,
        decision.policy_version,
        decision.model_version,
        decision.undoes,
        # As the column gives it back: a 1 would be digested as another text than the 1.0 that is read.
        None if probability is None else float(probability),
        to_ms(decision.decided_at),
        decision.site_reason,
    ]


def _digest(values: Sequence[Value]) -> str:
    """Return the digest of a row's columns. The last one came later and counts only where it is given."""
    return digest(values if values[-1] is not None else values[:-1])


def digest(values: Sequence[Value]) -> str:
    """Return the digest of a row's columns."""
    return hashlib.sha256(to_json(values).encode()).hexdigest()


def from_row(row: Row) -> Decision:
    """Return the decision that a row of the table is."""
    return Decision(
        id=DecisionId(row["id"]),
        site_id=SiteId(row["site_id"]),
        comment_id=CommentId(row["comment_id"]),
        case_id=None if row["case_id"] is None else CaseId(row["case_id"]),
        source=Source(row["source"]),
        action=Action(row["action"]),
        person_id=None if row["person_id"] is None else PersonId(row["person_id"]),
        reason=None if row["reason"] is None else ReasonCode(row["reason"]),
        note=row["note"],
        ground=None if row["ground"] is None else Ground(row["ground"]),
        ground_reference=row["ground_reference"],
        site_reason=row["site_reason"],
        detection=Detection(row["detection"]),
        automation=Automation(row["automation"]),
        policy_version=row["policy_version"],
        model_version=row["model_version"],
        undoes=None if row["undoes"] is None else DecisionId(row["undoes"]),
        inclusion_probability=row["inclusion_probability"],
        decided_at=from_ms(row["decided_ms"]),
    )
