"""What became of a comment: the verdict with its reasons, and where the comment stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from moderator.domain.comments import Status
from moderator.domain.ids import CaseId, CommentId
from moderator.domain.policy import Action, Reason
from moderator.domain.scoring import Label, Signal, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to a site. `case` is the case that waits for a person, None when nothing waits."""

    comment_id: CommentId
    external_id: str | None
    verdict: Action
    status: Status
    scores: Mapping[Label, float]
    reasons: tuple[Reason, ...]
    spans: tuple[Span, ...]
    signals: tuple[Signal, ...]
    model: str | None
    policy: int
    case: CaseId | None
