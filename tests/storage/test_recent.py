"""The newest comments are drawn evenly, with the newest ruling on each."""

from datetime import timedelta
from itertools import pairwise

import pytest

from moderator.domain.ids import CommentId, DecisionId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode, Source
from moderator.storage import comments, decisions, recent
from moderator.storage.database import Connection
from tests.builders import A_SITE, NOON, a_comment
from tests.storage.rows import ANNA, ANOTHER_SITE, a_decision, add_comment

pytestmark = pytest.mark.anyio

WEEK_AGO = NOON - timedelta(days=7)


async def _add(connection: Connection, number: int, **changed: object) -> None:
    comment = a_comment(f"Number {number}", comment_id=f"c{number:03}", **changed)  # type: ignore[arg-type]
    await add_comment(connection, comment)


async def test_they_are_drawn_evenly_and_no_more_than_asked_for(connection: Connection) -> None:
    for number in range(20):
        await _add(connection, number)
    assert len(await recent.drawn(connection, A_SITE, since=WEEK_AGO, most=20)) == 20
    found = [int(one.id[1:]) for one in await recent.drawn(connection, A_SITE, since=WEEK_AGO, most=5)]
    assert len(found) == 5
    assert {later - earlier for earlier, later in pairwise(found)} == {4}
    assert len(await recent.drawn(connection, None, since=WEEK_AGO, most=7)) == 7


async def test_older_erased_and_other_sites_comments_are_not_there(connection: Connection) -> None:
    await _add(connection, 1, received_at=NOON - timedelta(days=8))
    await _add(connection, 2)
    await _add(connection, 3, site_id=ANOTHER_SITE)
    await _add(connection, 4)
    assert await comments.erase(connection, CommentId("c002"), 0)
    assert [one.id for one in await recent.drawn(connection, A_SITE, since=WEEK_AGO, most=9)] == ["c004"]
    assert len(await recent.drawn(connection, None, since=WEEK_AGO, most=9)) == 2


async def test_the_newest_ruling_comes_with_each_and_one_taken_back_is_none(connection: Connection) -> None:
    for number, actions in enumerate(
        ((Action.REJECT,), (Action.REJECT, Action.APPROVE), (Action.APPROVE, Action.HOLD))
    ):
        await _add(connection, number)
        for place, action in enumerate(actions):
            decision = a_decision(
                CommentId(f"c{number:03}"),
                id=DecisionId(f"d{number}-{place}"),
                source=Source.MODERATOR,
                action=action,
                person_id=ANNA,
                reason=ReasonCode.SPAM if action is Action.REJECT else None,
            )
            await decisions.append(connection, [decision])
    found = await recent.drawn(connection, A_SITE, since=WEEK_AGO, most=9)
    assert [one.ruling for one in found] == [Action.REJECT, Action.APPROVE, None]


async def test_when_the_newest_came_in(connection: Connection) -> None:
    assert await recent.newest_at(connection, None) is None
    await _add(connection, 1, received_at=NOON - timedelta(days=3))
    await _add(connection, 2)
    assert await recent.newest_at(connection, A_SITE) == NOON
    assert await recent.newest_at(connection, ANOTHER_SITE) is None
