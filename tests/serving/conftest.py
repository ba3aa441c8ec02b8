"""Services over a real database, with a fake scorer and a clock that stands still."""

import pytest

from moderator.domain.ids import IdSource
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.database import Database
from tests.fakes import Clock, FakeScorer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(database: Database, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Services:
    return new_services(
        Settings(
            models=str(tmp_path_factory.mktemp("models")),
            rate_per_author=0,
            audit_share=0,
            second_review_share=0,
            reload_seconds=0.05,
        ),
        database,
        FakeScorer(),
        now=clock.now,
        monotonic=clock.monotonic,
        ids=IdSource(clock_ms=lambda: int(clock.at.timestamp() * 1000)),
    )
