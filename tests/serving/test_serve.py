"""Serving as operators start it: where it listens, several workers, and how they end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import Service


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # There is nothing to wait on: the processes are other people's children.


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", r"http://127\.0\.0\.1:\d+"), ("::1", r"http://\[::1\]:\d+")]
)
def test_the_port_0_becomes_a_free_one_and_is_said(tmp_path: Path, host: str, address: str) -> None:
    service = Service(tmp_path)
    command = [sys.executable, "-m", "moderator", "serve", "--host", host, "--port", "0", "--demo", "--json"]
    with subprocess.Popen(
        command, env=service.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            assert re.fullmatch(address, said["address"])
            service.port = int(said["address"].rsplit(":", 1)[1])
            _until(lambda: _listens(host, service.port))
            if host == "127.0.0.1":
                assert service.request("GET", "/v1/cases", key=said["token"])[0] == 200
        finally:
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=20)
        assert rest == "", "one object, and nothing else"
        assert process.returncode == 0


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def workers(tmp_path: Path, postgres_url: str) -> Iterator[Service]:
    """Two workers on PostgreSQL."""
    service = Service(tmp_path, database=postgres_url, workers="2")
    try:
        service.json("migrate")
        service.key = service.json("site", "add", "News")["key"]
        service.is_started_whole = True  # The commands before it need no interpreter of their own.
        service.start()
        service.is_started_whole = False
        yield service
    finally:
        service.close()


def _children(service: Service) -> list[int]:
    """The worker processes; the interpreter also keeps a helper that tracks resources."""
    assert service.process is not None
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    own = str(service.process.pid)
    return [int(pid) for pid, parent, arguments in rows if parent == own and "spawn_main" in arguments]


def test_two_workers_share_a_port_and_end_together(workers: Service) -> None:
    assert len(_children(workers)) == 2
    for number in range(20):
        assert workers.request("POST", "/v1/comments", {"text": f"Comment {number}."}, workers.key)[0] == 201
    token = workers.json("person", "add", "Anna", "--role", "moderator")["token"]
    _until(lambda: workers.request("GET", "/v1/cases", key=token)[0] == 200)
    assert workers.json("verify")["ok"]
    assert workers.stop() == 0
    assert not _listens("127.0.0.1", workers.port)


def test_a_worker_that_dies_right_after_its_start_ends_the_service_with_1(workers: Service) -> None:
    # On a slow machine the first ones have lived too long by now, and are replaced: then their successors die young.
    assert workers.process is not None
    deadline = time.monotonic() + 60
    while workers.process.poll() is None and time.monotonic() < deadline:
        for child in _children(workers)[:1]:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.05)
    assert workers.process.wait(timeout=30) == 1
    assert "worker_died" in workers.said()
    assert "A worker ended right after its start" in workers.said()
    assert not _listens("127.0.0.1", workers.port)


def test_workers_do_not_outlive_the_process_that_started_them(workers: Service) -> None:
    assert workers.process is not None
    workers.process.kill()
    workers.process.wait()
    _until(lambda: not _listens("127.0.0.1", workers.port))
    _until(lambda: workers.said().count("stopped") == 2)


def test_a_worker_that_cannot_start_says_why(tmp_path: Path, postgres_url: str) -> None:
    done = Service(tmp_path, database=postgres_url, workers="2", is_started_whole=True).run("serve")
    assert done.returncode == 1
    assert "run: moderator migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_and_several_workers_do_not_go_together(tmp_path: Path) -> None:
    done = Service(tmp_path, workers="2").run("serve", "--demo")
    assert done.returncode == 2
    assert "--demo needs one worker" in done.stderr
