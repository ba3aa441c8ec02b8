"""Stand-in until the classifier lands."""

from pathlib import Path

from moderator.classifier.model import Model


def list_versions(models: Path) -> list[str]:
    return []


def current_version(models: Path) -> str | None:
    return None


def load_version(models: Path, version: str) -> Model:
    raise NotImplementedError


def load_current(models: Path) -> Model | None:
    return None


def activate(models: Path, version: str) -> None:
    raise NotImplementedError


def rollback(models: Path) -> str:
    raise NotImplementedError


class _Manifest:
    created: str
    labels: list[str]


def read_manifest(models: Path, version: str) -> _Manifest:
    raise NotImplementedError
