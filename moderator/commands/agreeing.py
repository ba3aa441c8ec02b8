"""The command that says how far people agree."""

from datetime import timedelta
from typing import Any

import click

from moderator.commands.output import Command, emit
from moderator.commands.reach import read
from moderator.domain.agreement import Agreement, Measure
from moderator.domain.workbench import Rate
from moderator.services import Services
from moderator.settings import load_settings
from moderator.storage import opinions, people
from moderator.usecases.commands import find_site

_WIDTH = 28


@click.command("agreement", cls=Command)
@click.option("--site", help="Name or id of one site; without it all of them.")
@click.option("--days", type=click.IntRange(1, 3_650), default=90, show_default=True, help="How far to look back.")
def agreement_command(site: str | None, days: int) -> None:
    """Say how far people agree, by second opinions: on the action, the reason, for each reason and each person."""
    found, names = read(load_settings(), lambda services: _look(services, site, days))
    emit({"site": site, "days": days, **_as_json(found, names)}, _as_text(found, names))


async def _look(services: Services, site: str | None, days: int) -> tuple[Agreement, dict[str, str]]:
    chosen = [find_site(services, site)] if site else sorted(services.directory.sites)
    async with services.database.read() as connection:
        found = await opinions.agreement(connection, chosen, services.now() - timedelta(days=days))
        names = await people.list_names(connection)
    return found, {str(person_id): name for person_id, name in names.items()}


def _as_json(found: Agreement, names: dict[str, str]) -> dict[str, Any]:
    return {
        "actions": _measured(found.actions),
        "grounds": _measured(found.grounds),
        "reasons": {reason.value: _measured(measure) for reason, measure in found.reasons.items()},
        "people": [
            {"person_id": person, "name": names.get(person), **_measured(measure)}
            for person, measure in found.people.items()
        ],
        "contrary": _measured(found.contrary),
    }


def _measured(measure: Measure) -> dict[str, Any]:
    """Return a figure; without its parts while there are too few comments to say anything."""
    return {
        "comments": measure.comments,
        "agreed": measure.agreed,
        "share": _bounded(measure.rate),
        "alpha": _bounded(measure.alpha),
    }


def _bounded(rate: Rate | None) -> dict[str, float] | None:
    if rate is None:
        return None
    return {"value": round(rate.share, 4), "low": round(rate.low, 4), "high": round(rate.high, 4)}


def _as_text(found: Agreement, names: dict[str, str]) -> str:
    if not found.actions.comments and not found.contrary.comments:
        return "Nobody has given a second opinion during this time."
    rows = [("approve or reject", found.actions), ("the reason, too", found.grounds)]
    rows += [(f"reason {reason.value}", measure) for reason, measure in found.reasons.items()]
    rows += [(f"person {names.get(person, person)}", measure) for person, measure in found.people.items()]
    rows += [("against a sure score", found.contrary)]
    return "\n".join(_line(title, measure) for title, measure in rows)


def _line(title: str, measure: Measure) -> str:
    line = f"{title:<{_WIDTH}} {measure.agreed:>6} of {measure.comments:<6}"
    if measure.rate is None:
        return f"{line} too few comments to say more"
    rate, alpha = measure.rate, measure.alpha
    line += f" {rate.share:7.1%} ({rate.low:.1%} to {rate.high:.1%})"
    return line if alpha is None else f"{line}  alpha {alpha.share:.2f} ({alpha.low:.2f} to {alpha.high:.2f})"
