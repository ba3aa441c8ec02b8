"""A version on trial: it scores what comes in beside the one in use, and what it would have done is counted."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from moderator.domain.comments import Comment
from moderator.domain.policy import Action, Facts, Verdict
from moderator.domain.scoring import Scored

ENOUGH_COMMENTS: Final = 1_000
LONG_ENOUGH: Final = timedelta(hours=24)
FEWEST_COMMENTS: Final = 200
"""How many are enough once a trial has lasted a day; a version that few comments met has shown nothing."""
MOST_FLIPS: Final = 0.02
"""The share of comments that may get another verdict. More than that, and somebody should look first."""
MOST_FLIPPED: Final = 200
"""So many comments with another verdict are remembered by id, the first ones, for people to look at."""


class Ending(StrEnum):
    """How a trial ended."""

    PROMOTED = "promoted"  # it stood the trial and is in use
    KEPT_BACK = "kept_back"  # too many verdicts would change
    REFUSED = "refused"  # it stood the trial but failed a check
    ACTIVATED = "activated"  # somebody put it to use without waiting
    OVERTAKEN = "overtaken"  # another version is in use than the one that it was compared with
    STOPPED = "stopped"  # somebody ended it, or began another


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A comment that was answered, with all that the answer was made from."""

    comment: Comment
    facts: Facts
    scored: Scored
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A verdict, and what the version on trial makes of it."""

    before: Action
    after: Action

    @property
    def is_flip(self) -> bool:
        """Whether the verdict would be another one."""
        return self.before is not self.after


def conclude(comments: int, flips: int, age: timedelta) -> Ending | None:
    """Return what becomes of a version that waits to be put to use; None while it has not met enough comments."""
    if comments < ENOUGH_COMMENTS and (age < LONG_ENOUGH or comments < FEWEST_COMMENTS):
        return None
    return Ending.PROMOTED if flips <= MOST_FLIPS * comments else Ending.KEPT_BACK
