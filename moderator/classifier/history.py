"""What became of each run of learning: a line of JSON a run, beside the models, so that refusals leave a trace.

Numbers and the gate's own words only, never a word of a comment: what is erased must not live on here.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from moderator.classifier.manifest import GateLine, TaughtLabel
from moderator.log import logger

FOLDER: Final = ".learning"
FILE_NAME: Final = "history.jsonl"
SHOWN: Final = 30
MAX_BYTES: Final = 1024 * 1024
KEPT: Final = 200  # Lines that stay when there is more than `MAX_BYTES`.


class PastRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it ended. `outcome` is `activated`, `published`, `refused`, `nothing_to_learn`, or `failed` for one that
    could not be made; `problem` then says why.

    `at` is when it began (RFC 3339), `seconds` how long it took. `until` is when the newest decision was taken that it
    read, None where there was none. `rows` and `waiting` are as in `Learned`.
    """

    at: str
    outcome: str
    seconds: float
    version: str | None = None
    previous: str | None = None
    site: str | None = None
    rows: int = 0
    waiting: int = 0
    until: str | None = None
    labels: dict[str, TaughtLabel] = {}
    gate: list[GateLine] = []
    problem: str = ""

    @property
    def refused_by(self) -> list[GateLine]:
        """Return the lines that it did not pass."""
        return [line for line in self.gate if not line.passed]


def append(models: Path, run: PastRun) -> None:
    """Add a run. A disk that is full or a folder that cannot be written loses the line and nothing else."""
    path = models / FOLDER / FILE_NAME
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _shorten(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "ab") as written:
            written.write(msgspec.json.encode(run) + b"\n")
    except OSError as error:
        logger.warning("run_not_recorded", reason=error.strerror)


def read(models: Path, site: str | None = None, *, most: int = SHOWN) -> list[PastRun]:
    """Return the last runs for a site alone, or without one those for all sites, the newest first.

    None where the file is not there or not for us. Broken lines are left out: a line may be cut where the power was.
    """
    return list(islice((run for run in _runs(models) if run.site == site), most))


def _runs(models: Path) -> Iterator[PastRun]:
    for line in reversed(_lines(models / FOLDER / FILE_NAME)):
        with suppress(msgspec.MsgspecError):
            yield msgspec.json.decode(line, type=PastRun)


def _lines(path: Path) -> list[bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as opened:
            return opened.read(2 * MAX_BYTES).splitlines()
    except OSError:
        return []


def _shorten(path: Path) -> None:
    if path.is_symlink() or not path.exists() or path.stat().st_size <= MAX_BYTES:
        return
    shorter = path.with_suffix(".new")
    shorter.write_bytes(b"".join(line + b"\n" for line in _lines(path)[-KEPT:]))
    shorter.chmod(0o600)
    shorter.replace(path)
