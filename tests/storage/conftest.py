"""A database with two sites and two people in it, and a transaction to fill it."""

from collections.abc import AsyncIterator

import pytest

from moderator.storage.database import Connection, Database
from tests.storage import rows


@pytest.fixture
async def peopled(database: Database) -> Database:
    """Return a database that has what comments, cases and decisions refer to."""
    async with database.transaction() as connection:
        await rows.add_sites(connection)
        await rows.add_people(connection)
    return database


@pytest.fixture
async def connection(peopled: Database) -> AsyncIterator[Connection]:
    """Lend the writing connection for a whole test that looks only at what it wrote itself."""
    async with peopled.transaction() as connection:
        yield connection
