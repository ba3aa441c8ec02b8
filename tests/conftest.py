"""Databases for every test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from moderator.storage.database import Database
from moderator.storage.migrate import migrate
from moderator.storage.sqlite import SqliteDatabase


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(tmp_path / "test.db")
    await migrate(database, now_ms=0)
    yield database
    await database.close()


@pytest.fixture
async def database(sqlite_database: SqliteDatabase) -> Database:
    return sqlite_database
