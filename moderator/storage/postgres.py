"""PostgreSQL: a pool of readers, and one writer at a time over all processes.

Every write transaction first takes one advisory lock, so that what reads and then writes (an idempotency key, a claim,
the end of the audit chain) is as safe with several workers as it is on SQLite's single writer. What waits meanwhile
shares the next commit, so the lock costs little: a worker commits up to 128 comments at once.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Self, cast

import psycopg
from psycopg import IsolationLevel
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.numeric import IntDumper
from psycopg_pool import AsyncConnectionPool

from moderator.domain.errors import StorageUnavailable
from moderator.storage.batching import ReadBatcher, Waiting
from moderator.storage.database import Batch, Connection, Item, Result
from moderator.storage.postgres_connection import KNOWN, PgConnection, PostgresConnection, translated

READERS: Final = 4
WAIT_SECONDS: Final = 10.0
LOCK: Final = 0x6D6F6465  # “mode”: the writers' advisory lock.

# Whatever the server's defaults: a commit is on disk before it is answered; a transaction that has waited for the
# writers' lock sees what was committed meanwhile, which it would not under "repeatable read"; nothing waits for ever.
_SETTINGS: Final = {
    "synchronous_commit": "on",
    "default_transaction_isolation": "read\\ committed",
    "lock_timeout": "10s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
}

# For a server that has vanished without a word: half a minute until the connection counts as lost.
_CONNECTION: Final[Mapping[str, str | int | None]] = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "client_encoding": "UTF8",
    "application_name": "moderator",
}

# The pool logs why it could not connect, in libpq's words, and these can hold what stands before the host: with an "@"
# in a password that was not escaped, a part of it. What an operator needs is in StorageUnavailable.
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)

Pool = AsyncConnectionPool[PgConnection]


class PostgresDatabase:
    """See `moderator.storage.database.Database`."""

    engine = "postgresql"

    def __init__(self, readers: Pool, writer: Pool | None) -> None:
        self._readers = readers
        self._writer = writer
        self._read_batcher = ReadBatcher(self._answer)
        self._writing = asyncio.Lock()
        self._waiting: list[Waiting] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @classmethod
    async def open(cls, url: str, *, read_only: bool = False) -> Self:
        """Connect.

        Raises:
            StorageUnavailable: there is no server, or it does not let us in. The message has no password.
        """
        pools: list[Pool] = []
        try:
            with translated():
                conninfo = _conninfo(url)
                await _knock(conninfo)
                pools.append(_new_pool("readers", conninfo, READERS))
                if not read_only:
                    pools.append(_new_pool("writer", conninfo, 1))
                for pool in pools:
                    await pool.open(wait=True, timeout=WAIT_SECONDS)
        except BaseException:
            for pool in pools:
                await pool.close()
            raise
        return cls(pools[0], pools[1] if len(pools) > 1 else None)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """Lend one of the readers."""
        with translated():
            connection = await self._readers.getconn()
        try:
            with translated():
                await connection.set_read_only(True)
            async with _transaction(connection):
                yield PostgresConnection(connection)
        finally:
            await self._readers.putconn(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """Lend a reader that sees one moment, however long it reads. The connection is given up after it."""
        with translated():
            connection = await self._readers.getconn()
        try:
            with translated():
                await connection.set_read_only(True)
                await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            async with _transaction(connection):
                lent = PostgresConnection(connection)
                await lent.execute("SET LOCAL statement_timeout = 0")
                await lent.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                yield lent
        finally:
            await connection.close()  # It would keep its isolation level, and the pool makes another.
            await self._readers.putconn(connection)

    async def _answer(self, batch: Waiting) -> Sequence[Any]:
        async with self.read() as connection:
            return await batch.ask(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend the writer; leave after the commit."""
        self._check_open()
        async with self._writing, self._lend_writer() as connection:
            yield connection

    def _check_open(self) -> None:
        if self._writer is None:
            raise StorageUnavailable("This database is open for reading only.")
        if self._closing:
            raise StorageUnavailable("The database is closing.")

    @asynccontextmanager
    async def _lend_writer(self) -> AsyncIterator[Connection]:
        writer = cast("Pool", self._writer)  # Whoever comes here has passed _check_open.
        with translated():
            connection = await writer.getconn()
        try:
            async with _transaction(connection):
                lent = PostgresConnection(connection)
                await lent.execute("SELECT pg_advisory_xact_lock(:lock)", lock=LOCK)
                yield lent
        finally:
            await writer.putconn(connection)

    async def batch_read(self, run: Batch[Item, Result], item: Item) -> Result:
        """Answer together with the others that wait for `run` now."""
        return await self._read_batcher.submit(run, item)

    async def batch_write(self, run: Batch[Item, Result], item: Item) -> Result:
        """Write together with the others that wait for `run` now; return after the commit."""
        self._check_open()
        for batch in self._waiting:
            if batch.run is run and not batch.is_full:
                break
        else:
            batch = Waiting(run)
            self._waiting.append(batch)
            task = asyncio.create_task(self._write(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return cast("Result", await batch.add(item))

    async def _write(self, batch: Waiting) -> None:
        """Commit a batch when the writer is free; what comes until then joins it."""
        async with self._writing:
            self._waiting.remove(batch)
            try:
                async with self._lend_writer() as connection:
                    answers = await self._run(connection, batch)
            except Exception as error:  # The callers get it, each through its own future.
                batch.reject(error)
                return
            for part, results in answers:
                part.resolve(results)

    async def _run(self, connection: Connection, batch: Waiting) -> list[tuple[Waiting, Sequence[Any]]]:
        """Run a batch, or each of its items alone when the whole fails; return what stays, with the answers."""
        await connection.execute("SAVEPOINT unit")
        try:
            results = await batch.ask(connection)
        except Exception as error:
            if isinstance(error, StorageUnavailable):
                raise
            await connection.execute("ROLLBACK TO SAVEPOINT unit")
            if len(batch.items) == 1:
                batch.reject(error)
                return []
            singles = [
                Waiting(batch.run, [item], [future]) for item, future in zip(batch.items, batch.futures, strict=True)
            ]
            return [landed for single in singles for landed in await self._run(connection, single)]
        await connection.execute("RELEASE SAVEPOINT unit")
        return [(batch, results)]

    async def check(self) -> None:
        """Raise `StorageUnavailable` unless the database takes writes."""
        async with self.transaction() as connection:
            await connection.execute("UPDATE revisions SET number = number WHERE name = 'directory'")

    async def checkpoint(self) -> None:
        """Do nothing: the server's own log is its own business; docs/operations says how long it keeps what."""

    async def close(self) -> None:
        """Commit what waits, then close."""
        await self._read_batcher.close()
        self._closing = True
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        async with self._writing:
            for pool in (self._readers, self._writer):
                if pool is not None:
                    await pool.close()


@asynccontextmanager
async def _transaction(connection: PgConnection) -> AsyncIterator[None]:
    """Commit what the block did, or roll it back. An error of the block itself passes as it is.

    PostgreSQL goes on with nothing after a failed statement, and answers COMMIT with a quiet ROLLBACK. A block that
    caught the error and ends as if all were well is told.
    """
    try:
        yield
    except BaseException:
        with suppress(psycopg.Error):  # The error that led here says more.
            await connection.rollback()
        raise
    with translated():
        if connection.info.transaction_status == TransactionStatus.INERROR:
            await connection.rollback()
            raise StorageUnavailable("A statement of this transaction failed; nothing was committed.")
        await connection.commit()


class _NumberLoader(Loader):
    """Sums come as NUMERIC; all of ours are whole or may be floats."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode("ascii")
        return float(text) if "." in text else int(text)


class _BoolDumper(IntDumper):
    """Booleans are 0 and 1 in our columns."""

    def upgrade(self, obj: Any, format: Any) -> Any:  # noqa: A002 psycopg's own name
        return super().upgrade(int(obj), format)

    def get_key(self, obj: Any, format: Any) -> Any:  # noqa: A002
        return super().get_key(int(obj), format)


async def _set_up(connection: PgConnection) -> None:
    connection.adapters.register_loader("numeric", _NumberLoader)
    connection.adapters.register_dumper(bool, _BoolDumper)


def _conninfo(url: str) -> str:
    """Return connection parameters with our session settings; what the address says itself wins."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # Its words quote the address.
        raise StorageUnavailable("The address of the database is not one that PostgreSQL understands.") from None
    options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    given["options"] = f"{options} {given.get('options') or ''}".strip()
    return make_conninfo("", **{**_CONNECTION, **given})


# A refusal of the connection itself comes without SQLSTATE, only as the server's sentence.
_REFUSALS: Final = (
    (re.compile("password authentication failed|no password supplied"), "28P01"),
    (re.compile('no pg_hba.conf entry|role ".*" does not exist'), "28000"),
    (re.compile('database ".*" does not exist'), "3D000"),
    (re.compile("too many clients|connection slots are reserved"), "53300"),
)


async def _knock(conninfo: str) -> None:
    """Connect once and say at once why it is refused; the pool would try on until its time is over, and forget why.

    A server that is not there yet is the pool's to wait for.
    """
    try:
        connection = await psycopg.AsyncConnection.connect(conninfo)
    except psycopg.OperationalError as error:
        for words, code in _REFUSALS:
            if words.search(str(error)):
                raise StorageUnavailable(KNOWN[code]) from None
        return
    encoding = connection.info.parameter_status("server_encoding")
    await connection.close()
    if encoding != "UTF8":
        raise StorageUnavailable(f"The database is encoded in {encoding}; comments need one in UTF8.")


def _new_pool(name: str, conninfo: str, size: int) -> Pool:
    return AsyncConnectionPool(
        conninfo,
        connection_class=cast("type[PgConnection]", psycopg.AsyncConnection),
        kwargs={"row_factory": dict_row},
        min_size=1,
        max_size=size,
        name=name,
        timeout=WAIT_SECONDS,
        configure=_set_up,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
