"""Pages that stay true while they are open: how much waits, who has what, what was decided, as server-sent events.

Nobody is told anything that a reload would not show. However many pages listen, the process asks the database once a
second, and only while somebody listens; the database and not this process is asked, because PostgreSQL has several
workers. A stream ends with its session, with the service, and when its page is gone.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from weakref import WeakKeyDictionary

import anyio
import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from moderator.console.choosing import filter_of
from moderator.console.language import gettext, ngettext
from moderator.console.queue import LATEST_MS, holders_of, stand
from moderator.console.session import cookie_name, session_of, shown
from moderator.domain.errors import Fault, InvalidInput, NotSignedIn, RateLimited, Unavailable
from moderator.domain.ids import CaseId, PersonId
from moderator.domain.people import Person
from moderator.domain.queue import Filter
from moderator.services import Services
from moderator.storage import queue
from moderator.storage.columns import from_ms
from moderator.storage.database import Database
from moderator.storage.queue import Ended, Held, Opened, Size
from moderator.usecases import access
from moderator.web import services

LOOK_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 15.0  # Proxies close what is silent for a minute; a reader that is gone is noticed by it, too.
CHECK_SECONDS: Final = 15.0
WINDOW: Final = timedelta(minutes=10)  # What a page missed for longer is not told piece by piece.
MOST_ROWS: Final = 1_000
MOST_STREAMS: Final = 8  # of one person in this process


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The queue at a moment, and what was opened and ended within the window before it."""

    at: datetime
    sizes: Sequence[Size]
    held: Sequence[Held]
    opened: Mapping[CaseId, Opened]
    ended: Sequence[Ended]


@dataclass(slots=True, eq=False)
class Watch:
    """What this process knows of the queue, at most a second old, and how many streams each person has."""

    streams: Counter[PersonId] = field(default_factory=Counter)
    _turn: anyio.Lock = field(default_factory=anyio.Lock)
    _seen: Seen | None = None
    _until: float = 0.0

    async def look(self, found: Services) -> Seen:
        """Return the queue; whoever comes first within a second asks the database. Raises Unavailable."""
        async with self._turn:
            if self._seen is None or found.monotonic() >= self._until:
                now = found.now()
                async with found.database.read() as connection:
                    self._seen = Seen(
                        at=now,
                        sizes=await queue.sizes(connection),
                        held=await queue.held(connection, now=now),
                        opened=await queue.opened_since(connection, now - WINDOW, limit=MOST_ROWS),
                        ended=await queue.ended_since(connection, now - WINDOW, limit=MOST_ROWS),
                    )
                self._until = found.monotonic() + LOOK_SECONDS
            return self._seen


_watches: Final[WeakKeyDictionary[Database, Watch]] = WeakKeyDictionary()


def watch_of(found: Services) -> Watch:
    """Return the one watch over a database."""
    return _watches.setdefault(found.database, Watch())


@shown
async def stream(request: Request[Any]) -> Response:
    """`GET /console/events`: what changes; with `since` (milliseconds) and a filter also the rows of a queue's page."""
    session = await session_of(request)
    found, person = services(request), session.person
    only = filter_of(found, person, request.query_params)
    watch = watch_of(found)
    if watch.streams[person.id] >= MOST_STREAMS:
        raise RateLimited(gettext("Too many pages of yours are listening."), retry_after_seconds=60)
    telling = Telling(found=found, person=person, only=only, since=_since(request))
    return StreamingResponse(
        events(watch, telling, request.cookies.get(cookie_name(request))),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


def _since(request: Request[Any]) -> datetime | None:
    text = request.query_params.get("since")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text[:15]) >= LATEST_MS:
        raise InvalidInput(Fault(pointer="/since", detail=gettext("milliseconds since 1970")))
    return from_ms(int(text))


async def events(watch: Watch, telling: "Telling", secret: str | None) -> AsyncIterator[bytes]:
    """Yield what changes until the session or the service ends."""
    found = telling.found
    watch.streams[telling.person.id] += 1
    try:
        checked = beaten = found.monotonic()
        yield b"retry: 5000\n\n"
        while not found.stopping.is_set():
            now = found.monotonic()
            try:
                if now - checked >= CHECK_SECONDS:
                    telling.person, checked = (await access.session_of(found, secret)).person, now
                change = telling.tell(await watch.look(found))
            except NotSignedIn:
                yield b"event: ended\ndata: {}\n\n"
                return
            except Unavailable:
                change = {}
            if change:
                yield b"event: queue\ndata: " + msgspec.json.encode(change) + b"\n\n"
                beaten = now
            elif now - beaten >= BEAT_SECONDS:
                yield b":\n\n"
                beaten = now
            with anyio.move_on_after(LOOK_SECONDS):
                await found.stopping.wait()
    finally:
        watch.streams[telling.person.id] -= 1


@dataclass(slots=True, kw_only=True)
class Telling:
    """What one page has been told. `since` is when its rows were read; None: it has none, and hears counts alone."""

    found: Services
    person: Person
    only: Filter
    since: datetime | None
    _told: dict[str, Any] = field(default_factory=dict)  # whatever JSON it was
    _ended: set[CaseId] = field(default_factory=set)
    _new: set[CaseId] = field(default_factory=set)
    _is_stale: bool = False

    def tell(self, seen: Seen) -> dict[str, Any]:
        """Return what is other than it was told last, as JSON has it, in the words that the page shows."""
        sizes = [size for size in seen.sizes if self._sees(size)]
        count = sum(size.cases for size in sizes)
        state: dict[str, Any] = {"count": count}
        ended: dict[str, str] = {}
        if self.since is not None:
            state |= {"held": self._held(seen), "new": self._count_new(seen, self.since)}
            if self.only.is_empty:
                oldest = min((size.oldest_at for size in sizes), default=None)
                state |= {"title": titled(count), "standing": self._stand(seen, oldest)}
            ended = self._tell_ended(seen, self.since)
        change = {name: value for name, value in state.items() if self._told.get(name) != value}
        self._told = state
        return {**change, "ended": ended} if ended else change

    def _held(self, seen: Seen) -> dict[str, str]:
        """Return who has which case; the reader's own say nothing."""
        people = self.found.directory.people
        return {
            one.id: ""
            if one.holder == self.person.id
            else gettext("%(name)s has it")
            % {"name": people[one.holder].name if one.holder in people else gettext("Somebody")}
            for one in seen.held
            if self._sees(one)
        }

    def _stand(self, seen: Seen, oldest: datetime | None) -> str:
        return stand(holders_of(self.found, self.person, seen.held), oldest, seen.at)

    def _sees(self, one: Size | Held | Ended) -> bool:
        return self.person.may_see(one.site) and self.person.id not in one.barred

    def _tell_ended(self, seen: Seen, since: datetime) -> dict[str, str]:
        """Return what is open no more and was not told yet, in words."""
        fresh = {
            one.id: one.person for one in seen.ended if one.at > since and one.id not in self._ended and self._sees(one)
        }
        self._ended |= fresh.keys()
        self._new -= fresh.keys()
        return {case_id: self._by(person) for case_id, person in fresh.items()}

    def _by(self, person: PersonId | None) -> str:
        if person is None:
            return gettext("no longer waits")
        return gettext("decided by you") if person == self.person.id else gettext("decided by a colleague")

    def _count_new(self, seen: Seen, since: datetime) -> str:
        """Return what the page lacks, in words. An author stands in no case, so that nothing is said of one."""
        if not self._told and since < seen.at - WINDOW:
            self._is_stale = True
        if self.only.author is not None:
            return ""
        if self._is_stale:
            return gettext("Some time has passed: show the newest")
        closed = {one.id for one in seen.ended}
        self._new |= {
            case_id
            for case_id, one in seen.opened.items()
            if one.group.oldest_at > since and one.group.fits(self.only)
            if self.person.may_see(one.group.site) and self.person.id not in one.barred
        }
        self._new -= closed
        number = len(self._new)
        if number >= MOST_ROWS:
            return gettext("More than %(count)s new: show") % {"count": MOST_ROWS - 1}
        return ngettext("%(count)s new: show", "%(count)s new: show", number) % {"count": number} if number else ""


def titled(count: int) -> str:
    """Return the heading of the queue's page."""
    if not count:
        return gettext("Nothing is waiting")
    return ngettext("%(count)s waiting", "%(count)s waiting", count) % {"count": count}


ROUTES: Final[list[BaseRoute]] = [Route("/console/events", stream, methods=["GET"])]
