"""What both lives of a month share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from benchmarks.month.staff import Moderator
from benchmarks.month.stream import Arrival
from training import gate
from training.gate import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who writes and who decides. `weeks` has the first day of each week, then the day after the last."""

    start: datetime
    weeks: Sequence[int]
    arrivals: Sequence[Arrival]
    staff: tuple[Moderator, ...]
    seed: int
    audit_share: float = 0.02
    checks: Sequence[Check] = gate.CHECKS
    jobs: int = 2
