"""Events beside each change, and who may deliver which of them when."""

import asyncio
from datetime import datetime

import pytest

from moderator.domain.events import EventName
from moderator.domain.ids import EndpointId, EventId, SiteId
from moderator.storage import outbox
from moderator.storage.database import Connection, Database, Row
from moderator.storage.outbox import Delivery, Endpoint, Event
from tests.builders import A_SITE, NOON
from tests.storage.rows import ANOTHER_SITE, later

pytestmark = pytest.mark.anyio


def an_endpoint(name: str = "endpoint-1", *, site_id: SiteId = A_SITE) -> Endpoint:
    url, secrets = f"https://{name}.example/hook", (f"whsec_new_{name}", f"whsec_old_{name}")
    return Endpoint(id=EndpointId(name), site_id=site_id, url=url, secrets=secrets)


def an_event(name: str, comment_id: str | None = None, *, at: datetime = NOON, site_id: SiteId = A_SITE) -> Event:
    return Event(
        id=EventId(name),
        site_id=site_id,
        name=EventName.COMMENT_DECIDED,
        comment_id=comment_id or f"comment of {name}",
        payload={"status": "approved", "text": "„ä“"},
        created_at=at,
    )


async def _take(
    connection: Connection, *, minute: float = 0, limit: int = 10, per_endpoint: int = 10
) -> list[Delivery]:
    """Take what is due, for five minutes."""
    return await outbox.take_due(
        connection,
        now=later(minutes=minute),
        lease_until=later(minutes=minute + 5),
        limit=limit,
        per_endpoint=per_endpoint,
    )


def _events(deliveries: list[Delivery]) -> list[str]:
    return [delivery.event.id for delivery in deliveries]


async def _row(connection: Connection, delivery: Delivery) -> Row:
    row = await connection.one("SELECT * FROM deliveries WHERE id = :id", id=delivery.id)
    assert row is not None
    return row


@pytest.fixture
async def endpoint(connection: Connection) -> Endpoint:
    await outbox.add_endpoint(connection, an_endpoint(), NOON)
    return an_endpoint()


async def test_endpoints_are_listed_for_their_site_and_hide_their_secrets(connection: Connection) -> None:
    for name, site_id in (("b", A_SITE), ("a", A_SITE), ("c", ANOTHER_SITE)):
        await outbox.add_endpoint(connection, an_endpoint(name, site_id=site_id), NOON)
    found = await outbox.list_endpoints(connection, A_SITE)
    assert found == [an_endpoint("a"), an_endpoint("b")]
    assert "whsec" not in repr(found)


async def test_new_secrets_replace_old_ones_where_the_endpoint_exists(
    connection: Connection, endpoint: Endpoint
) -> None:
    assert await outbox.set_secrets(connection, endpoint.id, ("whsec_3",))
    assert not await outbox.set_secrets(connection, EndpointId("none"), ("whsec_3",))
    assert (await outbox.list_endpoints(connection, A_SITE))[0].secrets == ("whsec_3",)


async def test_an_event_goes_to_each_endpoint_that_its_site_has_now(connection: Connection) -> None:
    for name, site_id in (("here", A_SITE), ("here-too", A_SITE), ("gone", A_SITE), ("there", ANOTHER_SITE)):
        await outbox.add_endpoint(connection, an_endpoint(name, site_id=site_id), NOON)
    await outbox.disable_endpoint(connection, EndpointId("gone"), reason="410", now=NOON)
    event = an_event("event-1")
    await outbox.enqueue(connection, event)
    await outbox.add_endpoint(connection, an_endpoint("late"), NOON)
    taken = await _take(connection)
    assert [delivery.endpoint for delivery in taken] == [an_endpoint("here"), an_endpoint("here-too")]
    assert [(delivery.event, delivery.sequence, delivery.attempts) for delivery in taken] == [(event, 1, 1)] * 2


async def test_an_event_waits_for_nobody_where_no_endpoint_is(connection: Connection) -> None:
    await outbox.enqueue(connection, an_event("event-1"))
    assert await outbox.count_waiting(connection) == 0
    assert await _take(connection) == []


async def test_what_is_taken_is_nobody_elses_until_its_lease_ends(connection: Connection, endpoint: Endpoint) -> None:
    await outbox.enqueue(connection, an_event("event-1"))
    assert _events(await _take(connection)) == ["event-1"]
    assert await _take(connection, minute=4.99) == []
    (again,) = await _take(connection, minute=5)
    assert again.attempts == 2


async def test_a_comments_events_go_one_after_the_other(connection: Connection, endpoint: Endpoint) -> None:
    for number in (1, 2, 3):
        await outbox.enqueue(connection, an_event(f"event-{number}", "comment-1"))
    await outbox.enqueue(connection, an_event("event-4", "comment-2"))
    (first, other) = await _take(connection)
    assert (first.event.id, first.sequence, other.event.id, other.sequence) == ("event-1", 1, "event-4", 1)
    assert await _take(connection) == []
    await outbox.mark_delivered(connection, first.id, status=204, now=NOON)
    (second,) = await _take(connection)
    assert (second.event.id, second.sequence) == ("event-2", 2)


async def test_each_endpoint_has_its_turn(connection: Connection, endpoint: Endpoint) -> None:
    for number in range(5):
        await outbox.enqueue(connection, an_event(f"event-{number}"))
    await outbox.add_endpoint(connection, an_endpoint("endpoint-2", site_id=ANOTHER_SITE), NOON)
    await outbox.enqueue(connection, an_event("event-9", at=later(seconds=1), site_id=ANOTHER_SITE))
    assert _events(await _take(connection, minute=1, limit=2)) == ["event-0", "event-9"]
    assert _events(await _take(connection, minute=1, per_endpoint=3)) == ["event-1", "event-2", "event-3"]


async def test_a_delivery_given_back_untried_counts_no_attempt(connection: Connection, endpoint: Endpoint) -> None:
    await outbox.enqueue(connection, an_event("event-1"))
    (taken,) = await _take(connection)
    await outbox.release(connection, taken.id, at=later(minutes=1))
    assert await _take(connection, minute=0.99) == []
    (again,) = await _take(connection, minute=1)
    assert again.attempts == 1


async def test_a_resting_endpoint_is_left_alone_and_others_are_not(connection: Connection, endpoint: Endpoint) -> None:
    await outbox.add_endpoint(connection, an_endpoint("endpoint-2"), NOON)
    await outbox.enqueue(connection, an_event("event-1"))
    await outbox.rest_endpoint(connection, endpoint.id, until=later(minutes=9))
    assert [delivery.endpoint.id for delivery in await _take(connection)] == ["endpoint-2"]
    (rested,) = [one for one in await _take(connection, minute=9) if one.endpoint.id == endpoint.id]
    assert rested.attempts == 1


async def test_what_is_delivered_no_longer_waits(connection: Connection, endpoint: Endpoint) -> None:
    await outbox.enqueue(connection, an_event("event-1"))
    (taken,) = await _take(connection)
    assert await outbox.count_waiting(connection) == 1
    await outbox.mark_delivered(connection, taken.id, status=204, now=NOON)
    assert await outbox.count_waiting(connection) == 0
    assert await _take(connection, minute=60) == []
    row = await _row(connection, taken)
    assert (row["last_status"], row["delivered_ms"] is None, row["abandoned_ms"]) == (204, False, None)


async def test_a_failed_attempt_says_why_and_when_the_next_comes(connection: Connection, endpoint: Endpoint) -> None:
    await outbox.enqueue(connection, an_event("event-1"))
    (taken,) = await _take(connection)
    await outbox.mark_failed(
        connection, taken.id, status=None, error="no answer", next_attempt_at=later(minutes=2), now=NOON
    )
    assert await _take(connection, minute=1.99) == []
    (again,) = await _take(connection, minute=2)
    assert again.attempts == 2
    row = await _row(connection, again)
    assert (row["last_status"], row["last_error"], row["abandoned_ms"]) == (None, "no answer", None)


async def test_a_delivery_is_given_up_and_a_late_word_changes_nothing(
    connection: Connection, endpoint: Endpoint
) -> None:
    await outbox.enqueue(connection, an_event("event-1"))
    (taken,) = await _take(connection)
    await outbox.mark_failed(connection, taken.id, status=500, error="500", next_attempt_at=None, now=later(minutes=1))
    given_up = dict(await _row(connection, taken))
    assert given_up["abandoned_ms"] is not None
    await outbox.mark_failed(
        connection, taken.id, status=None, error="late", next_attempt_at=later(minutes=1), now=later(minutes=2)
    )
    await outbox.release(connection, taken.id, at=NOON)
    assert dict(await _row(connection, taken)) == given_up
    assert await outbox.count_waiting(connection) == 0


async def test_disabling_an_endpoint_gives_up_what_waits_for_it_alone(
    connection: Connection, endpoint: Endpoint
) -> None:
    await outbox.add_endpoint(connection, an_endpoint("endpoint-2"), NOON)
    await outbox.enqueue(connection, an_event("event-1"))
    assert await outbox.disable_endpoint(connection, endpoint.id, reason="410 Gone", now=NOON)
    assert not await outbox.disable_endpoint(connection, endpoint.id, reason="again", now=NOON)
    assert await outbox.list_endpoints(connection, A_SITE) == [an_endpoint("endpoint-2")]
    assert [delivery.endpoint.id for delivery in await _take(connection)] == ["endpoint-2"]
    assert await outbox.count_waiting(connection) == 1


async def test_an_event_is_undone_with_its_change(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        await outbox.add_endpoint(connection, an_endpoint(), NOON)
    with pytest.raises(KeyError):
        async with peopled.transaction() as connection:
            await outbox.enqueue(connection, an_event("event-1"))
            raise KeyError
    async with peopled.read() as connection:
        assert await outbox.count_waiting(connection) == 0
        assert await connection.one("SELECT 1 AS found FROM events") is None


async def test_no_delivery_is_taken_by_two_who_look_at_once(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        await outbox.add_endpoint(connection, an_endpoint(), NOON)
        for number in range(30):
            await outbox.enqueue(connection, an_event(f"event-{number:02}"))

    async def take() -> list[str]:
        async with peopled.transaction() as connection:
            return _events(await _take(connection, limit=4))

    taken = [event for found in await asyncio.gather(*(take() for _ in range(9))) for event in found]
    assert sorted(taken) == [f"event-{number:02}" for number in range(30)]
