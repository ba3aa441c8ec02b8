"""Deciding many cases together, by evidence: a band of one label's scores, or a campaign of comments that are alike.

Which cases may be decided so, and which few stand for the others before somebody's eyes. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from moderator.domain.campaigns import likeness
from moderator.domain.ids import CommentId, PersonId, SiteId
from moderator.domain.review import Case, CaseState, Cause
from moderator.domain.scoring import Label

MOST_CASES: Final = 1_000  # In one press: what a person can answer for after a sample.
SAMPLE_CASES: Final = 10
# The causes for which a glance at others may stand for a glance at this one. A check on the machine measures nothing
# unless a person reads the comment, and an appeal is owed a hearing of its own. A cause that is not named here, too, is
# decided one by one.
CAUSES: Final = frozenset({Cause.BORDERLINE, Cause.REPORT, Cause.UNDONE, Cause.CAMPAIGN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Cases of one site: those whose comments score from `low` to below `high` for a label, or those of a campaign.

    Exactly one of `label` and `campaign` is given. A `high` of 1 includes the score 1.
    """

    site_id: SiteId
    label: Label | None = None
    low: float = 0.0
    high: float = 1.0
    campaign: CommentId | None = None

    def __post_init__(self) -> None:
        if (self.label is None) == (self.campaign is None):
            raise ValueError("a selection has a label or a campaign")
        if not 0.0 <= self.low < self.high <= 1.0:
            raise ValueError(f"from {self.low} to {self.high} is no band of scores")

    def includes(self, case: Case, scores: Mapping[Label, float]) -> bool:
        """Return whether a case belongs to it."""
        if case.site_id != self.site_id:
            return False
        if self.label is None:
            return case.campaign == self.campaign
        score = scores.get(self.label)
        return score is not None and self.low <= score and (score < self.high or self.high == 1.0)


def is_free(case: Case, person_id: PersonId, now: datetime) -> bool:
    """Return whether somebody may decide a case together with others: open, ordinary, and in nobody else's hands."""
    if case.state is not CaseState.OPEN or case.cause not in CAUSES or case.escalation is not None:
        return False
    return case.claim is None or case.claim.holder == person_id or case.claim.expires_at <= now


def spread(count: int, most: int = SAMPLE_CASES) -> list[int]:
    """Return places that lie evenly over `count` things in order, the first and the last one among them."""
    if count <= most:
        return list(range(count))
    return [number * (count - 1) // (most - 1) for number in range(most)]


def most_different(sketches: Sequence[str | None], most: int = SAMPLE_CASES) -> list[int]:
    """Return the places of texts that are least like one another, beginning with the first text.

    Each one is that whose closest relative among those before it is the most distant (Gonzalez, 1985). A text without
    a sketch is like none: nobody knows what it says.
    """
    if not sketches:
        return []
    chosen = [0]
    closest = [_likeness(sketches[0], other) for other in sketches]
    while len(chosen) < min(most, len(sketches)):
        place = min((n for n in range(len(sketches)) if n not in chosen), key=lambda n: (closest[n], n))
        chosen.append(place)
        closest = [
            max(known, _likeness(sketches[place], other)) for known, other in zip(closest, sketches, strict=True)
        ]
    return chosen


def _likeness(one: str | None, other: str | None) -> float:
    return 0.0 if one is None or other is None else likeness(one, other)
