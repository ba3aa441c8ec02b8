"""What a site's automatic verdicts rest on and whether its comments are as before, for administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.administering import actor_of, admin_form, admin_session, show_page, site_of
from moderator.console.charts import HEIGHT, WIDTH, Bars, bars
from moderator.console.language import gettext, marked
from moderator.console.pages import see_other
from moderator.console.session import shown
from moderator.console.words import words
from moderator.domain.certificates import Certificate, Standing
from moderator.domain.comments import Site
from moderator.domain.drift import FEWEST_COMMENTS, FEWEST_DAYS, Day, Figure, Level
from moderator.domain.errors import NotFound
from moderator.domain.estimates import more_needed
from moderator.domain.people import Person
from moderator.services import Services
from moderator.storage import watching
from moderator.usecases.certificates import lift_alarm, standing_of
from moderator.web import services

DAYS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """What a site's verdicts rest on, in the order approve, reject; and its days, the oldest first."""

    site: Site
    certificates: Sequence[Certificate]
    days: Sequence[Day]

    @property
    def suspended(self) -> Sequence[Certificate]:
        """Return those that an alarm has suspended."""
        return [one for one in self.certificates if one.standing is Standing.SUSPENDED]

    @property
    def why(self) -> Sequence[Figure]:
        """Return what raised the alarm, each measure once."""
        return list({figure.measure: figure for one in self.suspended for figure in one.why}.values())

    @property
    def judged(self) -> Sequence[Day]:
        """Return the days that were held against others, the newest first."""
        return [one for one in reversed(self.days) if one.figures]

    @property
    def chart(self) -> Bars:
        """Return for each day how far its farthest measure is, as a part of what would be an alarm."""
        return bars([(_farthest(one), _KINDS[one.level]) for one in self.days])


_KINDS: Final = {Level.WAITING: "grid", Level.QUIET: "of-approve", Level.WATCH: "of-hold", Level.ALARM: "of-reject"}


def _farthest(day: Day) -> float | None:
    return max((part_of_limit(figure) for figure in day.figures), default=None)


def part_of_limit(figure: Figure) -> float:
    """Return how far a measure is beyond the usual, as a part of what would be an alarm; from 1 on it is one."""
    room = figure.limit - figure.usual
    return abs(figure.value - figure.usual) / room if room > 0 else 0.0


_MEASURES: Final = {
    "words": marked("the words that are used"),
    "length": marked("how long comments are"),
    "top": marked("each comment’s highest score"),
    "held": marked("the share that is held"),
    "overturned": marked("the share that people overturn"),
    "audit.approve": marked("errors in what the machine approves"),
    "audit.reject": marked("errors in what the machine rejects"),
}


def measure_name(measure: str) -> str:
    """Return what a measure is called."""
    if measure.startswith("score."):
        return gettext("scores of %(label)s") % {"label": words(measure.removeprefix("score."))}
    return gettext(_MEASURES[measure]) if measure in _MEASURES else measure


@shown
async def show_watching(request: Request[Any]) -> Response:
    """`GET /console/watching`: `site` (none: the first by name, one with an alarm before all)."""
    session, found = await admin_session(request), services(request)
    sites = _sites(found, session.person)
    site = _chosen(found, sites, request.query_params.get("site"))
    standings = await _standings(found, site) if site else None
    return await show_page(
        request,
        session,
        "watching.html",
        sites=sites,
        standings=standings,
        measure_name=measure_name,
        part_of_limit=part_of_limit,
        needed=_needed,
        fewest_comments=FEWEST_COMMENTS,
        fewest_days=FEWEST_DAYS,
        on_drift=found.settings.on_drift,
        width=WIDTH,
        height=HEIGHT,
    )


@shown
async def lift(request: Request[Any]) -> Response:
    """`POST /console/watching/{site}/lift`: somebody has looked; the machine decides alone again."""
    session, _ = await admin_form(request)
    site = site_of(request, session.person)
    await lift_alarm(services(request), actor_of(session), site.id)
    return see_other(f"/console/watching?site={site.id}&told=lifted")


def _needed(certificate: Certificate) -> int | None:
    """Return how many more audited decisions would certify; of a site that was never watched, all of them."""
    return certificate.needed if certificate.audited else more_needed([], certificate.promise)


async def _standings(found: Services, site: Site) -> Standings:
    today = found.now().astimezone(UTC).date()
    async with found.database.read() as connection:
        certificates = await standing_of(connection, site.id)
        days = await watching.watch_figures(connection, site.id, today - timedelta(days=DAYS))
    # Days that a wrong clock wrote ahead of time are not shown.
    return Standings(site=site, certificates=certificates, days=[one for one in days if one.day < today])


def _sites(found: Services, person: Person) -> list[Site]:
    seen = [site for site in found.directory.sites.values() if person.may_see(site.id)]
    return sorted(seen, key=lambda site: (site.id not in found.directory.suspended, site.name.casefold()))


def _chosen(found: Services, sites: Sequence[Site], wanted: str | None) -> Site | None:
    if wanted:
        chosen = next((site for site in sites if site.id == wanted), None)
        if chosen is None:
            raise NotFound("There is no such site.")
        return chosen
    return sites[0] if sites else None


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/watching", show_watching, methods=["GET"]),
    Route("/console/watching/{site}/lift", lift, methods=["POST"]),
]
