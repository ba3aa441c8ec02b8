"""Trials: begun once, counted by whoever compares, ended once."""

import pytest

from moderator.domain.ids import CommentId
from moderator.domain.policy import Action
from moderator.domain.scoring import Label
from moderator.domain.shadow import MOST_FLIPPED, Ending, Turn
from moderator.storage import shadow
from moderator.storage.database import Database
from moderator.storage.shadow import Flip, Moved, Run
from tests.builders import A_SITE, NOON

pytestmark = pytest.mark.anyio
RUN = Run(scope=None, version="learned-1", started=NOON, against="base-1", promotes=True)
OWN = Run(scope=A_SITE, version="learned-1", started=NOON, against="base-1")
STAYS, FLIPS = Turn(before=Action.APPROVE, after=Action.APPROVE), Turn(before=Action.HOLD, after=Action.APPROVE)


def _flip(number: int) -> Flip:
    return Flip(comment_id=CommentId(f"comment-{number:06}"), turn=FLIPS)


async def test_a_trial_begins_once_and_ends_once(database: Database) -> None:
    async with database.transaction() as connection:
        assert await shadow.start(connection, RUN)
        assert not await shadow.start(connection, RUN)
        assert await shadow.start(connection, OWN)
        await shadow.add_dropped(connection, RUN, 3)
        await shadow.add_dropped(connection, RUN, 4)
        assert await shadow.end(connection, RUN, Ending.PROMOTED, NOON)
        assert not await shadow.end(connection, RUN, Ending.STOPPED, NOON)
    async with database.read() as connection:
        found = await shadow.find_run(connection, RUN)
        assert found == Run(
            scope=None,
            version="learned-1",
            started=NOON,
            against="base-1",
            promotes=True,
            dropped=7,
            ended=NOON,
            ending=Ending.PROMOTED,
        )
        assert await shadow.recent(connection, limit=9) == [found, OWN]
    async with database.transaction() as connection:
        await shadow.amend(connection, RUN, Ending.REFUSED)
        found = await shadow.find_run(connection, RUN)
        assert found is not None
        assert found.ending is Ending.REFUSED


async def test_an_unknown_trial_is_none(database: Database) -> None:
    async with database.read() as connection:
        assert await shadow.find_run(connection, RUN) is None
        assert (await shadow.compare(connection, RUN)).share is None


async def test_counts_add_up_over_passes_and_days(database: Database) -> None:
    moved = {
        Label.TOXIC: Moved(number=2, mean=-0.2, mean_size=0.2, largest=0.3),
        Label.SPAM: Moved(number=2, mean=0.0, mean_size=0.1, largest=0.1),
    }
    async with database.transaction() as connection:
        await shadow.start(connection, RUN)
        await shadow.count(connection, RUN, {("2026-11-24", STAYS): 3, ("2026-11-24", FLIPS): 1}, moved, [_flip(1)])
        await shadow.count(connection, RUN, {("2026-11-25", STAYS): 4}, {}, [])
        again = {Label.TOXIC: Moved(number=6, mean=0.2, mean_size=0.2, largest=0.2)}
        await shadow.count(connection, RUN, {("2026-11-24", STAYS): 2}, again, [_flip(1), _flip(2)])
        await shadow.count(connection, OWN, {("2026-11-24", FLIPS): 9}, {}, [])
    async with database.read() as connection:
        found = await shadow.compare(connection, RUN, flips=10)
        assert await shadow.compare(connection, RUN) != found
    assert found.verdicts == {(Action.APPROVE, Action.APPROVE): 9, (Action.HOLD, Action.APPROVE): 1}
    assert (found.comments, found.flips, found.share) == (10, 1, 0.1)
    toxic = found.moved[Label.TOXIC]
    assert toxic.number == 8
    assert toxic.mean == pytest.approx(0.1)
    assert toxic.mean_size == pytest.approx(0.2)
    assert toxic.largest == 0.3
    assert found.moved[Label.SPAM] == moved[Label.SPAM]
    assert list(found.flipped) == [_flip(2), _flip(1)]


async def test_only_so_many_flips_are_remembered(database: Database) -> None:
    async with database.transaction() as connection:
        for begin in range(0, MOST_FLIPPED + 50, 50):
            flips = [_flip(number) for number in range(begin, begin + 50)]
            await shadow.count(connection, RUN, {("2026-11-24", FLIPS): 50}, {}, flips)
    async with database.read() as connection:
        found = await shadow.compare(connection, RUN, flips=1_000)
    assert len(found.flipped) == MOST_FLIPPED
    assert found.flips == MOST_FLIPPED + 50
