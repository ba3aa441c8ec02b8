"""One connection to SQLite and the thread that it lives in: a hop for each statement, or one for a whole batch.

A hop to the thread and back takes the interpreter's lock twice; under load that costs more than the statement. So a
batch, which waits for nothing but its connection, runs to its end in the thread.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar, cast

import aiosqlite

from moderator.domain.errors import StorageCorrupt, StorageUnavailable
from moderator.storage.batching import Waiting
from moderator.storage.database import MAX_ROWS_PER_STATEMENT, Row, Value

Result = TypeVar("Result")
Fetch = Callable[[str, Mapping[str, Value] | Sequence[Value]], Awaitable[Any]]


class ThreadedConnection(aiosqlite.Connection):
    """aiosqlite's connection, whose thread also runs functions."""

    async def run(self, function: Callable[[sqlite3.Connection], Result]) -> Result:
        """Return what a function gives that is run in the connection's thread."""
        return cast("Result", await self._execute(function, self._conn))  # type: ignore[no-untyped-call]


class SqliteConnection:
    """See `moderator.storage.database.Connection`. `fetch` runs one statement and gives its rows."""

    engine = "sqlite"
    __slots__ = ("_fetch",)

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    async def one(self, sql: str, /, **parameters: Value) -> Row | None:
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None

    async def all(self, sql: str, /, **parameters: Value) -> Sequence[Row]:
        with translated():
            rows = await self._fetch(_dialect(sql), parameters)
        return cast("Sequence[Row]", rows)

    async def execute(self, sql: str, /, **parameters: Value) -> None:
        with translated():
            await self._fetch(_dialect(sql), parameters)

    async def many(self, sql: str, rows: Sequence[Sequence[Value]], /) -> Sequence[Row]:
        returned: list[Row] = []
        for chunk in _chunks(rows):
            statement = with_values(sql, len(chunk), len(chunk[0]))
            with translated():
                found = await self._fetch(statement, [value for row in chunk for value in row])
            returned.extend(cast("Sequence[Row]", found))
        return returned


def ask(connection: sqlite3.Connection, batch: Waiting) -> Sequence[Any]:
    """Run a batch in the connection's thread and return its answers.

    Raises:
        RuntimeError: it waits for something else than its connection, which nobody in this thread would wake.
    """

    async def fetch(sql: str, parameters: Mapping[str, Value] | Sequence[Value]) -> Sequence[Any]:
        return connection.execute(sql, parameters).fetchall()

    running = batch.ask(SqliteConnection(fetch))
    try:
        running.send(None)
    except StopIteration as done:
        return cast("Sequence[Any]", done.value)
    running.close()
    raise RuntimeError(f"{batch.run!r} waits for something else than its connection.")


def _chunks(rows: Sequence[Sequence[Value]]) -> Iterator[Sequence[Sequence[Value]]]:
    """Cut rows into powers of two, so that few statement texts exist and the statement cache holds them all."""
    start = 0
    while start < len(rows):
        size = min(MAX_ROWS_PER_STATEMENT, 1 << (len(rows) - start).bit_length() - 1)
        yield rows[start : start + size]
        start += size


@lru_cache(maxsize=512)
def with_values(sql: str, rows: int, columns: int) -> str:
    """Return a statement with so many rows of so many places for its `{values}`."""
    row = f"({', '.join('?' * columns)})"
    return _dialect(sql).replace("{values}", "VALUES " + ", ".join([row] * rows))


@lru_cache(maxsize=512)
def _dialect(sql: str) -> str:
    """Drop the tokens that only PostgreSQL needs: SQLite has one writer, so nothing else can lock a row."""
    return sql.replace("{skip_locked}", "")


_UNAVAILABLE = (
    (sqlite3.SQLITE_BUSY, "The database is locked by another program."),
    (sqlite3.SQLITE_LOCKED, "The database is locked by another program."),
    (sqlite3.SQLITE_FULL, "The disk is full."),
    (sqlite3.SQLITE_IOERR, "The disk reports an error."),
    (sqlite3.SQLITE_CANTOPEN, "The database file cannot be opened."),
    (sqlite3.SQLITE_READONLY, "The database file cannot be written."),
    (sqlite3.SQLITE_PERM, "The database file may not be opened."),
)
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def translated() -> Iterator[None]:
    """Wrap what an operator can act on; mistakes in our SQL pass as they are."""
    try:
        yield
    except sqlite3.Error as error:
        primary = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        for code, message in _UNAVAILABLE:
            if primary == code:
                raise StorageUnavailable(message) from error
        if primary in _CORRUPT:
            raise StorageCorrupt("The database file is damaged; restore a backup.") from error
        raise
