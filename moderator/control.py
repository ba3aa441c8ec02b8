"""A local socket beside the database, by which commands reach the running service.

SQLite has one writing process. While the service runs, a command that writes sends its name and arguments here and gets
the answer back; both ways end in the same function of `COMMANDS`. One JSON object a line, each way.
"""

import asyncio
import hashlib
import inspect
import json
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from moderator.domain.errors import Invalid, ModerationError, StorageUnavailable
from moderator.log import logger
from moderator.services import Services
from moderator.usecases.commands import COMMANDS

MAX_LINE_BYTES = 16 * 1024 * 1024
LONGEST_SOCKET_PATH = 100  # The system's own limit is 104 to 108 bytes.


def socket_path(database: Path) -> Path:
    """Return where the socket of a database lies: beside it, or under a short name where that path is too long."""
    beside = database.absolute().with_name(database.name + ".sock")
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(beside)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"moderator-{name}.sock"


@asynccontextmanager
async def listening(services: Services, path: Path) -> AsyncIterator[None]:
    """Answer commands at `path` while the block runs. Only the owner of the service may connect.

    Raises:
        StorageUnavailable: the socket cannot be made there.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(services, reader, writer)
        except Exception as error:  # Whatever somebody sends here must not hurt the service.
            logger.warning("control_failed", reason=type(error).__name__)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    old_mask = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)  # Left behind by a killed process: this one holds the writer's lock.
        server = await asyncio.start_unix_server(serve, path, limit=MAX_LINE_BYTES)
    except OSError as error:
        raise StorageUnavailable(f"The local socket {path} cannot be made: {error.strerror}.") from error
    finally:
        os.umask(old_mask)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


async def _answer(services: Services, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        line = await reader.readline()
        if not line:
            return
        asked = json.loads(line)
        name, arguments = str(asked["command"]), dict(asked["arguments"])
    except (ValueError, KeyError, TypeError, RecursionError):
        answer: dict[str, Any] = {"error": "This is not a command.", "kind": "Invalid"}
    else:
        answer = await _run(services, name, arguments)
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


async def _run(services: Services, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": await run_command(services, name, arguments)}
    except ModerationError as error:
        return {"error": str(error), "kind": type(error).__name__}
    except Exception as error:
        logger.error("command_failed", command=name, exc_info=error)
        return {"error": "The command failed in the service; its log says why.", "kind": "Unhandled"}


async def run_command(services: Services, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run a command by its name. Raises Invalid when there is no such command, and whatever the command raises."""
    if name not in COMMANDS:
        raise Invalid(f"There is no command {name!r}.")
    try:
        inspect.signature(COMMANDS[name]).bind(services, **arguments)
    except TypeError as error:
        raise Invalid(f"The command {name!r} does not take these arguments: {error}.") from error
    return await COMMANDS[name](services, **arguments)


class Refused(ModerationError):
    """The service ran the command, and it failed there."""


class NobodyListens(StorageUnavailable):
    """No service answers commands for this database; nothing was sent."""


def is_answered(database: Path) -> bool:
    """Return whether a service answers commands for a database file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(socket_path(database)))
        except OSError:
            return False
    return True


def send(database: Path, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Send a command to the service of a database file and return its answer.

    Raises:
        NobodyListens: there is no such service, or somebody else's socket stands in its place.
        StorageUnavailable: it went away, and whether it ran the command is not known.
        Refused: the command failed.
    """
    path = socket_path(database)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            # Under a short name in a folder for everybody, anybody could wait for our commands.
            if path.lstat().st_uid not in (0, database.stat().st_uid):
                raise NobodyListens(f"{path} belongs to somebody else than the database does.")
            connection.connect(str(path))
        except OSError as error:
            raise NobodyListens("Another process writes to this database and answers no commands.") from error
        try:
            connection.sendall(json.dumps({"command": name, "arguments": dict(arguments)}).encode() + b"\n")
            with connection.makefile("rb") as answers:
                line = answers.readline()
        except OSError:
            line = b""
    if not line:
        raise StorageUnavailable("The service went away before it answered.")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise Refused(answer["error"])
    result: dict[str, Any] = answer["result"]
    return result
