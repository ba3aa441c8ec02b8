"""A real service in a process of its own, on a free port of this machine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any, Self

from tests.forks import IS_MEASURED, Fork

STARTING_SECONDS = 30.0


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Service:
    """The service's files and, while it runs, its process.

    `is_started_whole` starts an interpreter for the service and for each command: for tests of how a process begins,
    ends, and has processes of its own. The others get what is the same to them, in a tenth of the time (measured).
    """

    def __init__(
        self,
        folder: Path,
        *,
        models: Path | None = None,
        database: str | None = None,
        is_started_whole: bool = False,
        **settings: str,
    ) -> None:
        self.is_started_whole = is_started_whole or IS_MEASURED
        self.folder = folder
        self.port = free_port()
        self.database = folder / "data" / "moderator.db"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MODERATOR_")},
            "MODERATOR_DATABASE": database or f"sqlite:///{self.database}",
            "MODERATOR_MODELS": str(models or folder / "models"),
            "MODERATOR_PORT": str(self.port),
            "MODERATOR_RATE_PER_AUTHOR": "0",
            "MODERATOR_AUDIT_SHARE": "0",
            "MODERATOR_SECOND_REVIEW_SHARE": "0",
            **{f"MODERATOR_{name.upper()}": value for name, value in settings.items()},
        }
        self.process: subprocess.Popen[str] | Fork | None = None
        self.output = folder / "output.txt"
        self.key = ""  # A site's key, where a test keeps one.

    @property
    def url(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> Self:
        """Start serving and return when it is ready."""
        with self.output.open("a", encoding="utf-8") as output:
            self.process = self._begin("serve", *arguments, stdout=output, stderr=output)
        deadline = time.monotonic() + STARTING_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=1):
                    return self
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)  # There is nothing to wait on before the port is open.
        raise AssertionError(f"the service did not start:\n{self.said()}")

    def said(self) -> str:
        """Return everything that it has printed."""
        return self.output.read_text("utf-8")

    def secret(self, pattern: str) -> str:
        """Return the first group of a pattern in what it printed."""
        found = re.search(pattern, self.said())
        assert found, f"{pattern} is not in:\n{self.said()}"
        return found[1]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(timeout=30)
        self.process = None
        return status

    def close(self) -> None:
        """End the process if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def run(self, *arguments: str, text: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command of the program beside it."""
        with (
            tempfile.TemporaryFile("w+") as given,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            given.write(text or "")
            given.seek(0)
            process = self._begin(*arguments, stdin=given, stdout=out, stderr=err)
            try:
                status = process.wait(timeout)
            finally:
                process.kill()
            for stream in (out, err):
                stream.seek(0)
            return subprocess.CompletedProcess(arguments, status, out.read(), err.read())

    def _begin(
        self, *arguments: str, stdout: IO[str], stderr: IO[str], stdin: IO[str] | None = None
    ) -> "subprocess.Popen[str] | Fork":
        streams = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
        if self.is_started_whole:
            command = [sys.executable, "-m", "moderator", *arguments]
            return subprocess.Popen(command, env=self.environment, cwd=self.folder, text=True, **streams)
        with Path(os.devnull).open() as nothing:
            streams["stdin"] = stdin or nothing
            return Fork(arguments, env=self.environment, cwd=self.folder, **streams)

    def json(self, *arguments: str, text: str | None = None) -> Any:
        """Run a command with `--json` and return the one object that it prints."""
        done = self.run(*arguments, "--json", text=text)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == 1, done.stdout
        return json.loads(done.stdout)

    def request(self, method: str, path: str, body: object = None, key: str | None = None) -> tuple[int, Any]:
        """Send a request; return the status and the decoded answer."""
        request = urllib.request.Request(self.url + path, method=method)
        if key:
            request.add_header("authorization", f"Bearer {key}")
        data = None
        if body is not None:
            request.add_header("content-type", "application/json")
            data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data=data, timeout=20) as answer:
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, raw = error.code, error.read()
        return status, json.loads(raw) if raw[:1] in (b"{", b"[") else raw.decode()
