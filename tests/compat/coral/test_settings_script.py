"""The script in docs/integrations is run, so that it cannot be wrong for long.

The server beside it knows as much of Coral's schema as the script uses.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "docs" / "integrations" / "coral-settings.mjs"
NODE = shutil.which("node")
SECRET = "empsec_0123"

pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed")

# Input types of Coral's schema: the members that must be there, and all that may.
INPUTS = {
    "CreateExternalModerationPhaseInput": (
        {"name": str, "url": str, "format": str, "timeout": int, "clientMutationId": str},
        set(),
    ),
    "UpdateExternalModerationPhaseInput": (
        {"id": str, "clientMutationId": str},
        {"name", "url", "format", "timeout"},
    ),
    "EnableExternalModerationPhaseInput": ({"id": str, "clientMutationId": str}, set()),
    "UpdateSettingsInput": ({"settings": dict, "clientMutationId": str}, set()),
}


class Coral:
    """What a Coral remembers."""

    def __init__(self) -> None:
        self.phases: list[dict[str, Any]] = []
        self.perspective: dict[str, Any] = {}
        self.token = "an-administrator"

    def answer(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Answer a query or one mutation."""
        if query.startswith("query"):
            return {"settings": {"integrations": {"external": {"phases": self.phases} if self.phases else None}}}
        made = re.match(r"mutation Change\(\$input: (\w+)!\) \{ (\w+)\(input: \$input\)", query)
        assert made, query
        kind, name = made[1], made[2]
        given = variables["input"]
        needed, allowed = INPUTS[kind]
        assert all(isinstance(given[member], type_) for member, type_ in needed.items())
        assert set(given) <= set(needed) | allowed
        assert kind == f"{name[0].upper()}{name[1:]}Input"
        if name == "updateSettings":
            self.perspective = given["settings"]["integrations"]["perspective"]
            return {name: {"settings": {"id": "1"}}}
        values = {member: value for member, value in given.items() if member not in ("clientMutationId", "id")}
        if name == "createExternalModerationPhase":
            assert 100 <= given["timeout"] <= 10_000
            self.phases.append({"id": "p1", "enabled": True, "signingSecret": {"secret": SECRET}, **values})
        elif name == "enableExternalModerationPhase":
            values["enabled"] = True
        self.phases[0].update(values)
        return {name: {"phase": dict(self.phases[0])}}


@pytest.fixture
def coral() -> Coral:
    return Coral()


@pytest.fixture
def url(coral: Coral) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self.path != "/api/graphql" or self.headers["authorization"] != f"Bearer {coral.token}":
                status, body = 401, {"errors": [{"message": "RAW_QUERY_NOT_AUTHORIZED"}]}
            else:
                status, body = 200, {"data": coral.answer(asked["query"], asked["variables"])}
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(url: str, **settings: str) -> subprocess.CompletedProcess[str]:
    assert NODE
    given = {
        "PATH": os.environ["PATH"],
        "CORAL_URL": f"{url}/",
        "CORAL_TOKEN": "an-administrator",
        "MODERATOR_URL": "https://moderator.news.example/",
        **settings,
    }
    return subprocess.run([NODE, str(SCRIPT)], env=given, capture_output=True, text=True, timeout=60, check=False)


def test_the_phase_is_created_and_its_secret_shown(coral: Coral, url: str) -> None:
    done = run(url)

    assert done.returncode == 0, done.stderr
    (phase,) = coral.phases
    assert phase["url"] == "https://moderator.news.example/coral/moderate"
    assert (phase["format"], phase["timeout"], phase["enabled"]) == ("HTML", 1000, True)
    assert f"moderator site set SITE --phase-secret {SECRET}" in done.stdout
    assert coral.perspective == {}


def test_a_second_time_the_phase_is_changed_and_switched_on(coral: Coral, url: str) -> None:
    run(url)
    coral.phases[0]["enabled"] = False

    done = run(url, PHASE_TIMEOUT="500", PHASE_FORMAT="PLAIN_TEXT")

    assert done.returncode == 0, done.stderr
    (phase,) = coral.phases
    assert (phase["format"], phase["timeout"], phase["enabled"]) == ("PLAIN_TEXT", 500, True)


def test_with_a_key_the_toxic_comment_filter_is_set_too(coral: Coral, url: str) -> None:
    done = run(url, MODERATOR_KEY="sk_1", TOXIC_THRESHOLD="0.65", TOXIC_FEEDBACK="true")

    assert done.returncode == 0, done.stderr
    assert coral.perspective == {
        "enabled": True,
        "endpoint": "https://moderator.news.example/v1alpha1",
        "key": "sk_1",
        "model": "TOXICITY",
        "threshold": 0.65,
        "doNotStore": True,
        "sendFeedback": True,
    }


def test_a_refusal_ends_with_its_reason(coral: Coral, url: str) -> None:
    coral.token = "another"

    done = run(url)

    assert done.returncode == 1
    assert "RAW_QUERY_NOT_AUTHORIZED" in done.stderr
    assert coral.phases == []


def test_what_is_missing_is_named(url: str) -> None:
    done = run(url, MODERATOR_URL="")

    assert done.returncode == 1
    assert done.stderr.strip() == "MODERATOR_URL is not set."
