"""Sites, their keys, and the number that tells caches of a change."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from moderator.domain.comments import Site
from moderator.domain.ids import KeyId, SiteId
from moderator.domain.people import KeyKind, SiteKey
from moderator.domain.reasons import Ground, ReasonCode, SiteReason
from moderator.domain.sites import DEFAULT_SETTINGS, HeldAnswer, SiteSettings
from moderator.storage.columns import from_ms, to_json, to_ms
from moderator.storage.database import Connection, Row

ADD = "INSERT INTO sites (id, name, settings, created_ms) VALUES (:id, :name, :settings, :created_ms)"


async def add(connection: Connection, site: Site, now: datetime, settings: Mapping[str, object] | None = None) -> None:
    """Store a site, with what is set for it alone."""
    await connection.execute(
        ADD, id=site.id, name=site.name, settings=to_json(dict(settings or {})), created_ms=to_ms(now)
    )


DEMO = "SELECT * FROM sites WHERE settings LIKE '%\"demo_key\"%' ORDER BY id LIMIT 1"


async def find_demo(connection: Connection) -> tuple[Site, str] | None:
    """Return the demo site and the public key that its page carries, or None."""
    row = await connection.one(DEMO)
    return None if row is None else (_site(row), json.loads(row["settings"])["demo_key"])


SET_NAME = "UPDATE sites SET name = :name WHERE id = :id"


async def set_name(connection: Connection, site_id: SiteId, name: str) -> None:
    """Store what a site is called."""
    await connection.execute(SET_NAME, id=site_id, name=name)


GET_SETTINGS = "SELECT settings FROM sites WHERE id = :id"
SET_SETTINGS = "UPDATE sites SET settings = :settings WHERE id = :id"


async def set_settings(connection: Connection, site_id: SiteId, settings: Mapping[str, object]) -> None:
    """Change what is set for a site alone; what is not named stays."""
    row = await connection.one(GET_SETTINGS, id=site_id)
    kept = {} if row is None else json.loads(row["settings"])
    await connection.execute(SET_SETTINGS, id=site_id, settings=to_json({**kept, **settings}))


def settings_to_dict(settings: SiteSettings) -> dict[str, object]:
    """Return a site's settings as `set_settings` takes them."""
    return {
        "held_answer": settings.held_answer,
        "abuse_is_spam": settings.abuse_is_spam,
        "phase_secrets": list(settings.phase_secrets),
        # None while the site has the reasons of the house: it then gets what a later version adds to them.
        "reasons": [asdict(one) for one in settings.reasons] if settings.has_own_reasons else None,
    }


ALL = "SELECT * FROM sites ORDER BY id"


async def list_all(connection: Connection) -> list[Site]:
    """Return every site, the oldest first."""
    return [_site(row) for row in await connection.all(ALL)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A key as stored: its SHA-256 and a few visible characters, never the key."""

    key: SiteKey
    prefix: str
    hash: str


ADD_KEY = """
INSERT INTO site_keys (id, site_id, kind, prefix, hash, origins, created_ms)
VALUES (:id, :site_id, :kind, :prefix, :hash, :origins, :created_ms)
"""


async def add_key(connection: Connection, issued: IssuedKey, now: datetime) -> None:
    """Store an issued key."""
    await connection.execute(
        ADD_KEY,
        id=issued.key.id,
        site_id=issued.key.site_id,
        kind=issued.key.kind,
        prefix=issued.prefix,
        hash=issued.hash,
        origins=to_json(list(issued.key.origins)),
        created_ms=to_ms(now),
    )


VALID_KEYS = "SELECT * FROM site_keys WHERE revoked_ms IS NULL ORDER BY id"


async def list_keys(connection: Connection) -> list[IssuedKey]:
    """Return every key that is not revoked."""
    return [_key(row) for row in await connection.all(VALID_KEYS)]


KEYS_OF_SITE = "SELECT * FROM site_keys WHERE site_id = :site_id AND revoked_ms IS NULL ORDER BY id"


async def keys_of(connection: Connection, site_id: SiteId) -> list[tuple[IssuedKey, datetime]]:
    """Return a site's valid keys, each with when it was issued, the oldest first."""
    rows = await connection.all(KEYS_OF_SITE, site_id=site_id)
    return [(_key(row), from_ms(row["created_ms"])) for row in rows]


REVOKE = """
UPDATE site_keys SET revoked_ms = :now_ms
WHERE id = :id AND revoked_ms IS NULL AND (CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id)
RETURNING id
"""


async def revoke_key(connection: Connection, key_id: KeyId, now: datetime, *, site_id: SiteId | None = None) -> bool:
    """Revoke a key, of a certain site if one is named. Return False when there is no such valid key."""
    return await connection.one(REVOKE, id=key_id, site_id=site_id, now_ms=to_ms(now)) is not None


REVISION = "SELECT number FROM revisions WHERE name = 'directory'"
TOUCH = "UPDATE revisions SET number = number + 1 WHERE name = 'directory'"


async def directory_revision(connection: Connection) -> int:
    """Return the number that grows whenever sites, keys, people or policies change."""
    row = await connection.one(REVISION)
    return 0 if row is None else int(row["number"])


async def touch_directory(connection: Connection) -> None:
    """Tell every process that keeps sites, keys, people or policies in memory to read them again."""
    await connection.execute(TOUCH)


def _site(row: Row) -> Site:
    found = json.loads(row["settings"])
    settings = SiteSettings(
        held_answer=HeldAnswer(found.get("held_answer", HeldAnswer.AUTO)),
        abuse_is_spam=found.get("abuse_is_spam", True),
        phase_secrets=tuple(found.get("phase_secrets", ())),
        reasons=tuple(map(_reason, found.get("reasons") or ())) or DEFAULT_SETTINGS.reasons,
    )
    return Site(id=SiteId(row["id"]), name=row["name"], settings=settings)


def _reason(found: dict[str, str]) -> SiteReason:
    return SiteReason(
        name=found["name"],
        key=found["key"],
        reason=ReasonCode(found["reason"]),
        ground=Ground(found["ground"]),
        reference=found["reference"],
    )


def _key(row: Row) -> IssuedKey:
    return IssuedKey(
        key=SiteKey(
            id=KeyId(row["id"]),
            site_id=SiteId(row["site_id"]),
            kind=KeyKind(row["kind"]),
            origins=tuple(json.loads(row["origins"])),
        ),
        prefix=row["prefix"],
        hash=row["hash"],
    )
