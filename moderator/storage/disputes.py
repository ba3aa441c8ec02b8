"""What waits because two people disagree: between whom, and opening it to others than those who were asked first."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderator.domain.ids import CaseId, PersonId, SiteId
from moderator.storage.case_files import listed
from moderator.storage.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """An open case about which two people disagree, neither of whom may settle it. `is_held`: somebody looks at it."""

    case_id: CaseId
    site_id: SiteId
    generation: int
    between: tuple[PersonId, PersonId]
    is_for_seniors: bool
    is_held: bool


OPEN = """
SELECT id, site_id, generation, barred_person_id, also_barred_id, escalated_ms, holder FROM cases
WHERE state = 'open' AND cause = 'disagreement' AND barred_person_id IS NOT NULL AND also_barred_id IS NOT NULL
    AND (CAST(:sites AS TEXT) IS NULL OR :sites LIKE '%,' || site_id || ',%')
"""


async def list_open(connection: Connection, sites: Sequence[SiteId] = ()) -> list[Dispute]:
    """Return the disagreements that wait at some sites, at all when `sites` is empty."""
    return [
        Dispute(
            case_id=CaseId(row["id"]),
            site_id=SiteId(row["site_id"]),
            generation=int(row["generation"]),
            between=(PersonId(row["barred_person_id"]), PersonId(row["also_barred_id"])),
            is_for_seniors=row["escalated_ms"] is not None,
            is_held=row["holder"] is not None,
        )
        for row in await connection.all(OPEN, sites=listed(sites))
    ]


WIDEN = """
UPDATE cases SET escalated_ms = NULL, escalated_by = NULL, escalation_note = NULL, generation = generation + 1,
    barred_person_id = :barred, also_barred_id = :also_barred
WHERE id = :id AND state = 'open' AND generation = :generation AND holder IS NULL
"""


async def widen(connection: Connection, dispute: Dispute, barred: Sequence[PersonId]) -> None:
    """Let everybody settle a disagreement that nobody holds, but the `barred` (two at most)."""
    first, second = (*barred, None, None)[:2]
    await connection.execute(WIDEN, id=dispute.case_id, generation=dispute.generation, barred=first, also_barred=second)
