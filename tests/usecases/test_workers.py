"""Several processes on one PostgreSQL: what one has begun another cannot do twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from moderator.domain.ids import IdSource, SiteId
from moderator.domain.people import Role
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.migrate import migrate
from moderator.storage.postgres import PostgresDatabase
from moderator.storage.verify import find_faults
from moderator.usecases import manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy
from tests.fakes import Clock, FakeScorer
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def workers(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Services]]:
    clock = Clock()
    settings = Settings(models=str(tmp_path_factory.mktemp("models")), audit_share=0, second_review_share=0)
    databases = [await PostgresDatabase.open(postgres_url) for _ in range(3)]
    await migrate(databases[0], now_ms=0)
    yield [
        new_services(
            settings,
            database,
            FakeScorer(),
            now=clock.now,
            monotonic=clock.monotonic,
            ids=IdSource(clock_ms=lambda: int(clock.at.timestamp() * 1000)),
        )
        for database in databases
    ]
    for database in databases:
        await database.close()


@pytest.fixture
async def shared_site(workers: list[Services]) -> SiteId:
    added = await manage.add_site(workers[0], OPERATOR, "News")
    await manage.set_policy(workers[0], OPERATOR, added.site.id, replace(a_policy(), duplicate_limit=0))
    for worker in workers:
        await worker.directory.refresh(worker.database)
    return added.site.id


async def test_a_repeated_request_is_stored_once_whichever_workers_get_it(
    workers: list[Services], shared_site: SiteId
) -> None:
    def request(number: int) -> object:
        comment = a_comment("Fine.", site_id=shared_site, external_id="wp-1")
        return moderate(workers[number % len(workers)], comment)

    found = await asyncio.gather(*(request(number) for number in range(12)))  # type: ignore[arg-type]
    assert len({one.outcome.comment_id for one in found}) == 1
    assert sum(one.is_new for one in found) == 1


async def test_an_idempotency_key_stands_for_one_comment_whichever_workers_get_it(
    workers: list[Services], shared_site: SiteId
) -> None:
    found = await asyncio.gather(
        *(
            moderate(workers[number % 3], a_comment("Fine.", site_id=shared_site), idempotency_key="once")
            for number in range(12)
        )
    )
    assert len({one.outcome.comment_id for one in found}) == 1


async def test_no_case_is_claimed_by_two_people(workers: list[Services], shared_site: SiteId) -> None:
    people = []
    for number in range(3):
        name, password = f"Person {number}", "correct horse battery"
        people.append((await manage.add_person(workers[0], OPERATOR, name, Role.MODERATOR, password=password)).person)
    for number in range(30):
        await moderate(workers[number % 3], a_comment(f"Idiot number {number}.", site_id=shared_site))
    claims = [review.claim_next(workers[number % 3], people[number % 3], count=2) for number in range(15)]
    batches = await asyncio.gather(*claims)
    claimed = [file.case.id for batch in batches for file in batch]
    assert len(claimed) == len(set(claimed)) > 0
    assert [sentence async for sentence in find_faults(workers[0].database)] == []
