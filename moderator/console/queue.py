"""The queue's page: what waits, of what kind, and who has it; and reviewing only a part of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import isfinite
from typing import Any, Final

from babel.numbers import get_decimal_symbol
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.alike import together
from moderator.console.choosing import (
    CAUSES,
    NAMES,
    TITLES,
    address,
    attribute,
    chosen,
    filter_of,
    remember_filter,
    say,
)
from moderator.console.desk import in_hand
from moderator.console.language import gettext, locale, spoken
from moderator.console.pages import page, see_other
from moderator.console.session import session_of, shown, signed_form
from moderator.console.words import span_of, words
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.ids import CaseId
from moderator.domain.people import Person
from moderator.domain.queue import FACETS, Filter, Summary, Urgency, sum_up
from moderator.services import Services
from moderator.storage import cases, queue
from moderator.storage.case_files import CaseFile
from moderator.storage.cases import Place
from moderator.storage.columns import from_ms, to_ms
from moderator.usecases import review
from moderator.web import services

PAGE_ROWS: Final = 50  # Twice as many take twice as long to write, and nobody reads that far down.
MOST_HOLDERS: Final = 6
MOST_CHOICES: Final = 200  # A site may name as many sections as it likes.
_FIRST: Final = "~first"  # A row that stands before all others, in an address.
LATEST_MS: Final = 2**42
PATH: Final = "/console/queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A value that the queue can be narrowed to, in words, and how many cases that would leave."""

    value: str
    title: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One of the queue's filters: its values, the most frequent first, and which one is chosen (empty: none)."""

    name: str
    title: str
    options: Sequence[Option]
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """How many cases somebody holds."""

    name: str
    cases: int
    is_reader: bool


@shown
async def show_queue(request: Request[Any]) -> Response:
    """`GET /console/queue`: what waits, the most urgent first; `after` names the row before the page's first."""
    session = await session_of(request)
    found, person = services(request), session.person
    only = filter_of(found, person, request.query_params)
    as_of, after = _cursor(request.query_params.get("after")) or (found.now(), None)
    async with found.database.read() as connection:
        files = await cases.list_open(
            connection,
            as_of=as_of,
            limit=PAGE_ROWS + 1,
            sites=person.sites,
            only=only,
            reader=person.id,
            senior=person.id if person.is_senior else None,
            after=after,
        )
        groups = await queue.groups(
            connection, now=found.now(), sites=person.sites, author=only.author, reader=person.id
        )
        held = await queue.held(connection, now=found.now())
        size = await cases.queue_size(connection, person.sites, reader=person.id)
    summary = sum_up(groups, only)
    more = files[PAGE_ROWS - 1] if len(files) > PAGE_ROWS else None
    return page(
        "queue.html",
        person=person,
        csrf=session.csrf,
        rows=together(files[:PAGE_ROWS]),
        size=size,
        summary=summary,
        facets=facets_of(found, summary, only),
        only=only,
        chosen=chosen(found, only),
        standing=stand(holders_of(found, person, held), summary.oldest_at, found.now()),
        older=address(PATH, only, after=_after(as_of, more, person)) if more else None,
        first=None if after is None else address(PATH, only),
        events=address("/console/events", only, since=to_ms(as_of)),
        sites=found.directory.sites,
        people=found.directory.people,
        causes_of=CAUSES,
        explained=explained,
        number=number,
        address=address,
        attribute=attribute,
        path=PATH,
        author_filter=author_filter,
        now=found.now(),
    )


@shown
async def review_only(request: Request[Any]) -> Response:
    """`POST /console/only`: from now on this browser takes cases within a filter; what was in hand goes back."""
    session, form = await signed_form(request)
    found, person = services(request), session.person
    only = filter_of(found, person, {name: form.get(name, "") for name in NAMES})
    async with found.database.read() as connection:
        held = await in_hand(found, connection, person)
    for file in held:
        await review.release(found, person, file.case.id)
    await review.fill_hand(found, person, only=only)
    response = see_other("/console")
    remember_filter(request, response, only)
    return response


def facets_of(found: Services, summary: Summary, only: Filter) -> list[Facet]:
    """Return the filters that there is something to choose in."""
    given, facets = only.given, []
    for name in FACETS:
        own, picked = list(summary.facets[name][:MOST_CHOICES]), given.get(name, "")
        if picked and picked not in dict(own):
            own.append((picked, dict(summary.facets[name]).get(picked, 0)))
        if len(own) > 1 or picked or (own and name != "site"):
            options = [Option(value=value, title=say(found, name, value), cases=cases) for value, cases in own]
            facets.append(Facet(name=name, title=gettext(TITLES[name]), options=options, chosen=picked))
    return facets


def holders_of(found: Services, person: Person, held: Sequence[queue.Held]) -> list[Holder]:
    """Return who holds how many of the cases that somebody may see, the most first."""
    counts = Counter(one.holder for one in held if person.may_see(one.site) and person.id not in one.barred)
    people = found.directory.people
    return [
        Holder(
            name=people[holder].name if holder in people else gettext("Somebody"),
            cases=cases,
            is_reader=holder == person.id,
        )
        for holder, cases in counts.most_common()
    ]


def stand(holders: Sequence[Holder], oldest: datetime | None, now: datetime) -> str:
    """Return how long the oldest case has waited and who holds how many, in words."""
    said = [gettext("the oldest for %(time)s") % {"time": span_of(now - oldest)}] if oldest else []
    for one in holders[:MOST_HOLDERS]:
        if one.is_reader:
            said.append(gettext("you hold %(count)s") % {"count": one.cases})
        else:
            said.append(gettext("%(name)s holds %(count)s") % {"name": one.name, "count": one.cases})
    return " · ".join([*said, "…"] if len(holders) > MOST_HOLDERS else said)


def author_filter(file: CaseFile) -> Filter | None:
    """Return a filter for everything of a case's author that waits; None for a stranger without a name."""
    author = file.comment.author.key or file.comment.author.name
    return Filter(site=file.case.site_id, author=author) if author else None


def explained(urgency: Urgency) -> str:
    """Return where a case's number comes from: `12.4 = 0.31 (threat 0.31 × severity 1.0) × (1 + 39 minutes waited)`."""
    parts: Mapping[str, str] = {
        "total": number(urgency.total),
        "weight": number(urgency.weight),
        "minutes": str(int(urgency.minutes)),
        "label": gettext(words(urgency.label)) if urgency.label else "",
        "score": number(urgency.score),
        "severity": number(urgency.severity),
    }
    if urgency.label:
        text = gettext(
            "%(total)s = %(weight)s (%(label)s %(score)s × severity %(severity)s) × (1 + %(minutes)s minutes waited)"
        )
    elif urgency.is_reported:
        text = gettext("%(total)s = %(weight)s (what a report weighs) × (1 + %(minutes)s minutes waited)")
    else:
        text = gettext("%(total)s = %(weight)s (set when the case was opened) × (1 + %(minutes)s minutes waited)")
    return text % parts


def number(value: float) -> str:
    """Return a number to two or three figures. Hundreds stand on a page, and babel takes 200 µs for each (measured)."""
    text = f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return text.replace(".", _decimal_sign(spoken()))


@cache
def _decimal_sign(_language: str) -> str:
    return get_decimal_symbol(locale())


def _after(as_of: datetime, last: CaseFile, person: Person) -> str:
    passed = last.case.escalation
    is_first = person.is_senior and passed is not None and passed.by != person.id
    return f"{to_ms(as_of)}~{last.urgency!r}~{last.case.id}{_FIRST if is_first else ''}"


def _cursor(text: str | None) -> tuple[datetime, Place] | None:
    """Return the moment that a list is of, and the row after which it goes on."""
    if not text:
        return None
    try:
        moment, urgency, case_id = text.removesuffix(_FIRST).split("~")
        as_of_ms, value = int(moment), float(urgency)
        if not 0 <= as_of_ms < LATEST_MS or not isfinite(value) or "\x00" in case_id:
            raise ValueError
    except ValueError:
        raise InvalidInput(Fault(pointer="/after", detail=gettext("not a page of this list"))) from None
    return from_ms(as_of_ms), Place(urgency=value, case_id=CaseId(case_id), is_first=text.endswith(_FIRST))


ROUTES: Final[list[BaseRoute]] = [
    Route(PATH, show_queue, methods=["GET"]),
    Route("/console/only", review_only, methods=["POST"]),
]
