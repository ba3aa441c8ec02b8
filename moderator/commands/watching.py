"""Commands on what automatic verdicts rest on: look at certificates, lift an alarm."""

from typing import Any

import click

from moderator.commands.output import Group, emit
from moderator.commands.reach import read, write
from moderator.services import Services
from moderator.settings import load_settings
from moderator.usecases.certificates import standing_of
from moderator.usecases.commands import certificate_to_dict


@click.group("certificate", cls=Group)
def certificate_group() -> None:
    """What each site's automatic verdicts rest on."""


@certificate_group.command("list")
def certificate_list() -> None:
    """List for every site what its approvals and its rejections rest on, and what audits are still needed."""

    async def look(services: Services) -> list[dict[str, Any]]:
        found = []
        async with services.database.read() as connection:
            for site in services.directory.sites.values():
                own = await standing_of(connection, site.id)
                found += [{"site": site.name, **certificate_to_dict(one)} for one in own]
        return found

    found = read(load_settings(), look)
    emit({"certificates": found}, "\n".join(map(_line, found)) or "There are no sites yet.")


@certificate_group.command("lift")
@click.argument("site")
def certificate_lift(site: str) -> None:
    """Let SITE's automatic verdicts (its name or id) be given again after an alarm: somebody has looked."""
    result = write(load_settings(), "certificate.lift", site=site)
    emit(result, "\n".join(_line({"site": site, **one}) for one in result["certificates"]))


def _line(one: dict[str, Any]) -> str:
    until = f", until {one['expires_at'][:10]}" if one["standing"] == "valid" else ""
    rest = f"errors below {one['bound']:.1%} by {one['audited']} audits" if one["audited"] else "no audits"
    more = f"; {one['needed']} more needed" if one["needed"] else ""
    why = f"; alarm of {one['alarm_day']}: {', '.join(one['measures'])}" if one["measures"] else ""
    return f"{one['site']}  {one['verdict']:<8} {one['standing']}{until}; {rest}{more}{why}"
