"""Decisions that are contradictory, doubled, empty, enormous, one-sided or out of time: no run breaks on them."""

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from moderator.classifier import registry
from moderator.domain.comments import Author
from moderator.domain.errors import ModelRefused, StorageCorrupt, StorageUnavailable
from moderator.domain.ids import CommentId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.storage import decisions
from moderator.storage.columns import to_ms
from moderator.storage.sqlite import SqliteDatabase
from tests.builders import NOON, a_comment
from tests.storage import rows
from tests.tiny import NOW as MADE
from tests.tiny import publish_tiny, silent
from tests.training import taught_site
from tests.training.taught_site import Made
from training import steps
from training.run import Outcome, Wish, run

pytestmark = pytest.mark.anyio

NOW = MADE + timedelta(days=1)
INSULT = ReasonCode.INSULT


@pytest.fixture
def wish(tmp_path: Path, sqlite_database: SqliteDatabase) -> Wish:
    publish_tiny(tmp_path / "models")
    return Wish(database=f"sqlite:///{tmp_path / 'test.db'}", models=tmp_path / "models", jobs=1, is_dry=True)


def _made(text: str, number: int, action: Action) -> Made:
    return Made(text=text, action=action, reason=INSULT if action is Action.REJECT else None, author=f"author-{number}")


def _turns(number: int) -> Action:
    return Action.REJECT if number % 2 else Action.APPROVE


NOTHING = " \n\t\u200b\ufeff\x00"
MANY = range(120)
ODD: dict[str, list[Made]] = {
    "empty texts": [_made("", number, _turns(number)) for number in MANY],
    "blank and unprintable texts": [_made(NOTHING[number % 6 :], number, _turns(number)) for number in MANY],
    "the same text, decided both ways": [_made("What a day for all of us here", n, _turns(n)) for n in MANY],
    "approvals alone": [replace(one, action=Action.APPROVE, reason=None) for one in taught_site.comments(120)],
    "rejections alone": [replace(one, action=Action.REJECT, reason=INSULT) for one in taught_site.comments(120)],
    "one author": [replace(one, author="the-same") for one in taught_site.comments(120)],
}


@pytest.mark.parametrize("name", ODD)
async def test_odd_decisions_end_in_a_refusal_or_in_nothing_to_learn(
    wish: Wish, sqlite_database: SqliteDatabase, name: str
) -> None:
    await taught_site.fill(sqlite_database, ODD[name])
    ran = await run(wish, NOW, silent)
    assert ran.rows == 120
    assert ran.outcome in (Outcome.NOTHING_TO_LEARN, Outcome.REFUSED)
    assert ran.version is None


async def test_enormous_comments_cost_what_their_first_window_costs(
    wish: Wish, sqlite_database: SqliteDatabase
) -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghij", k=7)) for _ in range(30_000)]
    enormous = [_made(" ".join(chance.sample(words, 15_000)), number, _turns(number)) for number in range(20)]
    await taught_site.fill(sqlite_database, [*taught_site.comments(100), *enormous])
    ground = steps.find_ground(wish.models, None)
    lessons = await steps.take_lessons(wish.database, None, ground.base, wish.models, NOW, silent)
    sizes = lessons.features.matrix.getnnz(axis=1)
    assert sizes[-20:].max() < 20_000
    assert (await run(wish, NOW, silent)).rows == 120


async def test_times_that_cannot_be_are_set_right(wish: Wish, sqlite_database: SqliteDatabase) -> None:
    """A clock that ran ahead, one that ran behind the comment, and one that went well."""
    await taught_site.fill(sqlite_database, [])
    given = {"ahead": timedelta(days=400), "behind": timedelta(days=-3), "well": timedelta(minutes=5)}
    async with sqlite_database.transaction() as connection:
        for number, (name, by) in enumerate(given.items()):
            comment = a_comment(f"A comment of {name}", comment_id=f"comment-{number}", author=Author(id=name))
            await rows.add_comment(connection, comment, verdict=Action.HOLD)
            made = _made(comment.text, number, Action.APPROVE)
            ruling = taught_site.a_ruling(made, 0, rows.ANNA, f"decision-{number}")
            ruling = replace(ruling, comment_id=CommentId(f"comment-{number}"), decided_at=NOON + by)
            await decisions.append(connection, [ruling])
    base = steps.find_ground(wish.models, None).base
    lessons = await steps.take_lessons(wish.database, None, base, wish.models, NOW, silent)
    assert lessons.times.tolist() == [to_ms(NOW), to_ms(NOON), to_ms(NOON + timedelta(minutes=5))]


async def test_a_damaged_database_is_refused(wish: Wish, sqlite_database: SqliteDatabase, tmp_path: Path) -> None:
    await taught_site.fill(sqlite_database, list(taught_site.comments(300)))
    await sqlite_database.close()
    content = bytearray((tmp_path / "test.db").read_bytes())
    for place in range(40_960, len(content) - 4_096, 12_288):
        content[place : place + 2_048] = b"\xa5" * 2_048
    (tmp_path / "damaged.db").write_bytes(content)
    before = sorted(wish.models.iterdir())
    damaged = replace(wish, database=f"sqlite:///{tmp_path / 'damaged.db'}", is_dry=False)
    with pytest.raises((StorageCorrupt, StorageUnavailable)):
        await run(damaged, NOW, silent)
    assert sorted(path for path in wish.models.iterdir() if path.name != ".learning") == before


async def test_a_base_of_other_bytes_is_not_learned_on(wish: Wish, sqlite_database: SqliteDatabase) -> None:
    """A correction names its base by a hash; neither it nor a new one is made on anything else."""
    await taught_site.fill(sqlite_database, list(taught_site.comments(300)))
    checks = [lambda _: []]
    ran = await run(replace(wish, is_dry=False, activates=True, checks=checks), NOW, silent)
    assert ran.outcome is Outcome.ACTIVATED
    weights = wish.models / str(ran.previous) / registry.WEIGHTS
    weights.write_bytes(weights.read_bytes() + b" ")
    with pytest.raises(ModelRefused, match="bytes that the manifest says"):
        await run(wish, NOW, silent)
    assert registry.current_version(wish.models) == ran.version
