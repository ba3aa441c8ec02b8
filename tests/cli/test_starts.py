"""Real interpreters: they do what the forks do that other tests use, and import no more than a command needs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderator.usecases.commands import COMMANDS, WITH_MODELS
from tests.server import Service
from tests.tiny import publish_tiny

# None of these is needed to look up sites; each takes 20 ms or more.
HEAVY = {
    "authlib",
    "babel",
    "fasttext",
    "httpx2",
    "jinja2",
    "joblib",
    "joserfc",
    "phonenumbers",
    "scipy",
    "sklearn",
    "uvicorn",
}


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Service]:
    publish_tiny(tmp_path / "models")
    service = Service(tmp_path, is_started_whole=True)
    yield service
    service.close()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--version"], None),
        (["site"], None),
        (["nonsense"], None),
        (["person", "add", "Anna"], None),
        (["key", "issue", "Nowhere", "--json"], None),
        (["import", "missing.jsonl"], None),
        (["policy", "set", "Nowhere", "-"], "[]"),
        (["score"], "You pathetic clown!\nThe minister explains the budget.\n"),
        (["model", "activate", "none-1"], None),
        (["serve", "--workers", "2"], None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_whole_interpreter_says_what_a_fork_says(whole: Service, arguments: list[str], text: str | None) -> None:
    said = whole.run(*arguments, text=text)
    whole.is_started_whole = False
    forked = whole.run(*arguments, text=text)
    assert (said.returncode, said.stdout, said.stderr) == (forked.returncode, forked.stdout, forked.stderr)
    assert said.stdout + said.stderr


def test_a_service_and_the_commands_beside_it_start_from_nothing(whole: Service) -> None:
    whole.start()
    key = whole.json("site", "add", "News")["key"]
    assert whole.request("POST", "/v1/comments", {"text": "The minister explains the budget."}, key)[0] == 201
    assert [site["name"] for site in whole.json("site", "list")["sites"]] == ["News"]
    assert whole.stop() == 0
    assert whole.json("verify")["ok"]


def test_a_command_that_scores_nothing_imports_and_loads_no_more_than_it_needs(whole: Service) -> None:
    whole.json("site", "add", "News")
    (current,) = whole.json("model", "list")["versions"]
    (whole.folder / "models" / current / "weights.joblib").write_bytes(b"broken")
    assert whole.run("site", "list").stderr == ""
    script = (
        "import sys\nfrom moderator.cli import program\n"
        "program.main(['site', 'list'], standalone_mode=False)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=whole.environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=whole.folder,
    )
    assert "News" in done.stdout
    assert not HEAVY & set(done.stdout.split())


def test_the_commands_that_score_are_commands() -> None:
    assert set(COMMANDS) > WITH_MODELS


def test_a_command_that_scores_tells_of_a_broken_model(whole: Service) -> None:
    whole.json("site", "add", "News")
    (current,) = whole.json("model", "list")["versions"]
    (whole.folder / "models" / current / "weights.joblib").write_bytes(b"broken")
    done = whole.run("import", "-", "--json", text='{"text": "The minister explains the budget."}\n')
    assert "model_refused" in done.stderr
    assert '"held": 1' in done.stdout
    assert whole.run("doctor").returncode == 1
