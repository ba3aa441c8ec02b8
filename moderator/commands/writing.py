"""Commands that write: sites, keys, people, policies, endpoints, models, erasure."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from moderator.commands.output import Command, Group, emit
from moderator.commands.reach import read, write
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.people import Role
from moderator.domain.sites import HeldAnswer
from moderator.services import Services
from moderator.settings import load_settings
from moderator.storage import sites
from moderator.usecases.commands import find_site, read_policy, site_to_dict


def _lines(result: dict[str, Any]) -> str:
    width = max(len(name) for name in result)
    return "\n".join(f"{name.replace('_', ' '):<{width}}  {value}" for name, value in result.items())


def _run(command: str, **arguments: Any) -> None:
    result = write(load_settings(), command, **arguments)
    emit(result, _lines(result))


@click.group("site", cls=Group)
def site_group() -> None:
    """Publishers that send comments."""


@site_group.command("add")
@click.argument("name")
@click.option("--origin", "origins", multiple=True, help="Also issue a public key for pages of this origin.")
@click.option("--akismet-key", is_flag=True, help="Also issue a key of 12 characters for Akismet clients.")
def site_add(name: str, origins: tuple[str, ...], akismet_key: bool) -> None:
    """Add a site. Its keys are shown this once."""
    _run("site.add", name=name, origins=list(origins), akismet=akismet_key)


@site_group.command("list")
def site_list() -> None:
    """List the sites."""

    async def look(services: Services) -> list[dict[str, Any]]:
        return [site_to_dict(site) for site in services.directory.sites.values()]

    found = read(load_settings(), look)
    emit({"sites": found}, "\n".join(f"{one['site_id']}  {one['name']}" for one in found) or "There are no sites yet.")


@site_group.command("set")
@click.argument("site")
@click.option(
    "--held-answer",
    type=click.Choice([answer.value for answer in HeldAnswer]),
    help="What Akismet clients hear of a held comment; auto: what each is known to hold back.",
)
@click.option("--abuse-is-spam/--abuse-is-held", default=None, help="What they hear of one rejected for abuse.")
@click.option(
    "--phase-secret", "phase_secrets", multiple=True, help="A signing secret of Coral's phase; may be given again."
)
@click.option("--no-phase-secrets", is_flag=True, help="Forget every such secret.")
def site_set(
    site: str,
    held_answer: str | None,
    abuse_is_spam: bool | None,
    phase_secrets: tuple[str, ...],
    no_phase_secrets: bool,
) -> None:
    """Change how SITE (its name or id) is told, in protocols that know less. What is not named stays."""
    if phase_secrets and no_phase_secrets:
        raise click.UsageError("Give --phase-secret or --no-phase-secrets, not both.")
    secrets = list(phase_secrets) if phase_secrets or no_phase_secrets else None
    _run("site.set", site=site, held_answer=held_answer, abuse_is_spam=abuse_is_spam, phase_secrets=secrets)


@click.group("key", cls=Group)
def key_group() -> None:
    """Keys of sites."""


@key_group.command("issue")
@click.argument("site")
@click.option("--kind", type=click.Choice(["site", "public", "akismet"]), default="site", show_default=True)
@click.option("--origin", "origins", multiple=True, help="For a public key: an origin whose pages may use it.")
def key_issue(site: str, kind: str, origins: tuple[str, ...]) -> None:
    """Issue another key for SITE (its name or id). It is shown this once."""
    _run("key.issue", site=site, kind=kind, origins=list(origins))


@key_group.command("list")
@click.argument("site")
def key_list(site: str) -> None:
    """List the valid keys of SITE by their first characters."""

    async def look(services: Services) -> list[dict[str, Any]]:
        site_id = find_site(services, site)
        async with services.database.read() as connection:
            keys = await sites.list_keys(connection)
        return [
            {"key_id": one.key.id, "kind": one.key.kind.value, "begins": one.prefix, "origins": list(one.key.origins)}
            for one in keys
            if one.key.site_id == site_id
        ]

    found = read(load_settings(), look)
    text = "\n".join(f"{one['key_id']}  {one['kind']:<8} {one['begins']}…  {' '.join(one['origins'])}" for one in found)
    emit({"keys": found}, text or "There are no valid keys.")


@key_group.command("revoke")
@click.argument("key_id")
def key_revoke(key_id: str) -> None:
    """Revoke a key by its id (see key list)."""
    _run("key.revoke", key_id=key_id)


@click.group("person", cls=Group)
def person_group() -> None:
    """Moderators and administrators."""


@person_group.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--site", "sites", multiple=True, help="Only this site; may be given again. Without it: every site.")
def person_add(name: str, role: str, sites: tuple[str, ...]) -> None:
    """Add a person. Password and token are shown this once."""
    _run("person.add", name=name, role=role, sites=list(sites))


@person_group.command("list")
def person_list() -> None:
    """List the people."""

    async def look(services: Services) -> list[dict[str, Any]]:
        return [
            {"person_id": one.id, "name": one.name, "role": one.role.value, "sites": list(one.sites)}
            for one in services.directory.people.values()
        ]

    found = read(load_settings(), look)
    emit(
        {"people": found},
        "\n".join(f"{one['person_id']}  {one['role']:<10} {one['name']}" for one in found) or "There is nobody yet.",
    )


@person_group.command("change")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Without it: as it is.")
@click.option("--site", "sites", multiple=True, help="Only this site; may be given again.")
@click.option("--every-site", is_flag=True, help="Every site, also those to come.")
def person_change(name: str, role: str | None, sites: tuple[str, ...], every_site: bool) -> None:
    """Change what a person, by name or id, may do and see. What is not named stays."""
    if sites and every_site:
        raise click.UsageError("Give --site or --every-site, not both.")
    only = list(sites) if sites or every_site else None
    _run("person.change", name=name, role=role, sites=only)


@person_group.command("password")
@click.argument("name")
def person_password(name: str) -> None:
    """Make a person, by name or id, a new password. It is shown this once; their sessions end."""
    _run("person.password", name=name)


@person_group.command("enable")
@click.argument("name")
def person_enable(name: str) -> None:
    """Let a disabled person, by name or id, in again."""
    _run("person.enable", name=name)


@person_group.command("disable")
@click.argument("name")
def person_disable(name: str) -> None:
    """Disable a person, by name or id: sessions and tokens end, decisions stay."""
    _run("person.disable", name=name)


@click.group("policy", cls=Group)
def policy_group() -> None:
    """A site's rules: thresholds, phrases, links, repetition."""


@policy_group.command("show")
@click.argument("site")
@click.option("--version", type=int, help="A certain version; without it the newest.")
def policy_show(site: str, version: int | None) -> None:
    """Print the policy of SITE, in the form that `policy set` takes."""

    async def look(services: Services) -> dict[str, Any]:
        return await read_policy(services, site, version)

    found = read(load_settings(), look)
    emit(found, f"version {found['version']}\n{json.dumps(found['policy'], indent=2, ensure_ascii=False)}")


@policy_group.command("set")
@click.argument("site")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--note", help="Why it changes; kept with the version.")
def policy_set(site: str, file: Path, note: str | None) -> None:
    """Save FILE (JSON, - for standard input) as the next version of the policy of SITE."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(Fault(pointer="", detail=f"not JSON: {error}")) from error
    policy = body.get("policy", body) if isinstance(body, dict) else body
    if not isinstance(policy, dict):
        raise InvalidInput(Fault(pointer="", detail="must be a JSON object"))
    _run("policy.set", site=site, body=policy, note=note)


@click.group("endpoint", cls=Group)
def endpoint_group() -> None:
    """Addresses that are told of decisions (webhooks)."""


@endpoint_group.command("add")
@click.argument("site")
@click.argument("url")
def endpoint_add(site: str, url: str) -> None:
    """Tell URL of decisions on comments of SITE. Its secret is shown this once."""
    _run("endpoint.add", site=site, url=url)


@click.command("erase", cls=Command)
@click.argument("comment_id", required=False)
@click.option("--site", help="With --author: the site.")
@click.option("--author", help="Erase every comment of id:… or email:…")
def erase_command(comment_id: str | None, site: str | None, author: str | None) -> None:
    """Erase one comment, or every comment of an author: text and person go, the skeleton of decisions stays."""
    if comment_id and not (site or author):
        _run("erase.comment", comment_id=comment_id)
    elif site and author and not comment_id:
        _run("erase.author", site=site, author=author)
    else:
        raise click.UsageError("Give COMMENT_ID, or --site and --author.")
