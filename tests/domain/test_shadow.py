"""When a version on trial has shown enough, and what then becomes of it."""

from datetime import timedelta

import pytest

from moderator.domain.policy import Action
from moderator.domain.shadow import Ending, Turn, conclude

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("comments", "flips", "age", "ending"),
    [
        (0, 0, 100 * HOUR, None),
        (199, 0, 100 * HOUR, None),
        (200, 0, 23 * HOUR, None),
        (999, 999, HOUR, None),
        (200, 4, 24 * HOUR, Ending.PROMOTED),
        (200, 5, 24 * HOUR, Ending.KEPT_BACK),
        (1_000, 20, timedelta(), Ending.PROMOTED),
        (1_000, 21, timedelta(), Ending.KEPT_BACK),
    ],
)
def test_a_thousand_comments_or_a_day_with_two_hundred_decide(
    comments: int, flips: int, age: timedelta, ending: Ending | None
) -> None:
    assert conclude(comments, flips, age) is ending


def test_a_flip_is_another_verdict() -> None:
    assert Turn(before=Action.HOLD, after=Action.APPROVE).is_flip
    assert not Turn(before=Action.HOLD, after=Action.HOLD).is_flip
