"""What the service stands on is missing, taken or broken: it says so and ends with 1, or goes on safely."""

import socket
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.server import Service


def _is_refused(done: subprocess.CompletedProcess[str], because: str) -> None:
    assert done.returncode == 1, done.stderr
    assert because in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def _in_a_file(folder: Path) -> str:
    (folder / "file").write_text("")
    return f"sqlite:///{folder}/file/moderator.db"


def _a_folder(folder: Path) -> str:
    (folder / "moderator.db").mkdir()
    return f"sqlite:///{folder}/moderator.db"


def _a_text(folder: Path) -> str:
    (folder / "moderator.db").write_text("This is a diary, not a database. " * 100)
    return f"sqlite:///{folder}/moderator.db"


def _nowhere(_: Path) -> str:
    return "sqlite:////proc/moderator/moderator.db"  # Not even root makes a folder there.


def _of_the_future(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "moderator.db")) as connection:
        connection.execute("CREATE TABLE schema_migrations (number, name, sha256, applied_ms)")
        connection.execute("INSERT INTO schema_migrations VALUES (9999, '9999_future', 'x', 0)")
        connection.commit()
    return f"sqlite:///{folder}/moderator.db"


@pytest.mark.parametrize("command", [["serve"], ["migrate"], ["site", "add", "News"]], ids=" ".join)
@pytest.mark.parametrize(
    ("place", "because"),
    [
        (_in_a_file, "The folder of the database cannot be used: "),
        (_nowhere, "The folder of the database cannot be used: "),
        (_a_folder, "The database file cannot be opened: Is a directory."),
        (_a_text, "The database file is damaged; restore a backup."),
        (_of_the_future, "The database is newer than this program: it has had 9999_future."),
        (lambda _: "mysql://somewhere", "MODERATOR_DATABASE must be sqlite:///path or postgresql://"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused(
    tmp_path: Path, place: Callable[[Path], str], because: str, command: list[str]
) -> None:
    _is_refused(Service(tmp_path, database=place(tmp_path)).run(*command), because)


@pytest.mark.parametrize("command", ["verify", "export", "doctor"])
def test_commands_that_only_read_make_no_database(tmp_path: Path, command: str) -> None:
    service = Service(tmp_path)
    done = service.run(command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not service.database.parent.exists()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        _is_refused(Service(tmp_path).run("serve", "--port", port), f"Port {port} of 127.0.0.1 cannot be used: ")


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    _is_refused(Service(tmp_path).run("serve", "--host", "203.0.113.1"), " of 203.0.113.1 cannot be used: ")


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "moderator.toml").write_text('claim_secnods = 5\nlog = "loud"\n')
    service = Service(tmp_path)
    service.environment["MODERATOR_WORKERS"] = "many"
    done = service.run("serve")
    _is_refused(done, "/workers: expected a whole number")
    assert "/claim_secnods: there is no such setting" in done.stderr
    assert "/log: expected text or json" in done.stderr


@pytest.mark.parametrize("made", ["nothing", "a_file", "a_damaged_version"])
def test_without_a_usable_model_every_comment_is_held(tmp_path: Path, made: str) -> None:
    if made == "a_file":
        (tmp_path / "models").write_text("")
    elif made == "a_damaged_version":
        (tmp_path / "models" / "base-1").mkdir(parents=True)
        (tmp_path / "models" / "base-1" / "manifest.json").write_text("{")
        (tmp_path / "models" / "CURRENT").write_text("base-1\n")
    service = Service(tmp_path)
    try:
        key = service.json("site", "add", "News")["key"]
        service.start()
        status, outcome = service.request("POST", "/v1/comments", {"text": "An ordinary comment."}, key)
        assert (status, outcome["status"], outcome["model"]) == (201, "held", None)
        assert outcome["reasons"]
        ready = service.request("GET", "/readyz")[1]
        assert ready["model"] is None
        assert (ready["model_refused"] is None) == (made == "nothing")
        assert service.run("doctor").returncode == 1
        assert service.json("verify")["ok"]
    finally:
        service.close()
