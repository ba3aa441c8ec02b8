"""Delivery over real sockets and a real database, on both engines."""

from datetime import timedelta

import pytest
import structlog
from structlog.testing import LogCapture

from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import EndpointId
from moderator.storage import audit, outbox
from moderator.webhooks import delivery
from moderator.webhooks.delivery import (
    AT_ONCE_PER_ENDPOINT,
    MAX_BODY_BYTES,
    deliver_due,
)
from moderator.webhooks.guard import new_client
from moderator.webhooks.retry import MAX_ATTEMPTS, PAUSES
from tests.webhooks.conftest import SECRET, Outbox, verified
from tests.webhooks.receiver import Receiver, Reply

pytestmark = pytest.mark.anyio


async def test_an_event_arrives_signed_and_whole(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1", text="prix à la pompe — €")

    assert await box.deliver() == 1
    assert await box.deliver() == 0

    (request,) = receiver.received
    assert request.path == "/hook?token=secret-in-the-address"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == "event00001"
    assert verified(request) == {
        "type": "comment.decided",
        "timestamp": "2026-11-24T12:00:00.000Z",
        "data": {"comment": "comment-1", "status": "approved", "text": "prix à la pompe — €", "sequence": 1},
    }
    (row,) = await box.rows()
    assert (row["attempts"], row["last_status"], row["next_attempt_ms"], row["abandoned_ms"]) == (1, 204, None, None)
    assert row["delivered_ms"] is not None


async def test_an_empty_outbox_is_left_alone(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)

    assert await box.deliver() == 0
    assert receiver.received == []


async def test_each_endpoint_has_its_own_delivery_and_secret(box: Outbox, receiver: Receiver) -> None:
    other = "whsec_" + "B" * 40
    await box.add_endpoint(receiver.url, name="endpoint-1")
    await box.add_endpoint(receiver.url + "&two", secrets=(other,), name="endpoint-2")
    await box.put("comment-1")

    await box.deliver_all()

    one, two = sorted(receiver.received, key=lambda request: len(request.path))
    assert verified(one) == verified(two, other)


async def test_a_new_secret_is_used_from_the_next_attempt_and_the_old_one_still_verifies(
    box: Outbox, receiver: Receiver
) -> None:
    new = "whsec_" + "B" * 40
    await box.add_endpoint(receiver.url)
    async with box.database.transaction() as connection:
        assert await outbox.set_secrets(connection, EndpointId("endpoint-1"), (new, SECRET))
        assert not await outbox.set_secrets(connection, EndpointId("nobody"), (new, SECRET))
    await box.put("comment-1")

    await box.deliver()

    assert verified(receiver.received[0], new) == verified(receiver.received[0], SECRET)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 422, 500, 501])
async def test_anything_but_2xx_is_tried_again_and_no_redirect_is_followed(
    box: Outbox, receiver: Receiver, status: int
) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1")
    receiver.reply = lambda _: Reply(status=status, headers={"Location": "/elsewhere", "Retry-After": "3600"})

    await box.deliver()
    box.clock.advance(seconds=4)
    assert await box.deliver() == 0
    receiver.reply = lambda _: Reply(status=200)
    box.clock.advance(seconds=1)
    await box.deliver()

    first, second = receiver.received
    assert first.path == second.path == "/hook?token=secret-in-the-address"
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 5
    assert verified(first) == verified(second)
    assert await box.waiting() == 0


async def test_ten_attempts_are_made_and_then_no_more(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1")
    receiver.reply = lambda _: Reply(status=500)

    for pause in (*PAUSES, timedelta(days=30)):
        assert await box.deliver() == 1
        box.clock.now += pause - timedelta(milliseconds=1)
        assert await box.deliver() == 0
        box.clock.advance(milliseconds=1)

    assert len(receiver.received) == MAX_ATTEMPTS
    (row,) = await box.rows()
    assert (row["last_status"], row["last_error"], row["delivered_ms"]) == (500, "status_500", None)
    assert row["abandoned_ms"] is not None


async def test_a_slow_receiver_is_cut_off_and_asked_again_later(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1")
    receiver.reply = lambda _: Reply(hangs=True)

    await box.deliver(timeout_seconds=0.05)

    (row,) = await box.rows()
    assert (row["last_status"], row["last_error"], row["attempts"]) == (None, "timeout", 1)
    receiver.reply = lambda _: Reply()
    box.clock.advance(seconds=5)
    await box.deliver()
    assert await box.waiting() == 0


async def test_410_disables_the_endpoint_and_says_so_in_the_audit_log(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put(*(f"comment-{number}" for number in range(10)), "comment-0")
    receiver.reply = lambda _: Reply(status=410)

    await box.deliver_all()
    await box.put("comment-99")
    box.clock.advance(days=30)
    await box.deliver_all()

    assert len(receiver.received) == AT_ONCE_PER_ENDPOINT
    assert await box.waiting() == 0
    rows = await box.rows()
    assert len(rows) == 11
    assert all(row["abandoned_ms"] is not None and row["delivered_ms"] is None for row in rows)
    async with box.database.read() as connection:
        ((_, entry),) = await audit.recent(connection, limit=10)
    assert (entry.action, entry.subject_id, entry.site_id) == (
        AuditAction.ENDPOINT_DISABLED,
        "endpoint-1",
        "site-1",
    )
    assert entry.actor.kind == ActorKind.SERVICE
    assert [fault async for fault in audit.find_breaks(box.database)] == []


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_honoured_for_the_whole_endpoint(box: Outbox, receiver: Receiver, status: int) -> None:
    await box.add_endpoint(receiver.url)
    await box.put(*(f"comment-{number}" for number in range(10)))
    receiver.reply = lambda _: Reply(status=status, headers={"Retry-After": "3600"})

    await box.deliver_all()
    box.clock.advance(seconds=3_599)
    assert await box.deliver() == 0

    assert len(receiver.received) == AT_ONCE_PER_ENDPOINT
    assert sorted(row["attempts"] for row in await box.rows()) == [0] * 6 + [1] * 4
    receiver.reply = lambda _: Reply()
    box.clock.advance(seconds=1)
    await box.deliver_all()
    assert await box.waiting() == 0


async def test_a_private_address_is_never_reached(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url.replace("http:", "https:"))
    await box.put("comment-1")

    async with new_client(allow_private=False) as http:
        await deliver_due(box.database, http, now=box.clock)

    (row,) = await box.rows()
    assert row["last_error"] == "address_refused"
    assert receiver.received == []


@pytest.mark.parametrize(
    ("url", "secrets"),
    [("http://127.0.0.1/", ("whsec_short",)), ("http://127.0.0.1/", ()), ("http://127.0.0.1:x/", (SECRET,))],
)
async def test_a_broken_endpoint_does_not_stop_the_others(
    box: Outbox, receiver: Receiver, url: str, secrets: tuple[str, ...]
) -> None:
    await box.add_endpoint(url, secrets=secrets, name="broken")
    await box.add_endpoint(receiver.url, name="endpoint-1")
    await box.put("comment-1")

    await box.deliver()

    assert len(receiver.received) == 1
    broken, whole = await box.rows()
    assert (broken["last_error"], whole["last_status"]) == ("not_sendable", 204)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=200, body=b"x" * 100_000),
        Reply(status=200, body=b"half", promised=8),
        Reply(status=200, body=b"\x1f\x8bnot gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["long", "unfinished", "garbled"],
)
async def test_a_2xx_counts_whatever_its_body_is(
    box: Outbox, receiver: Receiver, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_DRAIN_SECONDS", 0.05)
    await box.add_endpoint(receiver.url)
    await box.put("comment-1")
    receiver.reply = lambda _: reply

    await box.deliver()

    (row,) = await box.rows()
    assert row["last_status"] == 200
    assert row["delivered_ms"] is not None


async def test_a_body_stays_under_twenty_thousand_bytes(box: Outbox, receiver: Receiver) -> None:
    await box.add_endpoint(receiver.url)
    await box.put("comment-1", text="ü" * 30_000, note="n" * 30_000)

    await box.deliver()

    (request,) = receiver.received
    assert len(request.body) < MAX_BODY_BYTES
    assert verified(request)["data"] == {
        "comment": "comment-1",
        "status": "approved",
        "sequence": 1,
        "omitted": ["text", "note"],
    }


async def test_the_log_names_events_and_endpoints_but_no_address_or_secret(
    box: Outbox, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = LogCapture()
    monkeypatch.setattr(delivery, "logger", structlog.wrap_logger(None, processors=[capture]))
    await box.add_endpoint(receiver.url)
    await box.put("comment-1")
    statuses = [500] * MAX_ATTEMPTS + [204, 410]
    receiver.reply = lambda _: Reply(status=statuses.pop(0))

    for _ in range(MAX_ATTEMPTS):
        await box.deliver()
        box.clock.advance(days=2)
    for comment in ("comment-2", "comment-3"):
        await box.put(comment)
        await box.deliver()

    names = [entry["event"] for entry in capture.entries]
    assert names == ["event_not_delivered"] * 9 + ["event_given_up", "event_delivered", "endpoint_disabled"]
    assert {entry["endpoint_id"] for entry in capture.entries} == {"endpoint-1"}
    logged = str(capture.entries)
    assert not any(word in logged for word in ("secret-in", "127.0.0.1", "whsec", SECRET[6:]))
