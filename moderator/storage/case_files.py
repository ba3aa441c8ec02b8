"""How cases are read: a case with its comment, how urgent it is, and which ones somebody sees and looks at."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderator.domain.blind import CHECKS, is_blind
from moderator.domain.comments import Comment, Status
from moderator.domain.ids import CaseId, CommentId, PersonId, SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.queue import Filter
from moderator.domain.review import Case, CaseState, Cause, Claim, Escalation
from moderator.domain.scoring import Label
from moderator.storage.columns import from_ms
from moderator.storage.comments import comment_of, outcome_of
from moderator.storage.database import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case with all that a moderator reads: the comment, its scores and reasons, and how urgent it is."""

    case: Case
    comment: Comment
    outcome: Outcome
    urgency: float
    label: Label | None = None  # The one that weighs most; None where no score says so, and for a blind case.

    @property
    def is_blind(self) -> bool:
        """Whether it waits to be decided without the machine; once it is decided, everything shows."""
        return self.case.state is CaseState.OPEN and is_blind(self.case.cause, self.comment.text)


# Urgency is weight (severity × confidence) × waiting time in minutes; the first minute counts for all, so that a new
# threat stands above an old quibble. Ordered at one moment, so that a list can be paged while time goes on.
FILE_COLUMNS = """
    cases.id AS case_id_, cases.comment_id AS comment_id_, cases.cause, cases.state, cases.weight, cases.generation,
    cases.holder, cases.expires_ms, cases.opened_ms, cases.campaign, cases.label AS case_label,
    cases.escalated_ms, cases.escalated_by, cases.escalation_note, cases.barred_person_id, cases.also_barred_id,
    cases.weight * (1.0 + (:as_of_ms - cases.opened_ms) / 60000.0) AS urgency,
    comments.*
"""

# What is hidden from somebody who has said already what they think.
OTHERS = """
    (CAST(:reader AS TEXT) IS NULL OR (
        (cases.barred_person_id IS NULL OR cases.barred_person_id <> :reader)
        AND (cases.also_barred_id IS NULL OR cases.also_barred_id <> :reader)))
"""

# Which cases somebody sees and looks at. A check passes for a borderline case: it must not be known.
# Only an author stands in the comments alone: a key is found by its index, for which CROSS JOIN lets SQLite begin with
# the sites, a name by going through everything that waits.
_CHECKS = ", ".join(f"'{cause}'" for cause in sorted(CHECKS))
FITS = f"""
    {OTHERS} AND (CAST(:sites AS TEXT) IS NULL OR :sites LIKE '%,' || cases.site_id || ',%')
    AND (CAST(:site AS TEXT) IS NULL OR cases.site_id = :site)
    AND (CAST(:section AS TEXT) IS NULL OR cases.section = :section)
    AND (CAST(:label AS TEXT) IS NULL OR cases.label = :label)
    AND (CAST(:cause AS TEXT) IS NULL
        OR CASE WHEN cases.cause IN ({_CHECKS}) THEN 'borderline' ELSE cases.cause END = :cause)
    AND (CAST(:lang AS TEXT) IS NULL OR cases.lang = :lang)
    AND (CAST(:author AS TEXT) IS NULL OR cases.comment_id IN (
        SELECT keyed.id FROM sites CROSS JOIN comments AS keyed WHERE keyed.site_id = sites.id
            AND keyed.author_key IN (:author, 'id:' || CAST(:author AS TEXT), 'email:' || LOWER(:author))
        UNION ALL
        SELECT named.id FROM cases AS waiting JOIN comments AS named ON named.id = waiting.comment_id
        WHERE :author NOT LIKE 'id:%' AND :author NOT LIKE 'email:%' AND waiting.state = 'open'
            AND LOWER(named.author_name) = LOWER(:author)))
"""


def fitting(sites: Sequence[SiteId], only: Filter, reader: PersonId | None = None) -> dict[str, str | None]:
    """Return the parameters of `FITS`."""
    return {
        "reader": reader,
        "sites": listed(sites),
        "site": only.site,
        "section": only.section,
        "label": only.label,
        "cause": only.cause,
        "lang": only.lang,
        "author": only.author,
    }


def listed(ids: Sequence[SiteId] | Sequence[CaseId]) -> str | None:
    """Return ids as one parameter, to be searched with LIKE; None when there are none: no condition."""
    return f",{','.join(ids)}," if ids else None


def file_of(row: Row) -> CaseFile:
    """Return what a row with `FILE_COLUMNS` is."""
    case_id = CaseId(row["case_id_"])
    claim = None
    if row["holder"] is not None:
        claim = Claim(holder=PersonId(row["holder"]), expires_at=from_ms(row["expires_ms"]))
    escalation = None
    if row["escalated_ms"] is not None:
        escalation = Escalation(
            at=from_ms(row["escalated_ms"]), by=PersonId(row["escalated_by"]), note=row["escalation_note"]
        )
    state = CaseState(row["state"])
    return CaseFile(
        case=Case(
            id=case_id,
            site_id=SiteId(row["site_id"]),
            comment_id=CommentId(row["comment_id_"]),
            cause=Cause(row["cause"]),
            state=state,
            weight=row["weight"],
            opened_at=from_ms(row["opened_ms"]),
            generation=row["generation"],
            claim=claim,
            campaign=None if row["campaign"] is None else CommentId(row["campaign"]),
            escalation=escalation,
            barred=tuple(
                PersonId(row[column]) for column in ("barred_person_id", "also_barred_id") if row[column] is not None
            ),
        ),
        comment=comment_of(row),
        outcome=outcome_of(row, status=Status(row["status"]), case=case_id if state is CaseState.OPEN else None),
        urgency=float(row["urgency"]),
        label=None if row["case_label"] is None else Label(row["case_label"]),
    )
