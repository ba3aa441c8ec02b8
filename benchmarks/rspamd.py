"""rspamd with its content modules only, as a mail without headers is checked: over HTTP, on a port of this machine.

Started for the measurement and ended after it; the modules that ask others (DNS lists, Redis, fuzzy storage) are off.
"""

import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

STARTING_SECONDS: Final = 90.0  # It compiles its patterns.
ASKING_OTHERS: Final = (
    *("antivirus", "arc", "asn", "bimi", "clickhouse", "dcc", "dkim", "dkim_signing", "dmarc", "elastic"),
    *("external_services", "fuzzy_check", "greylist", "hfilter", "history_redis", "metadata_exporter"),
    *("milter_headers", "multimap", "mx_check", "neural", "p0f", "phishing", "ratelimit", "rbl", "replies"),
    *("reputation", "rspamd_update", "spf", "surbl", "url_redirector", "whitelist"),
)


class Missing(Exception):
    """There is no rspamd here that runs."""


@contextmanager
def running() -> Iterator[str]:
    """Run rspamd, and give the address that checks a text.

    Raises:
        Missing: it is not installed, or did not start in time.
    """
    program = shutil.which("rspamd")
    if program is None:
        raise Missing("not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="rspamd-") as name:
        folder = Path(name)
        _configure(folder, port)
        variables = [f"--var={one}={folder}" for one in ("LOCAL_CONFDIR", "RUNDIR", "DBDIR", "LOGDIR")]
        with (folder / "output.txt").open("wb") as output:
            process = subprocess.Popen([program, "-f", "-i", *variables], stdout=output, stderr=output)
        try:
            _wait(process, port, folder)
            yield f"http://127.0.0.1:{port}/checkv2"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _configure(folder: Path, port: int) -> None:
    override = folder / "override.d"
    override.mkdir()
    off = "enabled = false;\n"
    for module in ASKING_OTHERS:
        (override / f"{module}.conf").write_text(off)
    for worker in ("controller", "proxy"):
        (override / f"worker-{worker}.inc").write_text(off)
    (override / "worker-normal.inc").write_text(f'bind_socket = "127.0.0.1:{port}";\ncount = 1;\n')
    (override / "options.inc").write_text('filters = "chartable,regexp";\ndns { nameserver = ["127.0.0.1:9"]; }\n')
    (override / "logging.inc").write_text('level = "error";\n')


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            lines = (folder / "output.txt").read_text("utf-8", "replace").splitlines()
            raise Missing(f"ended at its start: {lines[-1][:80] if lines else process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise Missing(f"not ready after {STARTING_SECONDS:.0f} s")


def check(address: str, texts: Sequence[str]) -> int:
    """Check texts, one request after the other. Return how many symbols were found."""
    found = 0
    for text in texts:
        asked = urllib.request.Request(address, text.encode(), {"Content-Type": "text/plain"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            found += answer.read().count(b'"metric_score"')
    return found
