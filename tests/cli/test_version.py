"""A version in short."""

from pathlib import Path

import msgspec
import pytest

from moderator.classifier import registry
from moderator.classifier.manifest import Approval, Goal, Manifest
from moderator.commands.version import print_version
from moderator.domain.scoring import Caution, Label

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture
def manifest() -> Manifest:
    version = registry.current_version(MODELS)
    assert version is not None
    return registry.read_manifest(MODELS, version)


def test_it_has_labels_thresholds_promises_and_missed_targets(
    manifest: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    promise = Approval(
        price=0.06, held=0.0512, approved=0.9, risk=0.01, risk_at_most=0.0312, promise=0.02, is_certified=False,
        needed=1_234,
    )  # fmt: skip
    goals = [
        Goal(name="toxic on here: ROC-AUC", goal=0.92, value=0.9, is_met=False),
        Goal(name="toxic on there: ROC-AUC", goal=0.92, value=0.93, is_met=True),
        Goal(name="toxic nowhere: ROC-AUC", goal=0.92, value=None, is_met=None),
    ]
    changed = msgspec.structs.replace(manifest, approvals={Caution.BALANCED: promise}, goals=goals)
    print_version(changed, "models/x/report.html")
    shown = capsys.readouterr().out
    assert all(label in shown for label in Label)
    assert f"{manifest.thresholds[Caution.BALANCED][Label.TOXIC].hold_at:.3f}" in shown
    for expected in ("5.1%", "3.1%", "1,234 more audited approvals", "1 of 2 met", "0.9000 instead of 0.92"):
        assert expected in shown
    assert "nowhere" not in shown
    assert shown.endswith("report: models/x/report.html\n")


def test_a_version_without_promises_and_targets_has_none(
    manifest: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    print_version(msgspec.structs.replace(manifest, approvals={}, goals=[]), None)
    shown = capsys.readouterr().out
    assert "Promises" not in shown
    assert "Targets" not in shown
    assert "report" not in shown
