"""What two people disagree on does not wait for somebody who has left."""

from dataclasses import replace

import pytest

from moderator.domain.comments import Status
from moderator.domain.ids import SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import Cause
from moderator.services import Services
from moderator.storage import opinions
from moderator.usecases import manage, review, staffing
from tests.builders import a_policy
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR
from tests.usecases.test_seconding import events_of, post, say, status_of, waiting

pytestmark = pytest.mark.anyio


@pytest.fixture
async def seconded(services: Services, site: SiteId) -> SiteId:
    """Return a site where every decision gets a second opinion."""
    await manage.set_policy(services, OPERATOR, site, replace(a_policy(), second_review_share=1.0))
    return site


async def hire(services: Services, name: str, role: Role) -> Person:
    return (await manage.add_person(services, OPERATOR, name, role, password=f"password of {name}")).person


async def test_what_waits_for_the_last_senior_is_for_the_others_when_they_leave(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    cleo, dora = await hire(services, "Cleo", Role.SENIOR), await hire(services, "Dora", Role.MODERATOR)
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    await say(services, ben, Action.REJECT)
    await review.release_expired(services)
    assert await review.claim_next(services, dora, count=1) == []  # Cleo is there.

    await manage.disable_person(services, OPERATOR, cleo.id)
    await review.release_expired(services)

    assert [await review.claim_next(services, one, count=1) for one in (anna, ben)] == [[], []]
    (file,) = await waiting(services)
    assert (file.case.cause, file.case.escalation, file.case.barred) == (Cause.DISAGREEMENT, None, (anna.id, ben.id))
    generation = file.case.generation
    await review.release_expired(services)
    assert (await waiting(services))[0].case.generation == generation  # Once is enough.
    assert (await say(services, dora, Action.REJECT)).status is Status.REJECTED
    assert await status_of(services, comment) is Status.REJECTED


async def test_who_looks_at_it_just_now_keeps_it(
    services: Services, seconded: SiteId, anna: Person, ben: Person, clock: Clock
) -> None:
    cleo = await hire(services, "Cleo", Role.SENIOR)
    dora = await hire(services, "Dora", Role.MODERATOR)
    await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    await say(services, ben, Action.REJECT)
    (held,) = await review.claim_next(services, cleo, count=1)
    await staffing.change_role(services, OPERATOR, cleo.id, Role.MODERATOR, only_sites=())
    await review.release_expired(services)
    (file,) = await waiting(services)
    assert (file.case.generation, file.case.claim) == (held.case.generation, held.case.claim)

    clock.forward(hours=1)
    await review.release_expired(services)

    assert [one.case.id for one in await review.claim_next(services, dora, count=1)] == [held.case.id]


async def test_an_administrator_of_the_two_settles_it_where_all_others_have_left(
    services: Services, seconded: SiteId, anna: Person
) -> None:
    ada, cleo = await hire(services, "Ada", Role.ADMIN), await hire(services, "Cleo", Role.SENIOR)
    comment = await post(services, seconded)
    await manage.add_endpoint(services, OPERATOR, seconded, "https://news.example/hook")
    await say(services, ada, Action.APPROVE)
    await say(services, anna, Action.REJECT)
    assert await review.claim_next(services, ada, count=1) == []
    await manage.disable_person(services, OPERATOR, cleo.id)
    await review.release_expired(services)
    before = await events_of(services)

    assert await review.claim_next(services, anna, count=1) == []
    settled = await say(services, ada, Action.APPROVE)  # As she had decided first, and that is the end of it.

    assert settled.status is await status_of(services, comment) is Status.APPROVED
    assert await events_of(services) == before
    assert await waiting(services) == []
    async with services.database.read() as connection:
        assert len(await opinions.for_comment(connection, comment.id)) == 1


async def test_of_two_alone_the_administrator_settles_it_at_once(
    services: Services, seconded: SiteId, anna: Person
) -> None:
    ada = await hire(services, "Ada", Role.ADMIN)
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    await say(services, ada, Action.REJECT)
    (file,) = await waiting(services, ada)
    assert (file.case.cause, file.case.barred, file.case.escalation) == (Cause.DISAGREEMENT, (anna.id,), None)
    await review.release_expired(services)
    assert (await say(services, ada, Action.REJECT)).status is await status_of(services, comment) is Status.REJECTED
    assert await waiting(services) == []


async def test_where_nobody_is_left_it_waits_until_somebody_comes(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    cleo = await hire(services, "Cleo", Role.SENIOR)
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    await say(services, ben, Action.REJECT)
    await manage.disable_person(services, OPERATOR, cleo.id)
    await review.release_expired(services)
    assert [file.case.cause for file in await waiting(services)] == [Cause.DISAGREEMENT]
    assert [await review.claim_next(services, one, count=1) for one in (anna, ben)] == [[], []]
    assert await status_of(services, comment) is Status.APPROVED

    dora = await hire(services, "Dora", Role.MODERATOR)
    await review.release_expired(services)

    assert (await say(services, dora, Action.REJECT)).status is Status.REJECTED
