"""Versions on disk: wholly there or not at all, checked before they are used, and reversible."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderator.classifier import manifest as manifests
from moderator.classifier import registry
from moderator.classifier.manifest import File, Manifest
from moderator.domain.errors import Conflict, ModelRefused, NotFound


def _version(models: Path) -> str:
    version = registry.current_version(models)
    assert version
    return version


def _copy(models: Path, name: str) -> str:
    """Make another version of the same weights."""
    source = models / _version(models)
    shutil.copytree(source, models / name)
    _edit(models / name, lambda body: body.update(version=name))
    return name


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / manifests.FILE_NAME
    body = json.loads(path.read_bytes())
    change(body)
    path.write_text(json.dumps(body), "utf-8")


def test_a_published_version_loads_and_scores(models: Path) -> None:
    model = registry.load_version(models, _version(models))
    assert model.version == _version(models)
    assert registry.list_versions(models) == [model.version]


def test_without_current_there_is_no_model(tmp_path: Path) -> None:
    assert registry.current_version(tmp_path) is None
    assert registry.load_current(tmp_path) is None
    assert registry.list_versions(tmp_path / "nowhere") == []


def test_activating_remembers_the_version_before(models: Path) -> None:
    first = _version(models)
    second = _copy(models, "second-1")
    registry.activate(models, second)
    assert registry.current_version(models) == second
    assert registry.rollback(models) == first
    assert registry.current_version(models) == first
    assert registry.rollback(models) == second


def test_activating_the_current_version_forgets_nothing(models: Path) -> None:
    first, second = _version(models), _copy(models, "second-1")
    registry.activate(models, second)
    registry.activate(models, second)
    assert registry.rollback(models) == first


def test_there_is_nothing_to_go_back_to_at_first(models: Path) -> None:
    with pytest.raises(Conflict, match="no earlier"):
        registry.rollback(models)


def test_going_back_to_a_version_that_was_removed_is_refused(models: Path) -> None:
    first, second = _version(models), _copy(models, "second-1")
    registry.activate(models, second)
    shutil.rmtree(models / first)
    with pytest.raises(NotFound):
        registry.rollback(models)
    assert registry.current_version(models) == second


def test_going_back_to_a_damaged_version_is_refused(models: Path) -> None:
    first, second = _version(models), _copy(models, "second-1")
    registry.activate(models, second)
    (models / first / registry.WEIGHTS).write_bytes(b"damaged")
    with pytest.raises(ModelRefused):
        registry.rollback(models)
    assert registry.current_version(models) == second


def test_an_unknown_version_is_not_activated(models: Path) -> None:
    with pytest.raises(NotFound):
        registry.activate(models, "unknown-1")


@pytest.mark.parametrize("content", [b"", b"../../etc\n", b"\xff\xfe", b"a/b"])
def test_a_damaged_current_is_refused_and_mended_by_activating(models: Path, content: bytes) -> None:
    version = _version(models)
    (models / registry.CURRENT).write_bytes(content)
    with pytest.raises(ModelRefused):
        registry.current_version(models)
    registry.activate(models, version)
    assert registry.current_version(models) == version


def _flip(folder: Path) -> None:
    path = folder / registry.WEIGHTS
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _cut(folder: Path) -> None:
    path = folder / registry.WEIGHTS
    path.write_bytes(path.read_bytes()[:-1])


def _link(folder: Path) -> None:
    path = folder / registry.WEIGHTS
    path.rename(folder / "elsewhere")
    path.symlink_to(folder / "elsewhere")


def _swap_content(folder: Path) -> None:
    """Other bytes with a manifest that describes them: only unpacking finds out."""
    import hashlib

    content = b"not a joblib file"
    (folder / registry.WEIGHTS).write_bytes(content)
    described = {"name": registry.WEIGHTS, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    _edit(folder, lambda body: body.update(files=[described]))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit": (_flip, "SHA-256"),
    "a cut file": (_cut, "bytes"),
    "a link": (_link, "cannot be read"),
    "no weights": (lambda folder: (folder / registry.WEIGHTS).unlink(), "cannot be read"),
    "other content": (_swap_content, "cannot be used"),
    "no manifest": (lambda folder: (folder / manifests.FILE_NAME).unlink(), "cannot be read"),
    "a manifest of nonsense": (lambda folder: (folder / manifests.FILE_NAME).write_bytes(b"{"), "not a manifest"),
    "a huge manifest": (
        lambda folder: (folder / manifests.FILE_NAME).write_bytes(b" " * (manifests.MAX_BYTES + 1)),
        "sensible size",
    ),
    "another format": (lambda folder: _edit(folder, lambda body: body.update(format=99)), "format 99"),
    "other features": (lambda folder: _edit(folder, lambda body: body.update(schema="words-9")), "words-9"),
    "another version's manifest": (lambda folder: _edit(folder, lambda body: body.update(version="x-1")), "x-1"),
    "libraries of another generation": (
        lambda folder: _edit(folder, lambda body: body["libraries"].update(numpy="1.26.4")),
        "numpy 1.26.4",
    ),
    "a missing member": (lambda folder: _edit(folder, lambda body: body.pop("golden")), "not a manifest"),
    "no golden examples": (lambda folder: _edit(folder, lambda body: body.update(golden=[])), "no golden"),
    "a golden example that differs": (
        lambda folder: _edit(folder, lambda body: body["golden"][0]["scores"].update(toxic=0.77)),
        "golden example 0",
    ),
    "no description of the weights": (lambda folder: _edit(folder, lambda body: body.update(files=[])), "describes no"),
    "a calibration that turns scores round": (
        lambda folder: _edit(folder, lambda body: body["calibration"]["toxic"].update(slope=-1)),
        "cannot be used",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_version_is_refused_with_the_reason(models: Path, damage: str) -> None:
    harm, message = DAMAGES[damage]
    harm(models / _version(models))
    with pytest.raises(ModelRefused, match=message):
        registry.load_current(models)


def test_a_name_that_leaves_the_folder_is_refused(models: Path) -> None:
    with pytest.raises(ModelRefused):
        registry.load_version(models, "../elsewhere")


def _contents(models: Path) -> tuple[dict[str, bytes], Manifest]:
    folder = models / _version(models)
    return {registry.WEIGHTS: (folder / registry.WEIGHTS).read_bytes()}, manifests.read(folder)


def test_publishing_what_would_not_load_leaves_nothing_behind(models: Path) -> None:
    import msgspec

    contents, manifest = _contents(models)
    before = sorted(path.name for path in models.iterdir())

    def describe(files: list[File]) -> Manifest:
        return msgspec.structs.replace(manifest, version="broken-1", files=files, golden=[])

    with pytest.raises(ModelRefused):
        registry.publish(models, "broken-1", contents, describe)
    assert sorted(path.name for path in models.iterdir()) == before


def test_a_version_is_never_replaced(models: Path) -> None:
    contents, manifest = _contents(models)
    with pytest.raises(Conflict):
        registry.publish(models, _version(models), contents, lambda _: manifest)


def test_a_version_needs_a_plain_name(models: Path) -> None:
    contents, manifest = _contents(models)
    with pytest.raises(ModelRefused):
        registry.publish(models, "../up", contents, lambda _: manifest)


def test_a_crash_while_publishing_leaves_no_version(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    contents, manifest = _contents(models)
    before = registry.list_versions(models)

    def crash(_self: Path, _target: Path) -> Path:
        raise OSError("power cut")

    monkeypatch.setattr(Path, "rename", crash)
    with pytest.raises(ModelRefused, match="power cut"):
        registry.publish(
            models,
            "third-1",
            contents,
            lambda files: msgspec.structs.replace(manifest, version="third-1", files=files),
        )
    assert registry.list_versions(models) == before


def test_a_crash_while_activating_leaves_the_current_version(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _version(models), _copy(models, "second-1")

    def crash(_self: Path, _target: Path) -> Path:
        raise OSError("power cut")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(ModelRefused, match="power cut"):
        registry.activate(models, second)
    assert registry.current_version(models) == first
    assert not list(models.glob(".current-*"))


def test_the_summary_tells_what_people_ask_first(models: Path) -> None:
    summary = registry.read_manifest(models, _version(models)).summary()
    assert summary["version"] == _version(models)
    assert summary["thresholds"]["toxic"].startswith("holds from")
    assert "tiny_news" in summary["auc"]["toxic"]
