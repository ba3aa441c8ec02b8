"""Commands that look: models, doctor, verify."""

import asyncio
import shutil
import sqlite3
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from moderator.classifier import pointers, registry
from moderator.classifier.model import Model
from moderator.commands.output import Command, Group, emit
from moderator.commands.reach import read, write
from moderator.commands.version import print_version
from moderator.domain.errors import ModelRefused, ModerationError, NotFound
from moderator.domain.ids import SiteId
from moderator.services import open_without_models
from moderator.settings import Settings, load_settings
from moderator.storage.engine import database_path
from moderator.storage.verify import find_faults
from moderator.usecases.shadow import comparison_to_dict, comparisons

LEAST_FREE_BYTES = 500 * 1024 * 1024
REPORT = "report.html"


@click.group("model", cls=Group)
def model_group() -> None:
    """Model versions."""


@model_group.command("list")
def model_list() -> None:
    """List the versions on disk; a star marks the current one. Sites with their own, and trials, stand beside them."""
    models = Path(load_settings().models)
    current = registry.current_version(models)
    versions = registry.list_versions(models)
    sites = {
        site: version
        for site in pointers.sites_with(models, pointers.CURRENT)
        if (version := registry.current_version(models, site))
    }
    trials = [
        {"version": trial.version, "site_id": scope, "promotes": trial.promotes}
        for scope in (None, *pointers.sites_with(models, pointers.SHADOW))
        if (trial := pointers.read_trial(models, scope))
    ]
    text = "\n".join(_line(version, current, sites, trials) for version in versions)
    emit({"current": current, "versions": versions, "sites": sites, "trials": trials}, text or "There are no versions.")


def _line(version: str, current: str | None, sites: Mapping[SiteId, str], trials: Sequence[Mapping[str, Any]]) -> str:
    notes = [f"site {site}" for site, used in sites.items() if used == version]
    notes += [
        f"on trial for {'site ' + one['site_id'] if one['site_id'] else 'all sites'}"
        for one in trials
        if one["version"] == version
    ]
    return f"{'*' if version == current else ' '} {version}{'  ' if notes else ''}{', '.join(notes)}"


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
@click.option("--site", help="Only this site uses it (name or id); “shared” as VERSION: what all the others use.")
def model_activate(version: str, site: str | None) -> None:
    """Check VERSION and use it; a running service takes it up at once."""
    result = write(load_settings(), "model.activate", version=version, site=site)
    emit(result, f"{result['current']} is in use{_for(site)}; before it: {result['previous']}")


@model_group.command("rollback")
@click.option("--site", help="What this site uses of its own (name or id). Default: what all sites use.")
def model_rollback(site: str | None) -> None:
    """Go back to the version that was current before."""
    result = write(load_settings(), "model.rollback", site=site)
    emit(result, f"{result['current']} is in use again{_for(site)}; before it: {result['previous']}")


@model_group.command("shadow")
@click.argument("version", required=False)
@click.option("--site", help="Only for this site (name or id). Default: all that have no version of their own.")
@click.option("--promote", is_flag=True, help="Put it to use by itself when it has stood the trial.")
@click.option("--stop", is_flag=True, help="End the trial.")
def model_shadow(version: str | None, site: str | None, promote: bool, stop: bool) -> None:
    """Let VERSION score what comes in without a say; without VERSION, print what trials have shown."""
    if stop and (version or promote):
        raise click.UsageError("--stop goes alone, or with --site.")
    if version:
        result = write(load_settings(), "model.shadow", version=version, site=site, promotes=promote)
        emit(result, f"{result['trial']} is on trial{_for(site)} beside {result['against']}")
    elif stop:
        result = write(load_settings(), "model.shadow", version=None, site=site, promotes=False)
        emit(result, f"{result['ended']} is no longer on trial{_for(site)}")
    else:
        found = [comparison_to_dict(one) for one in read(load_settings(), comparisons)]
        emit({"trials": found}, "\n\n".join(map(_trial, found)) or "No version was on trial yet.")


def _for(site: str | None) -> str:
    return f" for {site}" if site else ""


def _trial(found: Mapping[str, Any]) -> str:
    """Return what a trial has shown, for people."""
    whose = f"site {found['site']}" if found["site"] else "all sites without their own"
    state = f"ended: {found['ending'].replace('_', ' ')}" if found["ended"] else "on trial"
    share = f" ({found['share']:.1%})" if found["share"] is not None else ""
    lines = [
        f"{found['version']} beside {found['against']}, {whose}: {state}",
        f"  {found['flips']:,} of {found['comments']:,} verdicts would be others{share}; {found['dropped']:,} dropped",
    ]
    lines += [
        f"  {one['before']:<8} → {one['after']:<8} {one['comments']:>8,}"
        for one in found["verdicts"]
        if one["before"] != one["after"]
    ]
    return "\n".join(lines)


@click.command("verify", cls=Command)
def verify_command() -> None:
    """Check the database: its file, the audit chain, every decision's digest, every status. Ends with 1 on a fault."""
    faults = asyncio.run(_verify(load_settings()))
    emit({"ok": not faults, "faults": faults}, "\n".join(faults) or "Everything is as it was written.")
    if faults:
        sys.exit(1)


async def _verify(settings: Settings) -> list[str]:
    async with open_without_models(settings, read_only=True) as services:
        return [fault async for fault in find_faults(services.database)]


@click.command("doctor", cls=Command)
def doctor_command() -> None:
    """Look at what the service stands on: library, database, schema, model, disk. Ends with 1 on an error."""
    settings = load_settings()
    checks = [_library(), _database(settings), _model(settings), *_models_of_sites(settings), *_disk(settings)]
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
        async with open_without_models(settings, read_only=True) as services:
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


def _models_of_sites(settings: Settings) -> list[dict[str, str]]:
    """Say which sites have a model of their own, or had to take the shared one because theirs was refused."""
    models = Path(settings.models)
    found = []
    for site in pointers.sites_with(models, pointers.CURRENT):
        try:
            if version := registry.current_version(models, site):
                registry.load_version(models, version)
                found.append(_check("site model", "ok", f"{version} loads for site {site}"))
        except ModelRefused as error:
            detail = f"site {site}: refused: {error} The shared model scores its comments."
            found.append(_check("site model", "warning", detail))
    return found


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
