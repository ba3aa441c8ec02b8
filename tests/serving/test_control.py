"""The local socket: only the owner, only commands, and nothing that is sent there hurts the service."""

import json
import os
import socket
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from moderator import control
from moderator.control import NobodyListens, Refused, listening, run_command, send, socket_path
from moderator.domain.errors import Invalid, StorageUnavailable
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases.commands import COMMANDS
from tests.fakes import FakeScorer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def services(sqlite_database: SqliteDatabase) -> Services:
    return new_services(Settings(audit_share=0, second_review_share=0), sqlite_database, FakeScorer())


@pytest.fixture
async def database(services: Services, sqlite_database: SqliteDatabase) -> AsyncIterator[Path]:
    """The database file of a service that listens."""
    async with listening(services, socket_path(sqlite_database.path)):
        yield sqlite_database.path


async def ask(database: Path, command: str, **arguments: Any) -> dict[str, Any]:
    return await anyio.to_thread.run_sync(send, database, command, arguments)


async def raw(database: Path, sent: bytes) -> bytes:
    """Send bytes as they are and return the answer."""

    def exchange() -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(socket_path(database)))
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as answer:
                return answer.read()

    return await anyio.to_thread.run_sync(exchange)


async def test_a_command_is_run_in_the_service_and_takes_effect_at_once(database: Path, services: Services) -> None:
    added = await ask(database, "site.add", name="News", origins=[])
    assert services.directory.find_key(added["key"]) is not None


async def test_only_the_owner_may_connect(database: Path) -> None:
    mode = socket_path(database).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


async def test_a_file_left_behind_by_a_killed_service_is_replaced(
    services: Services, sqlite_database: SqliteDatabase
) -> None:
    path = socket_path(sqlite_database.path)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    with pytest.raises(NobodyListens):
        await ask(sqlite_database.path, "site.add", name="News", origins=[])
    async with listening(services, path):
        assert await ask(sqlite_database.path, "site.add", name="News", origins=[])
    assert not path.exists()


async def test_where_no_socket_can_be_made_the_reason_is_said(services: Services, tmp_path: Path) -> None:
    (tmp_path / "in_the_way.sock").mkdir()
    with pytest.raises(StorageUnavailable, match=r"in_the_way\.sock cannot be made"):
        async with listening(services, tmp_path / "in_the_way.sock"):
            pass


async def test_a_refusal_is_told_in_its_own_words(database: Path) -> None:
    with pytest.raises(Refused, match="There is no site 'Nowhere'"):
        await ask(database, "key.issue", site="Nowhere", kind="site", origins=[])


@pytest.mark.parametrize(
    ("command", "arguments", "because"),
    [
        ("site.burn", {}, "There is no command 'site.burn'"),
        ("site.add", {}, "missing a required argument: 'name'"),
        ("site.add", {"name": "News", "origins": [], "colour": "red"}, "unexpected keyword argument 'colour'"),
    ],
)
async def test_a_command_that_is_none_is_refused(
    services: Services, command: str, arguments: dict[str, Any], because: str
) -> None:
    with pytest.raises(Invalid, match=because):
        await run_command(services, command, arguments)


@pytest.mark.parametrize(
    "sent",
    [
        b"\n",
        b"not json\n",
        b"\xff\xfe\n",
        b"5\n",
        b"[]\n",
        b'{"command": "site.add"}\n',
        b'{"command": "site.add", "arguments": 5}\n',
        b"[" * 100_000 + b"\n",
        b'{"command": "site.add", "arguments": {"name": "x"',
    ],
)
async def test_what_is_no_command_gets_an_answer_and_hurts_nothing(database: Path, sent: bytes) -> None:
    assert json.loads(await raw(database, sent))["kind"] == "Invalid"
    assert await ask(database, "site.add", name="News", origins=[])


async def test_a_line_that_is_too_long_is_refused(
    services: Services, sqlite_database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "MAX_LINE_BYTES", 1_000)
    async with listening(services, socket_path(sqlite_database.path)):
        assert json.loads(await raw(sqlite_database.path, b"x" * 1_500 + b"\n"))["kind"] == "Invalid"
        with pytest.raises((StorageUnavailable, Refused)):
            await ask(sqlite_database.path, "site.add", name="x" * 1_000_000, origins=[])
        assert await ask(sqlite_database.path, "site.add", name="News", origins=[])


async def test_whoever_hangs_up_hurts_nothing(database: Path) -> None:
    assert await raw(database, b"") == b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(socket_path(database)))
        connection.sendall(b'{"command": "site.add", "arguments": {"name": "Gone", "origins": []}}\n')
    assert await ask(database, "site.add", name="News", origins=[])


async def test_a_mistake_of_ours_is_an_answer_without_its_text(
    database: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(_: Services) -> dict[str, Any]:
        raise RuntimeError("some private text")

    monkeypatch.setitem(COMMANDS, "break", breaks)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=r"^The command failed in the service; its log says why\.$"):
        await ask(database, "break")


async def test_a_service_that_goes_away_before_its_answer_is_told_from_one_that_never_listened(tmp_path: Path) -> None:
    database = tmp_path / "moderator.db"
    database.touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path(database)))
        listener.listen()
        hang_up = threading.Thread(target=lambda: listener.accept()[0].close())
        hang_up.start()
        with pytest.raises(StorageUnavailable, match="went away") as caught:
            await ask(database, "site.add", name="News", origins=[])
        hang_up.join()
    assert not isinstance(caught.value, NobodyListens)


async def test_a_database_in_a_deep_folder_has_its_socket_under_a_short_name(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60) / "moderator.db"
    found = socket_path(deep)
    assert len(os.fsencode(found)) <= control.LONGEST_SOCKET_PATH
    assert found.parent != deep.parent
    assert found != socket_path(deep.with_name("other.db"))
    assert socket_path(Path("/srv/moderator.db")) == Path("/srv/moderator.db.sock")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
async def test_a_socket_that_somebody_else_put_there_gets_no_command(database: Path) -> None:
    os.chown(socket_path(database), 65_534, -1)
    with pytest.raises(NobodyListens, match="somebody else"):
        await ask(database, "site.add", name="News", origins=[])
