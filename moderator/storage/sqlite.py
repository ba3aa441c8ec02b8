"""SQLite: one writer that commits whole groups, a few readers, and an operating-system lock against a second writer.

A transaction that waits alone costs nothing extra; sixty-four that wait together share one sync of the disk, which
makes `synchronous=FULL` free (docs/decisions/0002). There is no timer: a group is whatever waits when the writer is.
The writer's connection is the only one that writes or checkpoints, which also keeps clear of the WAL-reset bug of
SQLite 3.7.0 to 3.51.2.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, Self, cast

from moderator.domain.errors import StorageUnavailable
from moderator.storage.batching import ReadBatcher, Waiting
from moderator.storage.database import Batch, Connection, Item, Result
from moderator.storage.sqlite_connection import SqliteConnection, ThreadedConnection, ask, translated
from moderator.storage.sqlite_opening import BUSY_TIMEOUT_MS, connect, create_file, set_up_writer, take_lock

MAX_GROUP = 256
READERS = 2
OLDEST_LIBRARY = (3, 35, 0)  # RETURNING
PROBE_CHARACTERS = 32_768

_Landed = tuple[Waiting, Sequence[Any] | Exception]  # A batch, with its answers or with what its one item failed of.


class SqliteDatabase:
    """See `moderator.storage.database.Database`."""

    engine = "sqlite"

    def __init__(self, path: Path, *, writer: ThreadedConnection | None, readers: list[ThreadedConnection]) -> None:
        self.path = path
        self._writer = writer
        self._readers = readers
        self._free: asyncio.Queue[ThreadedConnection] = asyncio.Queue()
        for reader in readers:
            self._free.put_nowait(reader)
        self._read_batcher = ReadBatcher(self._answer)
        self._waiting: deque[_Transaction | Waiting] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._has_begun = False  # The group that is being written.
        self._fault: str | None = None
        self._log_is_due = False
        self._lock: IO[str] | None = None
        self._write_task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the file, as its one writer or for reading only.

        Raises:
            SecondWriter: another process writes to this database.
            StorageUnavailable: the file cannot be opened.
        """
        if sqlite3.sqlite_version_info < OLDEST_LIBRARY:
            raise StorageUnavailable(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed.")
        if read_only and not path.is_file():
            raise StorageUnavailable(f"There is no database {path.name}; start the service once, or: moderator migrate")
        lock = None if read_only else take_lock(path)
        opened: list[ThreadedConnection] = []
        try:
            with translated():
                writer = None
                if not read_only:
                    create_file(path)
                    writer = await connect(f"{path.absolute().as_uri()}?mode=rwc", opened)
                    await set_up_writer(writer)
                readers = [await connect(f"{path.absolute().as_uri()}?mode=ro", opened) for _ in range(READERS)]
        except BaseException:
            for connection in opened:
                await connection.close()
            if lock is not None:
                lock.close()
            raise
        database = cls(path, writer=writer, readers=readers)
        database._lock = lock
        if writer is not None:
            database._write_task = asyncio.create_task(database._write_loop(), name="sqlite-writer")
        return database

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """Lend one of the readers."""
        async with self._lend_reader() as reader:
            yield SqliteConnection(reader.execute_fetchall)

    @asynccontextmanager
    async def _lend_reader(self) -> AsyncIterator[ThreadedConnection]:
        reader = await self._free.get()
        try:
            if self._closing:
                raise StorageUnavailable("The database is closing.")
            yield reader
        finally:
            self._free.put_nowait(reader)

    async def _answer(self, batch: Waiting) -> Sequence[Any]:
        async with self._lend_reader() as reader:
            return await reader.run(partial(ask, batch=batch))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend the writer inside a savepoint of the next group; leave after the group's commit."""
        unit = _Transaction()
        self._enqueue(unit)
        try:
            yield await unit.started
        except BaseException as error:
            unit.finished.set_result(error)
            # Shielded: the caller goes on only when the writer has left the savepoint.
            await asyncio.shield(unit.settled)
            raise
        unit.finished.set_result(None)
        await asyncio.shield(unit.settled)

    async def batch_read(self, run: Batch[Item, Result], item: Item) -> Result:
        """Answer together with the others that wait for `run` now."""
        return await self._read_batcher.submit(run, item)

    async def batch_write(self, run: Batch[Item, Result], item: Item) -> Result:
        """Write together with the others that wait for `run` now; return after the commit."""
        for unit in self._waiting:
            if isinstance(unit, Waiting) and unit.run is run and not unit.is_full:
                break
        else:
            unit = Waiting(run)
            self._enqueue(unit)
        return cast("Result", await unit.add(item))

    async def check(self) -> None:
        """Raise `StorageUnavailable` unless the database takes writes.

        After a failed commit it writes some pages and removes them again: a small update may pass on a full disk
        where a comment would not.
        """
        async with self.transaction() as connection:
            if self._fault is None:
                await connection.execute("UPDATE revisions SET number = number WHERE name = 'directory'")
            else:
                name = "probe" + "x" * PROBE_CHARACTERS
                await connection.execute("INSERT INTO revisions (name, number) VALUES (:name, 0)", name=name)
                await connection.execute("DELETE FROM revisions WHERE name = :name", name=name)

    async def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it: after an erasure nothing of the text stays behind.

        A reader in the middle of a long statement keeps the log; the writer then tries again after each group.
        """
        if self._writer is None:
            return
        async with self._between_groups():
            with translated():
                await self._empty_log(self._writer)

    async def close(self) -> None:
        """Commit what waits, then close."""
        await self._read_batcher.close()
        self._closing = True
        self._wake.set()
        if self._write_task is not None:
            await self._write_task
        for connection in (*self._readers, *([self._writer] if self._writer else [])):
            await connection.close()
        if self._lock is not None:
            self._lock.close()

    def _enqueue(self, unit: "_Transaction | Waiting") -> None:
        if self._writer is None:
            raise StorageUnavailable("This database is open for reading only.")
        if self._closing:
            raise StorageUnavailable("The database is closing.")
        self._waiting.append(unit)
        self._wake.set()

    @asynccontextmanager
    async def _between_groups(self) -> AsyncIterator[None]:
        """Hold the writer outside any transaction."""
        unit = _Transaction(outside=True)
        self._enqueue(unit)
        try:
            await unit.started
            yield
        finally:
            unit.finished.set_result(None)

    async def _write_loop(self) -> None:
        while True:
            await self._wake.wait()
            if self._waiting:
                await self._write_group()
                if self._log_is_due:
                    await self._empty_log_at_once()
            elif self._closing:
                return
            else:
                self._wake.clear()

    async def _empty_log(self, writer: ThreadedConnection) -> None:
        ((is_busy, *_),) = await writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
        self._log_is_due = bool(is_busy)

    async def _empty_log_at_once(self) -> None:
        """Empty the log unless somebody reads just now: other writers are waiting."""
        writer = cast("ThreadedConnection", self._writer)
        with suppress(sqlite3.Error):  # It stays due.
            await writer.execute_fetchall("PRAGMA busy_timeout = 0")
            await self._empty_log(writer)
        await writer.execute_fetchall(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")

    async def _write_group(self) -> None:
        """Run what waits now in one transaction, each unit in its savepoint; answer after the commit."""
        first = self._waiting[0]
        if isinstance(first, _Transaction) and first.outside:
            self._waiting.popleft()
            await first.run_outside()
            return
        writer = cast("ThreadedConnection", self._writer)
        landed: list[_Transaction | Waiting] = []
        results: list[_Landed] = []
        unit: _Transaction | Waiting | None = None
        self._has_begun = False
        try:
            with translated():
                while self._waiting and len(landed) < MAX_GROUP:
                    unit = self._waiting[0]
                    if isinstance(unit, _Transaction) and unit.outside:
                        break
                    self._waiting.popleft()
                    if isinstance(unit, _Transaction):
                        if await self._run_transaction(writer, unit):
                            landed.append(unit)
                        continue
                    found = await writer.run(partial(self._run_batch, unit))
                    results += found
                    landed += [batch for batch, _ in found]
                    if not writer.in_transaction:
                        break  # It is committed.
                unit = None
                if writer.in_transaction:
                    await writer.execute_fetchall("COMMIT")
        except BaseException as error:
            await self._undo_group(writer, landed if unit is None else [*landed, unit], error)
            if not isinstance(error, Exception):
                raise
            return
        self._fault = None
        for batch, answers in results:
            if isinstance(answers, Exception):
                batch.reject(answers)
            else:
                batch.resolve(answers)
        for unit in landed:
            if isinstance(unit, _Transaction):
                unit.settle()

    async def _undo_group(
        self, writer: ThreadedConnection, units: Sequence["_Transaction | Waiting"], error: BaseException
    ) -> None:
        """Roll the whole group back and tell every member why. When BEGIN itself failed, everybody waiting is told."""
        self._fault = str(error)
        with suppress(sqlite3.Error):
            if writer.in_transaction:
                await writer.execute_fetchall("ROLLBACK")
        if not self._has_begun:
            units = [*units, *self._waiting]
            self._waiting.clear()
        for unit in units:
            unit.reject(error)

    async def _run_transaction(self, writer: ThreadedConnection, unit: "_Transaction") -> bool:
        """Lend the writer to a waiting block; return whether its work stays."""
        if unit.started.done():  # Its caller was cancelled while waiting.
            unit.settle()
            return False
        if not writer.in_transaction:
            await writer.execute_fetchall("BEGIN IMMEDIATE")
            self._has_begun = True
        await writer.execute_fetchall("SAVEPOINT unit")
        unit.started.set_result(SqliteConnection(writer.execute_fetchall))
        error = await unit.finished
        if error is None:
            await writer.execute_fetchall("RELEASE unit")
            return True
        if isinstance(error, StorageUnavailable):
            raise error
        await writer.execute_fetchall("ROLLBACK TO unit")
        await writer.execute_fetchall("RELEASE unit")
        unit.settle()
        return False

    def _run_batch(self, batch: Waiting, writer: sqlite3.Connection) -> list[_Landed]:
        """Run a batch and, when nothing else waits for this group, commit: all in one hop. In the writer's thread."""
        if not writer.in_transaction:
            writer.execute("BEGIN IMMEDIATE")
            self._has_begun = True
        landed = _run_in_savepoint(writer, batch)
        if not self._waiting:
            writer.execute("COMMIT")
        return landed


def _run_in_savepoint(writer: sqlite3.Connection, batch: Waiting) -> list[_Landed]:
    """Run a batch, or each of its items alone when the whole fails; return what there is to answer."""
    writer.execute("SAVEPOINT unit")
    try:
        answers = ask(writer, batch)
    except Exception as error:
        if isinstance(error, StorageUnavailable):  # A full disk, say: SQLite may have rolled the whole group back.
            raise
        writer.execute("ROLLBACK TO unit")
        writer.execute("RELEASE unit")
        if len(batch.items) == 1:
            return [(batch, error)]
        singles = [
            Waiting(batch.run, [item], [future]) for item, future in zip(batch.items, batch.futures, strict=True)
        ]
        return [landed for single in singles for landed in _run_in_savepoint(writer, single)]
    writer.execute("RELEASE unit")
    return [(batch, answers)]


class _Transaction:
    """A block that waits for the writer: `started` lends it, `finished` gives it back, `settled` is the commit."""

    __slots__ = ("finished", "outside", "settled", "started")

    def __init__(self, *, outside: bool = False) -> None:
        loop = asyncio.get_running_loop()
        self.started: asyncio.Future[Connection] = loop.create_future()
        self.finished: asyncio.Future[BaseException | None] = loop.create_future()
        self.settled: asyncio.Future[None] = loop.create_future()
        self.outside = outside

    async def run_outside(self) -> None:
        """Let the block run where no transaction is open."""
        if not self.started.done():
            self.started.set_result(cast("Connection", None))
            await self.finished
        self.settle()

    def settle(self) -> None:
        """Let the block go on: its work is committed or undone, as it asked."""
        if not self.settled.done():
            self.settled.set_result(None)

    def reject(self, error: BaseException) -> None:
        """Tell the block that nothing was committed."""
        if not self.started.done():
            self.started.set_exception(error)
            self.settle()
        elif not self.settled.done():
            self.settled.set_exception(error)
            self.settled.exception()  # A caller cancelled twice never collects it, and that is not a fault.
