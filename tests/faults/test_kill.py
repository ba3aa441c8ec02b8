"""Acknowledged means on disk; a service that is told to stop answers first."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kill_loop import run
from tests.server import Service

ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))
CLIENTS = int(os.environ.get("KILL_CLIENTS", "8"))
SEED = int(os.environ.get("KILL_SEED", "7"))


def test_a_service_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    tally = run(tmp_path, rounds=ROUNDS, clients=CLIENTS, seed=SEED)
    assert tally.faults == []
    assert tally.kills == ROUNDS
    assert tally.resent > 0, "no request was under way at any kill, so nothing was tried"
    assert tally.decided


def test_the_loop_runs_from_the_command_line() -> None:
    loop = [sys.executable, "-m", "tests.faults.kill_loop", "--rounds", "1", "--clients", "2"]
    done = subprocess.run(loop, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("1 kills, ")
    assert ", 0 faults; " in done.stdout


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path, request_seconds="1")
    try:
        service.key = service.json("site", "add", "News")["key"]
        yield service.start()
    finally:
        service.close()


def _read_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while end not in received:
        part = connection.recv(65_536)
        assert part, received
        received += part
    return received


def _begin_request(service: Service, body: bytes) -> socket.socket:
    """Send a head and return when the application has asked for the body."""
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=10)
    head = (
        f"POST /v1/comments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {service.key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\nexpect: 100-continue\r\n\r\n"
    )
    connection.sendall(head.encode())
    _read_until(connection, b"100 Continue\r\n\r\n")
    return connection


def test_a_service_told_to_stop_answers_what_it_has_begun(service: Service) -> None:
    body = json.dumps({"external_id": "last", "text": "The last comment of the day."}).encode()
    assert service.process is not None
    with _begin_request(service, body) as connection:
        service.process.send_signal(signal.SIGTERM)
        _wait_until_it_listens_no_longer(service)
        connection.sendall(body)
        answer = _read_until(connection, b"}")
    assert answer.split(b" ")[1] == b"201"
    assert service.process.wait(timeout=20) == 0
    lines = service.run("export").stdout.splitlines()
    assert [json.loads(line)["external_id"] for line in lines] == ["last"]
    assert service.json("verify") == {"ok": True, "faults": []}


def test_a_client_that_sends_no_end_cannot_keep_the_service_from_stopping(service: Service) -> None:
    assert service.process is not None
    with _begin_request(service, b"never sent"):
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=8) == 0  # It would wait 10 seconds for a request that goes on.


def test_an_idle_connection_is_closed_at_once_when_the_service_stops(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        _read_until(connection, b'"ok"}')
        assert service.stop() == 0
        assert connection.recv(10) == b""


def _wait_until_it_listens_no_longer(service: Service) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", service.port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.01)  # There is nothing else to wait on: a refused connection is the sign.
    raise AssertionError("the service still listens")
