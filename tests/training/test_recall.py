"""What the gate asks of recall: sure beside the base, no loss shown beside a version that learned."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from training import recall
from training.caps import NOBODY
from training.lessons import LABELS

Floats = NDArray[np.float64]


@dataclass
class _Decisions:
    """Decisions as the gate sees them: who rejected what, everybody an author of their own."""

    is_rejected: NDArray[np.bool_]
    values: Floats = field(init=False)

    def __post_init__(self) -> None:
        count = self.is_rejected.size
        self.values = np.repeat(self.is_rejected.astype(float)[:, None], len(LABELS), axis=1)
        self.waits, self.authors = np.zeros(count, np.bool_), np.full(count, NOBODY)
        self.clusters = np.arange(count)

    def __len__(self) -> int:
        return self.is_rejected.size


@dataclass
class _Split:
    test: NDArray[np.int64]


@dataclass
class _Trial:
    """Margins of three versions on the same decisions."""

    lessons: _Decisions
    base: Floats
    tested: Floats
    champion: Floats | None = None
    rival: str = "the base"

    def __post_init__(self) -> None:
        self.split = _Split(np.arange(len(self.lessons)))

    @property
    def newer(self) -> NDArray[np.int64] | None:
        return None if self.champion is None else self.split.test

    def base_margins(self, rows: NDArray[np.int64]) -> Floats:
        return self.base[rows]

    def tested_margins(self, rows: NDArray[np.int64]) -> Floats:
        return self.tested[rows]

    def champion_margins(self, rows: NDArray[np.int64]) -> Floats:
        assert self.champion is not None
        return self.champion[rows]


def _lines(*, count: int, tested: float, champion: float | None = None) -> dict[str, bool]:
    """Return which lines pass where versions tell rejected from approved by so many deviations; the base by one."""
    chance = np.random.default_rng(3)
    is_rejected = np.arange(count) % 3 == 0
    noise = chance.normal(size=count)

    def margins(apart: float) -> Floats:
        return np.where(is_rejected, apart, 0.0) + noise + chance.normal(size=count) * 0.5 - 1.0

    trial = _Trial(_Decisions(is_rejected), margins(1.0), margins(tested),
                   None if champion is None else margins(champion))  # fmt: skip
    return {line.check: line.passed for line in recall.finds_as_much(trial)}  # type: ignore[arg-type]


def test_what_finds_more_passes_and_what_finds_less_does_not() -> None:
    assert _lines(count=600, tested=2.0) == {"recall": True}
    assert _lines(count=600, tested=0.3) == {"recall": False}


def test_beside_the_base_what_cannot_be_shown_is_refused() -> None:
    assert _lines(count=90, tested=1.0) == {"recall": False}
    assert _lines(count=30, tested=3.0) == {"recall": False}  # Too few to tell.


def test_beside_a_version_that_learned_only_a_shown_loss_is_refused() -> None:
    check = "recall against the champion"
    assert _lines(count=600, tested=2.0, champion=2.0)[check]
    assert _lines(count=30, tested=2.0, champion=2.0)[check]
    assert not _lines(count=600, tested=2.0, champion=4.0)[check]


def test_recall_is_the_mean_round_the_share_that_may_be_held() -> None:
    is_rejected = np.array([True, False] * 20)
    falling = np.arange(40, 0, -1, dtype=float)
    curve = recall._Curve(falling, is_rejected)
    every = np.ones(40)
    # In turns, and the next rejected one comes before the next approved one would be held.
    shares = [(int(0.2 * around * 20) + 1) / 20 for around in recall.AROUND]
    assert curve.recall(every, 0.2) == pytest.approx(np.mean(shares), abs=1e-9)
    assert curve.recall(every * ~is_rejected, 0.2) == 0.0
    assert recall._Curve(np.zeros(40), is_rejected).recall(every, 0.2) == 0.0  # All alike: none can be held alone.
