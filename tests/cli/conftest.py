"""A service with the tiny model, stopped or running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Service
from tests.tiny import publish_tiny


@pytest.fixture
def stopped(tmp_path: Path) -> Service:
    publish_tiny(tmp_path / "models")
    return Service(tmp_path)


@pytest.fixture
def running(stopped: Service) -> Iterator[Service]:
    try:
        yield stopped.start()
    finally:
        stopped.close()


@pytest.fixture(params=["stopped", "running"])
def service(request: pytest.FixtureRequest) -> Service:
    """Both: every command works with the service stopped and running."""
    found: Service = request.getfixturevalue(request.param)
    return found
