"""The serving process scores without the libraries that trained."""

import sys
from pathlib import Path

import anyio
import pytest

pytestmark = pytest.mark.anyio

PROGRAM = """
import sys
for name in ("sklearn", "scipy", "training"):
    sys.modules[name] = None  # Importing it now fails.
from pathlib import Path
import moderator.app, moderator.serve
from moderator.classifier import registry
from moderator.classifier.scorer import Scorer
print(Scorer(registry.load_current(Path(sys.argv[1]))).score("You pathetic clown!").model)
"""


async def test_serving_needs_neither_scikit_learn_nor_scipy(models: Path) -> None:
    done = await anyio.run_process([sys.executable, "-c", PROGRAM, str(models)])
    assert done.stdout.decode().strip() == (models / "CURRENT").read_text().split()[0]
