"""Services over a real database of either engine, with a fake scorer and a clock that stands still."""

from dataclasses import replace

import pytest

from moderator.domain.events import ActorKind
from moderator.domain.ids import IdSource, SiteId
from moderator.domain.people import Person, Role
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.audit import Actor
from moderator.storage.database import Database
from moderator.usecases import manage
from tests.builders import a_policy
from tests.fakes import Clock, FakeScorer

OPERATOR = Actor(kind=ActorKind.OPERATOR)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at noon."""
    return Clock()


@pytest.fixture
async def services(database: Database, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services that score by words."""
    settings = Settings(
        models=str(tmp_path_factory.mktemp("models")),
        rate_per_author=3,
        rate_per_key=2,
        audit_share=0,
        second_review_share=0,
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
async def site(services: Services) -> SiteId:
    """Return a site that holds from 0.5 and rejects from 0.9."""
    added = await manage.add_site(services, OPERATOR, "News")
    await manage.set_policy(services, OPERATOR, added.site.id, replace(a_policy(), duplicate_limit=2))
    return added.site.id


@pytest.fixture
async def anna(services: Services) -> Person:
    """Return a moderator."""
    return (await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR, password="correct horse")).person


@pytest.fixture
async def ben(services: Services) -> Person:
    """Return another moderator."""
    return (await manage.add_person(services, OPERATOR, "Ben", Role.MODERATOR, password="battery staple")).person
