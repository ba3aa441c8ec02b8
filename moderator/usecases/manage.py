"""What operators and administrators set up: sites, keys, people, policies, endpoints, models."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import anyio.to_thread

from moderator.classifier import registry
from moderator.directory import hash_secret
from moderator.domain.comments import Site
from moderator.domain.errors import Conflict, Fault, InvalidInput, NotFound
from moderator.domain.events import AuditAction
from moderator.domain.ids import EndpointId, KeyId, PersonId, SiteId
from moderator.domain.people import KeyKind, Person, Role, SiteKey
from moderator.domain.policy import Policy
from moderator.domain.reasons import check_reasons
from moderator.domain.sites import SiteSettings
from moderator.services import Services, load_model
from moderator.storage import audit, outbox, people, policies, sites
from moderator.storage.audit import Actor, Entry
from moderator.storage.database import Connection
from moderator.storage.sites import IssuedKey
from moderator.usecases.access import hash_password, origin_of
from moderator.usecases.policies import check_policy
from moderator.webhooks.guard import check_url
from moderator.webhooks.signing import new_secret

MAX_NAME_CHARACTERS = 200
MAX_SECRETS = 10
SHORTEST_PASSWORD_CHARACTERS = 8
_KEY_PREFIX = {KeyKind.SITE: "sk_", KeyKind.PUBLIC: "pk_", KeyKind.AKISMET: ""}
_VISIBLE_CHARACTERS = {KeyKind.SITE: 8, KeyKind.PUBLIC: 8, KeyKind.AKISMET: 4}
# The WordPress plugin refuses any other length before it asks, and its field drops whatever is no hexadecimal digit.
AKISMET_KEY_BYTES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSite:
    """A new site with its keys, which are shown this once."""

    site: Site
    key: str = field(repr=False)
    public_key: str | None = field(repr=False)
    akismet_key: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPerson:
    """A new person with password and token, which are shown this once."""

    person: Person
    password: str = field(repr=False)
    token: str = field(repr=False)


async def add_site(
    services: Services, actor: Actor, name: str, *, origins: Sequence[str] = (), akismet: bool = False
) -> AddedSite:
    """Add a site with a site key; with origins also a public key, with `akismet` a key of 12 characters.

    Raises:
        InvalidInput: the name is empty or too long, or an origin is none.
    """
    _check_name(name)
    found_origins = [_check_origin(origin) for origin in origins]
    site = Site(id=SiteId(services.ids.new()), name=name.strip())
    async with services.database.transaction() as connection:
        await sites.add(connection, site, services.now())
        await policies.add(connection, site.id, Policy(version=1), now=services.now(), created_by=actor.id)
        await _audit(services, connection, actor, AuditAction.SITE_ADDED, "site", site.id, site.id)
        key = await _issue_key(services, connection, actor, site.id, KeyKind.SITE)
        public_key = akismet_key = None
        if found_origins:
            public_key = await _issue_key(services, connection, actor, site.id, KeyKind.PUBLIC, found_origins)
        if akismet:
            akismet_key = await _issue_key(services, connection, actor, site.id, KeyKind.AKISMET)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)
    return AddedSite(site=site, key=key, public_key=public_key, akismet_key=akismet_key)


async def change_site(services: Services, actor: Actor, site_id: SiteId, settings: SiteSettings) -> Site:
    """Replace what a site has chosen for itself and return the site.

    Raises:
        NotFound: no such site.
        InvalidInput: too many secrets, or an empty or overlong one; or a list of reasons that a site may not have.
    """
    services.site(site_id)
    found = settings.phase_secrets
    if len(found) > MAX_SECRETS or not all(1 <= len(secret) <= MAX_NAME_CHARACTERS for secret in found):
        detail = f"up to {MAX_SECRETS} secrets of 1 to {MAX_NAME_CHARACTERS} characters"
        raise InvalidInput(Fault(pointer="/phase_secrets", detail=detail))
    if settings.has_own_reasons:
        check_reasons(settings.reasons)
    async with services.database.transaction() as connection:
        await sites.set_settings(connection, site_id, sites.settings_to_dict(settings))
        await _audit(services, connection, actor, AuditAction.SITE_CHANGED, "site", site_id, site_id)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)
    return services.site(site_id)


async def add_demo(services: Services, actor: Actor) -> tuple[AddedSite, AddedPerson] | None:
    """Add a demo site, whose page carries its public key, and an administrator. None when there is a site already."""
    if services.directory.sites:
        return None
    port = services.settings.port
    origins = {services.settings.address, f"http://127.0.0.1:{port}", f"http://localhost:{port}"}
    site = await add_site(services, actor, "Demo", origins=sorted(origins))
    async with services.database.transaction() as connection:
        await sites.set_settings(connection, site.site.id, {"demo_key": site.public_key})
    return site, await add_person(services, actor, "admin", Role.ADMIN)


async def issue_key(
    services: Services, actor: Actor, site_id: SiteId, kind: KeyKind, *, origins: Sequence[str] = ()
) -> str:
    """Issue another key for a site and return it, this once. Raises NotFound, InvalidInput."""
    services.site(site_id)
    if kind is KeyKind.PUBLIC and not origins:
        raise InvalidInput(Fault(pointer="/origins", detail="a public key needs the origins of its pages"))
    found_origins = [_check_origin(origin) for origin in origins]
    async with services.database.transaction() as connection:
        key = await _issue_key(services, connection, actor, site_id, kind, found_origins)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)
    return key


async def revoke_key(services: Services, actor: Actor, key_id: KeyId) -> None:
    """Revoke a key; within MODERATOR_RELOAD_SECONDS no worker takes it. Raises NotFound."""
    async with services.database.transaction() as connection:
        if not await sites.revoke_key(connection, key_id, services.now()):
            raise NotFound("There is no such valid key.")
        await _audit(services, connection, actor, AuditAction.KEY_REVOKED, "key", key_id)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)


async def add_person(
    services: Services,
    actor: Actor,
    name: str,
    role: Role,
    *,
    password: str | None = None,
    only_sites: Sequence[SiteId] = (),
) -> AddedPerson:
    """Add a person; without a password one is made. `only_sites` empty means they see every site.

    Raises:
        InvalidInput: name or password too short or too long.
        NotFound: a site does not exist.
        Conflict: the name is taken.
    """
    _check_name(name)
    if password is not None and len(password) < SHORTEST_PASSWORD_CHARACTERS:
        raise InvalidInput(Fault(pointer="/password", detail=f"at least {SHORTEST_PASSWORD_CHARACTERS} characters"))
    for site_id in only_sites:
        services.site(site_id)
    password = password or _readable_password()
    password_hash = await hash_password(password)
    added = Person(id=PersonId(services.ids.new()), name=name.strip(), role=role, sites=tuple(only_sites))
    async with services.database.transaction() as connection:
        if not await people.add(connection, added, password_hash=password_hash, now=services.now()):
            raise Conflict("Somebody has this name already.")
        await _audit(services, connection, actor, AuditAction.PERSON_ADDED, "person", added.id)
        token = await _issue_token(services, connection, actor, added.id)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)
    return AddedPerson(person=added, password=password, token=token)


async def disable_person(services: Services, actor: Actor, person_id: PersonId) -> None:
    """Disable a person: their sessions and tokens end, their decisions stay. Raises NotFound."""
    async with services.database.transaction() as connection:
        if not await people.disable(connection, person_id, services.now()):
            raise NotFound("There is no such person.")
        await _audit(services, connection, actor, AuditAction.PERSON_DISABLED, "person", person_id)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)


async def set_policy(
    services: Services,
    actor: Actor,
    site_id: SiteId,
    policy: Policy,
    *,
    note: str | None = None,
    made_from: int | None = None,
) -> Policy:
    """Save a policy as the site's next version and return it. Its own version number is not looked at.

    Args:
        made_from: the version that somebody changed; None to replace whatever is current.

    Raises:
        Conflict: that version is not the current one any more. Nothing was saved.
        NotFound: no such site.
        InvalidInput: a list is too long, a pattern or a domain is none, or a threshold would approve above a floor.
    """
    services.site(site_id)
    check_policy(policy)
    async with services.database.transaction() as connection:
        current = (await policies.list_current(connection))[site_id]
        if made_from is not None and made_from != current.version:
            raise Conflict(
                f"Version {current.version} of the policy was saved meanwhile; yours was made from {made_from}."
            )
        saved = replace(policy, version=current.version + 1)
        await policies.add(connection, site_id, saved, now=services.now(), created_by=actor.id, note=note)
        await _audit(services, connection, actor, AuditAction.POLICY_CHANGED, "site", site_id, site_id, saved.version)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)
    return saved


async def add_endpoint(services: Services, actor: Actor, site_id: SiteId, url: str) -> outbox.Endpoint:
    """Add a webhook address for a site and return it with its secret. Raises NotFound, InvalidInput."""
    services.site(site_id)
    url = check_url(url, allow_private=services.settings.allow_private_endpoints)
    endpoint = outbox.Endpoint(
        id=EndpointId(services.ids.new()), site_id=site_id, url=url, secrets=(new_secret(secrets.token_bytes),)
    )
    async with services.database.transaction() as connection:
        await outbox.add_endpoint(connection, endpoint, services.now())
        await _audit(services, connection, actor, AuditAction.ENDPOINT_ADDED, "endpoint", endpoint.id, site_id)
    return endpoint


async def activate_model(services: Services, actor: Actor, version: str) -> str:
    """Check a model version, make it the current one, and use it. Return it.

    Raises:
        NotFound: no such version.
        ModelRefused: it failed a check; the model in use stays.
    """
    folder = services.models_folder
    if version not in await anyio.to_thread.run_sync(registry.list_versions, folder):
        raise NotFound("There is no such model version.")
    await anyio.to_thread.run_sync(registry.load_version, folder, version)
    await anyio.to_thread.run_sync(registry.activate, folder, version)
    await _use_current_model(services, actor, AuditAction.MODEL_ACTIVATED)
    return version


async def rollback_model(services: Services, actor: Actor) -> str:
    """Go back to the model that was current before this one, and return its version.

    Raises:
        Conflict: there is no earlier one.
        ModelRefused: it failed a check; the model in use stays.
    """
    version = await anyio.to_thread.run_sync(registry.rollback, services.models_folder)
    await _use_current_model(services, actor, AuditAction.MODEL_ROLLED_BACK)
    return version


async def _use_current_model(services: Services, actor: Actor, action: AuditAction) -> None:
    await anyio.to_thread.run_sync(load_model, services)
    async with services.database.transaction() as connection:
        await _audit(services, connection, actor, action, "model", services.scorer.version or "none")


async def _issue_key(
    services: Services,
    connection: Connection,
    actor: Actor,
    site_id: SiteId,
    kind: KeyKind,
    origins: Sequence[str] = (),
) -> str:
    if kind is KeyKind.AKISMET:
        secret = secrets.token_hex(AKISMET_KEY_BYTES)
    else:
        secret = _KEY_PREFIX[kind] + secrets.token_urlsafe(24)
    key = SiteKey(id=KeyId(services.ids.new()), site_id=site_id, kind=kind, origins=tuple(origins))
    prefix = secret[: _VISIBLE_CHARACTERS[kind]]
    await sites.add_key(connection, IssuedKey(key=key, prefix=prefix, hash=hash_secret(secret)), services.now())
    await _audit(services, connection, actor, AuditAction.KEY_ISSUED, "key", key.id, site_id)
    return secret


async def _issue_token(services: Services, connection: Connection, actor: Actor, person_id: PersonId) -> str:
    secret = "pt_" + secrets.token_urlsafe(24)
    token_id = services.ids.new()
    await people.add_token(
        connection,
        token_id=token_id,
        person_id=person_id,
        prefix=secret[:8],
        token_hash=hash_secret(secret),
        now=services.now(),
    )
    await _audit(services, connection, actor, AuditAction.TOKEN_ISSUED, "person", person_id)
    return secret


async def _audit(
    services: Services,
    connection: Connection,
    actor: Actor,
    action: AuditAction,
    subject_kind: str,
    subject_id: str,
    site_id: SiteId | None = None,
    version: int | None = None,
) -> None:
    await audit.append(
        connection,
        Entry(
            at=services.now(),
            actor=actor,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            site_id=site_id,
            detail={} if version is None else {"version": version},
        ),
    )


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise InvalidInput(Fault(pointer="/name", detail=f"1 to {MAX_NAME_CHARACTERS} printable characters"))


def _check_origin(text: str) -> str:
    origin = origin_of(text)
    if origin is None or text.rstrip("/").lower() != origin:
        raise InvalidInput(Fault(pointer="/origins", detail=f"{text!r} is not an origin such as https://example.eu"))
    return origin


def _readable_password() -> str:
    """Return 100 random bits in five groups of letters and digits that nobody misreads."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))
