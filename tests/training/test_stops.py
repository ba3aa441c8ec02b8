"""A run that is stopped, killed, refused or out of room leaves all as it was, and the next one goes on."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from moderator.classifier import registry
from moderator.domain.errors import ModelRefused, SchemaRefused, StorageUnavailable
from tests.tiny import silent
from tests.training.conftest import NOW, but, make_taught
from training.run import FOLDER, AlreadyRunning, Outcome, Wish, only_one, run

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def taught_file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A smaller site: enough to learn something, where it does not matter what."""
    return make_taught(Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("taught"))), 200)


def _published(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.name != FOLDER)


HERE = {**os.environ, "PYTHONPATH": str(Path.cwd())}
STEPS = ("snapshot", "read", "choose", "fit")


@pytest.mark.parametrize("step", STEPS)
async def test_stopped_at_any_step_it_leaves_all_as_it_was(unchecked: Wish, step: str) -> None:
    before = _published(unchecked.models)

    def progress(name: str, _done: int, _total: int) -> None:
        if name == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await run(but(unchecked, activates=True), NOW, progress)
    assert _published(unchecked.models) == before
    assert [path.name for path in (unchecked.models / FOLDER).iterdir()] == ["lock"]
    assert (await run(unchecked, NOW, silent)).outcome is Outcome.PUBLISHED


KILLED = """
import asyncio, json, os, signal, sys
from datetime import timedelta
from pathlib import Path
from moderator.classifier import registry
from tests.tiny import NOW as MADE
from training import gate
from training.run import Wish, run

models, killed = Path(sys.argv[2]), {}

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def run_until(step):
    places = {"gate": (gate, "run_gate"), "write": (registry, "_write"), "rename": (Path, "rename"),
              "activate": (registry, "activate")}
    if step in places:
        setattr(*places[step], die)
    wish = Wish(database=sys.argv[1], models=models, activates=True, jobs=1, checks=[])
    asyncio.run(run(wish, MADE + timedelta(days=1), lambda name, *_: die() if name == step else None))

for step in sys.argv[3:]:
    child = os.fork()
    if not child:
        run_until(step)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    versions = registry.list_versions(models)
    for version in versions:
        registry.load_version(models, version)
    killed[step] = (os.waitstatus_to_exitcode(status), registry.current_version(models), len(versions))
print(json.dumps(killed))
"""
KILLED_AT = ("snapshot", "read", "choose", "fit", "gate", "write", "rename", "activate")


async def test_killed_at_any_step_it_leaves_whole_versions_and_the_champion(unchecked: Wish) -> None:
    champion = registry.current_version(unchecked.models)
    arguments = [sys.executable, "-c", KILLED, unchecked.database, str(unchecked.models), *KILLED_AT]
    ended = await anyio.run_process(arguments, check=False, env=HERE)
    assert ended.returncode == 0, ended.stderr.decode()
    # Each loaded; the last one was whole, and published, before it could be used.
    counts = {step: 2 if step == "activate" else 1 for step in KILLED_AT}
    assert json.loads(ended.stdout) == {step: [-signal.SIGKILL, champion, counts[step]] for step in KILLED_AT}
    ran = await run(but(unchecked, activates=True), NOW, silent)
    assert ran.outcome is Outcome.ACTIVATED


def test_only_one_run_at_a_time(models: Path) -> None:
    with only_one(models), pytest.raises(AlreadyRunning, match=str(os.getpid())), only_one(models):
        pass


def test_the_lock_of_a_dead_process_is_taken_over(models: Path) -> None:
    code = (
        "import os, sys, pathlib, training.run as learning\n"
        "with learning.only_one(pathlib.Path(sys.argv[1])): os._exit(1)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(models)], check=False, env=HERE).returncode == 1
    with only_one(models) as folder, (folder / "lock").open() as lock:
        assert lock.read() == str(os.getpid())
        with (folder / "lock").open() as other, pytest.raises(OSError, match="unavailable"):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_what_cannot_be_read_or_written_is_refused(unchecked: Wish, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        await run(but(unchecked, database=f"sqlite:///{tmp_path / 'none.db'}"), NOW, silent)
    (tmp_path / "empty.db").touch()
    with pytest.raises(SchemaRefused):
        await run(but(unchecked, database=f"sqlite:///{tmp_path / 'empty.db'}"), NOW, silent)
    with pytest.raises(ModelRefused):
        await run(but(unchecked, models=tmp_path / "nowhere"), NOW, silent)
    (tmp_path / "bare").mkdir()
    with pytest.raises(ModelRefused, match="no model"):
        await run(but(unchecked, models=tmp_path / "bare"), NOW, silent)


async def test_a_full_disk_is_refused_and_nothing_changed(unchecked: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _published(unchecked.models)

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry, "_write", full)
    with pytest.raises(ModelRefused, match="No space left on device"):
        await run(but(unchecked, activates=True), NOW, silent)
    assert _published(unchecked.models) == before


LIMITED = """
import json, os, resource, sys
from functools import partial
from pathlib import Path
from moderator.classifier import registry
from moderator.log import set_up_logging
from moderator.settings import Settings
from training import __main__ as cli, gate, run

def limited(holder, name, size):
    function = getattr(holder, name)
    def wrapped(*arguments, **named):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return function(*arguments, **named)
    setattr(holder, name, wrapped)

PLACES = {"features": (run.steps, "collect", 50_000), "version": (registry, "publish", 3_000),
          "current": (registry, "activate", 10)}
run.Wish = partial(run.Wish, checks=[gate.hides_nothing])
set_up_logging(Settings(log_level="warning"))
ended = {}
for place, limit in PLACES.items():
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.dup2(writing, 2)
        limited(*limit)
        try:
            cli.main(["run", "--jobs", "1", "--activate", "--json"], standalone_mode=False)
        except cli.ModerationError as error:
            os.write(2, f"Error: {error}".encode())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        words = said.read().decode()
    _, status = os.waitpid(child, 0)
    models = Path(os.environ["MODERATOR_MODELS"])
    for version in registry.list_versions(models):
        registry.load_version(models, version)
    unfinished = [path.name for path in models.iterdir() if path.name.startswith((".unfinished", ".current"))]
    ended[place] = [os.waitstatus_to_exitcode(status), words.splitlines()[-1], registry.current_version(models),
                    len(registry.list_versions(models)), unfinished]
print(json.dumps(ended))
"""


async def test_a_disk_that_fills_up_ends_the_command_with_a_sentence(unchecked: Wish) -> None:
    """The limit of a file's size fails as a full disk does, at the very write."""
    champion = registry.current_version(unchecked.models)
    environment = {**HERE, "MODERATOR_DATABASE": unchecked.database, "MODERATOR_MODELS": str(unchecked.models)}
    done = await anyio.run_process([sys.executable, "-c", LIMITED], check=False, env=environment)
    assert done.returncode == 0, done.stderr.decode()
    ended = json.loads(done.stdout)
    sentences = {
        "features": "What is learned from cannot be written",
        "version": "cannot be written to",
        "current": "is not in use",
    }
    for place, sentence in sentences.items():
        code, words, current, versions, unfinished = ended[place]
        assert (code, current, unfinished) == (1, champion, []), (place, words)
        assert words.startswith("Error: "), words
        assert sentence in words
        assert versions == (2 if place == "current" else 1)
