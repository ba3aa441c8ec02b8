"""Labels that come from outside the console: what they say, where they come from, and how far they are trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from moderator.domain.ids import CommentId, FeedbackId, SiteId
from moderator.domain.scoring import Label


class Provenance(StrEnum):
    """Who says so."""

    SITE_STAFF = "site_staff"  # The site's own people overruled or confirmed us in their own tool.
    SUGGESTION = "suggestion"  # A client of the site suggests a score; it may be a reader, or another machine.


# What a label weighs beside a moderator's decision, which weighs 1: judgements, not measurements. Staff see the comment
# but often click "spam" for "I don't want this"; nobody knows who stands behind a suggestion.
TRUST: Final[Mapping[Provenance, float]] = MappingProxyType({Provenance.SITE_STAFF: 0.5, Provenance.SUGGESTION: 0.2})


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """How much of a label (0 to 1) somebody sees in a text.

    `text` is kept only where the site has no such comment here; else the comment is named. `trust` is stored with it,
    so that it can be explained when the judgement has changed.
    """

    id: FeedbackId
    site_id: SiteId
    label: Label
    value: float
    provenance: Provenance
    given_at: datetime
    comment_id: CommentId | None = None
    text: str | None = None
    lang: str | None = None
    trust: float = -1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise ValueError(f"a label's value is a probability, not {self.value}")
        if (self.comment_id is None) == (self.text is None):
            raise ValueError("feedback is about a comment or about a text of its own, one of the two")
        if self.trust == -1.0:
            object.__setattr__(self, "trust", TRUST[self.provenance])
