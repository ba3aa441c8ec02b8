"""The numbers page: volume, automation, waiting, decisions, agreement, and how far people follow the machine.

Counting takes a busy site's database up to a second, so that what was counted is shown for a minute to whoever asks for
the same sites and days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final
from weakref import WeakKeyDictionary

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.administering import show_page
from moderator.console.charts import HEIGHT, WIDTH, stack
from moderator.console.session import session_of, shown
from moderator.domain.agreement import Agreement as Overlap
from moderator.domain.errors import Fault, InvalidInput, NotFound
from moderator.domain.ids import PersonId, SiteId
from moderator.domain.opinions import may_be_settled, settling
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.workbench import Ballot
from moderator.services import Services
from moderator.storage import cases, disputes, numbers, opinions, people
from moderator.storage.cases import QueueSize
from moderator.storage.database import Database
from moderator.storage.disputes import Dispute
from moderator.storage.numbers import Agreement, Rulings, Seen, Voices, Waited
from moderator.web import services

PERIODS: Final = (7, 30, 90)
KEPT_SECONDS: Final = 60.0
# From so many on a median is shown beside one's own figures: among fewer it would tell what a colleague does.
FEWEST_PEOPLE: Final = 4
_NOBODY: Final = Agreement()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted for some sites and days, and when. `stuck` counts disagreements that nobody may settle."""

    at: datetime
    days: Sequence[date]
    volume: Mapping[date, Mapping[Action, int]]
    waited: Waited
    queue: QueueSize
    rulings: Sequence[Rulings]
    agreement: Mapping[PersonId, Agreement]
    seconds: Overlap
    stuck: int
    seen: Mapping[Action, Seen]
    voices: Voices

    @property
    def totals(self) -> Mapping[Action, int]:
        """Return how many comments came in, by the machine's verdict."""
        return {action: sum(own[action] for own in self.volume.values()) for action in Action}

    @property
    def comments(self) -> int:
        """Return how many comments came in."""
        return sum(self.totals.values())

    @property
    def automated(self) -> float | None:
        """Return the share that the machine approved or rejected alone; None when nothing came in."""
        return 1 - self.totals[Action.HOLD] / self.comments if self.comments else None

    @property
    def decided(self) -> Mapping[date, int]:
        """Return how many comments people approved or rejected on each day."""
        found = dict.fromkeys(self.days, 0)
        for one in self.rulings:
            if one.action is not Action.HOLD:
                found[one.day] = found.get(one.day, 0) + one.number
        return found

    @property
    def reasons(self) -> Sequence[tuple[ReasonCode, int]]:
        """Return the reasons that people rejected for, the most frequent first."""
        found: dict[ReasonCode, int] = {}
        for one in self.rulings:
            if one.reason is not None and one.action is Action.REJECT:
                found[one.reason] = found.get(one.reason, 0) + one.number
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))

    @property
    def agreed(self) -> Ballot:
        """Return all second opinions; those that agree count as right."""
        seconds = sum(one.seconds for one in self.agreement.values())
        return plain(seconds, seconds - sum(one.agreed for one in self.agreement.values()))

    def overturned(self, verdict: Action) -> Ballot:
        """Return what people saw of a verdict, wrong where they decided otherwise."""
        seen = self.seen[verdict]
        return plain(seen.approved + seen.rejected, seen.rejected if verdict is Action.APPROVE else seen.approved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Somebody's figures. `a_day` is over the days with a decision; the shares are None without anything to share."""

    person_id: PersonId
    decided: int
    days: int
    rejected: float | None
    agreement: Agreement

    @property
    def a_day(self) -> float:
        """Return how many decisions a working day had."""
        return self.decided / self.days if self.days else 0.0

    @property
    def agreed(self) -> float | None:
        """Return the share of second opinions that agree."""
        return self.agreement.agreed / self.agreement.seconds if self.agreement.seconds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Middle:
    """The medians over people; None where nobody has the figure."""

    people: int
    decided: float
    a_day: float
    rejected: float | None
    agreed: float | None


def plain(rulings: int, wrong: int) -> Ballot:
    """Return rulings that count once each."""
    return Ballot(rulings=rulings, weight=float(rulings), squares=float(rulings), wrong=float(wrong))


@shown
async def show_numbers(request: Request[Any]) -> Response:
    """`GET /console/numbers`: `days` (7, 30 or 90) and `site` (none: all that one sees)."""
    session = await session_of(request)
    found, person = services(request), session.person
    sites, days = found.sites_for(person), _days(request)
    site = request.query_params.get("site") or None
    if site is not None and site not in {one.id for one in sites}:
        raise NotFound("There is no such site.")
    wanted = tuple(SiteId(one.id) for one in sites if site in (None, one.id))
    counted = await count(found, wanted, days)
    work = work_of(counted)
    async with found.database.read() as connection:
        names = await people.list_names(connection)
    return await show_page(
        request,
        session,
        "numbers.html",
        counted=counted,
        sites=sites,
        site=site,
        period=days,
        periods=PERIODS,
        volume=stack([[own[action] for action in _ORDER] for own in counted.volume.values()]),
        decided=stack([[number] for number in counted.decided.values()]),
        work=[one for one in work if person.is_admin or one.person_id == person.id],
        middle=middle_of(work) if len(work) >= FEWEST_PEOPLE else None,
        fewest=FEWEST_PEOPLE,
        seconded={
            one: measure for one, measure in counted.seconds.people.items() if person.is_admin or one == person.id
        },
        names=names,
        unsettled=[
            one
            for one in sites
            if one.id in wanted and not may_be_settled(found.directory.people.values(), SiteId(one.id))
        ],
        order=_ORDER,
        width=WIDTH,
        height=HEIGHT,
        now=found.now(),
    )


_ORDER: Final = (Action.APPROVE, Action.HOLD, Action.REJECT)


def work_of(counted: Counted) -> list[Work]:
    """Return the figures of everybody who decided, the busiest first."""
    found = []
    for person_id in {one.person_id for one in counted.rulings}:
        own = [one for one in counted.rulings if one.person_id == person_id and one.action is not Action.HOLD]
        decided = sum(one.number for one in own)
        rejected = sum(one.number for one in own if one.action is Action.REJECT)
        found.append(
            Work(
                person_id=person_id,
                decided=decided,
                days=len({one.day for one in own}),
                rejected=rejected / decided if decided else None,
                agreement=counted.agreement.get(person_id, _NOBODY),
            )
        )
    return sorted(found, key=lambda one: (-one.decided, one.person_id))


def middle_of(work: Sequence[Work]) -> Middle:
    """Return the medians of some people's figures."""
    rejected = [one.rejected for one in work if one.rejected is not None]
    agreed = [one.agreed for one in work if one.agreed is not None]
    return Middle(
        people=len(work),
        decided=median([one.decided for one in work]),
        a_day=median([one.a_day for one in work]),
        rejected=median(rejected) if rejected else None,
        agreed=median(agreed) if agreed else None,
    )


_kept: Final[WeakKeyDictionary[Database, dict[tuple[Any, ...], tuple[float, Counted]]]] = WeakKeyDictionary()
_turn: Final = anyio.Lock()  # One at a time: a second page that wants the same then finds it counted.


async def count(found: Services, sites: Sequence[SiteId], days: int) -> Counted:
    """Return the figures of some sites for the last days, today included, at most a minute old."""
    key = (tuple(sites), days)
    async with _turn:
        kept = _kept.setdefault(found.database, {})
        for known in [known for known, (until, _) in kept.items() if until <= found.monotonic()]:
            del kept[known]
        if key not in kept:
            kept[key] = (found.monotonic() + KEPT_SECONDS, await _count(found, sites, days))
        return kept[key][1]


async def _count(found: Services, sites: Sequence[SiteId], days: int) -> Counted:
    now = found.now()
    today = now.date()
    named = [today - timedelta(days=number) for number in reversed(range(days))]
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    async with found.database.read() as connection:
        return Counted(
            at=now,
            days=named,
            volume=await numbers.volume(connection, sites, named),
            waited=await numbers.waited(connection, sites, since),
            queue=await cases.queue_size(connection, sites or (SiteId(""),)),  # None would be all.
            rulings=await numbers.rulings(connection, sites, since),
            agreement=await numbers.agreement(connection, sites, since),
            seconds=await opinions.agreement(connection, sites, since),
            stuck=_stuck(found, await disputes.list_open(connection, sites)) if sites else 0,
            seen=await numbers.seen(connection, sites, since),
            voices=await numbers.voices(connection, sites, since),
        )


def _stuck(found: Services, open_ones: Sequence[Dispute]) -> int:
    people = found.directory.people.values()
    return sum(settling(people, one.site_id, *one.between) is None for one in open_ones)


def _days(request: Request[Any]) -> int:
    text = request.query_params.get("days", "30")
    if text not in map(str, PERIODS):
        raise InvalidInput(Fault(pointer="/days", detail="7, 30 or 90"))
    return int(text)


ROUTES: Final[list[BaseRoute]] = [Route("/console/numbers", show_numbers, methods=["GET"])]
