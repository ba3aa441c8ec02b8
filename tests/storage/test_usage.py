"""Counts of a site's comments in a time, on both engines."""

import pytest

from moderator.domain.comments import Status
from moderator.domain.policy import Action
from moderator.storage import comments
from moderator.storage.database import Connection
from moderator.storage.usage import Counts, count_comments
from tests.builders import A_SITE, NOON
from tests.storage import rows

pytestmark = pytest.mark.anyio


async def put(connection: Connection, verdict: Action, status: Status | None = None, **changed: object) -> None:
    """Store a comment with its verdict, and where people have put it since."""
    comment = await rows.add_comment(connection, verdict=verdict, **changed)  # type: ignore[arg-type]
    if status is not None:
        await comments.set_status(connection, comment.id, status)


async def test_a_site_without_comments_has_nothing_to_count(connection: Connection) -> None:
    assert await count_comments(connection, A_SITE, since=None, until=None) == Counts()
    assert Counts().ham == 0


async def test_verdicts_and_what_people_made_of_them_are_counted(connection: Connection) -> None:
    for verdict, status in (
        (Action.APPROVE, None),
        (Action.APPROVE, Status.REJECTED),
        (Action.REJECT, None),
        (Action.REJECT, Status.APPROVED),
        (Action.REJECT, Status.HELD),
        (Action.HOLD, None),
        (Action.HOLD, Status.REJECTED),
        (Action.HOLD, Status.APPROVED),
    ):
        await put(connection, verdict, status)
    await put(connection, Action.REJECT, site_id=rows.ANOTHER_SITE)

    found = await count_comments(connection, A_SITE, since=None, until=None)

    assert found == Counts(comments=8, spam=4, missed_spam=1, false_positives=1)
    assert found.ham == 4


async def test_a_time_begins_with_its_first_moment_and_ends_before_the_next(connection: Connection) -> None:
    for minutes in (-1, 0, 59, 60):
        await put(connection, Action.APPROVE, received_at=rows.later(minutes=minutes))

    async def count(**bounds: object) -> int:
        found = await count_comments(connection, A_SITE, **{"since": None, "until": None, **bounds})  # type: ignore[arg-type]
        return found.comments

    assert await count(since=NOON, until=rows.later(hours=1)) == 2
    assert await count(since=NOON) == 3
    assert await count(until=NOON) == 1
