"""Comments are found by their words on both engines, and erased ones are nowhere any more."""

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.domain.comments import Article, Author, Status
from moderator.domain.ids import CommentId
from moderator.domain.policy import Action
from moderator.domain.scoring import Label
from moderator.domain.search import parse
from moderator.storage import comments, search
from moderator.storage.database import Connection, Database
from moderator.storage.sqlite import SqliteDatabase
from tests.builders import A_SITE, a_comment
from tests.conftest import PostgresServer
from tests.storage.rows import ANOTHER_SITE, add_comment, add_sites

pytestmark = pytest.mark.anyio

EVERYTHING = "z" * 26


async def _index(connection: Connection, *, late_since: str = EVERYTHING) -> int:
    """Take what the index lacks, as the pass beside the service does."""
    found = await search.find_unindexed(connection, late_since=late_since, limit=300)
    await search.index(connection, found) if found else None
    return len(found)


async def _add(connection: Connection, *texts: str, **more: object) -> list[CommentId]:
    verdict = more.pop("verdict", Action.APPROVE)
    added = [
        await add_comment(connection, a_comment(text, **more), verdict=verdict)  # type: ignore[arg-type]
        for text in texts
    ]
    await _index(connection)
    return [comment.id for comment in added]


async def _find(connection: Connection, text: str, **more: object) -> list[CommentId]:
    asked = {"sites": (), "limit": 50, **more}
    return [stored.comment.id for stored in await search.search(connection, text=text, **asked)]  # type: ignore[arg-type]


async def test_words_find_the_comments_that_have_them_all_the_newest_first(connection: Connection) -> None:
    first, second, _ = await _add(connection, "The GAS prices rise.", "Gas from Норвегия, at which prices?", "Coal.")
    assert await _find(connection, "gas prices") == [second, first]
    assert await _find(connection, '"gas prices"') == [first]
    assert await _find(connection, "норвегия") == [second]
    assert await _find(connection, "nor") == []
    assert await _find(connection, "ri*") == [first]
    assert await _find(connection, "gas coal") == []


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("See news.example/summit for more", "summit"),
        ("gas-prices", '"gas prices"'),
        ("gas_prices", "prices"),
        ("They said <idiot> to me", "idiot"),
        ("„Lügenpresse“, sagte er", "lügenpresse"),
        ("«Menteur», dit-il…", "menteur"),
        ("so-called ‘experts’—again", "experts again"),
        ("write to anna@news.example", "anna"),
        ("О чём речь?Ни о чём", '"речь ни"'),
        ("cost: 1.50 or 3,20", "3,20"),
        ("word\u00a0after a hard blank", "after"),
    ],
)
async def test_both_engines_see_the_same_words(connection: Connection, text: str, typed: str) -> None:
    added = await _add(connection, text)
    assert await _find(connection, typed) == added


async def test_a_question_without_a_word_finds_nothing_and_a_blank_one_everything(connection: Connection) -> None:
    (only,) = await _add(connection, "Hello!")
    assert await _find(connection, "!") == []
    assert await _find(connection, "  ") == [only]


async def test_filters_leave_out_what_does_not_fit(connection: Connection) -> None:
    anna, article = Author(id="1"), Article(url="https://news.example/gas", section="politics")
    (one,) = await _add(connection, "Gas, by Anna.", author=anna, article=article)
    (held,) = await _add(connection, "Gas, an insult.", verdict=Action.HOLD)
    (elsewhere,) = await _add(connection, "Gas elsewhere.", site_id=ANOTHER_SITE, author=anna, article=article)
    for text in ("gas", ""):
        assert await _find(connection, text) == [elsewhere, held, one]
        assert await _find(connection, text, sites=(A_SITE,)) == [held, one]
        assert await _find(connection, text, sites=(A_SITE, ANOTHER_SITE)) == [elsewhere, held, one]
        assert await _find(connection, text, status=Status.HELD) == [held]
        assert await _find(connection, text, label=Label.INSULT) == [held]
        assert await _find(connection, text, label=Label.THREAT) == []
        assert await _find(connection, text, sites=(A_SITE,), author="id:1") == [one]
        assert await _find(connection, text, sites=(A_SITE,), article=article.url) == [one]
        assert await _find(connection, text, section="politics") == [elsewhere, one]


async def test_pages_join_to_the_whole(connection: Connection) -> None:
    added = await _add(connection, *(f"gas {number}" for number in range(7)), author=Author(id="1"))
    for text, more in (("gas", {}), ("", {}), ("", {"sites": (A_SITE,), "author": "id:1"})):
        found: list[CommentId] = []
        while page := await _find(connection, text, limit=3, before=found[-1] if found else None, **more):
            found += page
        assert found == added[::-1]


async def test_an_erased_comment_is_found_no_more(connection: Connection) -> None:
    gone, kept = await _add(connection, "A secret word.", "Another secret word.")
    await _erase(connection, gone, "A secret word.")
    assert await _find(connection, "secret") == [kept]
    assert await _find(connection, "") == [kept]
    assert await _index(connection) == 0


async def _erase(connection: Connection, comment_id: CommentId, text: str) -> None:
    assert await comments.erase(connection, comment_id, 1)
    await search.forget(connection, comment_id, text)


async def test_a_comment_erased_before_its_turn_is_never_indexed(sqlite_database: SqliteDatabase) -> None:
    async with sqlite_database.transaction() as connection:
        await add_sites(connection)
        comment = await add_comment(connection, a_comment("A secret word."))
        await _erase(connection, comment.id, "A secret word.")
        assert await _index(connection) == 1
        assert await _find(connection, "secret") == []


async def test_a_comment_that_comes_late_is_indexed_once_nothing_newer_waits(sqlite_database: SqliteDatabase) -> None:
    async with sqlite_database.transaction() as connection:
        await add_sites(connection)
        await _add(connection, "gas", comment_id="b1")
        await add_comment(connection, a_comment("gas, late", comment_id="b0"))
        await add_comment(connection, a_comment("gas, older than late", comment_id="a0"))
        await add_comment(connection, a_comment("gas", comment_id="b2"))
        assert await _index(connection, late_since="b") == 1
        assert await _find(connection, "late") == []
        assert await _index(connection, late_since="b") == 1
        assert len(await _find(connection, "late")) == 1
        assert await _index(connection, late_since="b") == 0


async def test_postgres_needs_no_pass(postgres_database: Database) -> None:
    async with postgres_database.transaction() as connection:
        await add_sites(connection)
        await add_comment(connection)
        assert await search.find_unindexed(connection, late_since="", limit=9) == []
        assert not await search.must_merge(connection)


async def _merge(database: Database) -> int:
    """Merge in steps of a page until done, with comments coming in between; return how many steps it took."""
    steps = 0
    while True:
        steps += 1
        async with database.transaction() as connection:
            if await search.merge(connection, pages=1):
                return steps
            if steps < 20:
                await _add(connection, f"Something else, number {steps}.")


async def test_a_merge_leaves_what_was_not_erased_and_what_came_meanwhile(sqlite_database: SqliteDatabase) -> None:
    database = sqlite_database
    async with database.transaction() as connection:
        await add_sites(connection)
    for number in range(40):
        filler = " ".join(f"{number * word:x}word" for word in range(60))
        async with database.transaction() as connection:
            ids = await _add(connection, f"{filler} qzrareword{number}", f"{filler} again")
        if number == 20:
            gone, text = ids[0], f"{filler} qzrareword20"
    async with database.transaction() as connection:
        assert not await search.must_merge(connection)
        await _erase(connection, gone, text)
        assert await search.must_merge(connection)
    await database.checkpoint()

    steps = await _merge(database)

    assert steps > 2
    async with database.read() as connection:
        assert not await search.must_merge(connection)
        assert await _find(connection, "qzrareword20") == []
        assert len(await _find(connection, "qzrareword*")) == 39
        assert len(await _find(connection, "number")) == min(steps, 20) - 1
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")


async def test_an_erased_word_is_nowhere_in_the_file_after_the_merge(sqlite_database: SqliteDatabase) -> None:
    database, text = sqlite_database, "Ordinary words and zxqvjkwunique ones."
    async with database.transaction() as connection:
        await add_sites(connection)
        (gone,) = await _add(connection, text)
    for number in range(9):
        async with database.transaction() as connection:
            await _add(connection, f"Ordinary words, number {number}.")
    async with database.transaction() as connection:
        await _erase(connection, gone, text)
    await database.checkpoint()
    assert b"xqvjkwunique" in _bytes_of(database)

    await _merge(database)

    await database.checkpoint()
    assert b"xqvjkwunique" not in _bytes_of(database)


def _bytes_of(database: SqliteDatabase) -> bytes:
    return b"".join(path.read_bytes() for path in database.path.parent.glob("test.db*"))


async def test_an_erasure_during_a_merge_gets_a_merge_of_its_own(sqlite_database: SqliteDatabase) -> None:
    database = sqlite_database
    texts = [" ".join(f"{number}zxqv{word}" for word in range(400)) for number in range(8)]
    ids = []
    async with database.transaction() as connection:
        await add_sites(connection)
    for text in texts:
        async with database.transaction() as connection:
            ids += await _add(connection, text)
    async with database.transaction() as connection:
        await _erase(connection, ids[0], texts[0])
    async with database.transaction() as connection:
        assert not await search.merge(connection, pages=1)
        await _erase(connection, ids[5], texts[5])
    await _merge(database)
    async with database.read() as connection:
        assert await search.must_merge(connection)
    await _merge(database)
    async with database.read() as connection:
        assert not await search.must_merge(connection)
    await database.checkpoint()
    assert b"zxqv" in _bytes_of(database)
    assert b"0zxqv" not in _bytes_of(database)
    assert b"5zxqv39" not in _bytes_of(database)


async def test_an_authors_and_an_articles_comments_are_read_from_an_index(sqlite_database: SqliteDatabase) -> None:
    asked = dict.fromkeys(("sites", "status", "author", "article", "section", "label"), "x")
    async with sqlite_database.read() as connection:
        for statement, index in ((search.BY_AUTHOR, "comments_author"), (search.BY_ARTICLE, "comments_article")):
            plan = await connection.all(f"EXPLAIN QUERY PLAN {statement}", site_id="x", before="x", limit=9, **asked)
            assert any(f"USING INDEX {index}" in row["detail"] for row in plan), [row["detail"] for row in plan]


@pytest.fixture(scope="module")
def fts() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE search USING fts5 (text, content = '', columnsize = 0)")
    yield connection
    connection.close()


@given(typed=st.text() | st.text(alphabet="ab*\"() \\'-+^:{}!&|<>~AND OR NOT NEAR", max_size=600))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sqlite_understands_whatever_is_typed(fts: sqlite3.Connection, typed: str) -> None:
    if terms := parse(typed):
        fts.execute("SELECT rowid FROM search WHERE search MATCH ?", (search.for_sqlite(terms),)).fetchall()


@pytest.fixture(scope="module")
def postgres(postgres_server: PostgresServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_server.uri, autocommit=True) as connection:
        yield connection


@given(typed=st.text() | st.text(alphabet="ab*\"() \\'-+^:{}!&|<>~AND OR NOT NEAR", max_size=600))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_postgres_understands_whatever_is_typed(postgres: psycopg.Connection, typed: str) -> None:
    if terms := parse(typed):
        postgres.execute("SELECT to_tsquery('simple', %s)", (search.for_postgres(terms),)).fetchall()
