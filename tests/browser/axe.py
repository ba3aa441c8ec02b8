"""axe-core, which npm installs: where it lies, and what follows where it does not."""

import os
from pathlib import Path
from typing import Final

import pytest

AXE: Final = Path(__file__).parents[1] / "clients" / "node_modules" / "axe-core" / "axe.min.js"
MISSING: Final = "axe-core is missing: install Node with npm, then run make test, or npm ci in tests/clients"


def load_axe(path: Path = AXE) -> str:
    """Return axe-core's source; without it skip the test, or fail in CI, where nobody looks for skips."""
    if path.exists():
        return path.read_text("utf-8")
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(MISSING)
    pytest.fail(MISSING, pytrace=False)
