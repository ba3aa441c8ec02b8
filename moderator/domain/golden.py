"""The golden set: sentences that every model version must let pass, or must not, whatever else it learns.

Beside those that come with the service, a site has its own. What decides about an example is the scores alone: lists,
links and repetition are the policy's, and no model changes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.ids import ExampleId, SiteId
from moderator.domain.scoring import Label, Threshold

MAX_EXAMPLES: Final = 300  # Of a site, and of all sites together: every run and every look at the page scores them.
MAX_EXAMPLE_CHARACTERS: Final = 2_000


class Wanted(StrEnum):
    """What must become of an example: it is allowed, or it is blocked, which means held or rejected."""

    ALLOW = "allow"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenExample:
    """A sentence and what must become of it. `site_id` None stands for every site; `added_by` for the operator."""

    id: ExampleId
    site_id: SiteId | None
    text: str
    wanted: Wanted
    added_at: datetime
    added_by: str | None = None

    def is_right(self, *, is_held: bool) -> bool:
        """Return whether a model that holds it, or does not, judges it rightly."""
        return is_held is (self.wanted is Wanted.BLOCK)


def check_example(text: str) -> None:
    """Raise InvalidInput unless a text may be an example."""
    if not text.strip() or len(text) > MAX_EXAMPLE_CHARACTERS:
        raise InvalidInput(Fault(pointer="/text", detail=f"1 to {MAX_EXAMPLE_CHARACTERS:,} characters, not all blank"))


def is_held(scores: Mapping[Label, float], thresholds: Mapping[Label, Threshold]) -> bool:
    """Return whether some score reaches its threshold: the text is held or rejected for it."""
    return any(scores.get(label, 0.0) >= threshold.hold_at for label, threshold in thresholds.items())
