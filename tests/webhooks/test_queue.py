"""The queue behind deliveries: order, turns, crashes, and what an absent receiver costs."""

import asyncio
from collections import defaultdict
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from moderator.domain.errors import StorageUnavailable
from moderator.storage import outbox
from moderator.storage.database import Connection, Database
from moderator.webhooks.delivery import (
    AT_ONCE_PER_ENDPOINT,
    BEGIN_WITHIN,
    LEASE,
    PER_ENDPOINT,
    deliver_due,
)
from moderator.webhooks.retry import MAX_ATTEMPTS
from tests.webhooks.conftest import Clock, Outbox
from tests.webhooks.receiver import Receiver, Reply

pytestmark = pytest.mark.anyio


async def test_other_writers_go_on_while_a_receiver_is_slow(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1")
    receiver.reply = lambda _: Reply(hangs=True)

    sending = asyncio.create_task(box.deliver())
    await receiver.arrived.wait()
    await asyncio.wait_for(box.put("comment-2"), timeout=5)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_an_event_under_way_at_a_crash_is_sent_again_after_the_lease(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1", "comment-1")
    receiver.reply = lambda _: Reply(hangs=True)
    sending = asyncio.create_task(box.deliver())
    await receiver.arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    receiver.reply = lambda _: Reply()

    box.clock.now += LEASE - timedelta(milliseconds=1)
    assert await box.deliver() == 0
    box.clock.advance(milliseconds=1)
    await box.deliver_all()

    ids = [request.headers["webhook-id"] for request in receiver.received]
    assert ids == ["event00001", "event00001", "event00002"]


async def test_an_absent_receiver_costs_its_other_events_no_attempts(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put(*(f"comment-{number:03}" for number in range(PER_ENDPOINT + 16)))
    await receiver.stop()

    await box.deliver_all()

    rows = await box.rows()
    assert [row["attempts"] for row in rows] == [1] * AT_ONCE_PER_ENDPOINT + [0] * (PER_ENDPOINT + 12)
    assert {row["next_attempt_ms"] for row in rows} == {rows[0]["next_attempt_ms"]}
    assert {row["last_error"] for row in rows} == {"no_connection", None}


async def test_five_hundred_events_queued_while_the_receiver_is_down_arrive_once_and_in_order(
    box: Outbox, receiver: Receiver
) -> None:
    await box.add_endpoint(receiver.url)
    await receiver.stop()
    comments = [f"comment-{number:03}" for number in range(100)]
    for _ in range(5):
        await box.put(*comments)
        await box.deliver_all()
        box.clock.advance(minutes=12)

    await receiver.start()
    while await box.waiting():
        await box.deliver_all()
        box.clock.advance(hours=1)

    ids = [request.headers["webhook-id"] for request in receiver.received]
    assert len(ids) == len(set(ids)) == 500
    arrived = defaultdict(list)
    for request in receiver.received:
        arrived[request.event["data"]["comment"]].append(request.event["data"]["sequence"])
    assert arrived == {comment: [1, 2, 3, 4, 5] for comment in comments}


async def test_an_event_waits_for_its_predecessor_and_for_nobody_else(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url, name="endpoint-1")
    await box.add_endpoint(f"http://127.0.0.1:{receiver.port}/two", name="endpoint-2")
    await box.put("comment-1", "comment-1", "comment-2", None, None)
    receiver.reply = lambda request: Reply(
        status=500 if request.path != "/two" and request.event["data"]["comment"] == "comment-1" else 204
    )

    await box.deliver_all()

    seen = defaultdict(set)
    for request in receiver.received:
        seen[request.path].add(request.headers["webhook-id"])
    assert len(seen["/two"]) == 5
    assert seen["/hook?token=secret-in-the-address"] == {"event00001", "event00003", "event00004", "event00005"}


async def test_a_successor_goes_when_its_predecessor_is_given_up(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1", "comment-1")
    receiver.reply = lambda request: Reply(status=500 if request.event["data"]["sequence"] == 1 else 204)

    for _ in range(MAX_ATTEMPTS):
        await box.deliver_all()
        box.clock.advance(days=2)
    await box.deliver_all()

    assert [request.event["data"]["sequence"] for request in receiver.received] == [1] * MAX_ATTEMPTS + [2]


async def test_a_long_queue_for_one_endpoint_leaves_room_for_another(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url, name="endpoint-1")
    await box.put(*(f"comment-{number:03}" for number in range(300)))
    await box.add_endpoint(f"http://127.0.0.1:{receiver.port}/two", name="endpoint-2")
    await box.put("comment-x")

    await box.deliver()

    assert "/two" in {request.path for request in receiver.received}


async def test_nothing_begins_when_a_pass_has_lasted_long_enough(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put(*(f"comment-{number:02}" for number in range(20)))

    def reply(_: object) -> Reply:
        box.clock.now += BEGIN_WITHIN / 6
        return Reply()

    receiver.reply = reply
    assert await box.deliver() == 20

    assert len(receiver.received) < 12
    rows = await box.rows()
    assert sorted({(row["attempts"], row["delivered_ms"] is None) for row in rows}) == [(0, True), (1, False)]
    await box.deliver_all()
    assert len(receiver.received) == 20


async def test_a_late_failure_does_not_undo_a_delivery(box: Outbox, receiver: Receiver, clock: Clock) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1")
    await box.deliver()
    (row,) = await box.rows()

    async with box.database.transaction() as connection:
        at = clock() + timedelta(seconds=5)
        await outbox.mark_failed(connection, row["id"], status=500, error="late", next_attempt_at=at, now=clock())
        await outbox.release(connection, row["id"], at=at)

    assert await box.rows() == [row]


class StumblingDatabase:
    """The real database, but one transaction finds the disk full."""

    def __init__(self, database: Database, *, stumbles_at: int) -> None:
        self._database = database
        self._left = stumbles_at

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        self._left -= 1
        if self._left == 0:
            raise StorageUnavailable("The disk is full.")
        return self._database.transaction()


async def test_a_full_disk_costs_one_endpoint_a_repetition_and_the_others_nothing(
    box: Outbox, receiver: Receiver
) -> None:
    await box.add_endpoint(receiver.url, name="endpoint-1")
    await box.add_endpoint(f"http://127.0.0.1:{receiver.port}/two", name="endpoint-2")
    await box.put("comment-1")

    with pytest.raises(StorageUnavailable):
        await deliver_due(StumblingDatabase(box.database, stumbles_at=2), box.http, now=box.clock)
    assert await box.waiting() == 1
    box.clock.now += LEASE
    await box.deliver_all()

    assert len(receiver.received) == 3
    assert len({request.path for request in receiver.received}) == 2
    assert await box.waiting() == 0


async def test_no_event_is_lost_when_the_sender_dies_a_hundred_times(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put(*[f"comment-{number:03}" for number in range(100)] * 2)

    for _ in range(100):
        receiver.arrived.clear()
        sending = asyncio.create_task(box.deliver())
        await receiver.arrived.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        box.clock.now += LEASE
        if not await box.waiting():
            await box.put(*(f"comment-{number:03}" for number in range(100)))
    await box.deliver_all()

    expected = {f"event{number:05}" for number in range(1, box.numbers[0] + 1)}
    assert {request.headers["webhook-id"] for request in receiver.received} == expected
    newest: dict[str, int] = defaultdict(int)
    for request in receiver.received:
        comment, sequence = request.event["data"]["comment"], request.event["data"]["sequence"]
        assert sequence in (newest[comment], newest[comment] + 1)
        newest[comment] = sequence


async def test_passes_that_overlap_send_nothing_twice(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put(*(f"comment-{number:03}" for number in range(250)))

    await asyncio.gather(*(box.deliver() for _ in range(4)))

    ids = [request.headers["webhook-id"] for request in receiver.received]
    assert len(ids) == len(set(ids)) == 250
