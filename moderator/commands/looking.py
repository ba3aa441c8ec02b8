"""Commands that look: models, doctor, verify."""

import asyncio
import shutil
import sqlite3
import stat
import sys
from pathlib import Path

import click

from moderator.classifier import registry
from moderator.classifier.model import Model
from moderator.commands.output import Command, Group, emit
from moderator.commands.reach import write
from moderator.commands.version import print_version
from moderator.domain.errors import ModelRefused, ModerationError, NotFound
from moderator.services import open_services
from moderator.settings import Settings, load_settings
from moderator.storage.engine import database_path
from moderator.storage.verify import find_faults

LEAST_FREE_BYTES = 500 * 1024 * 1024
REPORT = "report.html"


@click.group("model", cls=Group)
def model_group() -> None:
    """Model versions."""


@model_group.command("list")
def model_list() -> None:
    """List the versions on disk; a star marks the current one."""
    models = Path(load_settings().models)
    current = registry.current_version(models)
    versions = registry.list_versions(models)
    text = "\n".join(f"{'*' if version == current else ' '} {version}" for version in versions)
    emit({"current": current, "versions": versions}, text or "There are no versions.")


@model_group.command("show")
@click.argument("version", required=False)
def model_show(version: str | None) -> None:
    """Print the main figures, thresholds, promises and targets of VERSION, or of the current one."""
    models = Path(load_settings().models)
    version = version or registry.current_version(models)
    if version is None or version not in registry.list_versions(models):
        raise NotFound("There is no such model version.")
    manifest = registry.read_manifest(models, version)
    report = models / version / REPORT
    emit(manifest.summary(), lambda: print_version(manifest, str(report) if report.is_file() else None))


@model_group.command("activate")
@click.argument("version")
def model_activate(version: str) -> None:
    """Check VERSION and use it; a running service takes it up at once."""
    result = write(load_settings(), "model.activate", version=version)
    emit(result, f"{result['current']} is in use; before it: {result['previous']}")


@model_group.command("rollback")
def model_rollback() -> None:
    """Go back to the version that was current before."""
    result = write(load_settings(), "model.rollback")
    emit(result, f"{result['current']} is in use again; before it: {result['previous']}")


@click.command("verify", cls=Command)
def verify_command() -> None:
    """Check the database: its file, the audit chain, every decision's digest, every status. Ends with 1 on a fault."""
    faults = asyncio.run(_verify(load_settings()))
    emit({"ok": not faults, "faults": faults}, "\n".join(faults) or "Everything is as it was written.")
    if faults:
        sys.exit(1)


async def _verify(settings: Settings) -> list[str]:
    async with open_services(settings, read_only=True) as services:
        return [fault async for fault in find_faults(services.database)]


@click.command("doctor", cls=Command)
def doctor_command() -> None:
    """Look at what the service stands on: library, database, schema, model, disk. Ends with 1 on an error."""
    settings = load_settings()
    checks = [_library(), _database(settings), _model(settings), *_disk(settings)]
    is_ok = all(check["level"] != "error" for check in checks)
    emit(
        {"ok": is_ok, "checks": checks},
        "\n".join(f"{check['level']:<8} {check['check']:<10} {check['detail']}" for check in checks),
    )
    if not is_ok:
        sys.exit(1)


def _check(name: str, level: str, detail: str) -> dict[str, str]:
    return {"check": name, "level": level, "detail": detail}


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Return whether a SQLite library may corrupt a file that two connections write at the same instant.

    Found in March 2026 in 3.7.0 to 3.51.2; fixed in 3.51.3 and in the back-ports 3.50.7 and 3.44.6.
    """
    if not (3, 7, 0) <= version < (3, 51, 3):
        return False
    fixed = {(3, 50): 7, (3, 44): 6}
    return version[2] < fixed.get((version[0], version[1]), sys.maxsize)


def _library() -> dict[str, str]:
    version = sqlite3.sqlite_version
    if has_wal_reset_bug(sqlite3.sqlite_version_info):
        detail = (
            f"SQLite {version} has the WAL-reset bug (fixed in 3.51.3, 3.50.7, 3.44.6). The service writes over one "
            "connection and is not exposed; do not write to the file with other programs."
        )
        return _check("sqlite", "warning", detail)
    return _check("sqlite", "ok", f"SQLite {version}")


def _database(settings: Settings) -> dict[str, str]:
    path = database_path(settings.database)
    if path is not None and not path.exists():
        return _check("database", "warning", "there is none yet; serve or migrate makes it")

    async def look() -> int:
        async with open_services(settings, read_only=True) as services:
            return len(services.directory.sites)

    try:
        return _check("database", "ok", f"opens, schema up to date, {asyncio.run(look())} sites")
    except ModerationError as error:
        return _check("database", "error", str(error))


def _model(settings: Settings) -> dict[str, str]:
    try:
        model: Model | None = registry.load_current(Path(settings.models))
    except ModelRefused as error:
        return _check("model", "error", f"refused: {error} Every comment is held.")
    if model is None:
        return _check("model", "error", f"none in {settings.models}; every comment is held")
    return _check("model", "ok", f"{model.version} loads and passes its golden examples")


def _disk(settings: Settings) -> list[dict[str, str]]:
    path = database_path(settings.database)
    if path is None:
        return []
    folder = next(one for one in (path.parent, *path.absolute().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    level = "ok" if free >= LEAST_FREE_BYTES else "warning"
    checks = [_check("disk", level, f"{free // 1024**2} MiB free where the database lies")]
    if path.exists():
        is_open = bool(path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_IROTH))
        mode = stat.filemode(path.stat().st_mode)
        detail = f"{mode}: others than the service's account can read or change it" if is_open else mode
        checks.append(_check("file", "warning" if is_open else "ok", detail))
    return checks
