"""How the file of a SQLite database is opened: its lock, its mode, and what each connection is set to."""

import fcntl
import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import IO

from moderator.domain.errors import SecondWriter, StorageUnavailable
from moderator.storage.sqlite_connection import ThreadedConnection

BUSY_TIMEOUT_MS = 2_000

# FULL: a commit is on disk before it is answered. secure_delete: erased text leaves the file, not only the index.
_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
)
_WRITER_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -8192",
    "PRAGMA secure_delete = ON",
)


async def connect(uri: str, opened: list[ThreadedConnection]) -> ThreadedConnection:
    """Return a connection, which is added to `opened` before anything can go wrong with it."""
    make = partial(sqlite3.connect, uri, uri=True, isolation_level=None, cached_statements=512)
    connection = ThreadedConnection(make, iter_chunk_size=64)
    await connection
    opened.append(connection)
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        await connection.execute_fetchall(pragma)
    return connection


def create_file(path: Path) -> None:
    """Make a new file that only its owner can read; SQLite gives its log the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageUnavailable(f"The database file cannot be opened: {error.strerror}.") from error


async def set_up_writer(writer: ThreadedConnection) -> None:
    """Let a connection write. Raises StorageUnavailable where the disk can keep no write-ahead log."""
    rows = list(await writer.execute_fetchall("PRAGMA journal_mode = WAL"))
    if rows[0][0] != "wal":
        raise StorageUnavailable("SQLite cannot keep a write-ahead log here; a network file system, perhaps?")
    for pragma in _WRITER_PRAGMAS:
        await writer.execute_fetchall(pragma)


def take_lock(path: Path) -> IO[str]:
    """Take the writer's lock, a file beside the database; the operating system frees it when the process dies."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("a+", encoding="ascii")
    except OSError as error:
        raise StorageUnavailable(f"The folder of the database cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise SecondWriter(
            f"Another process (id {holder}) writes to {path.name}. SQLite has one writer; stop that process, "
            "or use PostgreSQL for several."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
