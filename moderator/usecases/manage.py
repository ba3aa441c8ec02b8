"""What operators and administrators set up: sites, keys, policies, endpoints, models. People are in `staffing`."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from moderator.directory import hash_secret
from moderator.domain.comments import Site
from moderator.domain.errors import Conflict, Fault, InvalidInput, NotFound
from moderator.domain.events import AuditAction
from moderator.domain.ids import EndpointId, KeyId, SiteId
from moderator.domain.people import KeyKind, Role, SiteKey
from moderator.domain.policy import Policy
from moderator.domain.reasons import check_reasons
from moderator.domain.sites import SiteSettings
from moderator.services import Services
from moderator.storage import outbox, policies, sites
from moderator.storage.audit import Actor
from moderator.storage.database import Connection
from moderator.storage.sites import IssuedKey
from moderator.usecases.access import origin_of
from moderator.usecases.acts import MAX_NAME_CHARACTERS, audit_act, check_name
from moderator.usecases.policies import check_policy
from moderator.usecases.staffing import AddedPerson as AddedPerson
from moderator.usecases.staffing import add_person as add_person
from moderator.usecases.staffing import disable_person as disable_person
from moderator.webhooks.signing import new_secret

MAX_SECRETS = 10
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


async def add_site(
    services: Services, actor: Actor, name: str, *, origins: Sequence[str] = (), akismet: bool = False
) -> AddedSite:
    """Add a site with a site key; with origins also a public key, with `akismet` a key of 12 characters.

    Raises:
        InvalidInput: the name is empty or too long, or an origin is none.
    """
    check_name(name)
    found_origins = [_check_origin(origin) for origin in origins]
    site = Site(id=SiteId(services.ids.new()), name=name.strip())
    async with services.database.transaction() as connection:
        await sites.add(connection, site, services.now())
        await policies.add(connection, site.id, Policy(version=1), now=services.now(), created_by=actor.id)
        await audit_act(services, connection, actor, AuditAction.SITE_ADDED, "site", site.id, site.id)
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
        await audit_act(services, connection, actor, AuditAction.SITE_CHANGED, "site", site_id, site_id)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)
    return services.site(site_id)


async def rename_site(services: Services, actor: Actor, site_id: SiteId, name: str) -> Site:
    """Call a site something else and return it. Raises NotFound, InvalidInput."""
    services.site(site_id)
    check_name(name)
    async with services.database.transaction() as connection:
        await sites.set_name(connection, site_id, name.strip())
        await audit_act(services, connection, actor, AuditAction.SITE_CHANGED, "site", site_id, site_id)
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


async def revoke_key(services: Services, actor: Actor, key_id: KeyId, *, site_id: SiteId | None = None) -> None:
    """Revoke a key; within MODERATOR_RELOAD_SECONDS no worker takes it.

    Args:
        site_id: whose key it must be; None for any site's.

    Raises:
        NotFound: no such valid key.
    """
    async with services.database.transaction() as connection:
        if not await sites.revoke_key(connection, key_id, services.now(), site_id=site_id):
            raise NotFound("There is no such valid key.")
        await audit_act(services, connection, actor, AuditAction.KEY_REVOKED, "key", key_id)
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
        await audit_act(
            services, connection, actor, AuditAction.POLICY_CHANGED, "site", site_id, site_id, version=saved.version
        )
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)
    return saved


async def add_endpoint(services: Services, actor: Actor, site_id: SiteId, url: str) -> outbox.Endpoint:
    """Add a webhook address for a site and return it with its secret. Raises NotFound, InvalidInput."""
    from moderator.webhooks.guard import check_url  # With its HTTP client it takes 60 ms; other commands need neither.

    services.site(site_id)
    url = check_url(url, allow_private=services.settings.allow_private_endpoints)
    endpoint = outbox.Endpoint(
        id=EndpointId(services.ids.new()), site_id=site_id, url=url, secrets=(new_secret(secrets.token_bytes),)
    )
    async with services.database.transaction() as connection:
        await outbox.add_endpoint(connection, endpoint, services.now())
        await audit_act(services, connection, actor, AuditAction.ENDPOINT_ADDED, "endpoint", endpoint.id, site_id)
    return endpoint


async def disable_endpoint(services: Services, actor: Actor, site_id: SiteId, endpoint_id: EndpointId) -> None:
    """Tell a site's endpoint nothing more; what waits for it is given up. Raises NotFound."""
    now = services.now()
    async with services.database.transaction() as connection:
        if endpoint_id not in [endpoint.id for endpoint in await outbox.list_endpoints(connection, site_id)]:
            raise NotFound("There is no such webhook.")
        await outbox.disable_endpoint(connection, endpoint_id, reason="disabled", now=now)
        await audit_act(services, connection, actor, AuditAction.ENDPOINT_DISABLED, "endpoint", endpoint_id, site_id)


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
    await audit_act(services, connection, actor, AuditAction.KEY_ISSUED, "key", key.id, site_id)
    return secret


def _check_origin(text: str) -> str:
    origin = origin_of(text)
    if origin is None or text.rstrip("/").lower() != origin:
        raise InvalidInput(Fault(pointer="/origins", detail=f"{text!r} is not an origin such as https://example.eu"))
    return origin
