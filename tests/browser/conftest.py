"""Debian's Chromium in front of a real service with the tiny model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.server import Service
from tests.tiny import publish_tiny

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-features=BackForwardCache",  # The driver loses a page that comes back from it on a busy machine.
]


@pytest.fixture(scope="module")  # While it lasts its event loop is in the way of the other tests' own.
def browser() -> Iterator[Browser]:
    assert CHROMIUM.exists(), "these tests need Debian's package chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    publish_tiny(tmp_path / "models")
    service = Service(tmp_path)
    try:
        yield service.start("--demo")
    finally:
        service.close()
