"""The time that Coral waits: what is late is not said, and is kept."""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from moderator.compat.coral import budget
from moderator.domain.errors import StorageUnavailable
from moderator.services import Services
from tests.compat.coral.conftest import SECRET, Coral, sign
from tests.compat.tables import count
from tests.fakes import Clock

pytestmark = pytest.mark.anyio


@dataclass
class Writes:
    """Writes that wait for a word."""

    have_begun: asyncio.Event
    may_go_on: asyncio.Event


@pytest.fixture
def writes(services: Services, monkeypatch: pytest.MonkeyPatch) -> Writes:
    """Make writes wait until `may_go_on` is set."""
    found = Writes(asyncio.Event(), asyncio.Event())
    write = services.database.batch_write

    async def slow(run: Any, entry: Any) -> Any:
        found.have_begun.set()
        await found.may_go_on.wait()
        return await write(run, entry)

    monkeypatch.setattr(services.database, "batch_write", slow)
    return found


async def test_beyond_the_budget_nothing_is_said_and_what_was_begun_is_kept(
    coral: Coral, services: Services, writes: Writes
) -> None:
    services.settings = replace(services.settings, coral_seconds=0.0)

    answer = await coral.ask("What an idiot.")

    assert (answer.status_code, answer.content) == (204, b"")
    assert await count(services.database, "comments") == 0
    (work,) = budget._under_way
    writes.may_go_on.set()
    await work
    assert await count(services.database, "comments") == 1
    assert await count(services.database, "cases") == 1
    services.settings = replace(services.settings, coral_seconds=10.0)
    assert (await coral.hear("What an idiot."))["status"] == "SYSTEM_WITHHELD"
    assert await count(services.database, "comments") == 1
    assert not budget._under_way


async def test_a_client_that_hangs_up_stops_nothing(coral: Coral, services: Services, writes: Writes) -> None:
    asking = asyncio.create_task(coral.ask("What an idiot."))
    await writes.have_begun.wait()
    (work,) = budget._under_way
    asking.cancel()
    await asyncio.wait({asking})
    writes.may_go_on.set()
    await work

    assert await count(services.database, "comments") == 1


async def test_the_time_that_the_body_took_counts(coral: Coral, clock: Clock, writes: Writes) -> None:
    """Coral's clock runs from the first byte."""
    raw = json.dumps(coral.request("Hello.")).encode()

    async def slowly() -> Any:
        yield raw[:10]
        clock.forward(seconds=11)
        yield raw[10:]

    answer = await coral.client.post(
        "/coral/moderate", content=slowly(), headers={"x-coral-signature": sign(raw, SECRET)}
    )

    assert answer.status_code == 204
    (work,) = budget._under_way
    writes.may_go_on.set()
    await work


async def test_a_late_error_is_logged_and_hurts_nobody() -> None:
    may_go_on = asyncio.Event()

    async def work() -> None:
        await may_go_on.wait()
        raise StorageUnavailable("away")

    assert await budget.within(0.0, work()) is None
    (task,) = budget._under_way
    may_go_on.set()
    await asyncio.wait({task})
    await asyncio.sleep(0)  # One turn of the loop: whoever is told of the end comes after it.
    assert not budget._under_way
