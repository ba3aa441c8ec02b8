"""The passes that keep the index: what is new comes in, what was erased goes out of the file."""

import pytest

from moderator.domain.comments import Author
from moderator.domain.ids import CommentId, SiteId
from moderator.services import Services
from moderator.storage import search
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import feedback, searching
from moderator.usecases.moderate import moderate
from tests.builders import a_comment
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def _pass(services: Services) -> int:
    """Let both passes run until they have nothing to do. Return how many comments were indexed."""
    indexed = 0
    while found := await searching.index_new(services):
        indexed += found
    while await searching.merge_erased(services):
        pass
    return indexed


async def _find(services: Services, text: str) -> list[CommentId]:
    async with services.database.read() as connection:
        return [one.comment.id for one in await search.search(connection, text=text, sites=(), limit=50)]


async def _post(services: Services, site: SiteId, text: str, **more: object) -> CommentId:
    comment = a_comment(text, site_id=site, comment_id=services.ids.new(), **more)  # type: ignore[arg-type]
    return (await moderate(services, comment)).outcome.comment_id


async def test_a_new_comment_is_found_after_a_pass(services: Services, site: SiteId) -> None:
    posted = await _post(services, site, "The heads of government left Brussels.")
    await _pass(services)
    assert await _find(services, "brussels") == [posted]
    assert await _pass(services) == 0


async def test_an_erased_comment_leaves_no_word_behind(services: Services, site: SiteId) -> None:
    ann = Author(id="ann")
    for number in range(5):
        await _post(services, site, f"An ordinary sentence, number {number}.")
        await _pass(services)
    gone = await _post(services, site, "My zxqvjkwunique secret.", author=ann)
    also_gone = await _post(services, site, "Another wvkqjzzunique secret, kept by nobody.", author=ann)
    await _pass(services)

    await feedback.erase(services, OPERATOR, site, gone)
    await feedback.erase_author(services, OPERATOR, site, "id:ann")

    assert await _find(services, "secret") == []
    await _pass(services)
    if isinstance(services.database, SqliteDatabase):
        for path in services.database.path.parent.glob("test.db*"):
            assert b"xqvjkwunique" not in path.read_bytes()
            assert b"vkqjzzunique" not in path.read_bytes()
    assert also_gone not in await _find(services, "")
    assert len(await _find(services, "ordinary")) == 5
    assert await searching.merge_erased(services) == 0


async def test_a_comment_whose_commit_took_long_is_found_for_a_minute(
    services: Services, site: SiteId, clock: Clock
) -> None:
    slow = services.ids.new()
    clock.forward(seconds=5)
    await _post(services, site, "The quick one.")
    await _pass(services)
    await moderate(services, a_comment("The slow one.", site_id=site, comment_id=slow))
    clock.forward(seconds=50)
    await _pass(services)
    assert len(await _find(services, "one")) == 2
