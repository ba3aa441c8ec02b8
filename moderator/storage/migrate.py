"""Migrations: numbered SQL files, forward only, each recorded with the hash of its text."""

import hashlib
import re
import sqlite3
from dataclasses import dataclass
from importlib import resources

from moderator.domain.errors import SchemaRefused
from moderator.storage.database import Connection, Database

_NAME = re.compile(r"(\d{4})_(\w+?)(?:\.(sqlite|postgresql))?\.sql")

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_ms BIGINT NOT NULL
)
"""
HAS_TABLE = {
    "sqlite": "SELECT 1 AS found FROM sqlite_schema WHERE name = 'schema_migrations'",
    "postgresql": "SELECT 1 AS found WHERE to_regclass('schema_migrations') IS NOT NULL",
}
APPLIED = "SELECT number, name, sha256 FROM schema_migrations ORDER BY number"
RECORD = """
INSERT INTO schema_migrations (number, name, sha256, applied_ms) VALUES (:number, :name, :sha256, :applied_ms)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Return the hash by which a changed file is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def load_migrations(engine: str) -> list[Migration]:
    """Return the steps for an engine, in order."""
    found = []
    for file in resources.files("moderator.storage").joinpath("migrations").iterdir():
        match = _NAME.fullmatch(file.name)
        if match and match[3] in (None, engine):
            found.append(Migration(number=int(match[1]), name=f"{match[1]}_{match[2]}", sql=file.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.number)


async def migrate(database: Database, *, now_ms: int) -> list[str]:
    """Apply what is missing, each step in its transaction, and return the names.

    Raises:
        SchemaRefused: the database is newer than this program, or a step was changed after it ran.
    """
    applied = []
    async with database.transaction() as connection:
        await connection.execute(CREATE_TABLE)
    for migration in load_migrations(database.engine):
        async with database.transaction() as connection:
            if migration.number in await _check(connection, database.engine):
                continue
            for statement in statements(migration.sql):
                await connection.execute(statement)
            await connection.execute(
                RECORD, number=migration.number, name=migration.name, sha256=migration.sha256, applied_ms=now_ms
            )
        applied.append(migration.name)
    return applied


async def check_schema(database: Database) -> None:
    """Raise `SchemaRefused` unless the database has exactly the schema of this program."""
    async with database.read() as connection:
        await check_schema_of(connection)


async def check_schema_of(connection: Connection) -> None:
    """Raise `SchemaRefused` unless what this connection sees has exactly the schema of this program."""
    engine = connection.engine
    is_new = await connection.one(HAS_TABLE[engine]) is None
    applied = set() if is_new else await _check(connection, engine)
    missing = [migration.name for migration in load_migrations(engine) if migration.number not in applied]
    if missing:
        raise SchemaRefused(f"The database lacks {', '.join(missing)}; run: moderator migrate")


async def _check(connection: Connection, engine: str) -> set[int]:
    known = {migration.number: migration for migration in load_migrations(engine)}
    applied = set()
    for row in await connection.all(APPLIED):
        migration = known.get(row["number"])
        if migration is None:
            raise SchemaRefused(f"The database is newer than this program: it has had {row['name']}.")
        if migration.sha256 != row["sha256"]:
            raise SchemaRefused(f"Migration {row['name']} was changed after it had run.")
        applied.add(migration.number)
    return applied


def statements(sql: str) -> list[str]:
    """Cut a script into statements; SQLite's own tokenizer says where one ends. The last may lack its semicolon."""
    found, current = [], ""
    for line in sql.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            found.append(current.strip())
            current = ""
    return [*found, current.strip()] if current.strip() else found
