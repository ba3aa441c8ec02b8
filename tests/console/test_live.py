"""What open pages are told: by whom, how often the database is asked for it, and when it ends."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest

from moderator.console import live
from moderator.console.live import Telling, Watch, events
from moderator.domain.ids import CaseId, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.queue import EVERYTHING, Filter
from moderator.services import Services
from moderator.storage import sessions
from moderator.storage.sessions import Session
from moderator.usecases import access, review
from tests.console.conftest import PASSWORD, Visitor, hold
from tests.fakes import Clock

pytestmark = pytest.mark.anyio


async def somebody(services: Services, name: str) -> tuple[Person, str, Session]:
    """Sign somebody in; return them, their secret and the session."""
    signed = await access.sign_in(services, name, PASSWORD, browser=access.Browser(address="192.0.2.1"))
    return signed.session.person, signed.secret, signed.session


@pytest.fixture
async def anna(services: Services) -> Person:
    await services.directory.refresh(services.database)
    return next(person for person in services.directory.people.values() if person.name == "Anna")


@pytest.fixture
async def ben(services: Services, anna: Person) -> Person:
    return next(person for person in services.directory.people.values() if person.name == "Ben")


def telling(services: Services, person: Person, *, since: datetime | None, only: Filter = EVERYTHING) -> Telling:
    return Telling(found=services, person=person, only=only, since=since)


async def told(one: Telling, services: Services) -> dict[str, Any]:
    """Look anew and return what a page is told."""
    return one.tell(await Watch().look(services))


async def test_a_page_without_rows_hears_how_much_waits_and_only_when_it_changes(
    services: Services, site: SiteId, anna: Person
) -> None:
    page = telling(services, anna, since=None)
    assert await told(page, services) == {"count": 0}
    assert await told(page, services) == {}
    await hold(services, site)
    assert await told(page, services) == {"count": 1}


async def test_a_queue_hears_of_new_cases_of_holders_and_of_decisions(
    services: Services, site: SiteId, clock: Clock, anna: Person, ben: Person
) -> None:
    first = await hold(services, site)
    page = telling(services, anna, since=clock.at)
    assert await told(page, services) == {
        "count": 1,
        "title": "1 waiting",
        "standing": "the oldest for under a minute",
        "held": {},
        "new": "",
    }
    clock.forward(seconds=1)
    await hold(services, site, "I will kill it.")
    change = await told(page, services)
    assert (change["count"], change["title"], change["new"]) == (2, "2 waiting", "1 new: show")

    await review.claim_case(services, ben, CaseId(first))
    change = await told(page, services)
    assert change == {"standing": "the oldest for under a minute · Ben holds 1", "held": {first: "Ben has it"}}

    await review.decide(services, ben, CaseId(first), action=Action.APPROVE)
    change = await told(page, services)
    assert change["ended"] == {first: "decided by a colleague"}
    assert (change["held"], change["count"]) == ({}, 1)
    assert await told(page, services) == {}


async def test_ones_own_cases_say_nothing_and_own_decisions_say_so(
    services: Services, site: SiteId, clock: Clock, anna: Person
) -> None:
    case = CaseId(await hold(services, site))
    page = telling(services, anna, since=clock.at)
    await review.claim_case(services, anna, case)
    change = await told(page, services)
    assert change["held"] == {case: ""}
    assert "you hold 1" in change["standing"]
    clock.forward(seconds=1)
    await review.decide(services, anna, case, action=Action.APPROVE)
    change = await told(page, services)
    assert change["ended"] == {case: "decided by you"}
    assert change["title"] == "Nothing is waiting"


async def test_what_a_person_may_not_see_is_not_told(
    services: Services, site: SiteId, clock: Clock, anna: Person, ben: Person
) -> None:
    elsewhere = replace(anna, sites=(SiteId("another"),))
    page = telling(services, elsewhere, since=clock.at - timedelta(seconds=1))
    case = CaseId(await hold(services, site))
    await review.claim_case(services, ben, case)
    change = await told(page, services)
    assert (change["count"], change["held"], change["new"]) == (0, {}, "")
    clock.forward(seconds=1)
    await review.decide(services, ben, case, action=Action.APPROVE)
    assert await told(page, services) == {}


async def test_new_cases_are_counted_within_the_filter(
    services: Services, site: SiteId, clock: Clock, anna: Person
) -> None:
    page = telling(services, anna, since=clock.at, only=Filter(section="sport"))
    author = telling(services, anna, since=clock.at, only=Filter(author="id:7"))
    clock.forward(seconds=1)
    await hold(services, site, section="sport")
    await hold(services, site, "What an idiot, again.", section="politics")
    change = await told(page, services)
    assert (change["new"], change["count"]) == ("1 new: show", 2)
    assert "title" not in change
    assert (await told(author, services))["new"] == ""


async def test_new_cases_that_a_colleague_decided_are_new_no_more(
    services: Services, site: SiteId, clock: Clock, anna: Person, ben: Person
) -> None:
    page = telling(services, anna, since=clock.at)
    clock.forward(seconds=1)
    case = CaseId(await hold(services, site))
    assert (await told(page, services))["new"] == "1 new: show"
    await review.claim_case(services, ben, case)
    clock.forward(seconds=1)
    await review.decide(services, ben, case, action=Action.APPROVE)
    assert (await told(page, services))["new"] == ""


async def test_a_page_that_slept_is_told_to_look_anew(
    services: Services, site: SiteId, clock: Clock, anna: Person
) -> None:
    page = telling(services, anna, since=clock.at)
    clock.forward(minutes=11)
    assert (await told(page, services))["new"] == "Some time has passed: show the newest"


async def test_very_many_new_cases_are_not_counted_out(
    services: Services, site: SiteId, clock: Clock, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_ROWS", 2)
    page = telling(services, anna, since=clock.at)
    clock.forward(seconds=1)
    for n in range(3):
        await hold(services, site, f"What an idiot, {n}.")
    assert (await told(page, services))["new"] == "More than 1 new: show"


async def test_however_many_listen_the_database_is_asked_once_a_second(
    services: Services, site: SiteId, clock: Clock
) -> None:
    watch = Watch()
    first = await watch.look(services)
    await hold(services, site)
    assert await watch.look(services) is first
    clock.forward(seconds=1.1)
    assert sum(size.cases for size in (await watch.look(services)).sizes) == 1


async def next_event(stream: AsyncIterator[bytes]) -> tuple[str, Any]:
    """Return the name and the content of a stream's next event."""
    async for chunk in stream:
        fields = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines() if ": " in line)
        if "event" in fields:
            return fields["event"], json.loads(fields["data"])
    raise AssertionError("the stream ended")


async def test_a_stream_ends_when_somebody_signs_out(
    services: Services, site: SiteId, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)
    person, secret, session = await somebody(services, "Anna")
    watch = Watch()
    with anyio.fail_after(5):
        async with aclosing(events(watch, telling(services, person, since=None), secret)) as stream:
            assert await next_event(stream) == ("queue", {"count": 0})
            assert watch.streams[person.id] == 1
            async with services.database.transaction() as connection:
                await sessions.end(connection, session.hash, services.now())
            clock.forward(seconds=live.CHECK_SECONDS)
            assert await next_event(stream) == ("ended", {})
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
    assert watch.streams[person.id] == 0


async def test_a_silent_stream_beats_and_ends_with_the_service(
    services: Services, site: SiteId, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)
    person, secret, _ = await somebody(services, "Anna")
    with anyio.fail_after(5):
        async with aclosing(events(Watch(), telling(services, person, since=None), secret)) as stream:
            await next_event(stream)
            clock.forward(seconds=live.BEAT_SECONDS)
            assert await anext(stream) == b":\n\n"
            services.stopping.set()
            with pytest.raises(StopAsyncIteration):
                await anext(stream)


async def test_who_is_signed_out_or_listens_too_often_hears_nothing(
    visitor: Visitor, services: Services, site: SiteId, anna: Person
) -> None:
    await visitor.open("/console/events")
    assert visitor.status == 401
    await visitor.sign_in()
    for query, status in (("since=soon", 422), ("since=9999999999999", 422), ("label=rude", 422)):
        await visitor.open(f"/console/events?{query}")
        assert visitor.status == status
    live.watch_of(services).streams[anna.id] = live.MOST_STREAMS
    await visitor.open("/console/events")
    assert visitor.status == 429
