"""One moment of the database for whoever reads for long, beside a service that goes on writing.

On SQLite the file is copied by the backup API: a long read of the file itself would keep its write-ahead log from being
emptied, and with it what was erased meanwhile. On PostgreSQL it is one read-only transaction at "repeatable read".
Neither takes the writer's lock.
"""

import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from moderator.domain.errors import Invalid, StorageCorrupt, StorageUnavailable
from moderator.storage.database import Connection
from moderator.storage.engine import open_database
from moderator.storage.migrate import check_schema_of
from moderator.storage.sqlite_connection import SqliteConnection, ThreadedConnection, translated

COPY: Final = "snapshot.db"
PAGES_PER_STEP: Final = 2_000  # 8 MB: the copy then says how far it is some dozen times a second.

Progress = Callable[[int, int], object]


@asynccontextmanager
async def open_snapshot(
    url: str, folder: Path, progress: Progress = lambda _done, _total: None
) -> AsyncIterator[Connection]:
    """Lend a connection that sees the database as it was at one moment, and cannot write.

    Args:
        folder: where the copy of an SQLite database stands while it is made. Its name is gone before anything is read
            from it, so that nobody's comments outlive the process.
        progress: told how many pages of SQLite's are copied, of how many.

    Raises:
        Invalid: the address is none of a database.
        StorageUnavailable: the database is not there, or the disk has no room for the copy.
        StorageCorrupt: what was copied is damaged.
        SchemaRefused: it has not the schema of this program.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and len(rest) > 1:
        lent = _copied(Path(rest[1:]), folder / COPY, progress)
    elif scheme in ("postgresql", "postgres"):
        lent = _repeatable(url)
    else:
        raise Invalid("MODERATOR_DATABASE must be sqlite:///path or postgresql://…")
    async with lent as connection:
        await check_schema_of(connection)
        yield connection


@asynccontextmanager
async def _repeatable(url: str) -> AsyncIterator[Connection]:
    from moderator.storage.postgres import PostgresDatabase  # Only where its driver is installed.

    database = await open_database(url, read_only=True)
    assert isinstance(database, PostgresDatabase)
    try:
        async with database.snapshot() as connection:
            yield connection
    finally:
        await database.close()


@asynccontextmanager
async def _copied(source: Path, copy: Path, progress: Progress) -> AsyncIterator[Connection]:
    if not source.is_file():
        raise StorageUnavailable(f"There is no database {source.name}; start the service once, or: moderator migrate")
    try:
        copy.unlink(missing_ok=True)  # A process that was killed while it copied may have left its own.
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise StorageUnavailable(f"The copy of the database cannot be written: {error.strerror}.") from error
    try:
        with translated():
            _copy(source, copy, progress)
            # Nobody writes the copy: without locks and log, SQLite reads it by the open file alone.
            address = f"{copy.absolute().as_uri()}?mode=ro&immutable=1"
            opened = ThreadedConnection(partial(sqlite3.connect, address, uri=True, isolation_level=None), 64)
            await opened
            await opened.execute_fetchall("SELECT 1 FROM sqlite_schema LIMIT 1")
    finally:
        copy.unlink(missing_ok=True)
    try:
        opened.row_factory = sqlite3.Row
        with translated():
            for pragma in ("PRAGMA temp_store = MEMORY", "PRAGMA trusted_schema = OFF"):
                await opened.execute_fetchall(pragma)
            ((answer,),) = await opened.execute_fetchall("PRAGMA quick_check(1)")
        if answer != "ok":
            raise StorageCorrupt("The database file is damaged; restore a backup.")
        yield SqliteConnection(opened.execute_fetchall)
    finally:
        await opened.close()


def _copy(source: Path, copy: Path, progress: Progress) -> None:
    """Copy page by page what the database was at the first of them.

    An open read transaction keeps that moment; without it every commit of the service would start the copy anew, and on
    a busy site it would never end.
    """
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10.0)
    writing = sqlite3.connect(copy, isolation_level=None)
    try:
        writing.execute("PRAGMA synchronous = OFF")
        writing.execute("PRAGMA journal_mode = OFF")
        reading.execute("BEGIN")
        reading.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        reading.backup(
            writing, pages=PAGES_PER_STEP, sleep=0.0, progress=lambda _, left, total: progress(total - left, total)
        )
    finally:
        writing.close()
        reading.close()
