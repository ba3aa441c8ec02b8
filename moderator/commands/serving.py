"""`serve` and `migrate`."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import click

from moderator.commands.output import Command, emit, is_json
from moderator.commands.reach import read
from moderator.domain.errors import Fault, InvalidInput, SecondWriter
from moderator.domain.people import Role
from moderator.log import set_up_logging
from moderator.services import Services
from moderator.settings import Settings, load_settings
from moderator.storage.engine import open_database
from moderator.storage.migrate import migrate
from moderator.usecases.commands import OPERATOR
from moderator.usecases.manage import AddedPerson, AddedSite, add_demo


@click.command("serve", cls=Command)
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--workers", type=int, help="Serving processes; more than one needs PostgreSQL.")
@click.option("--demo", is_flag=True, help="On an empty database, add a demo site and an administrator.")
def serve_command(host: str | None, port: int | None, workers: int | None, demo: bool) -> None:
    """Serve the API and the console until a signal comes."""
    settings = load_settings()
    settings = replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
        workers=settings.workers if workers is None else workers,
    )
    if settings.workers < 1 or not 0 <= settings.port <= 65_535:
        raise InvalidInput(Fault(pointer="", detail="--workers counts from 1, --port ends at 65535"))
    if demo and settings.workers > 1:
        raise click.UsageError("--demo needs one worker.")
    set_up_logging(settings)

    async def welcome(services: Services) -> None:
        added = await add_demo(services, OPERATOR) if demo else None
        if is_json():
            emit(_addresses(services, added), "")
        elif demo:
            _print_welcome(services, added)

    from moderator.serve import serve  # `migrate`, beside it, needs nothing of all that.

    serve(settings, welcome)


def _addresses(services: Services, added: tuple[AddedSite, AddedPerson] | None) -> dict[str, Any]:
    """Return where the service is, and what was made for the demo."""
    address = services.settings.address
    found: dict[str, Any] = {"address": address, "console": f"{address}/console"}
    if added is not None:
        site, person = added
        found |= {"site_id": site.site.id, "key": site.key, "name": person.person.name}
        found |= {"password": person.password, "token": person.token}
    return found


def _print_welcome(services: Services, added: tuple[AddedSite, AddedPerson] | None) -> None:
    """Print how to use the service, and, once, what was made for the demo."""
    address = services.settings.address
    if added is None:
        click.echo(f"\n  Console   {address}/console\n  Demo      {address}/demo\n")
        click.echo("  Keys were shown at the first start; make another: .venv/bin/moderator key issue Demo\n")
        return
    site, person = added
    click.echo(
        f"""
  Ready. This is shown once; keep what you need.

  Console   {address}/console   sign in as: {person.person.name}   password: {person.password}
  Demo      {address}/demo
  Site key  {site.key}
  Token     {person.token}   (the {Role.ADMIN} above, for the review API)

  Try it:

  curl -s {address}/v1/comments -H 'Authorization: Bearer {site.key}' -H 'Content-Type: application/json' -d '{{"text": "The summit ended without an agreement on gas prices."}}'
"""  # noqa: E501
    )


@click.command("migrate", cls=Command)
def migrate_command() -> None:
    """Bring the database's schema up to this program's. A service that runs on SQLite has done so when it started."""
    settings = load_settings()
    try:
        applied = asyncio.run(_migrate(settings))
    except SecondWriter:
        applied = read(settings, _applied_already)
    emit({"applied": applied}, "\n".join(f"applied {name}" for name in applied) or "The schema is up to date.")


async def _applied_already(_: Services) -> list[str]:
    return []


async def _migrate(settings: Settings) -> list[str]:
    database = await open_database(settings.database)
    try:
        return await migrate(database, now_ms=int(time.time() * 1000))
    finally:
        await database.close()
