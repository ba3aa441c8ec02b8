"""The tiny model, published once for all tests of the classifier."""

from pathlib import Path

import pytest

from moderator.classifier import registry
from moderator.classifier.model import Model
from tests.tiny import publish_tiny


@pytest.fixture
def models(tmp_path: Path) -> Path:
    publish_tiny(tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture
def model(models: Path) -> Model:
    found = registry.load_current(models)
    assert found is not None
    return found
