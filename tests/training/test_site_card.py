"""The card of a version that learned: from the manifest alone, and nothing of any comment."""

from pathlib import Path

import msgspec
import pytest

from moderator.classifier import registry
from moderator.classifier.manifest import GateLine, Learned, Manifest, TaughtLabel
from tests.tiny import publish_tiny
from training import site_card

LINE = GateLine(
    check="recall", passed=True, value=0.25, need="≥ −0.5 points", detail="of 40 | rejected <b>comments</b>"
)


@pytest.fixture
def base(tmp_path: Path) -> Manifest:
    return registry.read_manifest(tmp_path / "models", publish_tiny(tmp_path / "models"))


def _learned(base: Manifest, **changed: object) -> Manifest:
    learned = Learned(
        base=base.files[0],
        sites=[],
        rows=1234,
        waiting=7,
        since="2026-06-01T00:00:00Z",
        until="2026-06-30T00:00:00Z",
        labels={"toxic": TaughtLabel(rows=1200, positives=345, moves="weights", strength=0.3)},
        gate=[LINE],
    )
    return msgspec.structs.replace(
        base, version="learned-1", parent=base.version, learned=msgspec.structs.replace(learned, **changed)
    )


def test_it_says_what_taught_it_and_what_the_gate_said(base: Manifest, tmp_path: Path) -> None:
    site_card.write(tmp_path, _learned(base))
    markdown, page = ((tmp_path / name).read_text("utf-8") for name in (site_card.MARKDOWN, site_card.PAGE))
    assert "1,234 judged comments of all sites" in markdown
    assert "7 more decisions contradict" in markdown
    assert "| toxic | 1,200 | 345 | weights | 0.3 |" in markdown
    assert "| recall | passes | 0.25 | ≥ −0.5 points | of 40 \\| rejected \\<b>comments\\</b> |" in markdown
    assert "<b>comments" not in page
    assert "&lt;b&gt;comments" in page
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["report.html", "report.md"]


def test_sites_that_taught_are_named(base: Manifest, tmp_path: Path) -> None:
    site_card.write(tmp_path, _learned(base, sites=["site-9"]))
    assert "of the sites `site-9`" in (tmp_path / site_card.MARKDOWN).read_text("utf-8")


def test_figures_that_were_not_measured_are_not_made_up(base: Manifest, tmp_path: Path) -> None:
    site_card.write(tmp_path, msgspec.structs.replace(_learned(base), metrics={}))
    assert "Too few decisions" in (tmp_path / site_card.MARKDOWN).read_text("utf-8")


def test_where_nothing_can_be_written_the_version_goes_without(base: Manifest, tmp_path: Path) -> None:
    (tmp_path / site_card.PAGE).mkdir()
    site_card.write(tmp_path, _learned(base))
    assert not (tmp_path / site_card.MARKDOWN).exists()


def test_a_base_has_another_report(base: Manifest) -> None:
    with pytest.raises(ValueError, match="did not learn"):
        site_card.sections(base)
