"""Who is asking: site keys, person tokens, sessions, and how often they may."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from moderator.directory import hash_secret
from moderator.domain.errors import Forbidden, NotSignedIn, RateLimited
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.people import KeyKind, Person, Role, SiteKey
from moderator.services import Services
from moderator.storage import audit, people
from moderator.storage.audit import Actor, Entry
from moderator.storage.people import Session

# RFC 9106's second recommendation, argon2-cffi's default: 64 MiB, 3 passes.
_HASHER = PasswordHasher()
SIGN_INS_PER_MINUTE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session and the secret for its cookie, which is stored nowhere else."""

    session: Session
    secret: str


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
    """Raise Forbidden unless a person has a role; administrators have every one."""
    if role is Role.ADMIN and not found.is_admin:
        raise Forbidden("Only an administrator may do this.")


async def hash_password(password: str) -> str:
    """Return a password's argon2 hash. In a thread: it takes 50 ms on purpose."""
    return await anyio.to_thread.run_sync(_HASHER.hash, password)


async def sign_in(services: Services, name: str, password: str, *, address: str) -> SignedIn:
    """Start a session.

    Raises:
        RateLimited: too many tries for this name or from this address.
        NotSignedIn: wrong name or password, without saying which.
    """
    now = services.now()
    for tried in (f"sign-in name {name.casefold()}", f"sign-in address {address}"):
        if services.author_rates.add(tried, services.monotonic()) > SIGN_INS_PER_MINUTE:
            raise RateLimited("Too many attempts; wait a minute.", retry_after_seconds=60)
    async with services.database.read() as connection:
        found = await people.find_by_name(connection, name)
    if not await anyio.to_thread.run_sync(_verify, found[1] if found else None, password) or found is None:
        raise NotSignedIn("The name or the password is wrong.")
    secret = secrets.token_urlsafe(32)
    session = Session(
        hash=hash_secret(secret),
        person=found[0],
        csrf=secrets.token_urlsafe(32),
        expires_at=now + timedelta(seconds=services.settings.session_seconds),
    )
    async with services.database.transaction() as connection:
        await people.start_session(connection, session, now)
        await audit.append(connection, _session_entry(services, session, AuditAction.SESSION_STARTED))
    return SignedIn(session=session, secret=secret)


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
    """Return the session of a cookie. Raises NotSignedIn when there is none, or it has ended."""
    if secret:
        async with services.database.read() as connection:
            session = await people.find_session(connection, hash_secret(secret), services.now())
        if session is not None:
            return session
    raise NotSignedIn("Please sign in.")


async def sign_out(services: Services, session: Session) -> None:
    """End a session."""
    async with services.database.transaction() as connection:
        await people.end_session(connection, session.hash, services.now())
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
