"""How a command reaches the database: itself, or through the service that holds it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from moderator.control import NobodyListens, run_command, send
from moderator.domain.errors import SecondWriter
from moderator.services import Services, open_services, open_without_models
from moderator.settings import Settings
from moderator.storage.engine import database_path
from moderator.usecases.commands import WITH_MODELS

Result = TypeVar("Result")

# A service that starts or stops holds the lock and does not listen; another command holds it for a moment.
PATIENCE_SECONDS = 10.0
REST_SECONDS = 0.05


def write(settings: Settings, command: str, **arguments: Any) -> dict[str, Any]:
    """Run a writing command here, or in the running service when that holds the writer's lock.

    Raises:
        ModerationError: the command failed, here or there.
    """

    opening = open_services if command in WITH_MODELS else open_without_models

    async def here() -> dict[str, Any]:
        async with opening(settings) as services:
            return await run_command(services, command, arguments)

    path = database_path(settings.database)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return asyncio.run(here())
        except SecondWriter:
            if path is None:
                raise
        try:
            return send(path, command, arguments)
        except NobodyListens:
            if time.monotonic() >= deadline:
                raise
        time.sleep(REST_SECONDS)


def read(settings: Settings, look: Callable[[Services], Awaitable[Result]]) -> Result:
    """Run something that only reads and scores nothing, whether or not the service runs: connections cannot write."""

    async def here() -> Result:
        async with open_without_models(settings, read_only=True) as services:
            return await look(services)

    return asyncio.run(here())


def read_with_models(settings: Settings, look: Callable[[Services], Awaitable[Result]]) -> Result:
    """Do what `read` does for something that scores texts."""

    async def here() -> Result:
        async with open_services(settings, read_only=True) as services:
            return await look(services)

    return asyncio.run(here())
