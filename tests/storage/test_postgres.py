"""What only PostgreSQL can do wrong: a server that is away, a lock that is held, an address with a password."""

import asyncio
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import anyio
import psycopg
import pytest

from moderator.domain.errors import Invalid, StorageUnavailable
from moderator.storage import postgres
from moderator.storage.database import Connection, Database
from moderator.storage.engine import open_database
from moderator.storage.migrate import migrate
from moderator.storage.postgres import PostgresDatabase
from tests.conftest import PostgresServer, name_of
from tests.storage.test_transactions import ADD, add_rows

pytestmark = pytest.mark.anyio


async def test_an_address_of_neither_engine_is_refused() -> None:
    for url in ("mysql://x", "sqlite://", "sqlite:///", "", "postgres", "postgresql://"):
        with pytest.raises(Invalid):
            await open_database(url)


async def test_both_spellings_of_the_address_open(postgres_url: str) -> None:
    for url in (postgres_url, postgres_url.replace("postgresql://", "postgres://")):
        database = await open_database(url)
        assert database.engine == "postgresql"
        await database.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:hunter2secret@127.0.0.1:1/none?connect_timeout=1",
        "postgresql://someone:hunter2secret@127.0.0.1:notaport/none",
        "postgresql://someone:not@hunter2secret@127.0.0.1/none?connect_timeout=1",
        "postgresql://someone:not/hunter2secret@127.0.0.1/none",
        "postgresql://someone@127.0.0.1:1/none?password=hunter2secret&nonsense=1",
    ],
)
async def test_a_server_that_is_away_is_unavailable_and_the_password_stays_hidden(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(postgres, "WAIT_SECONDS", 0.3)
    with pytest.raises(StorageUnavailable) as raised:
        await PostgresDatabase.open(url)
    told = "".join(traceback.format_exception(raised.value))
    assert "hunter2secret" not in told + caplog.text


async def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "moderator.storage.postgres")
    monkeypatch.setitem(sys.modules, "psycopg_pool", None)
    with pytest.raises(StorageUnavailable, match=r"moderator\[postgres\]"):
        await open_database("postgresql://localhost/none")


async def test_the_driver_is_imported_for_postgresql_alone(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from moderator.storage.engine import open_database\n"
        "async def main():\n"
        "    database = await open_database(sys.argv[1])\n"
        "    await database.close()\n"
        "asyncio.run(main())\n"
        "print(sorted(name for name in sys.modules if name.startswith('psycopg')))\n"
    )
    done = await anyio.run_process([sys.executable, "-c", program, f"sqlite:///{tmp_path / 'a.db'}"])
    assert done.stdout.strip() == b"[]"


async def _refuse(sentence: str) -> asyncio.Server:
    """Start a server that answers every connection as PostgreSQL does when it lets nobody in."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(4), "big")
        await reader.readexactly(length - 4)
        fields = b"".join(kind + value.encode() + b"\0" for kind, value in ((b"S", "FATAL"), (b"M", sentence))) + b"\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ('password authentication failed for user "someone"', "does not accept the password"),
        ('no pg_hba.conf entry for host "127.0.0.1"', "does not let this user in"),
        ("sorry, too many clients already", "takes no more connections"),
        ("the database system is starting up", "does not answer"),
    ],
)
async def test_a_refusal_is_told_by_its_reason(sentence: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "WAIT_SECONDS", 0.3)
    server = await _refuse(sentence)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(StorageUnavailable, match=reason):
        await PostgresDatabase.open(f"postgresql://someone:pw@127.0.0.1:{port}/none?sslmode=disable&gssencmode=disable")
    server.close()
    await server.wait_closed()


async def test_a_database_or_role_that_is_not_there_is_named_at_once(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_new_pool", None)  # Nothing is tried again.
    with pytest.raises(StorageUnavailable, match="no database of that name"):
        await PostgresDatabase.open(postgres_url.replace(name_of(postgres_url), "nowhere"))
    with pytest.raises(StorageUnavailable, match="does not let this user in"):
        await PostgresDatabase.open(postgres_url.replace("postgres:@", "stranger:@"))


async def test_a_database_that_cannot_hold_every_text_is_refused(postgres_server: PostgresServer) -> None:
    postgres_server.run("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    url = postgres_server.uri.replace("/postgres?", "/latin?")
    try:
        with pytest.raises(StorageUnavailable, match="LATIN1"):
            await PostgresDatabase.open(url)
    finally:
        postgres_server.drop(url)


async def test_a_standby_is_unavailable_for_writing(postgres_server: PostgresServer, postgres_url: str) -> None:
    postgres_server.run(f"ALTER DATABASE {name_of(postgres_url)} SET default_transaction_read_only = on")
    database = await PostgresDatabase.open(postgres_url)
    with pytest.raises(StorageUnavailable, match="standby"):
        await migrate(database, now_ms=0)
    await database.close()


async def test_a_statement_that_takes_too_long_is_ended(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_SETTINGS", {"statement_timeout": "50ms"})
    database = await PostgresDatabase.open(postgres_url)
    with pytest.raises(StorageUnavailable, match="took too long"):
        async with database.read() as connection:
            await connection.one("SELECT pg_sleep(60)")
    await database.close()


async def test_batches_on_a_database_for_reading_are_refused(postgres_url: str) -> None:
    database = await PostgresDatabase.open(postgres_url, read_only=True)
    with pytest.raises(StorageUnavailable, match="reading only"):
        await database.batch_write(add_rows, "row")
    await database.close()


async def test_a_batch_on_a_lost_server_is_unavailable_for_each_caller(
    postgres_server: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "WAIT_SECONDS", 0.3)
    database = await PostgresDatabase.open(postgres_url)
    await asyncio.to_thread(postgres_server.drop, postgres_url)
    outcomes = await asyncio.gather(
        *(database.batch_write(add_rows, f"row{n}") for n in range(3)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 3
    await database.close()


async def test_a_connection_lost_within_a_batch_is_told_and_the_next_batch_lands(
    postgres_database: PostgresDatabase,
) -> None:
    async def dying(connection: Connection, names: Sequence[str]) -> list[int]:
        await add_rows(connection, names)
        await connection.one("SELECT pg_terminate_backend(pg_backend_pid())")
        return [0] * len(names)

    with pytest.raises(StorageUnavailable):
        await postgres_database.batch_write(dying, "row")
    assert await postgres_database.batch_write(add_rows, "row") == 1


async def test_who_waited_for_the_lock_sees_what_was_committed_meanwhile(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    postgres_server.run(f"ALTER DATABASE {name_of(postgres_url)} SET default_transaction_isolation = 'serializable'")
    database = await PostgresDatabase.open(postgres_url)
    async with database.transaction() as connection:
        row = await connection.one("SELECT current_setting('transaction_isolation') AS level")
    assert row is not None
    assert row["level"] == "read committed"
    await database.close()


async def test_a_database_for_reading_takes_no_writes(postgres_database: PostgresDatabase, postgres_url: str) -> None:
    beside = await PostgresDatabase.open(postgres_url, read_only=True)
    with pytest.raises(StorageUnavailable, match="reading only"):
        async with beside.transaction():
            pass
    await beside.close()


async def test_a_lost_connection_is_replaced(
    postgres_database: PostgresDatabase, postgres_server: PostgresServer
) -> None:
    async with postgres_database.transaction() as connection:
        row = await connection.one("SELECT current_database() AS name")
    assert row is not None
    name = row["name"]
    end_all = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    with pytest.raises(StorageUnavailable):
        async with postgres_database.transaction() as connection:
            await connection.execute(ADD, name="row lost")
            await asyncio.to_thread(postgres_server.run, end_all)
            await connection.execute(ADD, name="row lost too")
    await asyncio.to_thread(postgres_server.run, end_all)
    assert await postgres_database.batch_write(add_rows, "row") == 1
    async with postgres_database.read() as connection:
        rows = await connection.all("SELECT name FROM revisions WHERE name LIKE :like", like="row%")
    assert [found["name"] for found in rows] == ["row"]


async def test_workers_write_one_at_a_time(postgres_database: PostgresDatabase) -> None:
    async with postgres_database.read() as connection:
        row = await connection.one(
            "SELECT current_database() AS name, current_setting('unix_socket_directories') AS host"
        )
    assert row is not None
    other = await PostgresDatabase.open(f"postgresql://postgres:@/{row['name']}?host={row['host']}")
    order: list[str] = []

    async def late() -> None:
        async with other.transaction():
            order.append("other")

    async with postgres_database.transaction():
        waiting = asyncio.create_task(late())
        while not await _is_waiting_for_lock(postgres_database):
            await asyncio.sleep(0.01)
        order.append("first")
    await waiting
    assert order == ["first", "other"]
    await other.close()


async def _is_waiting_for_lock(database: Database) -> bool:
    async with database.read() as connection:
        return await connection.one("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") is not None


async def test_a_lock_held_for_too_long_is_unavailable(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_SETTINGS", {"lock_timeout": "50ms"})
    database = await PostgresDatabase.open(postgres_url)
    with psycopg.connect(postgres_url) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [postgres.LOCK])
        with pytest.raises(StorageUnavailable, match="locked"):
            await database.check()
    await database.close()


async def test_commits_are_on_disk_whatever_the_server_says(postgres_server: PostgresServer, postgres_url: str) -> None:
    postgres_server.run(f"ALTER DATABASE {name_of(postgres_url)} SET synchronous_commit = off")
    database = await PostgresDatabase.open(postgres_url)
    async with database.transaction() as connection:
        row = await connection.one("SELECT current_setting('synchronous_commit') AS setting")
    assert row is not None
    assert row["setting"] == "on"
    await database.close()
