"""Who is asking: site keys, person tokens, sessions, and how often they may."""

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from moderator.directory import hash_secret
from moderator.domain.errors import Forbidden, NotSignedIn, RateLimited, Unavailable
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import SessionId
from moderator.domain.people import KeyKind, Person, Role, SiteKey
from moderator.services import Services
from moderator.storage import audit, people, sessions
from moderator.storage.audit import Actor, Entry
from moderator.storage.sessions import Session

# RFC 9106's second recommendation, argon2-cffi's default: 64 MiB, 3 passes.
_HASHER = PasswordHasher()
# A name from one address; an address with whatever names, for a whole newsroom may be behind it; a name from anywhere.
# Over the last one only browsers get in that have signed in with the name before: who guesses at a name from many
# addresses does not keep its owner out (OWASP's device cookies).
TRIES_PER_MINUTE = 10
TRIES_PER_MINUTE_AND_ADDRESS = 30
TRIES_PER_MINUTE_AND_NAME = 60
# The password hash of those who have no password here. No hash of argon2 looks like it.
NO_PASSWORD = "!"
MAX_AGENT_CHARACTERS = 200
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """What a browser brings to the sign-in: its address, what it calls itself, and by what we know it (None: new)."""

    address: str
    agent: str = ""
    device: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session, and the secrets for the browser's cookies, which are stored nowhere else."""

    session: Session
    secret: str = field(repr=False)
    device: str = field(repr=False)


def bearer(authorization: str | None) -> str:
    """Return the secret in an Authorization header. Raises NotSignedIn without one (RFC 6750, section 2.1)."""
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotSignedIn("Send a key: Authorization: Bearer KEY")
    return secret.strip()


def site_key(services: Services, secret: str, *, public: bool = False, origin: str | None = None) -> SiteKey:
    """Return the site key with this secret, within its rate.

    A public key passes only where `public` says so, and only from its origins.

    Raises:
        NotSignedIn: no such key.
        Forbidden: a public key where a site key is needed, or from a foreign page.
        RateLimited: over MODERATOR_RATE_PER_KEY.
    """
    key = services.directory.find_key(secret)
    if key is None:
        if services.directory.find_person(secret) is not None:
            raise Forbidden("This is a person's token; this route takes a site key.")
        raise NotSignedIn("This key is unknown or revoked.")
    if key.kind is KeyKind.PUBLIC and not public:
        raise Forbidden("A public key may only submit comments.")
    if not key.allows_origin(origin):
        raise Forbidden("This key was not made for pages of that origin.")
    wait = services.key_rates.take(key.id, services.monotonic())
    if wait:
        raise RateLimited("Too many requests with this key.", retry_after_seconds=max(1, round(wait)))
    return key


def limit_address(services: Services, address: str) -> None:
    """Count a request that anybody can make. Raises RateLimited over MODERATOR_RATE_PER_ADDRESS."""
    wait = services.address_rates.take(address, services.monotonic())
    if wait:
        raise RateLimited("Too many requests from this address.", retry_after_seconds=max(1, round(wait)))


def person(services: Services, secret: str, *, role: Role = Role.MODERATOR) -> Person:
    """Return whose token this is.

    Raises:
        NotSignedIn: no such token.
        Forbidden: a site key, or a person without the role.
    """
    found = services.directory.find_person(secret)
    if found is None:
        if services.directory.find_key(secret) is not None:
            raise Forbidden("This is a site key; this route takes a person's token.")
        raise NotSignedIn("This token is unknown or revoked.")
    check_role(found, role)
    return found


def check_role(found: Person, role: Role) -> None:
    """Raise Forbidden unless a person has a role or a higher one; administrators have every one."""
    if role is Role.ADMIN and not found.is_admin:
        raise Forbidden("Only an administrator may do this.")
    if role is Role.SENIOR and not found.is_senior:
        raise Forbidden("Only a senior moderator or an administrator may do this.")


def check_administers_all(found: Person) -> None:
    """Raise Forbidden unless a person administers every site: what all sites share is not one site's to change."""
    if not found.administers_all:
        raise Forbidden("Only an administrator of every site may do this.")


async def hash_password(password: str) -> str:
    """Return a password's argon2 hash. In a thread: it takes 50 ms on purpose."""
    return await anyio.to_thread.run_sync(_HASHER.hash, password)


async def sign_in(services: Services, name: str, password: str, *, browser: Browser) -> SignedIn:
    """Start a session.

    Raises:
        RateLimited: too many tries for this name or from this address.
        NotSignedIn: wrong name or password, without saying which.
    """
    await _limit_tries(services, name, browser)
    async with services.database.read() as connection:
        found = await people.find_by_name(connection, name)
    if not await check_password(found[1] if found else NO_PASSWORD, password) or found is None:
        raise NotSignedIn("The name or the password is wrong.")
    return await start_session(services, found[0], browser=browser)


def limit_tries(services: Services, address: str) -> None:
    """Count a try to sign in from an address. Raises RateLimited over the limit, which is this process's own."""
    tries = services.sign_in_rates.add(f"address {network_of(address)}", services.monotonic())
    if tries > TRIES_PER_MINUTE_AND_ADDRESS:
        raise RateLimited("Too many attempts; wait a minute.", retry_after_seconds=60)


async def _limit_tries(services: Services, name: str, browser: Browser) -> None:
    limit_tries(services, browser.address)
    network, tried = network_of(browser.address), hash_secret(name.casefold())
    for key, limit in (
        (f"name {tried} address {network}", TRIES_PER_MINUTE),
        (f"name {tried}", TRIES_PER_MINUTE_AND_NAME),
    ):
        if services.sign_in_rates.add(key, services.monotonic()) <= limit:
            continue
        if limit == TRIES_PER_MINUTE_AND_NAME and await _is_known(services, browser.device, name):
            continue
        raise RateLimited("Too many attempts; wait a minute.", retry_after_seconds=60)


async def _is_known(services: Services, device: str | None, name: str) -> bool:
    if not device:
        return False
    async with services.database.read() as connection:
        return await sessions.is_known(connection, hash_secret(device), name)


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 that every customer has of IPv6 (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))
    return str(found)


async def start_session(services: Services, person: Person, *, browser: Browser) -> SignedIn:
    """Start a session for somebody who has proved who they are. Its secret is a new one each time."""
    now = services.now()
    secret, device = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    session = Session(
        id=SessionId(services.ids.new()),
        hash=hash_secret(secret),
        person=person,
        csrf=secrets.token_urlsafe(32),
        agent=_printable(browser.agent)[:MAX_AGENT_CHARACTERS],
        started_at=now,
        seen_at=now,
        expires_at=now + timedelta(seconds=services.settings.session_seconds),
    )
    async with services.database.transaction() as connection:
        await sessions.start(connection, session, device=hash_secret(device))
        await audit.append(connection, _session_entry(services, session, AuditAction.SESSION_STARTED))
    return SignedIn(session=session, secret=secret, device=device)


def _printable(text: str) -> str:
    """Return text without what PostgreSQL does not keep and what no browser would call itself."""
    return "".join(character for character in text if character.isprintable())


async def check_password(password_hash: str, password: str) -> bool:
    """Return whether a password is right. In a thread: it takes 50 ms on purpose, also where there is none."""
    return await anyio.to_thread.run_sync(_verify, None if password_hash == NO_PASSWORD else password_hash, password)


@cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def _verify(password_hash: str | None, password: str) -> bool:
    """Check a password; for an unknown name against nobody's, so that both take as long."""
    try:
        return _HASHER.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False


async def session_of(services: Services, secret: str | None) -> Session:
    """Return the session of a cookie, and note its use. Raises NotSignedIn when there is none, or it has ended."""
    now = services.now()
    if not secret:
        raise NotSignedIn("Please sign in.")
    async with services.database.read() as connection:
        session = await sessions.find(connection, hash_secret(secret), now)
    if session is None:
        raise NotSignedIn("Please sign in.")
    if now - session.seen_at >= SEEN_EVERY:
        with suppress(Unavailable):  # A page that only shows does so also while nothing can be written.
            async with services.database.transaction() as connection:
                await sessions.see(connection, session.hash, now)
    return session


async def sign_out(services: Services, session: Session) -> None:
    """End a session."""
    async with services.database.transaction() as connection:
        await sessions.end(connection, session.hash, services.now())
        await audit.append(connection, _session_entry(services, session, AuditAction.SESSION_ENDED))


def check_csrf(session: Session, token: str | None) -> None:
    """Raise Forbidden unless a form carries its session's token."""
    if not secrets.compare_digest(session.csrf, token or ""):
        raise Forbidden("This form is out of date; load the page again.")


def origin_of(url: str) -> str | None:
    """Return the origin (RFC 6454) of an address: scheme and authority in lower case; None when it has none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    port = f":{parts.port}" if parts.port and parts.port != {"http": 80, "https": 443}[parts.scheme] else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _session_entry(services: Services, session: Session, action: AuditAction) -> Entry:
    return Entry(
        at=services.now(),
        actor=Actor(kind=ActorKind.PERSON, id=session.person.id),
        action=action,
        subject_kind="person",
        subject_id=session.person.id,
    )
