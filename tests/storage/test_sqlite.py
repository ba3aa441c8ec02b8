"""What only SQLite can do wrong: a full disk, a second writer, a file that is none."""

import asyncio
import os
import sqlite3
import stat
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio
import pytest

from moderator.domain.errors import SecondWriter, StorageCorrupt, StorageUnavailable
from moderator.storage import sqlite as engine
from moderator.storage import sqlite_opening
from moderator.storage.database import Connection
from moderator.storage.migrate import migrate
from moderator.storage.sqlite import SqliteDatabase
from moderator.storage.sqlite_connection import ThreadedConnection
from tests.storage.test_transactions import ADD, add_rows

pytestmark = pytest.mark.anyio


async def _pragma(database: SqliteDatabase, name: str) -> object:
    async with database.transaction() as connection:
        row = await connection.one(f"PRAGMA {name}")
    return None if row is None else next(iter(dict(row).values()))


async def test_a_commit_reaches_the_disk_before_it_is_answered(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "own.db")  # That of the fixture waits for no disk.
    assert await _pragma(database, "journal_mode") == "wal"
    assert await _pragma(database, "synchronous") == 2  # FULL
    assert await _pragma(database, "secure_delete") == 1
    assert await _pragma(database, "foreign_keys") == 1
    await database.close()


async def test_a_second_writer_is_told_who_writes(sqlite_database: SqliteDatabase) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from moderator.storage.sqlite import SqliteDatabase\n"
        "try: asyncio.run(SqliteDatabase.open(Path(sys.argv[1])))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    command = [sys.executable, "-c", program, str(sqlite_database.path)]
    done = await anyio.run_process(command)
    assert done.stdout.startswith(b"SecondWriter")
    assert f"(id {os.getpid()})".encode() in done.stdout


async def test_the_lock_is_free_after_closing(tmp_path: Path) -> None:
    for _ in range(2):
        database = await SqliteDatabase.open(tmp_path / "a.db")
        with pytest.raises(SecondWriter):
            await SqliteDatabase.open(tmp_path / "a.db")
        await database.close()


async def test_readers_come_beside_the_writer(sqlite_database: SqliteDatabase) -> None:
    beside = await SqliteDatabase.open(sqlite_database.path, read_only=True)
    async with beside.read() as connection:
        assert await connection.one("SELECT number FROM revisions") is not None
    with pytest.raises(StorageUnavailable, match="reading only"):
        async with beside.transaction():
            pass
    await beside.checkpoint()
    await beside.close()


async def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "folder" / "new.db")
    await migrate(database, now_ms=0)
    for name in ("new.db", "new.db-wal"):
        assert stat.S_IMODE((tmp_path / "folder" / name).stat().st_mode) == 0o600
    await database.close()


async def _fill(database: SqliteDatabase) -> None:
    """Let the disk be full: the database may not grow by another page, and no page in it is free."""
    pages = await _pragma(database, "page_count")
    await _pragma(database, f"max_page_count = {pages}")


async def test_a_full_disk_acknowledges_nothing_and_recovers_by_itself(sqlite_database: SqliteDatabase) -> None:
    database = sqlite_database
    await _fill(database)
    with pytest.raises(StorageUnavailable, match="disk is full"):
        await database.batch_write(add_rows, "row" + "x" * 100_000)
    with pytest.raises(StorageUnavailable, match="disk is full"):
        async with database.transaction() as connection:
            await connection.execute(ADD, name="row" + "y" * 100_000)
    with pytest.raises(StorageUnavailable):
        await database.check()
    async with database.read() as connection:
        assert await connection.one("SELECT 1 FROM revisions WHERE name LIKE 'row%'") is None

    assert database._writer is not None
    await database._writer.execute_fetchall("PRAGMA max_page_count = 1000000")  # The next to write is check itself.
    await database.check()
    async with database.read() as connection:
        assert await connection.one("SELECT 1 FROM revisions WHERE name LIKE 'probe%'") is None
    assert await database.batch_write(add_rows, "row" + "x" * 100_000) == 1


async def test_a_locked_database_is_unavailable_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_opening, "_PRAGMAS", ("PRAGMA busy_timeout = 20",))
    database = await SqliteDatabase.open(tmp_path / "locked.db")
    await migrate(database, now_ms=0)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="locked"):
        await database.batch_write(add_rows, "row")
    with pytest.raises(StorageUnavailable, match="locked"):
        async with database.transaction():
            pass
    other.execute("ROLLBACK")
    other.close()
    assert await database.batch_write(add_rows, "row") == 1
    await database.close()


async def test_a_file_that_is_no_database_is_named_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_bytes(b"This is not a database at all. " * 100)
    with pytest.raises(StorageCorrupt):
        await SqliteDatabase.open(tmp_path / "text.db")


async def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable, match="folder"):
        await SqliteDatabase.open(tmp_path / "file" / "a.db")


async def test_what_is_missing_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="no database missing"):
        await SqliteDatabase.open(tmp_path / "missing.db", read_only=True)


async def test_an_old_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "OLDEST_LIBRARY", (99, 0, 0))
    with pytest.raises(StorageUnavailable, match="too old"):
        await SqliteDatabase.open(tmp_path / "a.db")


async def test_a_log_that_a_reader_keeps_is_emptied_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_opening, "_PRAGMAS", ("PRAGMA busy_timeout = 20",))
    database, secret = await SqliteDatabase.open(tmp_path / "read.db"), "secret" * 2_000
    await migrate(database, now_ms=0)
    log = tmp_path / "read.db-wal"
    reader = sqlite3.connect(database.path, isolation_level=None)
    async with database.transaction() as connection:
        await connection.execute(ADD, name=secret)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM revisions").fetchall()
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM revisions WHERE name = :name", name=secret)

    await database.checkpoint()
    await database.check()
    assert b"secretsecret" in log.read_bytes()

    reader.close()
    await database.check()
    await database.check()  # The first is answered before the writer turns to the log.
    assert b"secretsecret" not in log.read_bytes() + database.path.read_bytes()
    assert await _pragma(database, "busy_timeout") == engine.BUSY_TIMEOUT_MS
    await database.close()


async def test_blocks_that_wait_together_share_one_commit(sqlite_database: SqliteDatabase) -> None:
    database, statements = sqlite_database, list[str]()
    assert database._writer is not None

    async def write(number: int) -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, name=f"row{number}")

    async with database.transaction():
        waiting = [asyncio.create_task(write(number)) for number in range(20)]
        waiting.append(asyncio.create_task(_add(database)))
        await asyncio.sleep(0)
        await database._writer.set_trace_callback(statements.append)
    await asyncio.gather(*waiting)
    await database._writer.set_trace_callback(None)  # type: ignore[arg-type]
    assert statements.count("COMMIT") == 1
    assert sum(statement.startswith("INSERT") for statement in statements) == 21


async def _add(database: SqliteDatabase) -> None:
    await database.batch_write(add_rows, "row of a batch")


async def test_an_emptied_log_waits_for_the_group_before_it(sqlite_database: SqliteDatabase) -> None:
    database = sqlite_database
    async with database.transaction() as connection:
        emptied = asyncio.create_task(database.checkpoint())
        await asyncio.sleep(0)
        waiting = asyncio.create_task(_add(database))
        await asyncio.sleep(0)
        await connection.execute(ADD, name="row before")
        assert not emptied.done()
    await emptied
    await waiting
    async with database.read() as connection:
        rows = await connection.all("SELECT name FROM revisions WHERE name LIKE 'row%' ORDER BY name")
    assert [row["name"] for row in rows] == ["row before", "row of a batch"]


async def test_a_checkpoint_given_up_while_it_waits_leaves_the_writer_free(sqlite_database: SqliteDatabase) -> None:
    async with sqlite_database.transaction():
        emptied = asyncio.create_task(sqlite_database.checkpoint())
        await asyncio.sleep(0)
        emptied.cancel()
    with pytest.raises(asyncio.CancelledError):
        await emptied
    await _add(sqlite_database)


async def test_a_full_disk_undoes_the_neighbours_of_the_group_too(sqlite_database: SqliteDatabase) -> None:
    """Nobody in the group has been answered yet, so nobody is told a lie."""
    database = sqlite_database
    await _fill(database)

    async def write(name: str) -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, name=name)

    names = ("row small", "row big" + "x" * 100_000)
    outcomes = await asyncio.gather(*map(write, names), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 2
    async with database.read() as connection:
        assert await connection.one("SELECT 1 AS found FROM revisions WHERE name LIKE 'row%'") is None


async def test_a_block_that_finds_storage_unavailable_undoes_its_group_and_the_writer_goes_on(
    sqlite_database: SqliteDatabase,
) -> None:
    database = sqlite_database

    async def write(name: str) -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, name=name)
            if name == "row bad":
                raise StorageUnavailable("The disk reports an error.")

    outcomes = await asyncio.gather(*map(write, ("row good", "row bad")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 2
    await write("row after")
    async with database.read() as connection:
        rows = await connection.all("SELECT name FROM revisions WHERE name LIKE 'row%'")
    assert [row["name"] for row in rows] == ["row after"]


async def test_a_log_that_cannot_be_kept_is_said_so() -> None:
    writer = await ThreadedConnection(partial(sqlite3.connect, ":memory:"), iter_chunk_size=64)
    with pytest.raises(StorageUnavailable, match="write-ahead log"):
        await sqlite_opening.set_up_writer(writer)
    await writer.close()


@pytest.mark.parametrize("name", ["folder.db", "missing.db"])
async def test_a_file_that_cannot_be_opened_is_said_so_and_the_lock_is_freed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder.db":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere" / "missing.db")
    for _ in range(2):
        with pytest.raises(StorageUnavailable, match="cannot be opened") as raised:
            await SqliteDatabase.open(path)
        assert not isinstance(raised.value, SecondWriter)


async def test_a_locks_file_names_only_the_process(sqlite_database: SqliteDatabase) -> None:
    assert sqlite_database.path.with_name("test.db.lock").read_text() == str(os.getpid())


async def test_an_emptied_log_holds_nothing_of_what_was_erased(sqlite_database: SqliteDatabase) -> None:
    database, secret = sqlite_database, "secret" * 2_000
    async with database.transaction() as connection:
        await connection.execute(ADD, name=secret)
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM revisions WHERE name = :name", name=secret)
    await database.checkpoint()
    for path in database.path.parent.glob("test.db*"):
        assert b"secretsecret" not in path.read_bytes()


async def test_a_batch_that_waits_for_something_else_is_refused(sqlite_database: SqliteDatabase) -> None:
    async def dawdling(connection: Connection, names: Sequence[str]) -> list[int]:
        await connection.one("SELECT 1 AS found")
        await asyncio.sleep(0)
        return [1] * len(names)

    for use in (sqlite_database.batch_write, sqlite_database.batch_read):
        with pytest.raises(RuntimeError, match="waits for something else"):
            await use(dawdling, "row")
    assert await sqlite_database.batch_write(add_rows, "row") == 1


async def test_what_comes_while_a_batch_is_written_is_committed_too(sqlite_database: SqliteDatabase) -> None:
    async def block() -> None:
        async with sqlite_database.transaction() as connection:
            await connection.execute(ADD, name="row of a block")

    first = asyncio.create_task(sqlite_database.batch_write(add_rows, "row0"))
    for _ in range(3):
        await asyncio.sleep(0)  # Now the writer is at it.
    others = (sqlite_database.batch_write(add_rows, f"row{n}") for n in range(1, 10))
    await asyncio.gather(first, *others, block())
    async with sqlite_database.read() as connection:
        row = await connection.one("SELECT COUNT(*) AS number FROM revisions WHERE name LIKE 'row%'")
    assert row is not None
    assert row["number"] == 11
