"""A full refit: labelled files and decisions make a new base, which must beat what a usual run would have made."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from moderator.classifier import registry
from moderator.classifier.manifest import GateLine
from moderator.storage.sqlite import SqliteDatabase
from tests.tiny import NOW as MADE
from tests.tiny import publish_tiny, silent, write_corpus
from tests.training import taught_site
from training import gate
from training.corpora import BadData
from training.run import Outcome, Wish, run
from training.trial import Trial

pytestmark = pytest.mark.anyio

NOW = MADE + timedelta(days=1)
DECISIONS = 400


def _compares(trial: Trial) -> Sequence[GateLine]:
    """Compare as the gate does, and let pass whatever comes out: so small a site shows nothing."""
    return [msgspec.structs.replace(line, passed=True) for line in gate.finds_as_much(trial)]


@pytest.fixture
async def wish(tmp_path: Path, sqlite_database: SqliteDatabase) -> Wish:
    publish_tiny(tmp_path / "models")
    await taught_site.fill(sqlite_database, list(taught_site.comments(DECISIONS)))
    return Wish(
        database=f"sqlite:///{tmp_path / 'test.db'}",
        models=tmp_path / "models",
        jobs=1,
        corpus=write_corpus(tmp_path / "data", 600),
        checks=[gate.has_enough_labels, _compares],
    )


async def test_a_new_base_learns_from_files_and_decisions(wish: Wish) -> None:
    ran = await run(replace(wish, activates=True), NOW, silent)
    assert ran.outcome is Outcome.ACTIVATED, ran.gate
    manifest = registry.read_manifest(wish.models, ran.version or "")
    assert manifest.version.startswith("base-")
    assert (manifest.parent, manifest.learned) == (None, None)
    assert [line.check for line in manifest.gate] == ["labels", "recall"]
    assert "by the present base and the same decisions" in manifest.gate[1].detail
    # The newest fifth, and what is like it, tests and teaches nothing.
    assert 0 < manifest.data.sources["moderators"] <= 0.8 * DECISIONS
    model = registry.load_version(wish.models, manifest.version)
    old = registry.load_version(wish.models, ran.previous or "")
    toxic = model.labels.index("toxic")
    assert model.scores("silly mumpsimus")[toxic] > old.scores("silly mumpsimus")[toxic]
    assert manifest.approvals  # Thresholds and certificates of its own.
    # The next usual run corrects the new base.
    after = await run(replace(wish, corpus=None, checks=[]), NOW + timedelta(days=1), silent)
    assert after.outcome is Outcome.PUBLISHED
    assert registry.read_manifest(wish.models, after.version or "").parent == manifest.version


async def test_without_enough_decisions_no_base_is_fitted(
    wish: Wish, sqlite_database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.gate.FEWEST_OF_CLASS", DECISIONS)
    monkeypatch.setattr("training.refit.prepare", None)
    ran = await run(wish, NOW, silent)
    assert (ran.outcome, [line.check for line in ran.gate]) == (Outcome.REFUSED, ["labels"])


async def test_labelled_files_that_are_missing_are_a_plain_failure(wish: Wish, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(BadData, match="no labelled files"):
        await run(replace(wish, corpus=tmp_path / "none"), NOW, silent)
    assert len(registry.list_versions(wish.models)) == 1
