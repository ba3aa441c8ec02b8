"""What a version promises survives the disk, and the thresholds of languages become the policy's."""

from pathlib import Path

import msgspec
import pytest

from moderator.classifier import manifest as manifests
from moderator.classifier import registry
from moderator.classifier.manifest import Approval, Curve, LanguageOf, Manifest, Point
from moderator.domain.scoring import Caution, Label


@pytest.fixture
def manifest(models: Path) -> Manifest:
    version = registry.current_version(models)
    assert version is not None
    return registry.read_manifest(models, version)


def test_a_version_carries_its_promises_and_a_compact_curve(manifest: Manifest) -> None:
    assert set(manifest.approvals) == set(Caution)
    assert manifest.curve is not None
    assert len(manifest.curve.approved) + len(manifest.curve.automated) <= 60
    assert len(msgspec.json.encode(manifest.curve)) < 3_000
    assert msgspec.json.decode(manifests.encode(manifest), type=Manifest) == manifest


def test_points_are_plain_arrays() -> None:
    curve = Curve(
        abuse=0.05, spam=0.0, harmless_rows=1, breaking_rows=1, approved=[Point(0.9, 0.01, 0.005, 0.02)], automated=[]
    )
    assert b"[[0.9,0.01,0.005,0.02]]" in msgspec.json.encode(curve)


def test_the_summary_says_what_each_level_costs_and_promises(manifest: Manifest) -> None:
    found = Approval(
        price=0.1, held=0.11, approved=0.8, risk=0.01, risk_at_most=0.0195, promise=0.02, is_certified=True
    )
    said = msgspec.structs.replace(manifest, approvals={Caution.BALANCED: found}).summary()["promise"]
    assert said == {"balanced": "holds 11% of harmless comments; at most 1.9% of what is approved breaks the rules"}


def test_a_language_holds_by_its_own_thresholds_and_rejects_by_the_shared_ones(manifest: Manifest) -> None:
    shared = msgspec.structs.replace(manifest.thresholds[Caution.BALANCED][Label.TOXIC], hold_at=0.1, reject_at=0.8)
    german = LanguageOf(
        harmless_rows=300,
        breaking_rows=100,
        held=0.2,
        low=0.15,
        high=0.25,
        hold_at={Caution.BALANCED: {Label.TOXIC: 0.3}, Caution.CAUTIOUS: {Label.TOXIC: 0.9}},
    )
    changed = msgspec.structs.replace(
        manifest,
        thresholds={caution: {Label.TOXIC: shared} for caution in Caution},
        by_language={"de": german, "en": msgspec.structs.replace(german, hold_at={})},
    )
    assert {
        caution: {
            language: (own[Label.TOXIC].hold_at, own[Label.TOXIC].reject_at)
            for language, own in changed.thresholds_by_language(caution).items()
        }
        for caution in Caution
    } == {
        Caution.CAUTIOUS: {"de": (0.8, 0.8)},  # No text is rejected that would not be held.
        Caution.BALANCED: {"de": (0.3, 0.8)},
        Caution.PERMISSIVE: {},
    }
