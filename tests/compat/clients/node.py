"""Scenarios for the npm clients in tests/clients, each run by Node in a process of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "clients"
OLDEST = 20


def why_not() -> str | None:
    """Return why these clients cannot run here; None if they can. Only a machine without Node or npm has a reason."""
    node = shutil.which("node")
    if node is None:
        return f"the npm clients need Node {OLDEST} or newer, and there is no node on this machine"
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(said.removeprefix("v").split(".")[0]) < OLDEST:
        return f"the npm clients need Node {OLDEST} or newer, and this machine has {said}"
    installed = (FOLDER / "node_modules").is_dir()
    if not installed and shutil.which("npm") is None:
        return "the npm clients need npm, which is apart from Node on this machine"
    assert installed, "the npm clients are not installed: make test does it, or npm ci in tests/clients"
    return None


def play(
    client: str, *calls: tuple[Any, ...], base: str = "", environment: dict[str, str] | None = None, **given: object
) -> list[Any]:
    """Run one scenario; return what each call gave, `{"returns": …}` or `{"raises": …}`."""
    wanted = {"base": base, **given, "calls": [{"call": name, "with": arguments} for name, *arguments in calls]}
    done = subprocess.run(
        ["node", f"{client}.mjs", json.dumps(wanted)],
        cwd=FOLDER,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes: list[Any] = json.loads(done.stdout)
    return outcomes


def played(base: str, client: str, *call: Any, **given: object) -> Callable[[], Any]:
    """Return a function that makes one call and returns its value, or raises the client's error as Python's."""

    def do() -> Any:
        (outcome,) = play(client, call, base=base, **given)
        if "raises" in outcome:
            raised = outcome["raises"]
            raise type(raised["kind"], (Exception,), {"__module__": client})(raised["message"])
        return outcome["returns"]

    return do


def version(client: str) -> str:
    """Return the version that is installed."""
    found = json.loads((FOLDER / "node_modules" / client / "package.json").read_text("utf-8"))["version"]
    return f"{client} {found}"
