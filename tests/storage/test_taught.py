"""What moderators decided last, and how many decisions nothing has learned from."""

import pytest

from moderator.domain.ids import CommentId
from moderator.domain.policy import Action
from moderator.domain.review import Source
from moderator.storage import comments, decisions, taught
from moderator.storage.database import Connection
from tests.builders import A_SITE, a_comment
from tests.storage.rows import ANNA, ANOTHER_SITE, a_decision, add_comment, later

pytestmark = pytest.mark.anyio


async def _decide(connection: Connection, comment_id: str, hours: float, **changed: object) -> CommentId:
    site_id = changed.get("site_id", A_SITE)
    await add_comment(connection, a_comment(f"Text of {comment_id}", comment_id=comment_id, site_id=site_id))  # type: ignore[arg-type]
    await _again(connection, comment_id, hours, **changed)
    return CommentId(comment_id)


async def _again(connection: Connection, comment_id: str, hours: float, **changed: object) -> None:
    made = {"source": Source.MODERATOR, "person_id": ANNA, "decided_at": later(hours=hours), **changed}
    await decisions.append(connection, [a_decision(CommentId(comment_id), **made)])


async def test_the_newest_come_first_each_comment_once(connection: Connection) -> None:
    await _decide(connection, "first", 1)
    await _decide(connection, "second", 2, site_id=ANOTHER_SITE)
    await _decide(connection, "third", 3)
    await _again(connection, "first", 4, action=Action.HOLD)
    found = await taught.newest(connection, [A_SITE, ANOTHER_SITE], most=5)
    assert found == [("first", "Text of first"), ("third", "Text of third"), ("second", "Text of second")]
    assert await taught.newest(connection, [A_SITE, ANOTHER_SITE], most=2) == found[:1] + found[1:2]
    assert await taught.newest(connection, [ANOTHER_SITE], most=5) == found[2:]
    assert await taught.newest(connection, [], most=5) == []


async def test_neither_what_was_erased_nor_the_machines_own_word_is_there(connection: Connection) -> None:
    await _decide(connection, "erased", 1)
    await _decide(connection, "policy", 1, source=Source.POLICY, person_id=None)
    assert await comments.erase(connection, CommentId("erased"), 1)
    assert await taught.newest(connection, [A_SITE], most=5) == []


async def test_decisions_after_a_moment_are_counted(connection: Connection) -> None:
    await _decide(connection, "first", 1)
    await _decide(connection, "second", 2)
    await _decide(connection, "policy", 3, source=Source.POLICY, person_id=None)
    await _decide(connection, "other", 3, site_id=ANOTHER_SITE)
    assert await taught.count_since(connection, [A_SITE], later(hours=1)) == 1
    assert await taught.count_since(connection, [A_SITE, ANOTHER_SITE], None) == 3
