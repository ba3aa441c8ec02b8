"""What only PostgreSQL can do wrong: a server that is away, a lock that is held, an address with a password."""

import asyncio

import psycopg
import pytest

from moderator.domain.errors import Invalid, StorageUnavailable
from moderator.storage import postgres
from moderator.storage.database import Database
from moderator.storage.engine import open_database
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
    ],
)
async def test_a_server_that_is_away_is_unavailable_and_the_password_stays_hidden(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(postgres, "WAIT_SECONDS", 0.3)
    with pytest.raises(StorageUnavailable) as raised:
        await PostgresDatabase.open(url)
    assert "hunter2secret" not in str(raised.value) + caplog.text


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
