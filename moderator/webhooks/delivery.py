"""Sends what waits in the outbox: at least once, a comment's events in order, no endpoint at another's expense.

A pass takes a lease on what it sends and writes down what came of it afterwards. So no transaction is open meanwhile,
and a crash in between means one more delivery, never one less. When to try again is `retry`'s.
"""

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

import httpx2

from moderator.domain.errors import ModerationError
from moderator.domain.events import ActorKind, AuditAction, EndpointKind
from moderator.log import logger
from moderator.storage import audit, outbox
from moderator.storage.database import Connection, Database
from moderator.storage.outbox import Delivery
from moderator.webhooks.guard import TIMEOUT_SECONDS, AddressRefused
from moderator.webhooks.retry import Answer, next_attempt_at, parse_retry_after, rest_until
from moderator.webhooks.signing import sign

MAX_BODY_BYTES = 20_000
MAX_DRAIN_BYTES, MAX_DRAIN_SECONDS = 16_384, 1.0

PER_PASS, PER_ENDPOINT = 250, 100
AT_ONCE, AT_ONCE_PER_ENDPOINT = 32, 4
# Nothing is begun later than this in a pass, so that one slow endpoint does not hold up the next pass for all others.
BEGIN_WITHIN = timedelta(seconds=10)
LEASE = timedelta(seconds=60)  # Longer than a pass can take: what it begins ends within TIMEOUT_SECONDS.


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent to an endpoint."""

    body: bytes
    headers: Mapping[str, str]


Writer = Callable[[Delivery, datetime], Letter]  # The time is that of the attempt.


def write_webhook(delivery: Delivery, sent_at: datetime) -> Letter:
    """Return an event as a webhook: JSON, signed with the endpoint's secrets."""
    body = encode_body(delivery)
    signed = sign(secrets=delivery.endpoint.secrets, event_id=delivery.event.id, sent_at=sent_at, body=body)
    headers = {"content-type": "application/json", "user-agent": "moderator-webhooks", **signed}
    return Letter(body=body, headers=headers)


WRITERS: Mapping[EndpointKind, Writer] = {EndpointKind.WEBHOOK: write_webhook}


def encode_body(delivery: Delivery) -> bytes:
    """Return the JSON that the endpoint reads, under 20 kB: a longer payload loses its longest members, by name."""
    event = delivery.event
    data: dict[str, object] = {**event.payload, "sequence": delivery.sequence}
    omitted: list[str] = []
    while True:
        body = _to_json(
            {
                "type": event.name,
                "timestamp": event.created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "data": {**data, "omitted": omitted} if omitted else data,
            }
        )
        if len(body) < MAX_BODY_BYTES or not data:
            return body
        longest = max(data, key=lambda name: len(_to_json(data[name])))
        omitted.append(longest)
        del data[longest]


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


async def deliver_due(
    database: Database,
    http: httpx2.AsyncClient,
    *,
    now: Callable[[], datetime],
    writers: Mapping[EndpointKind, Writer] = WRITERS,
    jitter: Callable[[], float] = random.random,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> int:
    """Make one pass over the outbox and return how many deliveries it took; call again at once unless zero.

    `writers` know how each kind of endpoint wants to be told; `http` is `guard.new_client`'s. Passes may overlap, in
    one process or several: each delivery is leased to one.
    Raises `StorageUnavailable` when results cannot be written down; those events are sent again after the lease.
    """
    begun_at = now()
    async with database.transaction() as connection:
        taken = await outbox.take_due(
            connection, now=begun_at, lease_until=begun_at + LEASE, limit=PER_PASS, per_endpoint=PER_ENDPOINT
        )
    courier = _Courier(
        database=database,
        http=http,
        now=now,
        writers=writers,
        jitter=jitter,
        timeout_seconds=timeout_seconds,
        begin_until=begun_at + BEGIN_WITHIN,
        gate=asyncio.Semaphore(AT_ONCE),
    )
    by_endpoint = sorted(taken, key=lambda delivery: delivery.endpoint.id)
    lines = [list(line) for _, line in groupby(by_endpoint, key=lambda delivery: delivery.endpoint.id)]
    # Every line comes to its end, whatever happens to another one: what is under way would only be sent twice.
    for outcome in await asyncio.gather(*map(courier.serve, lines), return_exceptions=True):
        if outcome is not None:
            raise outcome
    return len(taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Courier:
    """One pass. `gate` bounds what is under way; nothing begins after `begin_until`."""

    database: Database
    http: httpx2.AsyncClient
    now: Callable[[], datetime]
    writers: Mapping[EndpointKind, Writer]
    jitter: Callable[[], float]
    timeout_seconds: float
    begin_until: datetime
    gate: asyncio.Semaphore

    async def serve(self, line: Sequence[Delivery]) -> None:
        """Send one endpoint's deliveries, a few at once, until it asks for a rest or the time is up."""
        goes_on = True
        while line and goes_on:
            some, line = line[:AT_ONCE_PER_ENDPOINT], line[AT_ONCE_PER_ENDPOINT:]
            answers = await asyncio.gather(*(self._attempt(delivery) for delivery in some))
            goes_on = await self._settle(list(zip(some, answers, strict=True)), line)

    async def _settle(self, line: Sequence[tuple[Delivery, Answer | None]], left: Sequence[Delivery]) -> bool:
        """Write down what came of some attempts; return whether the endpoint can have those that are left."""
        now = self.now()
        tried = [(delivery, answer) for delivery, answer in line if answer is not None]
        untried = [delivery for delivery, answer in line if answer is None]
        plans = [(delivery, answer, self._next_attempt(delivery, answer, now)) for delivery, answer in tried]
        rests = [rest_until(answer, now=now, next_attempt=at) for _, answer, at in plans]
        rest = max((until for until in rests if until is not None), default=None)
        goes_on = rest is None and not untried and not any(answer.is_farewell for _, answer in tried)
        async with self.database.transaction() as connection:
            if rest is not None:
                await outbox.rest_endpoint(connection, line[0][0].endpoint.id, until=rest)
            for delivery, answer, next_attempt in plans:
                await _mark(connection, delivery, answer, next_attempt=next_attempt, now=now)
            for delivery in () if goes_on else (*untried, *left):
                await outbox.release(connection, delivery.id, at=rest or now)
        for delivery, answer, next_attempt in plans:
            _report(delivery, answer, next_attempt)
        return goes_on

    def _next_attempt(self, delivery: Delivery, answer: Answer, now: datetime) -> datetime | None:
        if answer.is_success or answer.is_farewell:
            return None
        return next_attempt_at(delivery.attempts, now=now, jitter=self.jitter(), retry_after=answer.retry_after)

    async def _attempt(self, delivery: Delivery) -> Answer | None:
        """Send one delivery; None when it was too late to begin. No error escapes: one bad row must not stop a pass."""
        async with self.gate:
            now = self.now()
            if now >= self.begin_until:
                return None
            try:
                return await self._post(delivery, now)
            except (TimeoutError, httpx2.TimeoutException):
                return Answer(fault="timeout")
            except AddressRefused:
                return Answer(fault="address_refused")
            except httpx2.TransportError:
                return Answer(fault="no_connection")
            except (ModerationError, httpx2.InvalidURL, ValueError):
                return Answer(fault="not_sendable")

    async def _post(self, delivery: Delivery, now: datetime) -> Answer:
        letter = self.writers[delivery.endpoint.kind](delivery, now)
        request = self.http.build_request(
            "POST", delivery.endpoint.url, content=letter.body, headers=dict(letter.headers)
        )
        async with asyncio.timeout(self.timeout_seconds):
            response = await self.http.send(request, stream=True, follow_redirects=False)
        try:
            await _drain(response)
        finally:
            await response.aclose()
        limited = response.status_code in (429, 503)
        retry_after = parse_retry_after(response.headers.get("retry-after"), now=now) if limited else None
        return Answer(status=response.status_code, retry_after=retry_after)


async def _drain(response: httpx2.Response) -> None:
    """Read a short answer to its end, so that the connection can be kept; leave a long, slow or broken one."""
    size = 0
    with suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(MAX_DRAIN_SECONDS):
            async for part in response.aiter_raw():
                size += len(part)
                if size > MAX_DRAIN_BYTES:
                    break


async def _mark(
    connection: Connection, delivery: Delivery, answer: Answer, *, next_attempt: datetime | None, now: datetime
) -> None:
    """Record one attempt. An endpoint that says 410 (Gone) is disabled, with all that waits for it."""
    if answer.is_success:
        assert answer.status is not None
        await outbox.mark_delivered(connection, delivery.id, status=answer.status, now=now)
        return
    fault = answer.fault or f"status_{answer.status}"
    await outbox.mark_failed(
        connection, delivery.id, status=answer.status, error=fault, next_attempt_at=next_attempt, now=now
    )
    endpoint = delivery.endpoint
    if answer.is_farewell and await outbox.disable_endpoint(connection, endpoint.id, reason="gone", now=now):
        entry = audit.Entry(
            at=now,
            actor=audit.Actor(kind=ActorKind.SERVICE),
            action=AuditAction.ENDPOINT_DISABLED,
            subject_kind="endpoint",
            subject_id=endpoint.id,
            site_id=endpoint.site_id,
            detail={"reason": "gone", "event_id": delivery.event.id},
        )
        await audit.append(connection, entry)


def _report(delivery: Delivery, answer: Answer, next_attempt: datetime | None) -> None:
    """Log an attempt: identifiers only, since an address may hold a key."""
    fields = {
        "event_id": delivery.event.id,
        "endpoint_id": delivery.endpoint.id,
        "site_id": delivery.endpoint.site_id,
        "attempts": delivery.attempts,
        "status": answer.status,
    }
    if answer.is_success:
        logger.info("event_delivered", **fields)
    elif answer.is_farewell:
        logger.warning("endpoint_disabled", **fields)
    elif next_attempt is None:
        logger.error("event_given_up", fault=answer.fault, **fields)
    else:
        logger.warning("event_not_delivered", fault=answer.fault, next_attempt=next_attempt.isoformat(), **fields)
