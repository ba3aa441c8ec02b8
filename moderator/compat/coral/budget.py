"""An answer in time, or none; what was begun is finished all the same."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from moderator.log import logger

Found = TypeVar("Found")
# The event loop keeps weak references only; without this a task that nobody waits for might vanish half-way.
_under_way: Final[set[asyncio.Task[Any]]] = set()


async def within(seconds: float, work: Coroutine[Any, Any, Found]) -> Found | None:
    """Return what the work returns, or None when it takes longer.

    The work is not stopped: its transaction may be on its way to the disk, and a comment that nobody was told of is
    better kept than half kept. Neither does it stop when the client hangs up, and this function is cancelled.

    Raises:
        Whatever the work raises in time. Later it is logged.
    """
    task = asyncio.create_task(work)
    _under_way.add(task)
    try:
        await asyncio.wait({task}, timeout=max(0.0, seconds))
    finally:
        task.add_done_callback(_forget)
    return task.result() if task.done() else None


def _forget(task: asyncio.Task[Any]) -> None:
    _under_way.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.warning("coral_late_error", error=type(error).__name__)
