"""Every recipe is run as a reader would run it, against a real service with the shipped model."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.compat.clients import node
from tests.docs.blocks import FOLDER, Block, blocks
from tests.server import Service

ROOT = Path(__file__).parents[2]
PAGES = sorted(FOLDER.glob("*.md"))
ELSEWHERE = ("text", "http", "json")  # What is shown, not done.
OTHER_TESTS = {"html": "test_html_form.py", "sql": "another program's database"}
ENDINGS = {"python": "py", "js": "mjs", "php": "php", "sh": "sh"}
RUN = [
    block
    for page in PAGES
    if page.name != "html-form.md"  # Its program serves; test_html_form.py asks it.
    for block in blocks(page)
    if block.language in ENDINGS and block.is_run
]
PHP_EXTENSIONS = ("curl", "json")
# Node's resolver knows no wildcard; a site's DNS does. Below every client, so none of them is changed.
RESOLVER = """
import dns from "node:dns";
const { lookup } = dns;
dns.lookup = (name, options, answer) => lookup(name.endsWith(".localhost") ? "localhost" : name, options, answer);
"""
_numbers = count(1)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("recipes"), models=ROOT / "models")
    try:
        yield service.start()
    finally:
        service.close()


@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_recipe_prints_what_its_page_says(block: Block, service: Service, tmp_path: Path) -> None:
    _skip_without(block.language)

    done = _run(block, service, tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == (block.prints or "").strip(), done.stderr


def test_nothing_is_left_to_itself() -> None:
    """Whatever a reader may copy is run, or says why not; and what is run says what it prints."""
    found = [block for page in PAGES for block in blocks(page)]
    strange = {block.language for block in found} - {*ENDINGS, *ELSEWHERE, *OTHER_TESTS}

    assert not strange
    assert [str(block) for block in RUN if block.prints is None] == []
    assert {block.language for block in RUN} == set(ENDINGS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_plugin_is_php() -> None:
    _skip_without("php")
    plugin = FOLDER / "wordpress" / "moderator-akismet.php"

    done = subprocess.run(["php", "-l", str(plugin)], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def _run(block: Block, service: Service, folder: Path) -> subprocess.CompletedProcess[str]:
    """Write a block to a file of its own and run that, with the keys of a new site."""
    site = service.json("site", "add", f"News {next(_numbers)}", "--akismet-key")
    script = folder / f"recipe.{ENDINGS[block.language]}"
    script.write_text(block.code, "utf-8")
    return subprocess.run(
        _command(block.language, folder, script),
        cwd=folder,
        env={
            **os.environ,
            "MODERATOR_URL": f"http://localhost:{service.port}",
            "MODERATOR_KEY": site["key"],
            "AKISMET_KEY": site["akismet_key"],
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _command(language: str, folder: Path, script: Path) -> list[str]:
    if language == "python":
        return [sys.executable, str(script)]
    if language == "sh":
        return ["sh", str(script)]
    if language == "php":
        return ["php", str(script)]
    (folder / "node_modules").symlink_to(node.FOLDER / "node_modules")
    (folder / "resolver.mjs").write_text(RESOLVER, "utf-8")
    return ["node", "--import", str(folder / "resolver.mjs"), str(script)]


def _skip_without(language: str) -> None:
    """Skip where a machine lacks what a language needs; Python and a shell are everywhere."""
    if language == "js" and (reason := node.why_not()) is not None:
        pytest.skip(reason)
    if language == "sh" and shutil.which("curl") is None:
        pytest.skip("the shell recipes need curl, and there is none on this machine")
    if language == "php":
        php = shutil.which("php")
        if php is None:
            pytest.skip("the PHP recipes need php, and there is none on this machine")
        modules = subprocess.run([php, "-m"], capture_output=True, text=True, check=True).stdout.lower().split()
        missing = [name for name in PHP_EXTENSIONS if name not in modules]
        if missing:
            pytest.skip(f"the PHP recipes need PHP's {' and '.join(missing)}")
