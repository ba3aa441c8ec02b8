"""Cases to be decided together, and the batches that were."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.bulk import CAUSES, Selection
from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, CommentId, DecisionId, PersonId, SiteId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Label
from moderator.storage.columns import from_ms, to_json, to_ms
from moderator.storage.database import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A case that a selection finds: its comment's score for the label, and the sketch while the window keeps one."""

    id: CaseId
    score: float | None
    sketch: str | None


_WHENS = " ".join(f"WHEN '{label}' THEN comments.score_{label}" for label in Label)
SCORE = f"CASE CAST(:label AS TEXT) {_WHENS} END"
NAMED_CAUSES = ", ".join(f"'{cause}'" for cause in sorted(CAUSES))
SELECTED = f"""
FROM cases JOIN comments ON comments.id = cases.comment_id
WHERE cases.state = 'open' AND cases.site_id = :site_id AND cases.opened_ms <= :now_ms
    AND cases.cause IN ({NAMED_CAUSES}) AND cases.escalated_ms IS NULL
    AND (CAST(:campaign AS TEXT) IS NULL OR cases.campaign = :campaign)
    AND (CAST(:label AS TEXT) IS NULL
        OR (cases.label IS NOT NULL AND {SCORE} >= :low AND ({SCORE} < :high OR CAST(:high AS DOUBLE PRECISION) = 1.0)))
"""
FREE = "(cases.holder IS NULL OR cases.holder = :person_id OR cases.expires_ms <= :now_ms)"
FIND = f"""
SELECT cases.id, {SCORE} AS score, signatures.sketch
FROM (SELECT cases.id {SELECTED} AND {FREE} ORDER BY cases.id LIMIT :limit) AS chosen
    JOIN cases ON cases.id = chosen.id JOIN comments ON comments.id = cases.comment_id
    LEFT JOIN signatures ON signatures.comment_id = cases.comment_id
ORDER BY cases.id
"""
COUNT = f"""
SELECT COALESCE(SUM(CASE WHEN {FREE} THEN 1 ELSE 0 END), 0) AS free,
    COALESCE(SUM(CASE WHEN {FREE} THEN 0 ELSE 1 END), 0) AS elsewhere
{SELECTED}
"""


async def find(
    connection: Connection, selection: Selection, *, person_id: PersonId, now: datetime, limit: int
) -> list[Chosen]:
    """Return the cases that somebody may decide together now, the oldest first, up to a number."""
    rows = await connection.all(FIND, **_parameters(selection, person_id, now), limit=limit)
    return [Chosen(id=CaseId(row["id"]), score=row["score"], sketch=row["sketch"]) for row in rows]


async def count(connection: Connection, selection: Selection, *, person_id: PersonId, now: datetime) -> tuple[int, int]:
    """Return how many cases a selection has that somebody may decide now, and how many others hold."""
    row = await connection.one(COUNT, **_parameters(selection, person_id, now))
    assert row is not None  # An aggregate always gives a row.
    return int(row["free"]), int(row["elsewhere"])


def _parameters(selection: Selection, person_id: PersonId, now: datetime) -> dict[str, str | float | int | None]:
    return {
        "site_id": selection.site_id,
        "label": selection.label,
        "low": selection.low,
        "high": selection.high,
        "campaign": selection.campaign,
        "person_id": person_id,
        "now_ms": to_ms(now),
    }


# Whoever decides one case holds it and waits for the end of the audit log; whoever decides many has the end of the log
# and must not wait for a case then. SQLite has one writer.
LOCK_CASES = "SELECT id FROM cases WHERE id IN ({values}) ORDER BY id FOR UPDATE"
LOCK_THEIR_COMMENTS = """
SELECT id FROM comments WHERE id IN (SELECT comment_id FROM cases WHERE cases.id IN ({values})) ORDER BY id FOR UPDATE
"""
LOCK_DECIDED = """
SELECT id FROM comments WHERE id IN (
    SELECT comment_id FROM decisions WHERE decisions.id IN ({values})
) ORDER BY id FOR UPDATE
"""


async def lock_cases(connection: Connection, case_ids: Sequence[CaseId]) -> None:
    """Let nobody else change cases or their comments until this transaction ends."""
    if connection.engine == "postgresql":
        for statement in (LOCK_CASES, LOCK_THEIR_COMMENTS):
            await connection.many(statement, [(case_id,) for case_id in sorted(case_ids)])


async def lock_decided(connection: Connection, made: Sequence[DecisionId]) -> None:
    """Let nobody else decide about the comments of some decisions until this transaction ends."""
    if connection.engine == "postgresql":
        await connection.many(LOCK_DECIDED, [(decision_id,) for decision_id in made])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A campaign with several open cases, and the text of the first of these."""

    campaign: CommentId
    site_id: SiteId
    cases: int
    text: str
    lang: str | None


CLUSTERS = f"""
SELECT clusters.campaign, clusters.site_id, clusters.number, comments.text, comments.lang
FROM (
    SELECT campaign, site_id, COUNT(*) AS number, MIN(id) AS first FROM cases
    WHERE state = 'open' AND campaign IS NOT NULL AND cause IN ({NAMED_CAUSES}) AND escalated_ms IS NULL
        AND (CAST(:sites AS TEXT) IS NULL OR :sites LIKE '%,' || site_id || ',%')
    GROUP BY campaign, site_id HAVING COUNT(*) > 1 ORDER BY number DESC, campaign LIMIT :limit
) AS clusters JOIN cases ON cases.id = clusters.first JOIN comments ON comments.id = cases.comment_id
ORDER BY clusters.number DESC, clusters.campaign
"""


async def largest_clusters(connection: Connection, *, sites: Sequence[SiteId], limit: int) -> list[Cluster]:
    """Return the campaigns with the most open cases, on some sites; on all when `sites` is empty."""
    rows = await connection.all(CLUSTERS, sites=f",{','.join(sites)}," if sites else None, limit=limit)
    return [
        Cluster(
            campaign=CommentId(row["campaign"]),
            site_id=SiteId(row["site_id"]),
            cases=int(row["number"]),
            text=row["text"],
            lang=row["lang"],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One press: `asked` cases were to be decided, and `moved` of them had moved on when their turn came."""

    id: str
    person_id: PersonId
    action: Action
    reason: ReasonCode | None
    site_reason: str | None = None
    selection: Selection
    asked: int
    moved: int
    created_at: datetime

    @property
    def site_id(self) -> SiteId:
        """Return the one site that it is about."""
        return self.selection.site_id


ADD = """
INSERT INTO batches (id, site_id, person_id, action, reason, site_reason, selection, asked, moved, created_ms)
VALUES (:id, :site_id, :person_id, :action, :reason, :site_reason, :selection, :asked, :moved, :created_ms)
ON CONFLICT DO NOTHING
RETURNING id
"""


async def add(connection: Connection, batch: Batch) -> bool:
    """Record a press. Return False when it has been recorded already."""
    row = await connection.one(
        ADD,
        id=batch.id,
        site_id=batch.site_id,
        person_id=batch.person_id,
        action=batch.action,
        reason=batch.reason,
        site_reason=batch.site_reason,
        selection=_selection_to_json(batch.selection),
        asked=batch.asked,
        moved=batch.moved,
        created_ms=to_ms(batch.created_at),
    )
    return row is not None


ADD_DECISIONS = "INSERT INTO batch_decisions (batch_id, decision_id) {values}"
ADD_MOVED = "UPDATE batches SET moved = moved + :moved WHERE id = :id"


async def add_decided(connection: Connection, batch_id: str, made: Sequence[DecisionId], *, moved: int) -> None:
    """Record what a press has decided, and how many more of its cases had moved on."""
    if made:
        await connection.many(ADD_DECISIONS, [(batch_id, decision_id) for decision_id in made])
    await connection.execute(ADD_MOVED, id=batch_id, moved=moved)


GET = "SELECT * FROM batches WHERE id = :id"


async def get(connection: Connection, batch_id: str) -> Batch:
    """Return a press. Raises NotFound."""
    row = await connection.one(GET, id=batch_id)
    if row is None:
        raise NotFound("Nothing was decided together under this name.")
    return _batch(row)


DECISIONS = """
SELECT decision_id FROM batch_decisions WHERE batch_id = :batch_id ORDER BY decision_id
"""


async def decisions_of(connection: Connection, batch_id: str) -> list[DecisionId]:
    """Return what a press has decided, in order."""
    return [DecisionId(row["decision_id"]) for row in await connection.all(DECISIONS, batch_id=batch_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What became of a press: how many of its decisions stand, were taken back, or were decided anew after that."""

    decided: int
    standing: int
    taken_back: int

    @property
    def superseded(self) -> int:
        """Return how many gave way to another decision without having been taken back."""
        return self.decided - self.standing - self.taken_back


# The newest decision of each comment; ids sort by time.
STANDING = """
SELECT COUNT(*) AS decided,
    COALESCE(SUM(CASE WHEN made.id = (
        SELECT MAX(newest.id) FROM decisions AS newest WHERE newest.comment_id = made.comment_id
    ) THEN 1 ELSE 0 END), 0) AS standing,
    COALESCE(SUM(CASE WHEN EXISTS (
        SELECT 1 FROM decisions AS undo WHERE undo.comment_id = made.comment_id AND undo.undoes = made.id
    ) THEN 1 ELSE 0 END), 0) AS taken_back
FROM batch_decisions JOIN decisions AS made ON made.id = batch_decisions.decision_id
WHERE batch_decisions.batch_id = :batch_id
"""


async def standing_of(connection: Connection, batch_id: str) -> Standing:
    """Return what became of what a press decided."""
    row = await connection.one(STANDING, batch_id=batch_id)
    assert row is not None  # An aggregate always gives a row.
    return Standing(decided=int(row["decided"]), standing=int(row["standing"]), taken_back=int(row["taken_back"]))


def _selection_to_json(selection: Selection) -> str:
    if selection.label is None:
        return to_json({"campaign": selection.campaign})
    return to_json({"label": selection.label, "low": selection.low, "high": selection.high})


def _batch(row: Row) -> Batch:
    chosen = json.loads(row["selection"])
    return Batch(
        id=row["id"],
        person_id=PersonId(row["person_id"]),
        action=Action(row["action"]),
        reason=None if row["reason"] is None else ReasonCode(row["reason"]),
        site_reason=row["site_reason"],
        selection=Selection(
            site_id=SiteId(row["site_id"]),
            label=Label(chosen["label"]) if "label" in chosen else None,
            low=chosen.get("low", 0.0),
            high=chosen.get("high", 1.0),
            campaign=CommentId(chosen["campaign"]) if "campaign" in chosen else None,
        ),
        asked=int(row["asked"]),
        moved=int(row["moved"]),
        created_at=from_ms(row["created_ms"]),
    )
