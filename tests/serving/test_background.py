"""The loops: each step by itself under a clock that only moves when told; then how they repeat, rest and stop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio
import pytest

from moderator import background
from moderator.background import LONGEST_REST_SECONDS, audit_refusal, every, forget_keys, release_claims, reload
from moderator.classifier.registry import CURRENT
from moderator.classifier.scorer import Scorer
from moderator.domain.errors import IdempotencyKeyReused, StorageUnavailable
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import SiteId
from moderator.domain.people import Person, Role
from moderator.services import Services, load_model, new_services
from moderator.storage import audit
from moderator.storage.audit import Actor
from moderator.usecases import manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy
from tests.fakes import Clock
from tests.tiny import publish_tiny

pytestmark = pytest.mark.anyio
OPERATOR = Actor(kind=ActorKind.OPERATOR)


@pytest.fixture
async def site(services: Services) -> SiteId:
    added = await manage.add_site(services, OPERATOR, "News")
    await manage.set_policy(services, OPERATOR, added.site.id, replace(a_policy(), duplicate_limit=0))
    return added.site.id


@pytest.fixture
async def anna(services: Services) -> Person:
    return (await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR)).person


@pytest.fixture
def another(services: Services) -> Services:
    """Another process on the same database."""
    return new_services(services.settings, services.database, Scorer(None), now=services.now)


async def _model_entries(services: Services) -> list[str]:
    async with services.database.read() as connection:
        return [
            entry.action.value
            for _, entry in reversed(await audit.recent(connection, limit=50))
            if entry.subject_kind == "model"
        ]


# Claims


async def test_a_claim_goes_back_to_the_queue_when_its_time_is_over_and_not_before(
    services: Services, site: SiteId, anna: Person, clock: Clock
) -> None:
    await moderate(services, a_comment("You idiot.", site_id=site))
    (claimed,) = await review.claim_next(services, anna, count=1)
    clock.forward(seconds=services.settings.claim_seconds - 1)
    assert await release_claims(services) == 0
    assert await review.claim_next(services, anna, count=1) == []
    clock.forward(seconds=2)
    assert await release_claims(services) == 1
    assert await release_claims(services) == 0
    (again,) = await review.claim_next(services, anna, count=1)
    assert again.case.id == claimed.case.id
    assert again.case.generation > claimed.case.generation


# Idempotency keys


async def test_an_idempotency_key_is_forgotten_when_its_time_is_over_and_not_before(
    services: Services, site: SiteId, clock: Clock
) -> None:
    first = a_comment("The summit ended.", site_id=site, received_at=clock.at)
    await moderate(services, first, idempotency_key="k")
    clock.forward(seconds=services.settings.idempotency_seconds - 1)
    await forget_keys(services)
    other = a_comment("Something else entirely.", site_id=site, received_at=clock.at)
    with pytest.raises(IdempotencyKeyReused):
        await moderate(services, other, idempotency_key="k")
    clock.forward(seconds=2)
    await forget_keys(services)
    assert (await moderate(services, other, idempotency_key="k")).is_new


# What other processes changed


async def test_a_site_that_another_process_added_is_taken_up(services: Services, another: Services) -> None:
    await reload(services)
    added = await manage.add_site(another, OPERATOR, "News")
    assert services.directory.find_key(added.key) is None
    assert await reload(services) == 1
    found = services.directory.find_key(added.key)
    assert found is not None
    assert found.site_id == added.site.id
    assert await reload(services) == 0


async def test_a_key_that_another_process_revoked_is_refused_from_then_on(
    services: Services, another: Services
) -> None:
    added = await manage.add_site(services, OPERATOR, "News")
    found = services.directory.find_key(added.key)
    assert found is not None
    await reload(another)
    await manage.revoke_key(another, OPERATOR, found.id)
    await reload(services)
    assert services.directory.find_key(added.key) is None


async def test_a_model_that_somebody_made_current_is_taken_up_and_recorded(another: Services) -> None:
    await reload(another)
    assert another.scorer.version is None
    version = publish_tiny(another.models_folder)
    assert await reload(another) == 1
    assert another.scorer.version == version
    assert await reload(another) == 0
    assert await _model_entries(another) == [AuditAction.MODEL_ACTIVATED]


async def test_a_model_that_is_refused_leaves_the_old_one_and_is_recorded_once(another: Services) -> None:
    version = publish_tiny(another.models_folder)
    await reload(another)
    (another.models_folder / CURRENT).write_text("missing-1\n")
    assert await reload(another) == 0
    assert await reload(another) == 0
    assert another.scorer.version == version
    assert another.model_refused is not None
    assert await _model_entries(another) == [AuditAction.MODEL_ACTIVATED, AuditAction.MODEL_REFUSED]


async def test_a_refusal_is_over_when_the_model_in_use_is_current_again(another: Services) -> None:
    version = publish_tiny(another.models_folder)
    await reload(another)
    (another.models_folder / CURRENT).write_text("missing-1\n")
    await reload(another)
    (another.models_folder / CURRENT).write_text(f"{version}\n")
    assert await reload(another) == 0
    assert another.model_refused is None


async def test_a_refusal_at_the_start_is_recorded_too(another: Services) -> None:
    another.models_folder.joinpath(CURRENT).write_text("missing-1\n")
    await audit_refusal(another)
    assert await _model_entries(another) == []
    load_model(another)
    await audit_refusal(another)
    assert await _model_entries(another) == [AuditAction.MODEL_REFUSED]


# Repeating


class Enough(BaseException):
    """Ends a loop that has no end."""


async def _rests(monkeypatch: pytest.MonkeyPatch, step: Callable[[], Awaitable[int]], count: int) -> list[float]:
    """Return how long a loop rests after each of its first passes."""
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == count:
            raise Enough

    monkeypatch.setattr(anyio, "sleep", sleep)
    with pytest.raises(Enough):
        await every(2.0, step, "a_loop")
    return rests


async def test_a_loop_goes_on_at_once_while_there_is_work_and_rests_when_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results = iter([3, 1, 0, 0])

    async def step() -> int:
        return next(results)

    assert await _rests(monkeypatch, step, 4) == [0, 0, 2.0, 2.0]


@pytest.mark.parametrize("error", [StorageUnavailable("The disk is full."), ValueError("a mistake of ours")])
async def test_a_loop_that_fails_rests_longer_each_time_and_recovers(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failures = 7

    async def step() -> int:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise error
        return 0

    expected = [4.0, 8.0, 16.0, 32.0, LONGEST_REST_SECONDS, LONGEST_REST_SECONDS, LONGEST_REST_SECONDS, 2.0]
    assert await _rests(monkeypatch, step, 8) == expected


async def test_the_loops_run_beside_the_service_and_end_with_it(services: Services, another: Services) -> None:
    before = asyncio.all_tasks()
    async with background.running(services):
        added = await manage.add_site(another, OPERATOR, "News")
        with anyio.fail_after(5):
            while services.directory.find_key(added.key) is None:
                await anyio.sleep(0.01)
        assert asyncio.all_tasks() - before
    assert asyncio.all_tasks() - before == set()


async def test_when_the_loops_die_somebody_is_told(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("no client today")

    monkeypatch.setattr(background, "new_client", broken)
    crashed = anyio.Event()
    async with background.running(services, on_crash=crashed.set):
        with anyio.fail_after(5):
            await crashed.wait()
