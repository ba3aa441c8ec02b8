"""What a database offers, whichever engine it is: reads, transactions, and batches that share a commit.

The protocol is the connection, so each statement is written once. Parameters are `:named`; times are integer
milliseconds; booleans are 0 and 1. The engines translate; nothing above this package knows which one runs.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

Value = str | int | float | None
Row = Mapping[str, Any]  # The drivers do not type their columns; the mappers at each module's foot do.

Item = TypeVar("Item")
Result = TypeVar("Result")
Batch = Callable[["Connection", Sequence[Item]], Awaitable[Sequence[Result]]]

MAX_ROWS_PER_STATEMENT = 64


class Connection(Protocol):
    """A connection inside a read or a transaction. Not to be kept beyond it."""

    @property
    def engine(self) -> str:
        """Return `sqlite` or `postgresql`, for what the two do by different statements."""

    async def one(self, sql: str, /, **parameters: Value) -> Row | None:
        """Return the first row, or None."""

    async def all(self, sql: str, /, **parameters: Value) -> Sequence[Row]:
        """Return every row. A statement with RETURNING belongs here too."""

    async def execute(self, sql: str, /, **parameters: Value) -> None:
        """Run a statement whose rows nobody needs."""

    async def many(self, sql: str, rows: Sequence[Sequence[Value]], /) -> Sequence[Row]:
        """Run a statement in which `{values}` stands for many rows, and return the rows it gives.

        An INSERT, or a question about many things: `WITH asked (n, id) AS ({values}) SELECT …`.

        One statement with many rows lets the interpreter lock go once, `executemany` once a row.
        """


class Database(Protocol):
    """Both engines. All methods may raise `StorageUnavailable`; nothing is then committed."""

    @property
    def engine(self) -> str:
        """Return `sqlite` or `postgresql`."""

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection that cannot write."""

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """Lend the writing connection; leaving the block without an error means: committed, on disk.

        An error inside the block undoes the block alone. Opened by use cases only, never held across scoring, files
        or the network: other writers wait.
        """

    async def batch_read(self, run: Batch[Item, Result], item: Item) -> Result:
        """Answer `item` together with the items of other callers that wait for the same `run` now.

        `run` waits for nothing but its connection: on SQLite it runs to its end in that connection's thread.
        """

    async def batch_write(self, run: Batch[Item, Result], item: Item) -> Result:
        """Like `batch_read`, in one transaction; returns after its commit.

        When `run` fails for a group, each item is tried alone, so that one caller's bad row spoils nobody's.
        """

    async def check(self) -> None:
        """Return when the database can be written, raise `StorageUnavailable` when it cannot."""

    async def checkpoint(self) -> None:
        """Let nothing that was overwritten stay in a log beside the database. After an erasure."""

    async def close(self) -> None:
        """Finish what waits, then close every connection."""
