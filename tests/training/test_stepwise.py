"""Each step alone: what they publish is what a run does, and none goes on from what is missing, stale or damaged."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner

from moderator.classifier import registry
from moderator.classifier.manifest import GateLine
from moderator.storage.migrate import migrate
from moderator.storage.sqlite import SqliteDatabase
from tests.tiny import NOW as MADE
from tests.tiny import publish_tiny, silent
from tests.training import taught_site
from training import __main__ as cli
from training import gate, stepwise
from training.run import Outcome, Wish, run
from training.work import STEPS, WorkRefused

pytestmark = pytest.mark.anyio

NOW = MADE + timedelta(days=1)
CHECKS = [gate.hides_nothing]  # It reads the file of texts.


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A site that was taught, for all tests of this file: steps only read it."""
    path = tmp_path_factory.mktemp("taught") / "made.db"

    async def make() -> None:
        made = await SqliteDatabase.open(path)
        await migrate(made, now_ms=0)
        await taught_site.fill(made, list(taught_site.comments(200)))
        await made.close()

    anyio.run(make)
    return f"sqlite:///{path}"


@pytest.fixture
def wish(tmp_path: Path, database: str) -> Wish:
    publish_tiny(tmp_path / "models")
    return Wish(database=database, models=tmp_path / "models", jobs=1, checks=CHECKS)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


async def _until(last: str, wish: Wish, work: Path) -> None:
    for name in STEPS[: STEPS.index(last) + 1]:
        await stepwise.take(name, work, wish, NOW, silent)


async def test_the_steps_publish_what_a_run_does_and_leave_no_part_of_a_text(
    wish: Wish, work: Path, tmp_path: Path
) -> None:
    await _until("gate", wish, work)
    assert registry.current_version(wish.models) == registry.list_versions(wish.models)[0]
    await stepwise.take("publish", work, wish, NOW, silent)
    await stepwise.take("activate", work, wish, NOW, silent)
    version = registry.current_version(wish.models)
    assert version
    publish_tiny(tmp_path / "others")
    ran = await run(replace(wish, models=tmp_path / "others"), NOW, silent)
    assert (ran.outcome, ran.version) == (Outcome.PUBLISHED, version)
    ours, theirs = (registry.read_manifest(models, version) for models in (wish.models, tmp_path / "others"))
    assert ours == theirs
    left = {path.name for path in work.iterdir()}
    assert left == {".begun", "candidate.json", "delta.joblib", *(f"{step}.json" for step in STEPS)}
    for path in work.iterdir():
        assert b"grumblewick" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


async def test_a_step_whose_input_is_missing_names_it(wish: Wish, work: Path) -> None:
    with pytest.raises(WorkRefused, match="snapshot has not been done"):
        await stepwise.take("fit", work, wish, NOW, silent)
    await _until("snapshot", wish, work)
    with pytest.raises(WorkRefused, match="split has not been done"):
        await stepwise.take("fit", work, wish, NOW, silent)


async def test_what_was_found_from_something_else_is_stale(wish: Wish, work: Path) -> None:
    await _until("split", wish, work)
    kept = (work / "split.json").read_bytes()
    await stepwise.take("snapshot", work, wish, NOW + timedelta(seconds=5), silent)
    (work / "split.json").write_bytes(kept)
    with pytest.raises(WorkRefused, match="split was done on something else"):
        await stepwise.take("fit", work, wish, NOW, silent)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lessons.joblib", b"nonsense", "lessons.joblib is damaged"),
        ("lessons.joblib", None, "not there any more"),
        ("snapshot.json", b"{", "record of snapshot is damaged"),
    ],
)
async def test_what_is_damaged_is_refused(
    wish: Wish, work: Path, name: str, content: bytes | None, message: str
) -> None:
    await _until("snapshot", wish, work)
    if content is None:
        (work / name).unlink()
    else:
        (work / name).write_bytes(content)
    with pytest.raises(WorkRefused, match=message):
        await stepwise.take("split", work, wish, NOW, silent)


@pytest.mark.parametrize("by", [timedelta(days=1, minutes=1), timedelta(minutes=-6)])
async def test_an_old_snapshot_is_refused_and_deleted(wish: Wish, work: Path, by: timedelta) -> None:
    await _until("split", wish, work)
    with pytest.raises(WorkRefused, match="older than a day"):
        await stepwise.take("fit", work, wish, NOW + by, silent)
    assert [path.name for path in work.iterdir()] == [".begun"]


async def test_a_version_in_use_that_has_changed_is_noticed(wish: Wish, work: Path) -> None:
    await _until("split", wish, work)
    ran = await run(replace(wish, activates=True), NOW, silent)
    assert ran.outcome is Outcome.ACTIVATED
    with pytest.raises(WorkRefused, match="is in use now"):
        await stepwise.take("fit", work, wish, NOW, silent)


async def test_what_the_gate_refuses_is_not_published(wish: Wish, work: Path) -> None:
    line = GateLine(check="weather", passed=False, value=1.0, need="sun", detail="it rains")
    await _until("gate", replace(wish, checks=[lambda _: [line]]), work)
    with pytest.raises(WorkRefused, match="refused this version: weather"):
        await stepwise.take("publish", work, wish, NOW, silent)
    assert len(registry.list_versions(wish.models)) == 1


async def test_a_folder_that_others_may_read_or_that_holds_other_things_is_refused(
    wish: Wish, work: Path, tmp_path: Path
) -> None:
    work.mkdir(mode=0o750)
    with pytest.raises(WorkRefused, match="chmod 700"):
        await stepwise.take("snapshot", work, wish, NOW, silent)
    work.chmod(0o700)
    (work / "letter.txt").touch()
    with pytest.raises(WorkRefused, match="other things"):
        await stepwise.take("snapshot", work, wish, NOW, silent)
    (tmp_path / "link").symlink_to(work)
    with pytest.raises(WorkRefused, match="no folder"):
        await stepwise.take("snapshot", tmp_path / "link", wish, NOW, silent)
    assert [path.name for path in work.iterdir()] == ["letter.txt"]


def test_the_commands_go_on_from_each_other(wish: Wish, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"MODERATOR_DATABASE": wish.database, "MODERATOR_MODELS": str(wish.models)}
    said = {}
    for name in ("snapshot", "split", "fit", "calibrate"):
        done = CliRunner().invoke(cli.main, [name, "--work", str(work), "--json"], env=environment)
        assert done.exit_code == 0, done.output
        said[name] = json.loads(done.stdout)
    assert said["snapshot"]["rows"] == 200
    assert said["split"]["test"] == 40
    assert said["fit"]["labels"]["insult"]["moves"] in ("weights", "calibration")
    done = CliRunner().invoke(cli.main, ["evaluate", "--work", str(work)], env=environment)
    assert "Next: python -m training gate" in done.stdout
    done = CliRunner().invoke(cli.main, ["publish", "--work", str(work)], env=environment)
    assert done.exit_code == 1
    assert isinstance(done.exception, WorkRefused)
