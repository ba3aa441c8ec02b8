"""Reads that share a round trip: whoever waits now goes together, without a timer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from moderator.storage.database import Batch, Connection, Item, Result

MAX_BATCH = 128


@dataclass(slots=True, eq=False)
class Waiting:
    """Items of one batch function, each with the future that its caller waits on.

    Untyped inside, because one queue holds batches of many item types; `submit` and the two engines type the ends.
    """

    run: Batch[Any, Any]
    items: list[Any] = field(default_factory=list)
    futures: list[asyncio.Future[Any]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Return whether the next item needs another batch."""
        return len(self.items) >= MAX_BATCH

    def add(self, item: object) -> asyncio.Future[Any]:
        """Append an item and return the future of its result."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.items.append(item)
        self.futures.append(future)
        return future

    async def ask(self, connection: Connection) -> Sequence[Any]:
        """Run the batch. A wrong number of answers is an error here, where nothing is committed yet."""
        answers = await self.run(connection, self.items)
        if len(answers) != len(self.items):
            raise RuntimeError(f"{self.run!r} gave {len(answers)} answers to {len(self.items)} items.")
        return answers

    def resolve(self, results: Sequence[object]) -> None:
        """Answer every caller that still waits."""
        for future, result in zip(self.futures, results, strict=True):
            if not future.done():
                future.set_result(result)

    def reject(self, error: BaseException) -> None:
        """Fail every caller that still waits."""
        for future in self.futures:
            if not future.done():
                future.set_exception(error)


class ReadBatcher:
    """Runs at most one batch of a kind at a time; what arrives meanwhile makes up the next one."""

    def __init__(self, answer: Callable[[Waiting], Awaitable[Sequence[Any]]]) -> None:
        self._answer = answer
        self._next: dict[Batch[Any, Any], list[Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, run: Batch[Item, Result], item: Item) -> Awaitable[Result]:
        """Queue an item and return an awaitable of its result."""
        queue = self._next.get(run)
        if queue is None:
            queue = self._next[run] = []
            task = asyncio.create_task(self._drain(run, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not queue or queue[-1].is_full:
            queue.append(Waiting(run))
        return queue[-1].add(item)

    async def _drain(self, run: Batch[Any, Any], queue: list[Waiting]) -> None:
        try:
            while queue:
                batch = queue.pop(0)
                try:
                    batch.resolve(await self._answer(batch))
                except Exception as error:  # The callers get it, each through its own future.
                    batch.reject(error)
                except BaseException:
                    queue.insert(0, batch)  # The loop ends: nobody is to wait for ever.
                    raise
        finally:
            del self._next[run]
            for batch in queue:
                batch.reject(asyncio.CancelledError())

    async def close(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
