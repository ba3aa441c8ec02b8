"""The application over a real database, with a fake scorer and a clock that stands still."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from moderator.app import build_app
from moderator.domain.events import ActorKind
from moderator.domain.ids import IdSource
from moderator.domain.people import Role
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.audit import Actor
from moderator.storage.database import Database
from moderator.usecases import manage
from tests.builders import a_policy
from tests.fakes import Clock, FakeScorer

OPERATOR = Actor(kind=ActorKind.OPERATOR)
ORIGIN = "https://news.example"


@dataclass(frozen=True)
class Secrets:
    """What the callers in these tests sign in with."""

    site: str
    public: str
    other_site: str
    anna: str
    ben: str
    admin: str
    limited: str

    def bearer(self, who: str) -> dict[str, str]:
        return {"authorization": f"Bearer {getattr(self, who)}"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(database: Database, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Services:
    settings = Settings(
        models=str(tmp_path_factory.mktemp("models")), rate_per_author=0, audit_share=0, second_review_share=0
    )
    return new_services(
        settings,
        database,
        FakeScorer(),
        now=clock.now,
        monotonic=clock.monotonic,
        ids=IdSource(clock_ms=lambda: int(clock.at.timestamp() * 1000)),
    )


@pytest.fixture
async def secrets(services: Services) -> Secrets:
    """Return the keys and tokens of two sites and four people; the first site holds from 0.5, rejects from 0.9."""
    site = await manage.add_site(services, OPERATOR, "News", origins=[ORIGIN])
    other = await manage.add_site(services, OPERATOR, "Other")
    for added in (site, other):
        await manage.set_policy(services, OPERATOR, added.site.id, a_policy(duplicate_limit=0))
    people = {
        "anna": await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR),
        "ben": await manage.add_person(services, OPERATOR, "Ben", Role.MODERATOR),
        "admin": await manage.add_person(services, OPERATOR, "Chief", Role.ADMIN),
        "limited": await manage.add_person(services, OPERATOR, "Lim", Role.MODERATOR, only_sites=[other.site.id]),
    }
    assert site.public_key is not None
    return Secrets(
        site=site.key,
        public=site.public_key,
        other_site=other.key,
        **{name: added.token for name, added in people.items()},
    )


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=build_app(services), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client
