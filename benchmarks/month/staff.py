"""Simulated moderators: how many cases each decides a day, and how often each is wrong."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.month.stream import Arrival
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode

HOURS: Final = range(9, 22)  # When people are at work: what an hour brought is looked at as it ends.


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderator:
    """`a_day` cases at most; `misses` is the share of rule breakers that they approve, `wrongs` of others rejected."""

    name: str
    a_day: int
    misses: float
    wrongs: float

    def decides(self, arrival: Arrival) -> tuple[Action, ReasonCode | None]:
        """Return the decision on a comment. The same person says the same of the same comment in every run."""
        drawn = _drawn(f"{self.name} {arrival.number}")
        if arrival.reason is not None:
            return (Action.APPROVE, None) if drawn < self.misses else (Action.REJECT, arrival.reason)
        return (Action.REJECT, ReasonCode.INSULT) if drawn < self.wrongs else (Action.APPROVE, None)


STAFF: Final[Sequence[Moderator]] = (
    Moderator(name="Ada", a_day=78, misses=0.02, wrongs=0.01),
    Moderator(name="Ben", a_day=65, misses=0.05, wrongs=0.02),
    Moderator(name="Cem", a_day=52, misses=0.10, wrongs=0.03),
    Moderator(name="Dora", a_day=39, misses=0.15, wrongs=0.05),
)


def _drawn(name: str) -> float:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) / 2**64
