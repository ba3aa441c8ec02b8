"""Sites, keys, people and policies in memory: every request asks for them, they change a few times a year.

What a site's automatic verdicts rest on is here too: it changes once a day at most, and every verdict asks for it.

Keys and tokens are known by their SHA-256 alone. A plain hash is enough because they are random and long; passwords
are people's own and get argon2 (usecases/access).
"""

import hashlib

from moderator.domain.certificates import Standing
from moderator.domain.comments import Site
from moderator.domain.ids import PersonId, SiteId
from moderator.domain.people import KeyKind, Person, SiteKey
from moderator.domain.policy import Action, Policy
from moderator.storage import certificates, people, policies, sites
from moderator.storage.database import Database


def hash_secret(secret: str) -> str:
    """Return how a key, token or session is stored: the hex SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Directory:
    """The newest state that this process has read; `refresh` reads it again when its revision number has moved."""

    def __init__(self) -> None:
        self.revision = 0
        self.sites: dict[SiteId, Site] = {}
        self.people: dict[PersonId, Person] = {}
        self.policies: dict[SiteId, Policy] = {}
        self.suspended: dict[SiteId, tuple[Action, ...]] = {}
        self.certified: dict[SiteId, tuple[Action, ...]] = {}
        self.origins: frozenset[str] = frozenset()
        self._keys: dict[str, SiteKey] = {}
        self._tokens: dict[str, Person] = {}

    def find_key(self, secret: str) -> SiteKey | None:
        """Return the valid key with this secret, or None."""
        return self._keys.get(hash_secret(secret))

    def find_person(self, secret: str) -> Person | None:
        """Return whose valid token this is, or None."""
        return self._tokens.get(hash_secret(secret))

    async def refresh(self, database: Database) -> bool:
        """Read everything again if anything has changed. Return whether it had."""
        async with database.read() as connection:
            revision = await sites.directory_revision(connection)
            if revision == self.revision:
                return False
            found_sites = await sites.list_all(connection)
            found_keys = await sites.list_keys(connection)
            found_people = await people.list_all(connection)
            found_tokens = await people.list_tokens(connection)
            found_policies = await policies.list_current(connection)
            found_certificates = await certificates.list_all(connection)
        self.sites = {site.id: site for site in found_sites}
        self.people = {person.id: person for person in found_people}
        self.policies = found_policies
        by_standing = dict[Standing, dict[SiteId, tuple[Action, ...]]]()
        for one in found_certificates:
            own = by_standing.setdefault(one.standing, {})
            own[one.site_id] = (*own.get(one.site_id, ()), one.action)
        self.suspended = by_standing.get(Standing.SUSPENDED, {})
        self.certified = by_standing.get(Standing.VALID, {})
        self._keys = {issued.hash: issued.key for issued in found_keys}
        self._tokens = found_tokens
        self.origins = frozenset(
            origin for issued in found_keys if issued.key.kind is KeyKind.PUBLIC for origin in issued.key.origins
        )
        self.revision = revision
        return True
