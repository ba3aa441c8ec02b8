"""People as administrators manage them: who they are, what they may see, and how they get in.

An actor who is a person is looked up with each act, inside its transaction: what they may do is what they may do now.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from moderator.directory import hash_secret
from moderator.domain.errors import Conflict, Fault, Forbidden, InvalidInput, NotFound
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import PersonId, SiteId
from moderator.domain.people import Person, Role, check_leaves_an_administrator, check_may_manage
from moderator.services import Services
from moderator.storage import people, sessions, sites
from moderator.storage.audit import Actor
from moderator.storage.database import Connection
from moderator.storage.people import Account
from moderator.usecases.access import hash_password
from moderator.usecases.acts import audit_act, check_name

SHORTEST_PASSWORD_CHARACTERS = 8
# Longer ones would make argon2 hash a form's worth of text.
LONGEST_PASSWORD_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPerson:
    """A new person with password and token, which are shown this once."""

    person: Person
    password: str = field(repr=False)
    token: str = field(repr=False)


async def add_person(
    services: Services,
    actor: Actor,
    name: str,
    role: Role,
    *,
    password: str | None = None,
    only_sites: Sequence[SiteId] = (),
) -> AddedPerson:
    """Add a person who also has a token for the API; without a password one is made.

    Args:
        only_sites: what they may see; empty means every site.

    Raises:
        InvalidInput: name or password too short or too long.
        NotFound: a site does not exist.
        Conflict: the name is taken.
        Forbidden: the actor may not give somebody these sites.
    """
    added, password = await _new_person(services, name, role, password, only_sites)
    password_hash = await hash_password(password)
    async with services.database.transaction() as connection:
        await _add(services, connection, actor, added, password_hash)
        token = await _issue_token(services, connection, actor, added.id)
    await services.directory.refresh(services.database)
    return AddedPerson(person=added, password=password, token=token)


async def appoint(
    services: Services, actor: Actor, name: str, role: Role, *, only_sites: Sequence[SiteId] = ()
) -> tuple[Person, str]:
    """Add a person for the console alone, without a token, and return them with their password. Raises as above."""
    added, password = await _new_person(services, name, role, None, only_sites)
    password_hash = await hash_password(password)
    async with services.database.transaction() as connection:
        await _add(services, connection, actor, added, password_hash)
    await services.directory.refresh(services.database)
    return added, password


async def _new_person(
    services: Services, name: str, role: Role, password: str | None, only_sites: Sequence[SiteId]
) -> tuple[Person, str]:
    check_name(name)
    if password is not None:
        check_password(password)
    for site_id in only_sites:
        services.site(site_id)
    added = Person(id=PersonId(services.ids.new()), name=name.strip(), role=role, sites=tuple(only_sites))
    return added, password or _readable_password()


async def _add(services: Services, connection: Connection, actor: Actor, added: Person, password_hash: str) -> None:
    by = await _person_acting(services, connection, actor)
    if by is not None and not by.may_appoint(added.sites):
        raise Forbidden("You do not administer these sites.")
    if not await people.add(connection, added, password_hash=password_hash, now=services.now()):
        raise Conflict("Somebody has this name already.")
    await audit_act(services, connection, actor, AuditAction.PERSON_ADDED, "person", added.id)
    await sites.touch_directory(connection)


def check_password(password: str) -> None:
    """Raise InvalidInput when a password is too short or too long."""
    if not SHORTEST_PASSWORD_CHARACTERS <= len(password) <= LONGEST_PASSWORD_CHARACTERS:
        detail = f"{SHORTEST_PASSWORD_CHARACTERS} to {LONGEST_PASSWORD_CHARACTERS} characters"
        raise InvalidInput(Fault(pointer="/password", detail=detail))


async def change_role(
    services: Services, actor: Actor, person_id: PersonId, role: Role, *, only_sites: Sequence[SiteId]
) -> Person:
    """Change what somebody may do and see; their running sessions follow at once. Return them.

    Raises:
        NotFound: there is nobody of this id, or a site does not exist.
        Conflict: nobody would be left who administers every site, or the sign-in provider says what role they have.
        Forbidden: it is the actor, or somebody who sees more sites, or would.
    """
    for site_id in only_sites:
        services.site(site_id)
    async with services.database.transaction() as connection:
        account = await _managed(services, connection, actor, person_id)
        if account.subject is not None and role is not account.person.role:
            raise Conflict("Their role comes from the sign-in provider, with each sign-in.")
        changed = replace(account.person, role=role, sites=tuple(only_sites))
        by = await _person_acting(services, connection, actor)
        if by is not None and not by.may_appoint(changed.sites):
            raise Forbidden("You do not administer these sites.")
        await _check_leaves_an_administrator(connection, account, changed)
        await people.set_role(connection, changed)
        await audit_act(
            services,
            connection,
            actor,
            AuditAction.PERSON_CHANGED,
            "person",
            person_id,
            role=role.value,
            sites=" ".join(only_sites) or None,
        )
    await services.directory.refresh(services.database)
    return changed


async def renew_password(services: Services, actor: Actor, person_id: PersonId) -> str:
    """Make somebody a new password and return it, this once; their sessions end.

    Raises:
        NotFound, Forbidden: as above.
        Conflict: they sign in at the provider.
    """
    password = _readable_password()
    password_hash = await hash_password(password)
    async with services.database.transaction() as connection:
        account = await _managed(services, connection, actor, person_id)
        if account.subject is not None:
            raise Conflict("They sign in at the sign-in provider and have no password here.")
        await people.set_password_hash(connection, person_id, password_hash)
        await sessions.end_all(connection, person_id, services.now())
        await audit_act(services, connection, actor, AuditAction.PASSWORD_CHANGED, "person", person_id)
    return password


async def disable_person(services: Services, actor: Actor, person_id: PersonId) -> None:
    """Disable a person: their sessions and tokens end, their decisions stay.

    Raises:
        NotFound: there is nobody of this id, or they are disabled.
        Conflict: nobody would be left who administers every site.
        Forbidden: it is the actor, or somebody who sees more sites.
    """
    async with services.database.transaction() as connection:
        account = await _managed(services, connection, actor, person_id)
        await _check_leaves_an_administrator(connection, account, None)
        if not await people.disable(connection, person_id, services.now()):
            raise NotFound("There is no such person.")
        await audit_act(services, connection, actor, AuditAction.PERSON_DISABLED, "person", person_id)
    await services.directory.refresh(services.database)


async def enable_person(services: Services, actor: Actor, person_id: PersonId) -> None:
    """Let a disabled person in again, with the password that they had. Raises NotFound, Forbidden."""
    async with services.database.transaction() as connection:
        await _managed(services, connection, actor, person_id)
        if not await people.enable(connection, person_id):
            raise NotFound("There is no disabled person of this name.")
        await audit_act(services, connection, actor, AuditAction.PERSON_ENABLED, "person", person_id)
    await services.directory.refresh(services.database)


async def issue_token(services: Services, actor: Actor, person_id: PersonId) -> str:
    """Issue somebody a token for the review API and return it, this once. Raises NotFound, Forbidden."""
    async with services.database.transaction() as connection:
        account = await _managed(services, connection, actor, person_id)
        if account.is_disabled:
            raise NotFound("There is no such person.")
        token = await _issue_token(services, connection, actor, person_id)
    await services.directory.refresh(services.database)
    return token


async def revoke_tokens(services: Services, actor: Actor, person_id: PersonId) -> None:
    """Revoke every token of a person. Raises NotFound, Forbidden."""
    async with services.database.transaction() as connection:
        await _managed(services, connection, actor, person_id)
        await people.revoke_tokens(connection, person_id, services.now())
        await audit_act(services, connection, actor, AuditAction.TOKENS_REVOKED, "person", person_id)
    await services.directory.refresh(services.database)


async def end_sessions(services: Services, actor: Actor, person_id: PersonId) -> None:
    """End every session of a person. Raises NotFound, Forbidden."""
    async with services.database.transaction() as connection:
        await _managed(services, connection, actor, person_id)
        await sessions.end_all(connection, person_id, services.now())
        await audit_act(services, connection, actor, AuditAction.SESSIONS_ENDED, "person", person_id)


async def _managed(services: Services, connection: Connection, actor: Actor, person_id: PersonId) -> Account:
    """Return the person whom an actor may manage.

    It moves the directory's revision first: on PostgreSQL that locks the row, so that of two administrators who
    disable each other one waits and is then told.
    """
    await sites.touch_directory(connection)
    account = await people.find_account(connection, person_id, services.now())
    if account is None:
        raise NotFound("There is no such person.")
    by = await _person_acting(services, connection, actor)
    if by is not None:
        check_may_manage(by, account.person)
    return account


async def _person_acting(services: Services, connection: Connection, actor: Actor) -> Person | None:
    """Return the person who acts; None for the operator, who may do all."""
    if actor.kind is not ActorKind.PERSON:
        return None
    account = await people.find_account(connection, PersonId(actor.id or ""), services.now())
    if account is None or account.is_disabled:
        raise Forbidden("You are not known any more.")
    return account.person


async def _check_leaves_an_administrator(connection: Connection, account: Account, after: Person | None) -> None:
    if account.is_disabled:
        return
    others = [person for person in await people.list_all(connection) if person.id != account.person.id]
    check_leaves_an_administrator(account.person, after, others)


async def _issue_token(services: Services, connection: Connection, actor: Actor, person_id: PersonId) -> str:
    secret = "pt_" + secrets.token_urlsafe(24)
    await people.add_token(
        connection,
        token_id=services.ids.new(),
        person_id=person_id,
        prefix=secret[:8],
        token_hash=hash_secret(secret),
        now=services.now(),
    )
    await audit_act(services, connection, actor, AuditAction.TOKEN_ISSUED, "person", person_id)
    return secret


def _readable_password() -> str:
    """Return 100 random bits in five groups of letters and digits that nobody misreads."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))
