"""Everything that a database holds, to compare before and after.

The search index is left out: SQLite cannot list it, and a pass beside the service fills it as it goes.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from moderator.storage.database import Database

SQLITE = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search%'"
POSTGRES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"


async def dump(database: Database) -> dict[str, list[str]]:
    """Return every row of every table, as text and in order."""
    async with database.read() as connection:
        names = [str(row["name"]) for row in await connection.all(SQLITE if database.engine == "sqlite" else POSTGRES)]
        return {
            name: sorted(str(dict(row)) for row in await connection.all(f"SELECT * FROM {name}"))
            for name in sorted(names)
        }


async def row_counts(database: Database) -> dict[str, int]:
    """Return how many rows each table has."""
    return {name: len(rows) for name, rows in (await dump(database)).items()}


async def count(database: Database, table: str) -> int:
    """Return how many rows a table has."""
    return (await row_counts(database))[table]


def row_counts_in(file: Path) -> dict[str, int]:
    """Return how many rows each table has in a SQLite file that a service has open."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute(SQLITE)]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
