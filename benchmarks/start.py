"""How soon after its start a new process has the first score, and that it does so without the trainer's libraries."""

import subprocess
import sys
import time
from pathlib import Path

_PROGRAM = """
import sys
from pathlib import Path
from moderator.classifier import registry
model = registry.load_current(Path(sys.argv[1]))
model.scores("The summit ended without an agreement.")
assert not {"sklearn", "scipy"} & set(sys.modules), "serving imports the trainer's libraries"
"""


def measure(models: Path) -> float:
    """Return seconds from the start of an interpreter to the first score: the best of three."""
    return min(_once(models) for _ in range(3))


def _once(models: Path) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", _PROGRAM, str(models)], check=True)
    return time.perf_counter() - started
