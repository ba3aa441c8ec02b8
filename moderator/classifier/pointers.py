"""Files that name versions: which one is in use, which was before it, which one is on trial; for all sites or for one.

`CURRENT` and `SHADOW` in the folder of models speak of every site that has no file of its own in `sites/SITE_ID/`.
Each is replaced in one step, so that whoever reads it finds the old content or the new, never a part.
"""

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from moderator.classifier.places import check_place
from moderator.domain.errors import ModelRefused
from moderator.domain.ids import SiteId

CURRENT: Final = "CURRENT"
SHADOW: Final = "SHADOW"
SITES: Final = "sites"
SHARED: Final = "shared"
"""What stands in a site's file for “the version that all sites share”, so that one can go back to that, too."""

VERSION: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_SITE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_PROMOTES: Final = "promote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A version on trial since `started_ms`. `promotes` says that it is put to use when it has stood the trial."""

    version: str
    started_ms: int
    promotes: bool = False


def pointer(models: Path, name: str, site: SiteId | None) -> Path:
    """Return where a file that names versions is, whether or not it is there. Raises ModelRefused for no site's id."""
    if site is None:
        return models / name
    if not _SITE.fullmatch(site):
        raise ModelRefused("That is not the id of a site.")
    return models / SITES / site / name


def sites_with(models: Path, name: str) -> list[SiteId]:
    """Return the sites that have such a file of their own, by id."""
    try:
        entries = list((models / SITES).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(SiteId(entry.name) for entry in entries if _SITE.fullmatch(entry.name) and (entry / name).exists())


def read_versions(models: Path, site: SiteId | None = None) -> list[str]:
    """Return the version in use and the one before it; fewer where there are fewer.

    Raises:
        ModelRefused: the file is there but names nothing.
    """
    lines = _read(models, CURRENT, site)
    if lines is None:
        return []
    if not lines or not all(VERSION.fullmatch(line) for line in lines):
        raise ModelRefused(f"{CURRENT}{_of(site)} names no version.")
    return lines


def write_versions(models: Path, versions: list[str], site: SiteId | None = None) -> None:
    """Name the version in use and the one before it. Raises ModelRefused where that cannot be written."""
    _write(pointer(models, CURRENT, site), versions)


def read_trial(models: Path, site: SiteId | None = None) -> Trial | None:
    """Return what is on trial, None when nothing is. Raises ModelRefused like `read_versions`."""
    lines = _read(models, SHADOW, site)
    if lines is None:
        return None
    if len(lines) < 2 or not VERSION.fullmatch(lines[0]) or not (lines[1].isascii() and lines[1].isdigit()):
        raise ModelRefused(f"{SHADOW}{_of(site)} names no trial.")
    return Trial(version=lines[0], started_ms=int(lines[1]), promotes=_PROMOTES in lines[2:])


def write_trial(models: Path, trial: Trial, site: SiteId | None = None) -> None:
    """Name what is on trial."""
    _write(
        pointer(models, SHADOW, site),
        [trial.version, str(trial.started_ms), *([_PROMOTES] if trial.promotes else [])],
    )


def end_trial(models: Path, site: SiteId | None = None) -> None:
    """Put nothing on trial any more. Nothing happens when nothing was."""
    path = pointer(models, SHADOW, site)
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def _of(site: SiteId | None) -> str:
    return f" of site {site}" if site else ""


def _read(models: Path, name: str, site: SiteId | None) -> list[str] | None:
    path = pointer(models, name, site)
    check_place(path)
    try:
        return path.read_text("ascii").split()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ModelRefused(f"{name}{_of(site)} cannot be read: {error}.") from error


def _write(path: Path, lines: list[str]) -> None:
    try:
        _replace(path, lines)
    except OSError as error:
        raise ModelRefused(
            f"{path.name} cannot be written: {error.strerror or error}. {lines[0]} is not in use."
        ) from error


def _replace(path: Path, lines: list[str]) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        sync_folder(path.parent.parent)
    content = "".join(f"{line}\n" for line in lines).encode()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".current-")
    try:
        with os.fdopen(descriptor, "wb") as written:
            written.write(content)
            written.flush()
            os.fchmod(written.fileno(), 0o644)
            os.fsync(written.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that what was renamed or made in a folder outlives a crash."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
