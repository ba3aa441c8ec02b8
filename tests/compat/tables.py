"""Everything that a database holds, to compare before and after."""

from moderator.storage.database import Database

SQLITE = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
POSTGRES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"


async def dump(database: Database) -> dict[str, list[str]]:
    """Return every row of every table, as text and in order."""
    async with database.read() as connection:
        names = [str(row["name"]) for row in await connection.all(SQLITE if database.engine == "sqlite" else POSTGRES)]
        return {
            name: sorted(str(dict(row)) for row in await connection.all(f"SELECT * FROM {name}"))
            for name in sorted(names)
        }


async def count(database: Database, table: str) -> int:
    """Return how many rows a table has."""
    return len((await dump(database))[table])
