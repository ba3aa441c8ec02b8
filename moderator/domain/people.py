"""Who may do what."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from moderator.domain.ids import KeyId, PersonId, SiteId


class Role(StrEnum):
    """Moderators decide; seniors also decide what was passed on; administrators may do all."""

    MODERATOR = "moderator"
    SENIOR = "senior"
    ADMIN = "admin"


class KeyKind(StrEnum):
    """A site key may submit, score and read; a public one only submits, from its origins; akismet: 12 characters."""

    SITE = "site"
    PUBLIC = "public"
    AKISMET = "akismet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who reviews or administers. `sites` lists what they may see; empty means every site."""

    id: PersonId
    name: str
    role: Role
    sites: tuple[SiteId, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Return whether this person may administer."""
        return self.role is Role.ADMIN

    @property
    def is_senior(self) -> bool:
        """Return whether this person decides what was passed on."""
        return self.role in (Role.SENIOR, Role.ADMIN)

    def may_see(self, site_id: SiteId) -> bool:
        """Return whether this person may see a site's comments."""
        return not self.sites or site_id in self.sites


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteKey:
    """A key as it is known after it was issued: never the key itself."""

    id: KeyId
    site_id: SiteId
    kind: KeyKind
    origins: Sequence[str] = ()

    def allows_origin(self, origin: str | None) -> bool:
        """Return whether a page at `origin` may use this key. Keys other than public ones do not look at it."""
        return self.kind is not KeyKind.PUBLIC or origin in self.origins
