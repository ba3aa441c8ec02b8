"""Second opinions: which were asked for, what people said, and how far they agree."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from moderator.domain.agreement import Agreement, Pair, Said, sum_up
from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, CommentId, DecisionId, PersonId, SiteId
from moderator.domain.opinions import Opinion, SecondReview
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.storage import decisions
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.database import Connection, Database, Row

_COLUMNS = (*decisions.COLUMNS, "about_id")

ASK = """
INSERT INTO second_reviews (
    case_id, site_id, comment_id, decision_id, person_id, contrary, probability, opened_ms
) VALUES (
    :case_id, :site_id, :comment_id, :decision_id, :person_id, :contrary, :probability, :opened_ms
)
"""


async def ask(connection: Connection, review: SecondReview) -> None:
    """Record that a case asks for a second opinion."""
    await connection.execute(
        ASK,
        case_id=review.case_id,
        site_id=review.site_id,
        comment_id=review.comment_id,
        decision_id=review.decision_id,
        person_id=review.person_id,
        contrary=int(review.is_contrary),
        probability=float(review.probability),
        opened_ms=to_ms(review.opened_at),
    )


REVIEW = "SELECT * FROM second_reviews WHERE case_id = :case_id"


async def get_review(connection: Connection, case_id: CaseId) -> SecondReview:
    """Return what a case asks for. Raises NotFound where it asks for no second opinion."""
    row = await connection.one(REVIEW, case_id=case_id)
    if row is None:
        raise NotFound("This case asks for no second opinion.")
    return _review(row)


COUNT_CONTRARY = """
SELECT COUNT(*) AS number FROM second_reviews
WHERE site_id = :site_id AND contrary = 1 AND opened_ms > :since_ms
"""


async def count_contrary(connection: Connection, site_id: SiteId, since: datetime) -> int:
    """Return how many opinions were asked for since a moment because a decision contradicted a sure score."""
    row = await connection.one(COUNT_CONTRARY, site_id=site_id, since_ms=to_ms(since))
    return 0 if row is None else int(row["number"])


GIVE = f"INSERT INTO opinions ({', '.join(_COLUMNS)}, digest) {{values}}"


async def give(connection: Connection, opinion: Opinion) -> None:
    """Record an opinion."""
    values = [*decisions.values_of(opinion.said), opinion.about]
    await connection.many(GIVE, [(*values, decisions.digest(values))])


FIND = "SELECT * FROM opinions WHERE id = :id"


async def find(connection: Connection, opinion_id: DecisionId) -> Opinion | None:
    """Return an opinion, or None."""
    row = await connection.one(FIND, id=opinion_id)
    return None if row is None else from_row(row)


FOR_COMMENT = "SELECT * FROM opinions WHERE comment_id = :comment_id ORDER BY id"


async def for_comment(connection: Connection, comment_id: CommentId) -> list[Opinion]:
    """Return the opinions on a comment, the oldest first."""
    return [from_row(row) for row in await connection.all(FOR_COMMENT, comment_id=comment_id)]


SET_NOTE = "UPDATE opinions SET note = NULL, digest = :digest WHERE id = :id"
NOTED = f"SELECT {', '.join(_COLUMNS)} FROM opinions WHERE comment_id = :comment_id AND note IS NOT NULL"


async def erase_notes(connection: Connection, comment_id: CommentId) -> None:
    """Blank the notes on an erased comment, which may quote it, and digest the rows anew."""
    for row in await connection.all(NOTED, comment_id=comment_id):
        values = [None if column == "note" else row[column] for column in _COLUMNS]
        await connection.execute(SET_NOTE, id=row["id"], digest=decisions.digest(values))


PAGE = f"SELECT {', '.join(_COLUMNS)}, digest FROM opinions WHERE id > :after ORDER BY id LIMIT :limit"


async def find_altered(database: Database, page_size: int = 1_000) -> AsyncIterator[DecisionId]:
    """Yield the ids of opinions whose row no longer matches its digest."""
    after = ""
    while True:
        async with database.read() as connection:
            rows = await connection.all(PAGE, after=after, limit=page_size)
        for row in rows:
            if decisions.digest([row[column] for column in _COLUMNS]) != row["digest"]:
                yield DecisionId(row["id"])
        if len(rows) < page_size:
            return
        after = rows[-1]["id"]


# Counted by the database: however many there are, people and reasons are few.
PAIRS = """
WITH asked (site_id, since_ms) AS ({values})
SELECT first.person_id AS first_person, first.action AS first_action, first.reason AS first_reason,
    opinions.person_id AS second_person, opinions.action AS second_action, opinions.reason AS second_reason,
    second_reviews.contrary, COUNT(*) AS number
FROM asked JOIN opinions ON opinions.site_id = asked.site_id AND opinions.decided_ms >= CAST(asked.since_ms AS BIGINT)
    JOIN decisions AS first ON first.id = opinions.about_id
    JOIN second_reviews ON second_reviews.case_id = opinions.case_id
WHERE opinions.action <> 'hold' AND NOT EXISTS (SELECT 1 FROM opinions AS later WHERE later.undoes = opinions.id)
GROUP BY first.person_id, first.action, first.reason, opinions.person_id, opinions.action, opinions.reason,
    second_reviews.contrary
"""


async def pairs(connection: Connection, sites: Sequence[SiteId], since: datetime) -> list[Pair]:
    """Return what two people said of the same comments, where the second one spoke since a moment.

    What the first one said counts as it was said then, whatever was decided later.
    """
    if not sites:
        return []
    rows = await connection.many(PAIRS, [(site_id, str(to_ms(since))) for site_id in sites])
    return [_pair(row) for row in rows]


async def agreement(connection: Connection, sites: Sequence[SiteId], since: datetime) -> Agreement:
    """Return how far the people of some sites agree, by second opinions given since a moment."""
    return sum_up(await pairs(connection, sites, since))


def _pair(row: Row) -> Pair:
    return Pair(
        people=(PersonId(row["first_person"]), PersonId(row["second_person"])),
        said=(_said(row["first_action"], row["first_reason"]), _said(row["second_action"], row["second_reason"])),
        is_contrary=bool(row["contrary"]),
        number=int(row["number"]),
    )


def _said(action: str, reason: str | None) -> Said:
    return Said(action=Action(action), reason=None if reason is None else ReasonCode(reason))


def _review(row: Row) -> SecondReview:
    return SecondReview(
        case_id=CaseId(row["case_id"]),
        site_id=SiteId(row["site_id"]),
        comment_id=CommentId(row["comment_id"]),
        decision_id=DecisionId(row["decision_id"]),
        person_id=PersonId(row["person_id"]),
        is_contrary=bool(row["contrary"]),
        probability=float(row["probability"]),
        opened_at=from_ms(row["opened_ms"]),
    )


def from_row(row: Row) -> Opinion:
    """Return the opinion that a row of the table is."""
    return Opinion(said=decisions.from_row(row), about=DecisionId(row["about_id"]))
