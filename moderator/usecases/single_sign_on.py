"""People whom a sign-in provider knows: added when they come first, and refreshed each time."""

from collections.abc import Iterator
from dataclasses import replace

from moderator.domain.errors import NotSignedIn
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import PersonId
from moderator.domain.people import Person, Role
from moderator.identity import Claims
from moderator.services import Services
from moderator.settings import Settings
from moderator.storage import people, sites
from moderator.storage.audit import Actor
from moderator.storage.database import Connection
from moderator.usecases import access
from moderator.usecases.access import NO_PASSWORD, Browser, SignedIn
from moderator.usecases.acts import MAX_NAME_CHARACTERS, audit_act

_SERVICE = Actor(kind=ActorKind.SERVICE)
_MAX_GROUPS = 1_000
_NAMES = ("name", "preferred_username", "email")


async def sign_in(services: Services, claims: Claims, *, browser: Browser) -> SignedIn:
    """Start a session for whom the provider's claims name, and add them if they are new.

    Somebody new sees every site; their role and name are what the provider says, with each sign-in. A name that
    somebody else has gets a number: two people may be called alike, and the subject, not the name, says who they are.

    Raises:
        NotSignedIn: none of their groups has a role here, or they are disabled.
    """
    role = role_of(services.settings, claims)
    if role is None:
        raise NotSignedIn("Your account has no role here. Ask an administrator.")
    subject = f"{services.settings.oidc_issuer}|{claims['sub']}"
    async with services.database.transaction() as connection:
        account = await people.find_subject(connection, subject, services.now())
        if account is not None and account.is_disabled:
            raise NotSignedIn("Your account has no role here. Ask an administrator.")
        if account is None:
            person = await _add(services, connection, claims, role, subject)
        else:
            person = await _refresh(services, connection, account.person, claims, role)
    await services.directory.refresh(services.database)
    return await access.start_session(services, person, browser=browser)


def role_of(settings: Settings, claims: Claims) -> Role | None:
    """Return the highest role that somebody's groups have here; None when they have none."""
    groups = set(_groups(claims, settings.oidc_role_claim))
    for role, names in (
        (Role.ADMIN, settings.oidc_admins),
        (Role.SENIOR, settings.oidc_seniors),
        (Role.MODERATOR, settings.oidc_moderators),
    ):
        if groups & {name.strip() for name in names.split(",") if name.strip()}:
            return role
    return None


def _groups(claims: Claims, name: str) -> Iterator[str]:
    """Yield what a claim lists. Its name may be a path: `realm_access.roles` is a member of a member."""
    found: object = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    for one in [found] if isinstance(found, str) else found[:_MAX_GROUPS] if isinstance(found, list) else []:
        if isinstance(one, str):
            yield one


async def _add(services: Services, connection: Connection, claims: Claims, role: Role, subject: str) -> Person:
    person = Person(id=PersonId(services.ids.new()), name="", role=role)
    person = replace(person, name=await _free_name(connection, claims, person.id))
    added = await people.add(connection, person, password_hash=NO_PASSWORD, now=services.now(), subject=subject)
    if not added:  # Another worker was quicker, in this very instant.
        raise NotSignedIn("Please sign in again.")
    await audit_act(services, connection, _SERVICE, AuditAction.PERSON_ADDED, "person", person.id, role=role.value)
    await sites.touch_directory(connection)
    return person


async def _refresh(services: Services, connection: Connection, before: Person, claims: Claims, role: Role) -> Person:
    person = replace(before, role=role)
    wanted = _name(claims, before.id)
    if before.name != wanted and not before.name.startswith(f"{wanted} ("):
        person = replace(person, name=await _free_name(connection, claims, before.id))
    if person == before:
        return before
    await people.set_role(connection, person)
    await people.set_name(connection, person.id, person.name)
    await audit_act(services, connection, _SERVICE, AuditAction.PERSON_CHANGED, "person", person.id, role=role.value)
    await sites.touch_directory(connection)
    return person


async def _free_name(connection: Connection, claims: Claims, person_id: PersonId) -> str:
    name = _name(claims, person_id)
    free, number = name, 1
    while await people.is_name_taken(connection, free, person_id):
        number += 1
        free = f"{name} ({number})"
    return free


def _name(claims: Claims, person_id: PersonId) -> str:
    """Return what somebody is called: the first claim that can be a name."""
    for claim in _NAMES:
        found = claims.get(claim)
        if isinstance(found, str) and found.strip() and found.isprintable():
            return found.strip()[: MAX_NAME_CHARACTERS - 10]
    return f"person {person_id[-6:]}"
