"""Commands about the golden set: sentences that every model version must judge rightly."""

from typing import Any

import click

from moderator.commands.output import Group, emit
from moderator.commands.reach import read_with_models, write
from moderator.domain.golden import Wanted
from moderator.services import Services
from moderator.settings import load_settings
from moderator.storage import golden
from moderator.usecases.commands import example_to_dict, find_site
from moderator.usecases.golden import Tried, try_examples


@click.group("golden", cls=Group)
def golden_group() -> None:
    """Sentences that every model version must judge rightly."""


@golden_group.command("list")
@click.option("--site", help="Only what holds for this site (its name or id), the shared ones among it.")
def golden_list(site: str | None) -> None:
    """List the sentences, and how the model in use judges each."""

    async def look(services: Services) -> list[dict[str, Any]]:
        site_id = find_site(services, site) if site else None
        async with services.database.read() as connection:
            found = await golden.list_examples(connection, site_id)
        return [_shown(one) for one in await try_examples(services, found)]

    found = read_with_models(load_settings(), look)
    lines = [
        f"{one['example_id']}  {one['wanted']:<5}  {_says(one['is_right'])}  {one['site_id'] or 'every site'}  "
        f"{one['text'][:80]!r}"
        for one in found
    ]
    emit({"examples": found}, "\n".join(lines) or "There are no examples of your own.")


@golden_group.command("add")
@click.argument("text")
@click.option("--allow", "wanted", flag_value=Wanted.ALLOW.value, help="It must pass.")
@click.option("--block", "wanted", flag_value=Wanted.BLOCK.value, help="It must not: it is held or rejected.")
@click.option("--site", help="Only for this site (its name or id). Without it: for every site.")
def golden_add(text: str, wanted: str | None, site: str | None) -> None:
    """Add TEXT, with what must become of it."""
    if wanted is None:
        raise click.UsageError("Give --allow or --block.")
    result = write(load_settings(), "golden.add", text=text, wanted=wanted, site=site)
    emit(result, f"{result['example_id']} must {'pass' if wanted == Wanted.ALLOW else 'not pass'}")


@golden_group.command("remove")
@click.argument("example_id")
def golden_remove(example_id: str) -> None:
    """Remove a sentence by its id (see golden list)."""
    emit(write(load_settings(), "golden.remove", example_id=example_id), f"{example_id} is gone")


def _shown(tried: Tried) -> dict[str, Any]:
    return {**example_to_dict(tried.example), "is_held": tried.is_held, "is_right": tried.is_right}


def _says(is_right: bool | None) -> str:
    return "no model   " if is_right is None else "as wanted  " if is_right else "NOT so yet "
