"""`serve` and `migrate`."""

import asyncio
import time
from dataclasses import replace

import click

from moderator.commands.output import Command, emit
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.people import Role
from moderator.log import set_up_logging
from moderator.serve import serve
from moderator.services import Services
from moderator.settings import Settings, load_settings
from moderator.storage.engine import open_database
from moderator.storage.migrate import migrate
from moderator.usecases.commands import OPERATOR
from moderator.usecases.manage import add_demo


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
    set_up_logging(settings)

    async def welcome(services: Services) -> None:
        if demo:
            await _welcome(services)

    serve(settings, welcome)


async def _welcome(services: Services) -> None:
    """Make the demo on the first start, and print how to use it, this once."""
    address = services.settings.address
    added = await add_demo(services, OPERATOR)
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
    """Bring the database's schema up to this program's."""
    settings = load_settings()
    applied = asyncio.run(_migrate(settings))
    emit({"applied": applied}, "\n".join(f"applied {name}" for name in applied) or "The schema is up to date.")


async def _migrate(settings: Settings) -> list[str]:
    database = await open_database(settings.database)
    try:
        return await migrate(database, now_ms=int(time.time() * 1000))
    finally:
        await database.close()
