"""An erased comment leaves: after the erasure and a run, no fragment of it stands in anything that learning writes."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner

from moderator.classifier import registry
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.storage.sqlite import SqliteDatabase
from tests.tiny import NOW as MADE
from tests.tiny import publish_tiny, silent
from tests.training import taught_site
from training import __main__ as cli
from training import gate, stepwise
from training.run import Wish, run

pytestmark = pytest.mark.anyio

NOW = MADE + timedelta(days=1)
TEXT = "Squirmish quibberdick flapdoodler, gruffelump woofumpus; zorgblatt kneezle plimsockery!"
GRAM = 8
DECISIONS = 120


def _fragments() -> Iterator[bytes]:
    """Every eight characters of the text, as written and in small letters."""
    for text in (TEXT, TEXT.lower()):
        encoded = text.encode()
        yield from (encoded[place : place + GRAM] for place in range(len(encoded) - GRAM + 1))


def _assert_gone(name: str, content: bytes) -> None:
    for fragment in _fragments():
        assert fragment not in content, (name, fragment)


def _command(wish: Wish, *arguments: str) -> bytes:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "MODERATOR_DATABASE": wish.database,
                   "MODERATOR_MODELS": str(wish.models), "MODERATOR_LOG_LEVEL": "debug"}  # fmt: skip
    done = subprocess.run([sys.executable, "-m", *arguments], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout + done.stderr


async def test_no_fragment_of_an_erased_comment_is_left(sqlite_database: SqliteDatabase, tmp_path: Path) -> None:
    publish_tiny(tmp_path / "models")
    database = tmp_path / "test.db"
    wish = Wish(database=f"sqlite:///{database}", models=tmp_path / "models", jobs=1, checks=[gate.hides_nothing])
    erased = taught_site.Made(text=TEXT, action=Action.REJECT, reason=ReasonCode.INSULT, author="erased")
    await taught_site.fill(sqlite_database, [*taught_site.comments(DECISIONS), erased])
    await sqlite_database.close()

    before = await run(wish, NOW, silent)
    for step in ("snapshot", "split"):
        await stepwise.take(step, tmp_path / "work", wish, NOW, silent)
    said = _command(wish, "moderator", "erase", f"comment-{DECISIONS:06}")
    environment = {"MODERATOR_DATABASE": wish.database, "MODERATOR_MODELS": str(wish.models)}
    invoke = partial(CliRunner().invoke, cli.main, ["run", "--json", "--dry-run", "--jobs", "1"], env=environment)
    said += (await anyio.to_thread.run_sync(invoke)).output.encode()
    after = await run(wish, NOW, silent)
    # A folder of work from before the erasure: the next snapshot in it, or the next day, ends what it had.
    await stepwise.take("snapshot", tmp_path / "work", wish, NOW, silent)
    said += _command(wish, "moderator", "export", str(tmp_path / "export.jsonl"))

    old, new = (registry.read_manifest(wish.models, ran.version or "") for ran in (before, after))
    assert old.data.fingerprint != new.data.fingerprint
    assert (old.data.rows, new.data.rows) == (DECISIONS + 1, DECISIONS)
    _assert_gone("what the commands said", said)
    written = [path for place in ("models", "work", "export.jsonl") for path in _files(tmp_path / place)]
    assert len(written) > 8
    for path in written:
        _assert_gone(str(path), path.read_bytes())
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        assert {"events", "deliveries"} <= set(tables)  # The outbox.
        for table in tables:
            if not table.startswith(("search", "sqlite_")):  # The index lets go of words by a pass of its own.
                rows = connection.execute(f"SELECT * FROM {table}").fetchall()
                _assert_gone(table, repr(rows).encode())
    connection.close()


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else [path for path in sorted(place.rglob("*")) if path.is_file()]
