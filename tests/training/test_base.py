"""From labelled files to a version: the same each time, from what may be shipped, measured on what it has not seen."""

import gzip
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import training
from moderator.classifier import registry
from moderator.domain.scoring import Label
from tests.tiny import NOW, publish_tiny, rows, silent, write_corpus
from training import base
from training.__main__ import MissingLibrary, main
from training.base import make_base
from training.corpora import BadData


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "data")


def _tiny(models: Path) -> Path:
    """Return the folder of the version that was made once for all tests, from the same rows."""
    return models / publish_tiny(models)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_data_give_the_same_version(data: Path, tmp_path: Path) -> None:
    first = _tiny(tmp_path / "one")
    second = make_base(data, tmp_path / "two", NOW, silent, jobs=2).folder
    assert second.name == first.name
    assert _contents(second) == _contents(first)


def test_a_version_that_is_there_already_stays(data: Path, tmp_path: Path) -> None:
    first = _tiny(tmp_path)
    before = _contents(first)
    again = make_base(data, tmp_path, NOW.replace(hour=23), silent, jobs=1)
    assert again.folder == first
    assert again.manifest.created == "2026-11-24T12:00:00Z"
    assert _contents(first) == before


def test_non_commercial_files_measure_and_teach_nothing(data: Path, tmp_path: Path) -> None:
    without = _tiny(tmp_path / "one")
    with gzip.open(data / "papers_nc.jsonl.gz", "wt", encoding="utf-8") as file:
        for row in rows(300, seed=8):
            file.write(json.dumps(row | {"source": "papers_nc"}) + "\n")
    with_it = make_base(data, tmp_path / "two", NOW, silent, jobs=1)
    assert (without / registry.WEIGHTS).read_bytes() == (with_it.folder / registry.WEIGHTS).read_bytes()
    manifest = registry.read_manifest(without.parent, without.name)
    assert manifest.calibration == with_it.manifest.calibration
    assert manifest.thresholds == with_it.manifest.thresholds
    assert "papers_nc" in with_it.manifest.metrics["toxic"]
    assert "papers_nc" not in with_it.manifest.data.sources


def test_a_version_says_how_it_was_made(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LANGUAGE_ROWS", 100)
    steps: list[str] = []
    made = make_base(data, tmp_path / "models", NOW, lambda step, _done, _total: steps.append(step), jobs=1)
    assert list(dict.fromkeys(steps)) == [
        "read",
        "features",
        "fit",
        "calibrate",
        "evaluate",
        "attacks",
        "measure",
        "publish",
    ]
    manifest = made.manifest
    assert manifest.labels == list(Label)
    assert manifest.languages == ["en"]
    assert manifest.scripts == ["LATIN"]
    assert manifest.libraries["scikit-learn"]
    assert all(one["converged"] for one in manifest.data.examples.values())
    assert manifest.metrics["toxic"]["tiny_news"].auc > 0.95
    groups = manifest.reliability[Label.TOXIC]
    assert [one.predicted for one in groups] == sorted(one.predicted for one in groups)
    assert all(0 <= one.low <= one.observed <= one.high <= 1 for one in groups)
    assert registry.load_version(tmp_path / "models", manifest.version).labels == tuple(Label)


def test_no_text_of_the_data_is_kept(tmp_path: Path) -> None:
    kept = b"".join(_contents(_tiny(tmp_path)).values())
    assert not any(row["text"].encode() in kept for row in rows())


def test_data_with_one_class_only_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with gzip.open(folder / "one.jsonl.gz", "wt", encoding="utf-8") as file:
        for row in rows(60):
            file.write(json.dumps(row | {"labels": {"toxic": 0}}) + "\n")
    with pytest.raises(BadData, match="both"):
        make_base(folder, tmp_path / "models", NOW, silent, jobs=1)


def test_the_command_makes_and_activates_a_version(data: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    done = CliRunner().invoke(main, ["base", "--data", str(data), "--models", str(models), "--jobs", "1", "--json"])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert registry.current_version(models) == summary["version"]
    assert summary["activated"] is True
    for name in ("report.html", "report.md"):
        report = (models / summary["version"] / name).read_text("utf-8")
        assert summary["version"] in report
        assert "tiny_" in report


def test_the_command_says_at_once_that_the_report_needs_matplotlib(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("report", "analyses", "levels", "plots"):
        monkeypatch.delitem(sys.modules, f"training.{name}", raising=False)
        monkeypatch.delattr(training, name, raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    models = tmp_path / "models"
    done = CliRunner().invoke(main, ["base", "--data", str(data), "--models", str(models)])
    assert isinstance(done.exception, MissingLibrary)
    assert "make model" in str(done.exception)
    assert not models.exists()


def test_the_command_can_leave_the_current_version(data: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    arguments = ["base", "--data", str(data), "--models", str(models), "--jobs", "1", "--no-activate"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "is written" in done.stdout
    assert registry.current_version(models) is None
