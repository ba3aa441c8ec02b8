"""Passing over what was skipped, on both engines."""

import pytest

from moderator.domain.people import Role
from moderator.services import new_services
from moderator.settings import Settings
from moderator.storage.database import Database
from moderator.usecases import manage, review
from tests.builders import a_policy
from tests.console.conftest import PASSWORD, hold
from tests.fakes import Clock, FakeScorer
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def test_cases_passed_over_stay_for_others(database: Database, clock: Clock) -> None:
    services = new_services(
        Settings(rate_per_author=0, audit_share=0, second_review_share=0), database, FakeScorer(), now=clock.now
    )
    site = (await manage.add_site(services, OPERATOR, "News")).site.id
    await manage.set_policy(services, OPERATOR, site, a_policy(duplicate_limit=0))
    anna = (await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR, password=PASSWORD)).person
    ben = (await manage.add_person(services, OPERATOR, "Ben", Role.MODERATOR, password=PASSWORD)).person
    for text in ("I will kill it.", "What an idiot.", "What an idiot, again."):
        await hold(services, site, text)
    (first, second, third) = await review.claim_next(services, anna, count=3)
    for file in (first, second, third):
        await review.release(services, anna, file.case.id)

    skipped = [first.case.id, second.case.id]
    claimed = await review.claim_next(services, anna, count=3, passing_over=skipped)
    assert [file.case.id for file in claimed] == [third.case.id]
    assert await review.claim_next(services, anna, count=3, passing_over=skipped) == []
    assert [file.case.id for file in await review.claim_next(services, ben, count=1)] == [first.case.id]
