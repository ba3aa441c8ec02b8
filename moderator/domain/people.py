"""Who may do what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from moderator.domain.errors import Conflict, Forbidden
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
        """Return whether this person may also decide what was passed on: seniors and administrators."""
        return self.role in (Role.SENIOR, Role.ADMIN)

    @property
    def administers_all(self) -> bool:
        """Return whether this person administers every site, and with them what no site has for itself."""
        return self.is_admin and not self.sites

    def may_see(self, site_id: SiteId) -> bool:
        """Return whether this person may see a site's comments."""
        return not self.sites or site_id in self.sites

    def may_appoint(self, sites: Iterable[SiteId]) -> bool:
        """Return whether this person may manage somebody who sees these sites; none means every site.

        An administrator of some sites manages whoever sees nothing but them.
        """
        seen = set(sites)
        return self.administers_all or (self.is_admin and bool(seen) and seen <= set(self.sites))


def check_may_manage(by: Person, other: Person) -> None:
    """Raise Forbidden unless one person may manage another, who is not themself: nobody lifts or locks out oneself."""
    if by.id == other.id:
        raise Forbidden("This is you. Ask another administrator.")
    if not by.may_appoint(other.sites):
        raise Forbidden("They see sites that you do not administer.")


def check_leaves_an_administrator(before: Person, after: Person | None, others: Iterable[Person]) -> None:
    """Raise Conflict when nobody would be left who administers every site.

    Args:
        after: who they will be; None when they are disabled.
        others: everybody else who is not disabled.
    """
    stays = after is not None and after.administers_all
    if before.administers_all and not stays and not any(other.administers_all for other in others):
        raise Conflict("This is the last administrator of every site. Name another one first.")


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
