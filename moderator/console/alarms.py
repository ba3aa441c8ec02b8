"""What every page of somebody who is signed in says on top: that automatic verdicts of a site are suspended."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from moderator.domain.ids import SiteId
from moderator.domain.people import Person
from moderator.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A site whose numbers have moved; `is_held` when people decide there meanwhile."""

    site_id: SiteId
    name: str
    is_held: bool


_current: ContextVar[Sequence[Alarm]] = ContextVar("alarms", default=())


def remember_alarms(found: Services, person: Person) -> None:
    """Keep for the page that is being made which of the sites that somebody may see have an alarm."""
    _current.set(
        [
            Alarm(site_id=site_id, name=site.name, is_held=bool(found.suspended_for(site_id)))
            for site_id in found.directory.suspended
            if person.may_see(site_id) and (site := found.directory.sites.get(site_id)) is not None
        ]
    )


def alarms() -> Sequence[Alarm]:
    """Return what `remember_alarms` kept."""
    return _current.get()
