"""Commands that go wrong, or at the wrong moment: a sentence, the right exit code, one JSON object."""

import concurrent.futures
import fcntl
import gzip
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from moderator.cli import program
from tests.server import Service

CONTRACT = {
    "serve", "migrate", "doctor", "verify", "site add", "person add", "score", "model list", "model show",
    "model activate", "model rollback", "import", "export", "erase",
}  # fmt: skip


def _commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*before, name))
        else:
            yield (*before, name)


COMMANDS = list(_commands(program))


@pytest.fixture
def bare(tmp_path: Path) -> Service:
    """A service without a model."""
    return Service(tmp_path)


def _error(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence of a command that was refused, which is the same in both places."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 1
    error: str = json.loads(done.stdout)["error"]
    assert error in done.stderr.replace("\n", " ") or error in done.stderr
    return error


def test_every_command_of_the_contract_is_there() -> None:
    assert {" ".join(command) for command in COMMANDS} >= CONTRACT


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_is_for_and_knows_json(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(program, [*command, "--help"])
    assert done.exit_code == 0
    assert re.search(r"^  [A-Z]", done.output, re.MULTILINE), "it has no description"
    assert "--json" in done.output


def test_json_may_be_asked_for_before_the_command_or_after_it(bare: Service) -> None:
    outputs = [
        bare.run(*arguments).stdout
        for arguments in (
            ["--json", "model", "list"],
            ["model", "--json", "list"],
            ["model", "list", "--json"],
        )
    ]
    nothing = {"current": None, "versions": [], "sites": {}, "trials": []}
    assert [json.loads(output) for output in outputs] == [nothing] * 3


def test_without_a_model_the_commands_about_models_say_so(bare: Service) -> None:
    assert bare.run("model", "list").stdout == "There are no versions.\n"
    assert "no current model" in _error(bare.run("score", "A text.", "--json"))
    assert "no such model version" in _error(bare.run("model", "show", "--json"))
    assert _error(bare.run("model", "activate", "base-1", "--json"))
    assert _error(bare.run("model", "rollback", "--json"))


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (b'{"text": "Fine."}\n', "comments.jsonl.gz is no whole gzip file"),
        (gzip.compress(b'{"text": "Fine."}\n' * 1_000)[:40], "comments.jsonl.gz is no whole gzip file"),
        (gzip.compress(b'{"text": "Fine."}\n')[:12] + b"\xff" * 60, "comments.jsonl.gz is no whole gzip file"),
    ],
    ids=["not_zipped", "cut_off", "damaged"],
)
def test_a_file_that_is_no_gzip_file_is_named(bare: Service, content: bytes, because: str) -> None:
    (bare.folder / "comments.jsonl.gz").write_bytes(content)
    assert because in _error(bare.run("import", "comments.jsonl.gz", "--json"))


def test_an_import_that_nobody_takes_ends_with_1(bare: Service) -> None:
    (bare.folder / "comments.jsonl").write_text('{"text": "Fine."}\n')
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    done = bare.run("import", "comments.jsonl", "--url", url, "--key", "sk_x", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["comments"] == 0
    assert "ConnectError" in str(json.loads(done.stdout)["errors"])


def test_an_import_needs_to_know_the_site(bare: Service) -> None:
    (bare.folder / "comments.jsonl").write_text('{"text": "Fine."}\n')
    bare.json("site", "add", "One")
    bare.json("site", "add", "Two")
    assert "--site" in _error(bare.run("import", "comments.jsonl", "--json"))
    assert bare.json("import", "comments.jsonl", "--site", "Two")["comments"] == 1
    assert bare.json("import", "-", "--site", "One", text='{"text": "Fine."}\n')["comments"] == 1
    assert bare.json("export", "out.jsonl", "--site", "One") == {"file": "out.jsonl", "comments": 1}


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"policy": 3}', b"\xff\xfe", b"[" * 100_000])
def test_a_policy_that_is_no_json_object_is_refused(bare: Service, content: bytes) -> None:
    bare.json("site", "add", "News")
    (bare.folder / "policy.json").write_bytes(content)
    assert _error(bare.run("policy", "set", "News", "policy.json", "--json"))
    assert bare.json("policy", "show", "News")["version"] == 1


def test_a_file_that_cannot_be_written_is_named(bare: Service) -> None:
    bare.json("site", "add", "News")
    assert "No such file or directory" in _error(bare.run("export", "missing/out.jsonl", "--json"))


def test_what_nobody_reads_to_its_end_is_no_fault(bare: Service) -> None:
    bare.json("site", "add", "News")
    rows = "".join(json.dumps({"text": "A long comment. " * 1_000}) + "\n" for _ in range(20))
    bare.json("import", "-", text=rows)
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m moderator export | head -c 10"],
        env=bare.environment,
        cwd=bare.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout) == 10
    assert "Traceback" not in done.stderr


def test_an_export_without_a_file_is_lines_or_one_object(bare: Service) -> None:
    bare.json("site", "add", "News")
    assert bare.json("export") == {"file": None, "lines": [], "comments": 0}
    bare.json("import", "-", text='{"text": "Fine."}\n{"text": "“Fine” too."}\n')
    lines = [json.loads(line) for line in bare.run("export").stdout.splitlines()]
    assert {line["text"] for line in lines} == {"Fine.", "“Fine” too."}
    assert bare.json("export") == {"file": None, "lines": lines, "comments": 2}


def test_an_author_is_erased_by_id_or_address(bare: Service) -> None:
    bare.json("site", "add", "News")
    rows = [
        {"text": "First.", "author": {"id": "7", "email": "jane@roe.example"}},
        {"text": "Second.", "author": {"email": "jane@roe.example"}},
        {"text": "Third.", "author": {"id": "8"}},
    ]
    bare.json("import", "-", text="".join(json.dumps(row) + "\n" for row in rows))
    assert bare.json("erase", "--site", "News", "--author", "id:7")["erased"] == 1
    assert bare.json("erase", "--site", "News", "--author", "email:jane@roe.example")["erased"] == 1
    left = bare.run("export").stdout
    assert "Third." in left
    assert not any(gone in left for gone in ("First.", "Second.", "jane@roe.example"))
    assert "id:… or email:…" in _error(bare.run("erase", "--site", "News", "--author", "jane", "--json"))
    for arguments in ([], ["--site", "News"], ["x", "--author", "id:7"]):
        assert bare.run("erase", *arguments).returncode == 2
    assert bare.json("verify")["ok"]


def test_an_endpoint_shows_its_secret_once_and_private_addresses_are_refused(bare: Service) -> None:
    bare.json("site", "add", "News")
    added = bare.json("endpoint", "add", "News", "https://hooks.news.example/moderation")
    assert added["secret"].startswith("whsec_")
    assert _error(bare.run("endpoint", "add", "News", "http://127.0.0.1/hook", "--json"))


@contextmanager
def _held(database: Path) -> Iterator[None]:
    """Hold the writer's lock, as a command does while it works."""
    with database.with_name(database.name + ".lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_commands_at_the_same_moment_wait_for_each_other(bare: Service) -> None:
    bare.json("migrate")
    names = [f"Site {number}" for number in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        with _held(bare.database):
            waiting = [pool.submit(bare.json, "site", "add", name) for name in names]
            done, _ = concurrent.futures.wait(waiting, timeout=2)
            assert not done
        for one in waiting:
            assert one.result()["key"]
    assert sorted(site["name"] for site in bare.json("site", "list")["sites"]) == names


def test_a_service_waits_for_a_command_that_holds_the_database(bare: Service) -> None:
    bare.json("migrate")
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            with _held(bare.database):
                started = pool.submit(bare.start)
                done, _ = concurrent.futures.wait([started], timeout=2)
                assert not done
            assert started.result() is bare
    finally:
        bare.close()


def test_a_command_while_the_service_starts_is_done_by_one_of_them(bare: Service) -> None:
    bare.json("migrate")
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            added = pool.submit(bare.json, "site", "add", "News")
            bare.start()
            key = added.result()["key"]
        assert bare.request("POST", "/v1/comments", {"text": "Fine."}, key)[0] == 201
    finally:
        bare.close()


def test_a_database_in_a_deep_folder_is_commanded_too(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 60) / ("b" * 60)
    folder.mkdir(parents=True)
    service = Service(folder)
    try:
        service.start()
        key = service.json("site", "add", "News")["key"]
        assert service.request("POST", "/v1/comments", {"text": "Fine."}, key)[0] == 201
    finally:
        service.close()


def test_long_comments_in_any_script_are_imported_through_the_running_service(bare: Service) -> None:
    try:
        bare.start()
        bare.json("site", "add", "News")
        rows = "".join(
            json.dumps({"text": letter * 20_000, "external_id": f"{letter}{number}"}, ensure_ascii=False) + "\n"
            for letter in "aжд😀"
            for number in range(60)
        )
        done = bare.json("import", "-", text=rows)
        assert (done["comments"], done["errors"], done["bad_lines"]) == (240, {}, 0)
    finally:
        bare.close()


def test_migrating_while_the_service_runs_finds_nothing_to_do(bare: Service) -> None:
    try:
        bare.start()
        assert bare.json("migrate") == {"applied": []}
    finally:
        bare.close()


def test_an_interrupted_command_ends_with_130(bare: Service) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "moderator", "import", "-"],
        env=bare.environment,
        cwd=bare.folder,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what runs in its background with SIGINT ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(
            '{"text": "Fine."}\n' * 20_000
        )  # More than a pipe holds: once it is taken, it is being read.
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert "Traceback" not in process.stderr.read()
