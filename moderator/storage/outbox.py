"""Endpoints, the events written beside each change, and their deliveries.

An event row commits with the change that it tells of; a delivery is made for each webhook the site has then, and for
the callback that the comment was sent with.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from moderator.domain.events import EndpointKind, EventName
from moderator.domain.ids import EndpointId, EventId, SiteId
from moderator.storage.columns import from_ms, from_ms_or_none, to_json, to_ms
from moderator.storage.database import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address of a site. `secrets` are tried newest first, so that one can be replaced without a gap."""

    id: EndpointId
    site_id: SiteId
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    kind: EndpointKind = EndpointKind.WEBHOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a comment. `payload` is what the endpoint will read."""

    id: EventId
    site_id: SiteId
    name: EventName
    comment_id: str | None
    payload: Mapping[str, object]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint. `sequence` orders the events of a comment; `attempts` were made so far."""

    id: str
    event: Event
    sequence: int
    endpoint: Endpoint
    attempts: int


ADD_ENDPOINT = """
INSERT INTO endpoints (id, site_id, url, secrets, kind, created_ms)
VALUES (:id, :site_id, :url, :secrets, :kind, :created_ms)
"""


async def add_endpoint(connection: Connection, endpoint: Endpoint, now: datetime) -> None:
    """Store an endpoint."""
    await connection.execute(
        ADD_ENDPOINT,
        id=endpoint.id,
        site_id=endpoint.site_id,
        url=endpoint.url,
        secrets=to_json(list(endpoint.secrets)),
        kind=endpoint.kind,
        created_ms=to_ms(now),
    )


LIST_ENDPOINTS = "SELECT * FROM endpoints WHERE site_id = :site_id AND disabled_ms IS NULL ORDER BY id"


async def list_endpoints(connection: Connection, site_id: SiteId) -> list[Endpoint]:
    """Return a site's endpoints that are not disabled."""
    return [_endpoint(row) for row in await connection.all(LIST_ENDPOINTS, site_id=site_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDelivery:
    """How an endpoint's newest delivery went. `status` is the HTTP status, if there was an answer."""

    attempts: int
    status: int | None
    error: str | None
    delivered_at: datetime | None
    abandoned_at: datetime | None
    next_attempt_at: datetime | None


LAST_DELIVERY = "SELECT * FROM deliveries WHERE endpoint_id = :endpoint_id ORDER BY id DESC LIMIT 1"


async def last_delivery(connection: Connection, endpoint_id: EndpointId) -> LastDelivery | None:
    """Return how an endpoint's newest delivery went; None when it has had none."""
    row = await connection.one(LAST_DELIVERY, endpoint_id=endpoint_id)
    if row is None:
        return None
    return LastDelivery(
        attempts=int(row["attempts"]),
        status=row["last_status"],
        error=row["last_error"],
        delivered_at=from_ms_or_none(row["delivered_ms"]),
        abandoned_at=from_ms_or_none(row["abandoned_ms"]),
        next_attempt_at=from_ms_or_none(row["next_attempt_ms"]),
    )


FIND_CALLBACK = """
SELECT * FROM endpoints WHERE site_id = :site_id AND url = :url AND kind = 'callback' AND disabled_ms IS NULL
"""


async def find_callback(connection: Connection, site_id: SiteId, url: str) -> Endpoint | None:
    """Return a site's callback address, if it is known and not disabled."""
    row = await connection.one(FIND_CALLBACK, site_id=site_id, url=url)
    return None if row is None else _endpoint(row)


COUNT_CALLBACKS = "SELECT COUNT(*) AS number FROM endpoints WHERE site_id = :site_id AND kind = 'callback'"


async def count_callbacks(connection: Connection, site_id: SiteId) -> int:
    """Return how many callback addresses a site has given, disabled ones included."""
    row = await connection.one(COUNT_CALLBACKS, site_id=site_id)
    return 0 if row is None else int(row["number"])


PROMISE_CALLBACK = """
INSERT INTO callbacks (comment_id, endpoint_id) VALUES (:comment_id, :endpoint_id)
ON CONFLICT (comment_id) DO UPDATE SET endpoint_id = excluded.endpoint_id
"""


async def promise_callback(connection: Connection, comment_id: str, endpoint_id: EndpointId) -> None:
    """Let an address hear what people decide on a comment; an earlier promise is replaced."""
    await connection.execute(PROMISE_CALLBACK, comment_id=comment_id, endpoint_id=endpoint_id)


SET_SECRETS = "UPDATE endpoints SET secrets = :secrets WHERE id = :id RETURNING id"


async def set_secrets(connection: Connection, endpoint_id: EndpointId, secrets: tuple[str, ...]) -> bool:
    """Replace an endpoint's secrets, the newest first. Return False when there is no such endpoint."""
    return await connection.one(SET_SECRETS, id=endpoint_id, secrets=to_json(list(secrets))) is not None


DISABLE_ENDPOINT = """
UPDATE endpoints SET disabled_ms = :now_ms, disabled_reason = :reason WHERE id = :id AND disabled_ms IS NULL
RETURNING id
"""
ABANDON_ITS_DELIVERIES = """
UPDATE deliveries SET next_attempt_ms = NULL, abandoned_ms = :now_ms
WHERE endpoint_id = :id AND delivered_ms IS NULL AND abandoned_ms IS NULL
"""


async def disable_endpoint(connection: Connection, endpoint_id: EndpointId, *, reason: str, now: datetime) -> bool:
    """Disable an endpoint and give up what waits for it. Return False when there is no such endpoint."""
    row = await connection.one(DISABLE_ENDPOINT, id=endpoint_id, reason=reason, now_ms=to_ms(now))
    if row is None:
        return False
    await connection.execute(ABANDON_ITS_DELIVERIES, id=endpoint_id, now_ms=to_ms(now))
    return True


ADD_EVENT = """
INSERT INTO events (id, site_id, comment_id, sequence, name, payload, created_ms)
VALUES (:id, :site_id, :comment_id,
    (SELECT COALESCE(MAX(sequence), 0) + 1 FROM events WHERE comment_id = :comment_id),
    :name, :payload, :created_ms)
"""
ADD_DELIVERIES = """
INSERT INTO deliveries (id, event_id, endpoint_id, next_attempt_ms)
SELECT :event_id || '-' || endpoints.id, :event_id, endpoints.id, :now_ms
FROM endpoints WHERE site_id = :site_id AND kind = 'webhook' AND disabled_ms IS NULL
"""


async def enqueue(connection: Connection, event: Event) -> None:
    """Write an event and a delivery for each webhook of its site."""
    created_ms = to_ms(event.created_at)
    await connection.execute(
        ADD_EVENT,
        id=event.id,
        site_id=event.site_id,
        comment_id=event.comment_id,
        name=event.name,
        payload=to_json(event.payload),
        created_ms=created_ms,
    )
    await connection.execute(ADD_DELIVERIES, event_id=event.id, site_id=event.site_id, now_ms=created_ms)


CALL_BACK = """
INSERT INTO deliveries (id, event_id, endpoint_id, next_attempt_ms)
SELECT :event_id || '-' || endpoints.id, :event_id, endpoints.id, :now_ms
FROM callbacks JOIN endpoints ON endpoints.id = callbacks.endpoint_id
WHERE callbacks.comment_id = :comment_id AND endpoints.disabled_ms IS NULL
"""


async def call_back(connection: Connection, event: Event) -> None:
    """Write a delivery of an enqueued event for the callback that its comment was sent with, if there is one."""
    await connection.execute(CALL_BACK, event_id=event.id, comment_id=event.comment_id, now_ms=to_ms(event.created_at))


# Taking a delivery moves its next attempt ahead: if this process dies in the middle, another try follows by itself.
# A delivery whose predecessor still waits is passed over: a comment's events arrive in order at each endpoint.
# Its id is made of event and endpoint (see above), so the predecessor is found by its key. `place` lets every endpoint
# have its turn, however many deliveries another one has; it looks at the oldest few only, to stay quick.
TAKE_DUE = """
UPDATE deliveries SET attempts = attempts + 1, next_attempt_ms = :lease_until_ms
WHERE id IN (
    SELECT id FROM deliveries WHERE next_attempt_ms <= :now_ms AND id IN (
        SELECT id FROM (
            SELECT id, ROW_NUMBER() OVER (PARTITION BY endpoint_id ORDER BY next_attempt_ms, id) AS place
            FROM (
                SELECT waiting.id, waiting.endpoint_id, waiting.next_attempt_ms
                FROM deliveries AS waiting JOIN events ON events.id = waiting.event_id
                WHERE waiting.next_attempt_ms <= :now_ms AND NOT EXISTS (
                    SELECT 1 FROM events AS earlier
                        JOIN deliveries AS predecessor ON predecessor.id = earlier.id || '-' || waiting.endpoint_id
                    WHERE earlier.comment_id = events.comment_id AND earlier.sequence < events.sequence
                        AND predecessor.next_attempt_ms IS NOT NULL
                )
                ORDER BY waiting.next_attempt_ms, waiting.id LIMIT 1000
            ) AS oldest
        ) AS ranked WHERE place <= :per_endpoint ORDER BY place, id LIMIT :limit
    ) {skip_locked}
)
RETURNING id
"""
GET_DELIVERIES = """
WITH asked (n, id) AS ({values})
SELECT deliveries.id AS delivery_id, deliveries.attempts, events.id AS event_id, events.site_id AS event_site_id,
    events.comment_id, events.sequence, events.name, events.payload, events.created_ms AS event_created_ms,
    endpoints.*
FROM asked
    JOIN deliveries ON deliveries.id = asked.id
    JOIN events ON events.id = deliveries.event_id
    JOIN endpoints ON endpoints.id = deliveries.endpoint_id
"""


async def take_due(
    connection: Connection, *, now: datetime, lease_until: datetime, limit: int, per_endpoint: int = 100
) -> list[Delivery]:
    """Take deliveries whose time has come, at most one of a comment; nobody else gets them before `lease_until`."""
    taken = await connection.all(
        TAKE_DUE, now_ms=to_ms(now), lease_until_ms=to_ms(lease_until), limit=limit, per_endpoint=per_endpoint
    )
    if not taken:
        return []
    rows = await connection.many(GET_DELIVERIES, [(number, row["id"]) for number, row in enumerate(taken)])
    return sorted((_delivery(row) for row in rows), key=lambda delivery: delivery.id)


RELEASE = """
UPDATE deliveries SET attempts = attempts - 1, next_attempt_ms = :at_ms
WHERE id = :id AND next_attempt_ms IS NOT NULL
"""


async def release(connection: Connection, delivery_id: str, *, at: datetime) -> None:
    """Give a taken delivery back untried, unless it was given up meanwhile; `at` is when it may be taken again."""
    await connection.execute(RELEASE, id=delivery_id, at_ms=to_ms(at))


# Rows that another process holds are left out: it is about to write them itself.
REST_ENDPOINT = """
UPDATE deliveries SET next_attempt_ms = :until_ms
WHERE id IN (
    SELECT id FROM deliveries WHERE endpoint_id = :endpoint_id AND next_attempt_ms < :until_ms {skip_locked}
)
"""


async def rest_endpoint(connection: Connection, endpoint_id: EndpointId, *, until: datetime) -> None:
    """Put off everything that waits for an endpoint; no attempt is counted."""
    await connection.execute(REST_ENDPOINT, endpoint_id=endpoint_id, until_ms=to_ms(until))


DELIVERED = """
UPDATE deliveries SET delivered_ms = :now_ms, abandoned_ms = NULL, next_attempt_ms = NULL, last_status = :status,
    last_error = NULL
WHERE id = :id
"""


async def mark_delivered(connection: Connection, delivery_id: str, *, status: int, now: datetime) -> None:
    """Record that the endpoint took an event."""
    await connection.execute(DELIVERED, id=delivery_id, status=status, now_ms=to_ms(now))


# What is delivered or given up already stays so: a late word from an attempt that outlived its lease changes nothing.
FAILED = """
UPDATE deliveries SET next_attempt_ms = :next_attempt_ms, last_status = :status, last_error = :error,
    abandoned_ms = CASE WHEN CAST(:next_attempt_ms AS BIGINT) IS NULL THEN :now_ms ELSE abandoned_ms END
WHERE id = :id AND next_attempt_ms IS NOT NULL
"""


async def mark_failed(
    connection: Connection,
    delivery_id: str,
    *,
    status: int | None,
    error: str,
    next_attempt_at: datetime | None,
    now: datetime,
) -> None:
    """Record a failed attempt and when the next comes; None gives the delivery up."""
    await connection.execute(
        FAILED,
        id=delivery_id,
        status=status,
        error=error,
        next_attempt_ms=None if next_attempt_at is None else to_ms(next_attempt_at),
        now_ms=to_ms(now),
    )


WAITING = "SELECT COUNT(*) AS number FROM deliveries WHERE next_attempt_ms IS NOT NULL"


async def count_waiting(connection: Connection) -> int:
    """Return how many deliveries wait for an attempt."""
    row = await connection.one(WAITING)
    return 0 if row is None else int(row["number"])


def _endpoint(row: Row) -> Endpoint:
    return Endpoint(
        id=EndpointId(row["id"]),
        site_id=SiteId(row["site_id"]),
        url=row["url"],
        secrets=tuple(json.loads(row["secrets"])),
        kind=EndpointKind(row["kind"]),
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["delivery_id"],
        event=Event(
            id=EventId(row["event_id"]),
            site_id=SiteId(row["event_site_id"]),
            name=EventName(row["name"]),
            comment_id=row["comment_id"],
            payload=json.loads(row["payload"]),
            created_at=from_ms(row["event_created_ms"]),
        ),
        sequence=int(row["sequence"]),
        endpoint=_endpoint(row),
        attempts=int(row["attempts"]),
    )
