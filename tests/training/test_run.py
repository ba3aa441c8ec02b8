"""A run from snapshot to version: it learns, proves it, and says what it did."""

import json
import random
import shutil
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
from tests.tiny import silent
from tests.training import taught_site
from tests.training.conftest import CHECKS, DECISIONS, NOW, Learned, but
from training import __main__ as cli
from training import gate
from training.run import FOLDER, Outcome, Ran, Wish, run

pytestmark = pytest.mark.anyio

TEXTS = (
    "silly mumpsimus",
    "What a snollygoster you are",
    "This report explains the budget.",
    "you total moron",
    "",
)


def _base(models: Path) -> str:
    return next(version for version in registry.list_versions(models) if version.startswith("base"))


def _load(models: Path, version: str | None) -> Model:
    assert version
    return registry.load_version(models, version)


def _published(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.name != FOLDER)


def test_it_learns_the_sites_own_words_and_proves_it(learned: Learned) -> None:
    ran = learned.ran
    assert ran.outcome is Outcome.PUBLISHED, ran.gate
    assert all(line.passed for line in ran.gate)
    base, candidate = _load(learned.models, ran.previous), _load(learned.models, ran.version)
    toxic = base.labels.index("toxic")
    assert candidate.scores(TEXTS[0])[toxic] > 0.5 > base.scores(TEXTS[0])[toxic]
    assert candidate.scores(TEXTS[2])[toxic] < 0.5
    assert registry.current_version(learned.models) == ran.previous


def test_what_is_rejected_here_is_a_label_of_its_own(learned: Learned) -> None:
    assert _load(learned.models, learned.ran.previous).house_rules is None
    house_rules = _load(learned.models, learned.ran.version).house_rules
    assert house_rules
    assert house_rules(TEXTS[0]) > 0.6
    assert house_rules("join my lottery circle now") > 0.5
    assert house_rules("This report explains the budget.") < 0.3
    assert house_rules(TEXTS[0]) == pytest.approx(
        house_rules("This report explains the budget. " * 200 + TEXTS[0]), abs=0.5
    )


def test_the_manifest_says_what_taught_it_and_promises_nothing_untested(learned: Learned) -> None:
    manifest = registry.read_manifest(learned.models, learned.ran.version or "")
    base = registry.read_manifest(learned.models, _base(learned.models))
    taught = manifest.learned
    assert taught
    assert (manifest.parent, taught.base) == (base.version, base.files[0])
    assert (taught.rows, taught.sites, manifest.data.sources) == (DECISIONS, [], {"moderators": DECISIONS})
    assert taught.labels[HOUSE_RULES].moves == "weights"
    assert taught.labels["threat"].moves == "nothing"
    assert manifest.approvals == {}
    thresholds = manifest.thresholds[Caution.BALANCED]
    assert not any(one.is_certified or one.reject_at for one in thresholds.values())
    assert thresholds["threat"].hold_at == pytest.approx(base.thresholds[Caution.BALANCED]["threat"].hold_at)


async def test_the_same_decisions_make_the_same_version(wish: Wish, learned: Learned, tmp_path: Path) -> None:
    models = Path(shutil.copytree(learned.models, tmp_path / "again"))
    second = await run(but(wish, models=models), NOW, silent)
    assert learned.ran.version == second.version
    assert second.outcome is Outcome.PUBLISHED
    assert len(registry.list_versions(models)) == 2


async def test_activating_and_going_back_gives_the_earlier_scores_bit_for_bit(unchecked: Wish) -> None:
    models = unchecked.models
    before = _load(models, registry.current_version(models)).scores_many(TEXTS)
    ran = await run(but(unchecked, activates=True), NOW, silent)
    assert ran.outcome is Outcome.ACTIVATED
    assert registry.current_version(models) == ran.version
    assert not np.array_equal(before, _load(models, ran.version).scores_many(TEXTS))
    assert registry.rollback(models) == ran.previous
    assert np.array_equal(before, _load(models, registry.current_version(models)).scores_many(TEXTS))


async def test_the_next_run_corrects_the_base_again_and_is_compared_with_the_champion(
    wish: Wish, site: SqliteDatabase
) -> None:
    first = await run(but(wish, activates=True, checks=[]), NOW, silent)
    await taught_site.fill(site, list(taught_site.comments(200, 2)), first=DECISIONS, peopled=True)
    second = await run(wish, NOW + timedelta(days=1), silent)
    assert second.previous == first.version
    assert "recall against the champion" in [line.check for line in second.gate]
    if second.version:
        assert registry.read_manifest(wish.models, second.version).parent == _base(wish.models)


async def test_a_dry_run_changes_nothing(unchecked: Wish) -> None:
    before = _published(unchecked.models)
    ran = await run(but(unchecked, is_dry=True, activates=True), NOW, silent)
    assert (ran.outcome, ran.version, ran.dry_run) == (Outcome.PUBLISHED, None, True)
    assert _published(unchecked.models) == before


async def test_a_refusal_keeps_the_champion_and_says_why(wish: Wish) -> None:
    before = _published(wish.models)
    line = GateLine(check="weather", passed=False, value=1.0, need="sun", detail="it rains")
    ran = await run(but(wish, checks=[lambda _: [line]], activates=True), NOW, silent)
    assert (ran.outcome, ran.version, ran.gate) == (Outcome.REFUSED, None, [line])
    assert _published(wish.models) == before


async def test_every_line_of_the_gate_has_its_words(wish: Wish, site: SqliteDatabase) -> None:
    example = GoldenExample(
        id=ExampleId("mine"), site_id=A_SITE, text="what a snollygoster", wanted=Wanted.BLOCK, added_at=NOW
    )
    async with site.transaction() as connection:
        await golden.add(connection, example)
    ran = await run(but(wish, checks=gate.CHECKS, is_dry=True), NOW, silent)
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
    coin, tossed = random.Random(1), []
    for one in taught_site.comments(DECISIONS):
        is_rejected = coin.random() < 0.5
        action, reason = (Action.REJECT, ReasonCode.INSULT) if is_rejected else (Action.APPROVE, None)
        tossed.append(replace(one, action=action, reason=reason))
    await taught_site.fill(sqlite_database, tossed)
    ran = await run(Wish(database=f"sqlite:///{tmp_path / 'test.db'}", models=models, jobs=1), NOW, silent)
    assert ran.outcome is Outcome.REFUSED
    assert "improvement" in {line.check for line in ran.gate if not line.passed}


async def test_an_example_of_ours_that_is_judged_worse_is_refused(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny model lets these words pass, and what is learned holds them."""
    text = "Parliament discusses the railway. silly mumpsimus"
    monkeypatch.setattr("training.golden.TEXTS", (text,))
    for harmful, is_refused in ((set(), True), ({text}, False)):
        monkeypatch.setattr("training.golden.HARMFUL", frozenset(harmful))
        ran = await run(but(wish, checks=[gate.keeps_golden_verdicts], is_dry=True), NOW, silent)
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
    ran = await run(but(wish, site_id=ANOTHER_SITE), NOW, silent)
    assert (ran.outcome, ran.rows) == (Outcome.NOTHING_TO_LEARN, 0)
    ran = await run(but(wish, site_id=A_SITE, checks=[]), NOW, silent)
    learned = registry.read_manifest(wish.models, ran.version or "").learned
    assert learned
    assert learned.sites == [A_SITE]


async def test_an_erased_comment_is_really_gone(unchecked: Wish, learned: Learned, site: SqliteDatabase) -> None:
    """What remains after an erasure and a refit is what had been there without the comment."""
    wish, first = unchecked, learned.ran
    text = "You squirmish quibberdick of a flapdoodler, you insufferable woofumpus"
    extra = taught_site.Made(text=text, action=Action.REJECT, reason=ReasonCode.INSULT, author="extra")
    await taught_site.fill(site, [extra], first=DECISIONS, peopled=True)
    second = await run(wish, NOW, silent)
    assert second.version != first.version
    async with site.transaction() as connection:
        assert await comments.erase(connection, CommentId(f"comment-{DECISIONS:06}"), 0)
    third = await run(wish, NOW, silent)
    assert third.version == first.version
    assert (wish.models / first.version).is_dir()
    for path in wish.models.rglob("*"):
        if path.is_file() and path.parent.name in (first.version, second.version):
            assert b"quibberdick" not in path.read_bytes()


async def test_postgresql_teaches_the_same(
    unchecked: Wish, learned: Learned, reused_database: ReusedDatabase, postgres_database: PostgresDatabase
) -> None:
    await taught_site.fill(postgres_database, list(taught_site.comments(DECISIONS)))
    other = await run(but(unchecked, database=reused_database._url), NOW, silent)
    assert other.version
    assert learned.ran.version == other.version


async def test_a_sure_score_is_contradicted_by_two_people(unchecked: Wish, site: SqliteDatabase) -> None:
    wish = unchecked
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
