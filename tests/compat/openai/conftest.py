"""The application over both engines with a scorer by words; and a real service with a real, tiny model."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from moderator.app import build_app
from moderator.domain.events import ActorKind
from moderator.domain.ids import IdSource
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.audit import Actor
from moderator.storage.database import Database
from moderator.usecases import manage
from moderator.usecases.manage import AddedSite
from tests.builders import a_policy
from tests.fakes import Clock, FakeScorer
from tests.server import Service
from tests.tiny import publish_tiny

OPERATOR = Actor(kind=ActorKind.OPERATOR)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(database: Database, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Services:
    return new_services(
        Settings(models=str(tmp_path_factory.mktemp("models")), audit_share=0, second_review_share=0),
        database,
        FakeScorer(),
        now=clock.now,
        monotonic=clock.monotonic,
        ids=IdSource(clock_ms=lambda: int(clock.at.timestamp() * 1000)),
    )


@pytest.fixture
async def site(services: Services) -> AddedSite:
    """Return a site that holds from 0.5."""
    added = await manage.add_site(services, OPERATOR, "News", origins=["https://news.example"])
    await manage.set_policy(services, OPERATOR, added.site.id, a_policy())
    return added


@pytest.fixture
async def client(services: Services, site: AddedSite) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=build_app(services), raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", headers={"authorization": f"Bearer {site.key}"}
    ) as client:
        yield client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in a process of its own, with a site's key."""
    folder = tmp_path_factory.mktemp("served")
    publish_tiny(folder / "models")
    service = Service(folder)
    try:
        service.start()
        service.key = service.json("site", "add", "News")["key"]
        yield service
    finally:
        service.close()
