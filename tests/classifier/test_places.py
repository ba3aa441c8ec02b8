"""Versions are read only from places that nobody else can write."""

import os
import pwd
from pathlib import Path

import pytest

from moderator.classifier import places, registry
from moderator.domain.errors import ModelRefused

STRANGER = 54_321


def _version(models: Path) -> str:
    version = registry.current_version(models)
    assert version
    return version


@pytest.mark.parametrize("place", ["", "version", "version/manifest.json", "version/weights.joblib"])
def test_what_everybody_can_write_is_refused(models: Path, place: str) -> None:
    version = _version(models)
    path = models / place.replace("version", version)
    path.chmod(path.stat().st_mode | 0o002)
    with pytest.raises(ModelRefused, match="can be written by everybody: chmod"):
        registry.load_version(models, version)


def test_a_pointer_that_everybody_can_write_is_refused_and_mended(models: Path) -> None:
    version = _version(models)
    (models / registry.CURRENT).chmod(0o666)
    with pytest.raises(ModelRefused, match="everybody"):
        registry.current_version(models)
    registry.activate(models, version)
    assert registry.current_version(models) == version


def test_a_group_of_ones_own_may_write_as_in_a_clone_with_a_mask_of_002(models: Path) -> None:
    version = _version(models)
    for path in (models, models / version, *(models / version).iterdir()):
        path.chmod(path.stat().st_mode | 0o020)
    assert registry.load_version(models, version).version == version


def test_a_group_with_others_in_it_may_not(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = _version(models)
    (models / version).chmod(0o775)
    monkeypatch.setattr(places, "_is_alone_in", lambda *_: False)
    with pytest.raises(ModelRefused, match="other people in it: chmod"):
        registry.load_version(models, version)


def test_a_group_is_ones_own_when_nobody_else_is_in_it() -> None:
    own = os.geteuid()
    others = next(person for person in pwd.getpwall() if person.pw_uid not in (0, own) and person.pw_gid != 0)
    trusted = frozenset({0, own})
    assert places._is_alone_in(0, trusted)
    assert places._is_alone_in(STRANGER, trusted)
    assert not places._is_alone_in(others.pw_gid, trusted)
    assert places._is_alone_in(others.pw_gid, trusted | {others.pw_uid})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("place", ["version", "version/weights.joblib"])
def test_what_belongs_to_a_stranger_is_refused(models: Path, place: str) -> None:
    version = _version(models)
    os.chown(models / place.replace("version", version), STRANGER, 0)
    with pytest.raises(ModelRefused, match="belongs to account 54321"):
        registry.load_version(models, version)


def test_a_version_behind_a_link_is_refused_and_a_folder_of_models_is_not(models: Path, tmp_path: Path) -> None:
    version = _version(models)
    (tmp_path / "linked").symlink_to(models)
    assert registry.load_version(tmp_path / "linked", version).version == version
    (models / version).rename(tmp_path / "elsewhere")
    (models / version).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelRefused, match="a link"):
        registry.load_version(models, version)


def test_files_that_no_manifest_describes_are_never_read(models: Path) -> None:
    version = _version(models)
    for name in ("extra.joblib", "conftest.py", ".hidden"):
        (models / version / name).write_bytes(b"not to be read")
        (models / version / name).chmod(0o000)
    (models / "lost+found").mkdir()
    assert registry.load_version(models, version).version == version
    assert registry.list_versions(models) == [version]
