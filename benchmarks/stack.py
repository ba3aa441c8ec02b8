"""Over HTTP: the bare echo, intake, and the whole service, answer after commit. All on loopback, bounded in time."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.load import write_requests
from benchmarks.texts import make_texts

CONNECTIONS = 64
SECONDS = 4.0
ROUNDS = 3
REQUESTS = 60_000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@cache
def texts() -> list[str]:
    """Return a text for each request: repeated ones would be held as a campaign, which no ordinary traffic is."""
    return make_texts(REQUESTS)


def make_requests(path: str, key: str, *, wrap: bool = False) -> list[bytes]:
    made = []
    for n, text in enumerate(texts()):
        comment: dict[str, Any] = {
            "text": text,
            "external_id": f"bench-{n}",
            "author": {"id": f"reader-{n % 20_000}", "name": "Anna"},
            "article": {"url": "https://news.example/summit", "section": "politics"},
        }
        body = json.dumps({"texts": [comment["text"]]} if wrap else comment).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def load(port: int, requests: Path, *, connections: int = CONNECTIONS) -> dict[str, Any]:
    options = {"--port": port, "--requests": requests, "--connections": connections, "--seconds": SECONDS}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", *(str(part) for option in options.items() for part in option)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    bad = {status: number for status, number in found["statuses"].items() if status not in ("200", "201")}
    assert not bad, f"unexpected answers: {bad}"
    assert not found["dropped"], f"{found['dropped']} connections broke"
    return found


@contextmanager
def _process(command: list[str], port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server ended before it listened"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
        except urllib.error.HTTPError:
            return  # The echo knows no such page, and says so.
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")


@contextmanager
def run_echo() -> Iterator[int]:
    """Start the bare echo. Yield its port."""
    port = _free_port()
    with _process([sys.executable, "-m", "benchmarks.echo", str(port)], port, {}):
        yield port


@contextmanager
def run_service(folder: Path, models: Path) -> Iterator[tuple[int, str, int]]:
    """Start the service on a new database. Yield its port, a site key and its process id."""
    port = _free_port()
    environment = {
        "MODERATOR_DATABASE": f"sqlite:///{folder}/bench.db",
        "MODERATOR_MODELS": str(models.absolute()),
        "MODERATOR_PORT": str(port),
        "MODERATOR_LOG_LEVEL": "warning",
        "MODERATOR_RATE_PER_AUTHOR": "0",
        "MODERATOR_AUDIT_SHARE": "0",
        "MODERATOR_SECOND_REVIEW_SHARE": "0",
    }
    moderator = [sys.executable, "-m", "moderator"]
    added = subprocess.run(
        [*moderator, "site", "add", "bench", "--json"], env=os.environ | environment, check=True, capture_output=True
    )
    with _process([*moderator, "serve"], port, environment) as process:
        yield port, json.loads(added.stdout)["key"], process.pid


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text() if Path("/proc").exists() else ""
    kib = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")), "0")
    return int(kib) / 1024


def measure(models: Path) -> dict[str, Any]:
    """Return requests a second, latencies and memory: echo, score (nothing stored), and the full stack.

    Echo and service take turns, each for some rounds; the medians are reported, so that a neighbour on the machine
    disturbs both alike.
    """
    echo, full, score, low = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_requests(folder / "echo", make_requests("/v1/comments", "none"))
        for n in range(ROUNDS):
            with run_echo() as port:
                echo.append(load(port, folder / "echo"))
                low.append(load(port, folder / "echo", connections=2))
            (folder / str(n)).mkdir()
            with run_service(folder / str(n), models) as (port, key, pid):
                write_requests(folder / "full", make_requests("/v1/comments", key))
                write_requests(folder / "score", make_requests("/v1/score", key, wrap=True))
                score.append(load(port, folder / "score"))
                full.append(load(port, folder / "full"))
                resident = _resident_mib(pid)
    return {
        "echo": median(echo),
        "echo_2_connections": median(low),
        "score": median(score),
        "full": median(full),
        "worker_mib": resident,
    }


def median(found: list[dict[str, Any]]) -> dict[str, float]:
    middle = len(found) // 2
    return {name: sorted(one[name] for one in found)[middle] for name in ("per_second", "p50_ms", "p99_ms")}
