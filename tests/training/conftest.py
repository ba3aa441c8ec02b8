"""A site that has taught: its database, a wish to learn from it, and what came of a run that others only look at."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from moderator.storage.sqlite import SqliteDatabase
from tests.tiny import NOW as MADE
from tests.tiny import publish_tiny, silent
from tests.training import taught_site
from training import gate
from training.run import Ran, Wish, run

DECISIONS: Final = 600
NOW: Final = MADE + timedelta(days=1)  # All has been decided by then.
# What the tiny model says of German, of groups or of an emoji is chance, and attacking takes a second each time; these
# checks have tests of their own.
_LEFT_OUT: Final = (gate.keeps_golden_verdicts, gate.treats_groups_alike, gate.withstands_as_much)
CHECKS: Final = [check for check in gate.CHECKS if check not in _LEFT_OUT]


def but(wish: Wish, **changed: object) -> Wish:
    """Return a wish with something changed."""
    return Wish(**{**{name: getattr(wish, name) for name in Wish.__slots__}, **changed})  # type: ignore[arg-type]


def make_taught(path: Path, decisions: int) -> Path:
    """Have moderators of a site decide on comments, in a migrated database."""

    async def make() -> None:
        database = await SqliteDatabase.open(path)
        await taught_site.fill(database, list(taught_site.comments(decisions)))
        await database.close()

    asyncio.run(make())
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What came of a run that passed the gate. Its folder of models is for looking, and for copying."""

    models: Path
    ran: Ran


@pytest.fixture
def models(tmp_path: Path) -> Path:
    publish_tiny(tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture(scope="session")
def taught_file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The database of a site whose moderators have decided on some hundred comments."""
    return make_taught(Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("taught"))), DECISIONS)


@pytest.fixture
async def site(tmp_path: Path, taught_file: Path) -> AsyncIterator[SqliteDatabase]:
    """A copy of it, open."""
    shutil.copy(taught_file, tmp_path / "test.db")
    database = await SqliteDatabase.open(tmp_path / "test.db")
    yield database
    await database.close()


@pytest.fixture
def wish(tmp_path: Path, models: Path, site: SqliteDatabase) -> Wish:
    """What is asked for most: the gate's checks that say something of so small a model."""
    return Wish(database=f"sqlite:///{tmp_path / 'test.db'}", models=models, jobs=1, checks=CHECKS)


@pytest.fixture
def unchecked(wish: Wish) -> Wish:
    """The same without the gate, which takes most of a run's time: for tests of all the rest."""
    return but(wish, checks=[])


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory, taught_file: Path) -> Learned:
    """What a run makes of the site."""
    models = tmp_path_factory.mktemp("learned") / "models"
    publish_tiny(models)
    wish = Wish(database=f"sqlite:///{taught_file}", models=models, jobs=1, checks=CHECKS)
    return Learned(models=models, ran=asyncio.run(run(wish, NOW, silent)))
