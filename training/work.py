"""The folder in which the steps of learning, run one at a time, keep what they found: a record each, and its files.

A record names the record before it by its hash, so that a step is never taken on what was found from something else.
The folder is its owner's alone. Parts of comments are in it until the gate has been passed or a day has gone by.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import joblib
import msgspec

from moderator.classifier.manifest import File
from moderator.domain.errors import ModerationError, Unavailable

STEPS: Final = ("snapshot", "split", "fit", "calibrate", "evaluate", "gate", "publish", "activate")
KEPT: Final = timedelta(hours=24)  # Of a snapshot: a comment that is erased meanwhile is in it.
AHEAD: Final = timedelta(minutes=5)
CHUNK: Final = 1 << 20


class WorkRefused(ModerationError):
    """What a step needs is missing, stale or damaged; the message says what, and what to do."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What a step did: on which record (its SHA-256, None for the first), when, with which files, and what it found."""

    step: str
    made: str
    of: str | None
    files: list[File]
    found: dict[str, Any]


class Work:
    """A folder of records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, folder: Path) -> "Work":
        """Return a folder to work in, which is made where there is none.

        Raises:
            WorkRefused: it is somebody else's, others may read it, or it holds other things.
            Unavailable: it cannot be made.
        """
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError as error:
            raise Unavailable(f"{folder} cannot be worked in: {error.strerror}.") from error
        if not stat.S_ISDIR(found.st_mode):
            raise WorkRefused(f"{folder} is no folder of its own.")
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise WorkRefused(f"{folder} holds parts of comments and must be yours alone: chmod 700 {folder}")
        work = cls(folder)
        if any(folder.iterdir()) and not work._path("snapshot").exists() and not (folder / ".begun").exists():
            raise WorkRefused(f"{folder} holds other things; name a folder that is empty or not there yet.")
        (folder / ".begun").touch(mode=0o600)
        return work

    def begin(self) -> None:
        """Forget all that was found here before."""
        for path in self.folder.iterdir():
            if path.name != ".begun":
                path.unlink()

    def keep(self, step: str, found: Mapping[str, Any], contents: Mapping[str, object], now: datetime) -> Record:
        """Write what a step found, its record last; what later steps found from something else is then stale.

        Args:
            contents: by the names of their files: bytes as they are, anything else by joblib.

        Raises:
            Unavailable: the disk has no room.
        """
        self._path(step).unlink(missing_ok=True)
        before = self._before(step)
        try:
            files = [self._write(name, content) for name, content in contents.items()]
            record = Record(
                step=step,
                made=f"{now:%Y-%m-%dT%H:%M:%SZ}",
                of=None if before is None else _digest(self._path(before)),
                files=files,
                found=dict(found),
            )
            self._write(self._path(step).name, msgspec.json.format(msgspec.json.encode(record)))
        except OSError as error:
            raise Unavailable(f"{self.folder} cannot be written: {error.strerror}.") from error
        return record

    def need(self, step: str, now: datetime) -> Record:
        """Return the record of a step, after all those before it were found to belong together.

        Raises:
            WorkRefused: one is missing, damaged or stale.
        """
        before: str | None = None
        record: Record | None = None
        for name in STEPS[: STEPS.index(step) + 1]:
            try:
                record = msgspec.json.decode(self._path(name).read_bytes(), type=Record)
            except FileNotFoundError:
                raise WorkRefused(f"{name} has not been done here yet: python -m training {name}") from None
            except (OSError, msgspec.MsgspecError) as error:
                raise WorkRefused(f"The record of {name} is damaged: python -m training {name}") from error
            if record.step != name or record.of != before:
                raise WorkRefused(f"{name} was done on something else since: python -m training {name}")
            if before is None:
                self._check_age(record, now)
            before = _digest(self._path(name))
        assert record is not None
        return record

    def load(self, record: Record, name: str, *, mapped: bool = False) -> Any:
        """Return what a step kept in a file.

        Args:
            mapped: let its arrays stay there. Where they then begin may change the last digit of a sum of them.

        Raises:
            WorkRefused: it is missing or not what was written.
        """
        described = next((file for file in record.files if file.name == name), None)
        path = self.folder / name
        try:
            if described is None or path.lstat().st_size != described.bytes or _digest(path) != described.sha256:
                raise WorkRefused(f"{name} is damaged: python -m training {record.step}")
            return joblib.load(path, mmap_mode="r" if mapped else None)
        except FileNotFoundError:
            raise WorkRefused(
                f"{name} is not there any more; parts of comments are kept no longer than needed. "
                "Begin anew: python -m training snapshot"
            ) from None
        except WorkRefused:
            raise
        except (
            Exception
        ) as error:  # Written by another version of this program, or of a library: anything may be raised.
            raise WorkRefused(f"{name} cannot be read: python -m training {record.step}") from error

    def content(self, record: Record, name: str) -> bytes:
        """Return the bytes of a file that a step kept as they are. Raises WorkRefused like `load`."""
        described = next((file for file in record.files if file.name == name), None)
        try:
            content = (self.folder / name).read_bytes()
        except OSError:
            content = b""
        if described is None or hashlib.sha256(content).hexdigest() != described.sha256:
            raise WorkRefused(f"{name} is damaged: python -m training {record.step}")
        return content

    def forget(self, names: Sequence[str]) -> None:
        """Delete files that are needed no more. Their records stay."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def _check_age(self, snapshot: Record, now: datetime) -> None:
        age = now - datetime.fromisoformat(snapshot.made)
        if not -AHEAD <= age <= KEPT:
            self.begin()
            raise WorkRefused(
                "The snapshot is older than a day, or of a clock that ran ahead; what was kept of comments is deleted. "
                "Begin anew: python -m training snapshot"
            )

    def _path(self, step: str) -> Path:
        return self.folder / f"{step}.json"

    @staticmethod
    def _before(step: str) -> str | None:
        place = STEPS.index(step)
        return STEPS[place - 1] if place else None

    def _write(self, name: str, content: object) -> File:
        """Write a file wholly or not at all."""
        descriptor, written = tempfile.mkstemp(dir=self.folder, prefix=".unfinished-")
        try:
            with os.fdopen(descriptor, "wb") as opened:
                if isinstance(content, bytes):
                    opened.write(content)
                else:
                    joblib.dump(content, opened)
            described = File(name=name, bytes=Path(written).stat().st_size, sha256=_digest(Path(written)))
            Path(written).replace(self.folder / name)
        except BaseException:
            Path(written).unlink(missing_ok=True)
            raise
        return described


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
