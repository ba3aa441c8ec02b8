"""The schema moves forward only, by whole steps, and says when it does not fit."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from moderator.domain.errors import SchemaRefused
from moderator.domain.events import EndpointKind
from moderator.domain.ids import CaseId
from moderator.domain.policy import Action
from moderator.domain.queue import Filter
from moderator.domain.scoring import Label
from moderator.storage import cases, outbox, people, search, sessions, signatures
from moderator.storage import migrate as migrations
from moderator.storage.columns import from_ms
from moderator.storage.database import Database
from moderator.storage.engine import open_database
from moderator.storage.migrate import Migration, check_schema, load_migrations, migrate, statements
from moderator.storage.postgres import PostgresDatabase
from moderator.storage.signatures import Signed
from moderator.storage.sqlite import SqliteDatabase
from tests.builders import NOON, a_comment, a_signature
from tests.storage.rows import add_comment, add_sites

pytestmark = pytest.mark.anyio

NAMES = [
    "0001_initial",
    "0002_campaigns",
    "0003_other_protocols",
    "0004_search",
    "0005_queue",
    "0006_escalation",
    "0007_people",
    "0008_bulk_log_numbers",
    "0009_golden_examples",
    "0013_came",
]

COLUMNS = {
    "sqlite": """
        SELECT tables.name AS table_name, columns.name AS column_name
        FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
    """,
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'",
}


OLD_ENDPOINT = """
INSERT INTO endpoints (id, site_id, url, secrets, created_ms) VALUES (:id, :site_id, 'https://news.example', '[]', 0)
"""
OLD_CASE = """
INSERT INTO cases (id, site_id, comment_id, cause, weight, opened_ms)
VALUES (:id, :site_id, :comment_id, 'borderline', 0.5, 0)
"""

OLD_PERSON = """
INSERT INTO people (id, name, role, password_hash, created_ms) VALUES ('person-old', 'Olga', 'admin', 'hash', 0)
"""
OLD_SESSION = """
INSERT INTO sessions (hash, person_id, csrf, created_ms, expires_ms)
VALUES ('0123456789abcdef0123456789abcdef', 'person-old', 'csrf', 7, 9000000000000)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
async def empty(url: str) -> AsyncIterator[Database]:
    database = await open_database(url)
    yield database
    await database.close()


async def _columns(database: Database) -> set[tuple[str, str]]:
    async with database.read() as connection:
        return {(row["table_name"], row["column_name"]) for row in await connection.all(COLUMNS[database.engine])}


async def test_migrating_twice_does_nothing_the_second_time(empty: Database) -> None:
    assert await migrate(empty, now_ms=5) == NAMES
    assert await migrate(empty, now_ms=6) == []
    await check_schema(empty)


async def test_both_engines_have_the_same_tables_and_columns(
    sqlite_database: SqliteDatabase, postgres_database: PostgresDatabase
) -> None:
    """But for the index by which comments are found: SQLite has tables for it, PostgreSQL a column."""
    columns = {(table, column) for table, column in await _columns(sqlite_database) if not table.startswith("search")}
    assert ("comments", "text") in columns
    assert columns == await _columns(postgres_database) - {("comments", "search")}


async def test_a_database_without_a_step_asks_for_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    known = load_migrations(database.engine)
    later = Migration(number=90, name="0090_later", sql="CREATE TABLE later (id BIGINT);\n")
    monkeypatch.setattr(migrations, "load_migrations", lambda _engine: [*known, later])
    with pytest.raises(SchemaRefused, match="0090_later; run: moderator migrate"):
        await check_schema(database)


async def test_an_empty_database_asks_for_every_step(empty: Database) -> None:
    with pytest.raises(SchemaRefused, match=f"lacks {', '.join(NAMES)}; run: moderator migrate"):
        await check_schema(empty)


async def test_a_last_statement_without_its_semicolon_is_run(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Migration(number=90, name="0090_later", sql="CREATE TABLE a (x BIGINT);\nCREATE TABLE b (y BIGINT)\n")
    known = load_migrations(database.engine)
    monkeypatch.setattr(migrations, "load_migrations", lambda _engine: [*known, later])
    await migrate(database, now_ms=0)
    assert {("a", "x"), ("b", "y")} <= await _columns(database)


async def test_a_closing_comment_is_no_mistake(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    later = Migration(number=90, name="0090_later", sql="CREATE TABLE a (x BIGINT);\n-- The end.\n")
    known = load_migrations(database.engine)
    monkeypatch.setattr(migrations, "load_migrations", lambda _engine: [*known, later])
    assert await migrate(database, now_ms=0) == ["0090_later"]


async def test_a_newer_database_is_refused(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(migrations.RECORD, number=99, name="0099_future", sha256="", applied_ms=0)
    with pytest.raises(SchemaRefused, match="newer than this program"):
        await migrate(database, now_ms=0)
    with pytest.raises(SchemaRefused, match="0099_future"):
        await check_schema(database)


async def test_a_step_that_was_changed_after_it_ran_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = [Migration(number=one.number, name=one.name, sql=one.sql + " ") for one in load_migrations("sqlite")]
    monkeypatch.setattr(migrations, "load_migrations", lambda _engine: changed)
    with pytest.raises(SchemaRefused, match="was changed"):
        await check_schema(database)


async def test_a_step_that_fails_midway_leaves_the_schema_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await _columns(database)
    broken = Migration(
        number=90, name="0090_broken", sql="CREATE TABLE half (id BIGINT);\nINSERT INTO nowhere VALUES (1);\n"
    )
    known = load_migrations(database.engine)
    monkeypatch.setattr(migrations, "load_migrations", lambda _engine: [*known, broken])
    with pytest.raises(Exception, match="nowhere"):
        await migrate(database, now_ms=0)
    assert await _columns(database) == before
    mended = Migration(number=90, name="0090_mended", sql="CREATE TABLE half (id BIGINT);\n")
    monkeypatch.setattr(migrations, "load_migrations", lambda _engine: [*known, mended])
    assert await migrate(database, now_ms=0) == ["0090_mended"]


SHAPES = {
    "sqlite": """
        SELECT tables.name AS table_name, columns.name AS column_name, columns.type AS type, columns."notnull" AS needed
        FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'
    """,
    "postgresql": """
        SELECT table_name, column_name, data_type AS type, is_nullable AS needed
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
}
INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = 'public'",
}


async def _shape(database: Database) -> list[tuple[object, ...]]:
    async with database.read() as connection:
        columns = await connection.all(SHAPES[database.engine])
        indexes = await connection.all(INDEXES[database.engine])
    return sorted(tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in (*columns, *indexes))


@pytest.mark.parametrize("released", [1, 2, 3, 4])
async def test_a_database_of_an_earlier_schema_keeps_its_rows_and_gets_the_same_shape(
    empty: Database, database: Database, monkeypatch: pytest.MonkeyPatch, released: int
) -> None:
    known = load_migrations(empty.engine)
    monkeypatch.setattr(migrations, "load_migrations", lambda _engine: known[:released])
    await migrate(empty, now_ms=5)
    async with empty.transaction() as connection:
        await add_sites(connection)
        comment = await add_comment(connection, a_comment(section="politics"), verdict=Action.HOLD)
        await connection.execute(OLD_CASE, id="case-old", site_id=comment.site_id, comment_id=comment.id)
        await connection.execute(OLD_ENDPOINT, id="endpoint-old", site_id=comment.site_id)
        await connection.execute(OLD_PERSON)
        await connection.execute(OLD_SESSION)
    monkeypatch.setattr(migrations, "load_migrations", lambda _engine: known)

    assert await migrate(empty, now_ms=6) == NAMES[released:]

    await check_schema(empty)
    async with empty.transaction() as connection:
        file = await cases.get(connection, CaseId("case-old"), now=NOON)
        assert (file.comment, file.case.campaign, file.label) == (comment, None, Label.INSULT)
        only = Filter(label=Label.INSULT, section="politics")
        assert len(await cases.list_open(connection, as_of=NOON, limit=9, only=only)) == 1
        (endpoint,) = await outbox.list_endpoints(connection, comment.site_id)
        assert endpoint.kind is EndpointKind.WEBHOOK
        session = await sessions.find(connection, "0123456789abcdef0123456789abcdef", NOON)
        assert session is not None
        assert (session.person.name, session.id, session.seen_at) == ("Olga", "0123456789abcdef0123456789", from_ms(7))
        (account,) = await people.list_accounts(connection, NOON)
        assert account.signed_in_at == from_ms(7)
        await signatures.add(
            connection,
            [Signed(comment_id=comment.id, campaign=comment.id, signature=a_signature(), received_at=NOON)],
        )
        found = await search.find_unindexed(connection, late_since="", limit=9)
        assert found == ([comment.id] if empty.engine == "sqlite" else [])
        await search.index(connection, found)
        (stored,) = await search.search(connection, text="summit", sites=(), limit=9)
        assert stored.comment == comment
    if empty.engine == database.engine:
        assert await _shape(empty) == await _shape(database)


async def test_workers_that_start_together_migrate_once(postgres_url: str) -> None:
    workers = [await PostgresDatabase.open(postgres_url) for _ in range(3)]
    applied = await asyncio.gather(*(migrate(worker, now_ms=0) for worker in workers))
    assert sorted(name for names in applied for name in names) == NAMES
    for worker in workers:
        await worker.close()


async def test_a_process_killed_in_the_middle_of_a_step_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    program = """
import asyncio, os, signal, sys
from pathlib import Path
from moderator.storage import migrate as migrations
from moderator.storage.sqlite import SqliteDatabase

async def main():
    database = await SqliteDatabase.open(Path(sys.argv[1]))
    cut, ran = migrations.statements, []

    def dying(sql):
        for statement in cut(sql):
            if len(ran) == 10:
                os.kill(os.getpid(), signal.SIGKILL)
            ran.append(statement)
            yield statement

    migrations.statements = dying
    await migrations.migrate(database, now_ms=0)

asyncio.run(main())
"""
    done = await anyio.run_process([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    database = await SqliteDatabase.open(path)
    assert {table for table, _ in await _columns(database)} <= {"schema_migrations"}
    assert await migrate(database, now_ms=0) == NAMES
    await database.close()


def test_a_script_is_cut_where_statements_end() -> None:
    script = "-- first; not an end\nCREATE TABLE a (x TEXT DEFAULT ';');\n\nINSERT INTO a VALUES ('b;\n');\n"
    assert len(statements(script)) == 2
