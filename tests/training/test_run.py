"""A run from snapshot to version: it learns, proves it, and leaves all as it was wherever it is stopped."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio
import numpy as np
import pytest
from click.testing import CliRunner

from moderator.classifier import registry
from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.domain.errors import ModelRefused, SchemaRefused, StorageUnavailable
from moderator.domain.golden import GoldenExample, Wanted
from moderator.domain.ids import CommentId, ExampleId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Caution
from moderator.domain.teaching import HOUSE_RULES
from moderator.storage import comments, decisions, golden
from moderator.storage.postgres import PostgresDatabase
from moderator.storage.sqlite import SqliteDatabase
from tests.builders import A_SITE
from tests.conftest import ReusedDatabase
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN
from tests.tiny import NOW as MADE
from tests.tiny import publish_tiny, silent
from tests.training import taught_site
from training import __main__ as cli
from training import gate
from training.run import FOLDER, AlreadyRunning, Outcome, Ran, Wish, only_one, run

pytestmark = pytest.mark.anyio

TEXTS = (
    "silly mumpsimus",
    "What a snollygoster you are",
    "This report explains the budget.",
    "you total moron",
    "",
)
DECISIONS = 600
NOW = MADE + timedelta(days=1)  # All has been decided by then.
# What the tiny model says of German, of groups or of an emoji is chance, and attacking takes a second each time; these
# checks have tests of their own.
_LEFT_OUT = (gate.keeps_golden_verdicts, gate.treats_groups_alike, gate.withstands_as_much)
CHECKS = [check for check in gate.CHECKS if check not in _LEFT_OUT]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    publish_tiny(tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture
async def site(sqlite_database: SqliteDatabase) -> SqliteDatabase:
    """A site whose moderators have decided on some hundred comments."""
    await taught_site.fill(sqlite_database, list(taught_site.comments(DECISIONS)))
    return sqlite_database


@pytest.fixture
def wish(tmp_path: Path, models: Path, site: SqliteDatabase) -> Wish:
    return Wish(database=f"sqlite:///{tmp_path / 'test.db'}", models=models, jobs=1, checks=CHECKS)


def _but(wish: Wish, **changed: object) -> Wish:
    return Wish(**{**{name: getattr(wish, name) for name in Wish.__slots__}, **changed})  # type: ignore[arg-type]


def _base(models: Path) -> str:
    return next(version for version in registry.list_versions(models) if version.startswith("base"))


def _load(models: Path, version: str | None) -> Model:
    assert version
    return registry.load_version(models, version)


def _published(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.name != FOLDER)


async def test_it_learns_the_sites_own_words_and_proves_it(wish: Wish) -> None:
    ran = await run(wish, NOW, silent)
    assert ran.outcome is Outcome.PUBLISHED, ran.gate
    assert all(line.passed for line in ran.gate)
    base, learned = _load(wish.models, ran.previous), _load(wish.models, ran.version)
    toxic = base.labels.index("toxic")
    assert learned.scores(TEXTS[0])[toxic] > 0.5 > base.scores(TEXTS[0])[toxic]
    assert learned.scores(TEXTS[2])[toxic] < 0.5
    assert registry.current_version(wish.models) == ran.previous


async def test_what_is_rejected_here_is_a_label_of_its_own(wish: Wish) -> None:
    ran = await run(wish, NOW, silent)
    assert _load(wish.models, ran.previous).house_rules is None
    house_rules = _load(wish.models, ran.version).house_rules
    assert house_rules
    assert house_rules(TEXTS[0]) > 0.6
    assert house_rules("join my lottery circle now") > 0.5
    assert house_rules("This report explains the budget.") < 0.3
    assert house_rules(TEXTS[0]) == pytest.approx(
        house_rules("This report explains the budget. " * 200 + TEXTS[0]), abs=0.5
    )


async def test_the_manifest_says_what_taught_it_and_promises_nothing_untested(wish: Wish) -> None:
    ran = await run(wish, NOW, silent)
    manifest = registry.read_manifest(wish.models, ran.version or "")
    base = registry.read_manifest(wish.models, _base(wish.models))
    learned = manifest.learned
    assert learned
    assert (manifest.parent, learned.base) == (base.version, base.files[0])
    assert (learned.rows, learned.sites, manifest.data.sources) == (DECISIONS, [], {"moderators": DECISIONS})
    assert learned.labels[HOUSE_RULES].moves == "weights"
    assert learned.labels["threat"].moves == "nothing"
    assert manifest.approvals == {}
    thresholds = manifest.thresholds[Caution.BALANCED]
    assert not any(one.is_certified or one.reject_at for one in thresholds.values())
    assert thresholds["threat"].hold_at == pytest.approx(base.thresholds[Caution.BALANCED]["threat"].hold_at)


async def test_the_same_decisions_make_the_same_version(wish: Wish) -> None:
    first, second = await run(wish, NOW, silent), await run(wish, NOW, silent)
    assert first.version == second.version
    assert second.outcome is Outcome.PUBLISHED
    assert len(registry.list_versions(wish.models)) == 2


async def test_activating_and_going_back_gives_the_earlier_scores_bit_for_bit(wish: Wish) -> None:
    before = _load(wish.models, registry.current_version(wish.models)).scores_many(TEXTS)
    ran = await run(_but(wish, activates=True), NOW, silent)
    assert ran.outcome is Outcome.ACTIVATED
    assert registry.current_version(wish.models) == ran.version
    assert not np.array_equal(before, _load(wish.models, ran.version).scores_many(TEXTS))
    assert registry.rollback(wish.models) == ran.previous
    assert np.array_equal(before, _load(wish.models, registry.current_version(wish.models)).scores_many(TEXTS))


async def test_the_next_run_corrects_the_base_again_and_is_compared_with_the_champion(
    wish: Wish, site: SqliteDatabase
) -> None:
    first = await run(_but(wish, activates=True), NOW, silent)
    await taught_site.fill(site, list(taught_site.comments(200, 2)), first=DECISIONS, peopled=True)
    second = await run(wish, NOW + timedelta(days=1), silent)
    assert second.previous == first.version
    assert "recall against the champion" in [line.check for line in second.gate]
    if second.version:
        assert registry.read_manifest(wish.models, second.version).parent == _base(wish.models)


async def test_a_dry_run_changes_nothing(wish: Wish) -> None:
    before = _published(wish.models)
    ran = await run(_but(wish, is_dry=True, activates=True), NOW, silent)
    assert (ran.outcome, ran.version, ran.dry_run) == (Outcome.PUBLISHED, None, True)
    assert _published(wish.models) == before


async def test_a_refusal_keeps_the_champion_and_says_why(wish: Wish) -> None:
    before = _published(wish.models)
    line = GateLine(check="weather", passed=False, value=1.0, need="sun", detail="it rains")
    ran = await run(_but(wish, checks=[lambda _: [line]], activates=True), NOW, silent)
    assert (ran.outcome, ran.version, ran.gate) == (Outcome.REFUSED, None, [line])
    assert _published(wish.models) == before


async def test_every_line_of_the_gate_has_its_words(wish: Wish, site: SqliteDatabase) -> None:
    example = GoldenExample(
        id=ExampleId("mine"), site_id=A_SITE, text="what a snollygoster", wanted=Wanted.BLOCK, added_at=NOW
    )
    async with site.transaction() as connection:
        await golden.add(connection, example)
    ran = await run(_but(wish, checks=gate.CHECKS, is_dry=True), NOW, silent)
    lines = {line.check: line for line in ran.gate}
    assert list(lines) == [
        "labels", "recall", "improvement", "calibration", "golden set", "own examples", "identities", "attacks",
        "triggers", "certificate of approvals", "certificate of rejections", "flips",
    ]  # fmt: skip
    assert all(line.need and line.detail for line in ran.gate)
    assert lines["own examples"].passed
    assert "of 1 examples of the sites" in lines["own examples"].detail
    assert lines["attacks"].passed
    assert "moderators decided about" in lines["flips"].detail
    assert "149 more audited decisions needed" in lines["certificate of approvals"].detail


async def test_decisions_by_the_toss_of_a_coin_are_refused(
    tmp_path: Path, models: Path, sqlite_database: SqliteDatabase
) -> None:
    tossed = [
        replace(one, action=Action.REJECT if number % 2 else Action.APPROVE,
                reason=ReasonCode.INSULT if number % 2 else None)
        for number, one in enumerate(taught_site.comments(DECISIONS))
    ]  # fmt: skip
    await taught_site.fill(sqlite_database, tossed)
    ran = await run(Wish(database=f"sqlite:///{tmp_path / 'test.db'}", models=models, jobs=1), NOW, silent)
    assert ran.outcome is Outcome.REFUSED


async def test_an_example_of_ours_that_is_judged_worse_is_refused(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny model holds this greeting, and what is learned lets it pass."""
    monkeypatch.setattr("training.golden.TEXTS", ("hello there",))
    for harmful, is_refused in (({"hello there"}, True), (set(), False)):
        monkeypatch.setattr("training.golden.HARMFUL", frozenset(harmful))
        ran = await run(_but(wish, checks=[gate.keeps_golden_verdicts], is_dry=True), NOW, silent)
        assert (ran.outcome is Outcome.REFUSED) is is_refused, ran.gate


async def test_without_decisions_there_is_nothing_to_learn(
    tmp_path: Path, models: Path, sqlite_database: SqliteDatabase
) -> None:
    wish = Wish(database=f"sqlite:///{tmp_path / 'test.db'}", models=models, jobs=1)
    assert (await run(wish, NOW, silent)).outcome is Outcome.NOTHING_TO_LEARN
    await taught_site.fill(sqlite_database, list(taught_site.comments(30)))
    ran = await run(wish, NOW, silent)
    assert (ran.outcome, ran.rows, ran.version) == (Outcome.NOTHING_TO_LEARN, 30, None)


async def test_another_sites_decisions_do_not_teach_this_one(wish: Wish) -> None:
    ran = await run(_but(wish, site_id=ANOTHER_SITE), NOW, silent)
    assert (ran.outcome, ran.rows) == (Outcome.NOTHING_TO_LEARN, 0)
    ran = await run(_but(wish, site_id=A_SITE), NOW, silent)
    learned = registry.read_manifest(wish.models, ran.version or "").learned
    assert learned
    assert learned.sites == [A_SITE]


async def test_an_erased_comment_is_really_gone(wish: Wish, site: SqliteDatabase) -> None:
    """What remains after an erasure and a refit is what had been there without the comment."""
    first = await run(wish, NOW, silent)
    text = "You squirmish quibberdick of a flapdoodler, you insufferable woofumpus"
    extra = taught_site.Made(text=text, action=Action.REJECT, reason=ReasonCode.INSULT, author="extra")
    await taught_site.fill(site, [extra], first=DECISIONS, peopled=True)
    second = await run(wish, NOW, silent)
    assert second.version != first.version
    async with site.transaction() as connection:
        assert await comments.erase(connection, CommentId(f"comment-{DECISIONS:06}"), 0)
    third = await run(wish, NOW, silent)
    assert third.version == first.version
    for path in wish.models.rglob("*"):
        if path.is_file() and path.parent.name in (first.version, second.version):
            assert b"quibberdick" not in path.read_bytes()


async def test_postgresql_teaches_the_same(
    wish: Wish, reused_database: ReusedDatabase, postgres_database: PostgresDatabase
) -> None:
    await taught_site.fill(postgres_database, list(taught_site.comments(DECISIONS)))
    one = await run(wish, NOW, silent)
    other = await run(_but(wish, database=reused_database._url), NOW, silent)
    assert one.version == other.version


async def test_a_sure_score_is_contradicted_by_two_people(wish: Wish, site: SqliteDatabase) -> None:
    sure = "you are a total moron you pathetic clown shut up you clown"
    toxic = _load(wish.models, _base(wish.models)).labels.index("toxic")
    assert _load(wish.models, _base(wish.models)).scores(sure)[toxic] > 0.95
    fine = taught_site.Made(text=sure, action=Action.APPROVE, reason=None, author="extra")
    await taught_site.fill(site, [fine], first=DECISIONS, peopled=True)
    ran = await run(wish, NOW, silent)
    assert ran.waiting == 1
    async with site.transaction() as connection:
        decision = (await decisions.for_comment(connection, CommentId(f"comment-{DECISIONS:06}")))[-1]
        by = BEN if decision.person_id == ANNA else ANNA
        await decisions.append(connection, [replace(decision, id="zzz", person_id=by)])  # type: ignore[arg-type]
    assert (await run(wish, NOW, silent)).waiting == 0


HERE = {**os.environ, "PYTHONPATH": str(Path.cwd())}
STEPS = ("snapshot", "read", "choose", "fit")


@pytest.mark.parametrize("step", STEPS)
async def test_stopped_at_any_step_it_leaves_all_as_it_was(wish: Wish, step: str) -> None:
    before = _published(wish.models)

    def progress(name: str, _done: int, _total: int) -> None:
        if name == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await run(_but(wish, activates=True), NOW, progress)
    assert _published(wish.models) == before
    assert [path.name for path in (wish.models / FOLDER).iterdir()] == ["lock"]
    assert (await run(wish, NOW, silent)).outcome is Outcome.PUBLISHED


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


async def test_killed_at_any_step_it_leaves_whole_versions_and_the_champion(wish: Wish) -> None:
    champion = registry.current_version(wish.models)
    arguments = [sys.executable, "-c", KILLED, wish.database, str(wish.models), *KILLED_AT]
    ended = await anyio.run_process(arguments, check=False, env=HERE)
    assert ended.returncode == 0, ended.stderr.decode()
    # Each loaded; the last one was whole, and published, before it could be used.
    counts = {step: 2 if step == "activate" else 1 for step in KILLED_AT}
    assert json.loads(ended.stdout) == {step: [-signal.SIGKILL, champion, counts[step]] for step in KILLED_AT}
    ran = await run(_but(wish, activates=True), NOW, silent)
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


async def test_what_cannot_be_read_or_written_is_refused(wish: Wish, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        await run(_but(wish, database=f"sqlite:///{tmp_path / 'none.db'}"), NOW, silent)
    (tmp_path / "empty.db").touch()
    with pytest.raises(SchemaRefused):
        await run(_but(wish, database=f"sqlite:///{tmp_path / 'empty.db'}"), NOW, silent)
    with pytest.raises(ModelRefused):
        await run(_but(wish, models=tmp_path / "nowhere"), NOW, silent)
    (tmp_path / "bare").mkdir()
    with pytest.raises(ModelRefused, match="no model"):
        await run(_but(wish, models=tmp_path / "bare"), NOW, silent)


async def test_a_full_disk_is_refused_and_nothing_changed(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _published(wish.models)

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry, "_write", full)
    with pytest.raises(ModelRefused, match="No space left on device"):
        await run(_but(wish, activates=True), NOW, silent)
    assert _published(wish.models) == before


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


async def test_a_disk_that_fills_up_ends_the_command_with_a_sentence(wish: Wish) -> None:
    """The limit of a file's size fails as a full disk does, at the very write."""
    champion = registry.current_version(wish.models)
    environment = {**HERE, "MODERATOR_DATABASE": wish.database, "MODERATOR_MODELS": str(wish.models)}
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


async def _command(wish: Wish, *options: str) -> tuple[int, str]:
    environment = {"MODERATOR_DATABASE": wish.database, "MODERATOR_MODELS": str(wish.models)}
    invoke = partial(CliRunner().invoke, cli.main, ["run", "--jobs", "1", *options], env=environment)
    done = await anyio.to_thread.run_sync(invoke)
    return done.exit_code, done.stdout


async def test_the_command_answers_in_json(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.run.Wish", partial(Wish, checks=CHECKS))
    code, out = await _command(wish, "--json", "--activate")
    answer = json.loads(out)
    assert code == 0
    assert answer["outcome"] == "activated"
    assert answer["version"] == registry.current_version(wish.models)
    assert answer["previous"] == _base(wish.models)
    assert {"check", "pass", "value", "need", "detail"} == set(answer["gate"][0])


async def test_the_command_tells_people_the_gate(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.run.Wish", partial(Wish, checks=CHECKS))
    code, out = await _command(wish, "--dry-run")
    assert code == 0
    assert "The gate" in out
    assert "improvement" in out
    assert "it was a dry run" in out


def test_the_answer_names_every_outcome() -> None:
    assert {outcome.value for outcome in Outcome} == {"activated", "published", "refused", "nothing_to_learn"}
    assert Ran(outcome=Outcome.REFUSED, version=None, previous="x", gate=[]).rows == 0
