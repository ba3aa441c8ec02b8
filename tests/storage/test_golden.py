"""Golden examples: of one site or of all, each text once."""

import pytest

from moderator.domain.golden import GoldenExample, Wanted
from moderator.domain.ids import ExampleId, SiteId
from moderator.storage import golden
from moderator.storage.database import Connection
from tests.builders import A_SITE, NOON
from tests.storage.rows import ANOTHER_SITE

pytestmark = pytest.mark.anyio


def _example(number: int, site_id: SiteId | None, text: str, wanted: Wanted = Wanted.ALLOW) -> GoldenExample:
    return GoldenExample(
        id=ExampleId(f"example-{number}"), site_id=site_id, text=text, wanted=wanted, added_at=NOON, added_by="operator"
    )


async def test_a_site_has_its_own_and_those_of_every_site(connection: Connection) -> None:
    shared, own = _example(1, None, "Good day.\n😀"), _example(2, A_SITE, "Off with you.", Wanted.BLOCK)
    foreign = _example(3, ANOTHER_SITE, "Good day.")
    for one in (shared, own, foreign):
        await golden.add(connection, one)
    assert await golden.list_examples(connection, A_SITE) == [shared, own]
    assert await golden.list_examples(connection, ANOTHER_SITE) == [shared, foreign]
    assert await golden.list_examples(connection) == [shared, own, foreign]
    assert [await golden.count(connection, one) for one in (None, A_SITE, ANOTHER_SITE)] == [1, 1, 1]


async def test_a_text_is_found_where_it_stands_and_nowhere_else(connection: Connection) -> None:
    shared, own = _example(1, None, "The same."), _example(2, A_SITE, "The same.")
    await golden.add(connection, own)
    assert await golden.find_text(connection, None, "The same.") is None
    await golden.add(connection, shared)
    assert await golden.find_text(connection, None, "The same.") == shared
    assert await golden.find_text(connection, A_SITE, "The same.") == own
    assert await golden.find_text(connection, ANOTHER_SITE, "The same.") is None


async def test_what_is_removed_is_gone(connection: Connection) -> None:
    await golden.add(connection, _example(1, None, "Away."))
    await golden.remove(connection, ExampleId("example-1"))
    assert await golden.find(connection, ExampleId("example-1")) is None
    assert await golden.list_examples(connection) == []
