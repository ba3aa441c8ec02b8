"""Endpoints, the events written beside each change, and their deliveries.

An event row commits with the change that it tells of; a delivery is made for each endpoint the site has then.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from moderator.domain.events import EventName
from moderator.domain.ids import EndpointId, EventId, SiteId
from moderator.storage.columns import from_ms, to_json, to_ms
from moderator.storage.database import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A site's webhook address. `secrets` are tried newest first, so that one can be replaced without a gap."""

    id: EndpointId
    site_id: SiteId
    url: str
    secrets: tuple[str, ...] = field(repr=False)


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
INSERT INTO endpoints (id, site_id, url, secrets, created_ms) VALUES (:id, :site_id, :url, :secrets, :created_ms)
"""


async def add_endpoint(connection: Connection, endpoint: Endpoint, now: datetime) -> None:
    """Store an endpoint."""
    await connection.execute(
        ADD_ENDPOINT,
        id=endpoint.id,
        site_id=endpoint.site_id,
        url=endpoint.url,
        secrets=to_json(list(endpoint.secrets)),
        created_ms=to_ms(now),
    )


LIST_ENDPOINTS = "SELECT * FROM endpoints WHERE site_id = :site_id AND disabled_ms IS NULL ORDER BY id"


async def list_endpoints(connection: Connection, site_id: SiteId) -> list[Endpoint]:
    """Return a site's endpoints that are not disabled."""
    return [_endpoint(row) for row in await connection.all(LIST_ENDPOINTS, site_id=site_id)]


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
FROM endpoints WHERE site_id = :site_id AND disabled_ms IS NULL
"""


async def enqueue(connection: Connection, event: Event) -> None:
    """Write an event and a delivery for each endpoint of its site."""
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


# Taking a delivery moves its next attempt ahead: if this process dies in the middle, another try follows by itself.
TAKE_DUE = """
UPDATE deliveries SET attempts = attempts + 1, next_attempt_ms = :lease_until_ms
WHERE id IN (
    SELECT id FROM deliveries WHERE next_attempt_ms IS NOT NULL AND next_attempt_ms <= :now_ms
    ORDER BY next_attempt_ms, id LIMIT :limit {skip_locked}
)
RETURNING id
"""
GET_DELIVERIES = """
SELECT deliveries.id AS delivery_id, deliveries.attempts, events.id AS event_id, events.site_id AS event_site_id,
    events.comment_id, events.sequence, events.name, events.payload, events.created_ms AS event_created_ms,
    endpoints.*
FROM deliveries
    JOIN events ON events.id = deliveries.event_id
    JOIN endpoints ON endpoints.id = deliveries.endpoint_id
WHERE deliveries.id = :id
"""


async def take_due(connection: Connection, *, now: datetime, lease_until: datetime, limit: int) -> list[Delivery]:
    """Take deliveries whose time has come; nobody else gets them before `lease_until`."""
    rows = await connection.all(TAKE_DUE, now_ms=to_ms(now), lease_until_ms=to_ms(lease_until), limit=limit)
    found = [await connection.one(GET_DELIVERIES, id=row["id"]) for row in rows]
    return sorted((_delivery(row) for row in found if row is not None), key=lambda delivery: delivery.id)


DELIVERED = """
UPDATE deliveries SET delivered_ms = :now_ms, next_attempt_ms = NULL, last_status = :status, last_error = NULL
WHERE id = :id
"""


async def mark_delivered(connection: Connection, delivery_id: str, *, status: int, now: datetime) -> None:
    """Record that the endpoint took an event."""
    await connection.execute(DELIVERED, id=delivery_id, status=status, now_ms=to_ms(now))


FAILED = """
UPDATE deliveries SET next_attempt_ms = :next_attempt_ms, last_status = :status, last_error = :error,
    abandoned_ms = CASE WHEN CAST(:next_attempt_ms AS BIGINT) IS NULL THEN :now_ms ELSE abandoned_ms END
WHERE id = :id
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
