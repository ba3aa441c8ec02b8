"""A receiver, a client that may reach it, and a clock that only moves when told to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import standardwebhooks.webhooks

from moderator.domain.comments import Site
from moderator.domain.events import EventName
from moderator.domain.ids import EndpointId, EventId, SiteId
from moderator.storage import outbox, sites
from moderator.storage.database import Database, Row
from moderator.storage.outbox import Endpoint
from moderator.webhooks.delivery import deliver_due
from moderator.webhooks.guard import new_client
from tests.webhooks.receiver import Received, Receiver

A_SITE = SiteId("site-1")
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class Clock:
    """The time, for the service and for the independent verifier alike."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()

    class Shown(datetime):
        @classmethod
        def now(cls, tz=None):
            return clock.now.astimezone(tz)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Shown)
    return clock


@dataclass
class Outbox:
    """A database with a site, and the few moves that the tests are made of."""

    database: Database
    http: httpx2.AsyncClient
    clock: Clock
    numbers: list[int] = field(default_factory=lambda: [0])

    async def add_endpoint(self, url: str, *, secrets: tuple[str, ...] = (SECRET,), name: str = "endpoint-1") -> None:
        endpoint = Endpoint(id=EndpointId(name), site_id=A_SITE, url=url, secrets=secrets)
        async with self.database.transaction() as connection:
            await outbox.add_endpoint(connection, endpoint, self.clock())

    async def put(self, *comment_ids: str | None, **payload: object) -> None:
        """Queue one event for each comment named."""
        async with self.database.transaction() as connection:
            for comment_id in comment_ids:
                self.numbers[0] += 1
                event = outbox.Event(
                    id=EventId(f"event{self.numbers[0]:05}"),
                    site_id=A_SITE,
                    name=EventName.COMMENT_DECIDED,
                    comment_id=comment_id,
                    payload={"comment": comment_id, "status": "approved", **payload},
                    created_at=self.clock(),
                )
                await outbox.enqueue(connection, event)

    async def deliver(self, *, timeout_seconds: float = 5.0) -> int:
        return await deliver_due(
            self.database, self.http, now=self.clock, jitter=lambda: 0.0, timeout_seconds=timeout_seconds
        )

    async def deliver_all(self) -> None:
        while await self.deliver():
            pass

    async def rows(self) -> list[Row]:
        async with self.database.read() as connection:
            return list(await connection.all("SELECT * FROM deliveries ORDER BY id"))

    async def waiting(self) -> int:
        async with self.database.read() as connection:
            return await outbox.count_waiting(connection)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()


@pytest.fixture
async def box(database: Database, clock: Clock) -> AsyncIterator[Outbox]:
    async with database.transaction() as connection:
        await sites.add(connection, Site(id=A_SITE, name="News"), clock())
    async with new_client(allow_private=True) as http:
        yield Outbox(database=database, http=http, clock=clock)


def verified(request: Received, secret: str = SECRET) -> dict[str, object]:
    """Return a request's event when the independent verifier accepts it."""
    return standardwebhooks.webhooks.Webhook(secret).verify(request.body, dict(request.headers))
