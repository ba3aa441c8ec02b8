"""The form of docs/integrations/html-form.md, in a browser: with scripts, and without."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Browser, Page

from tests.docs.blocks import FOLDER, blocks
from tests.server import Service, free_port

(FORM,) = (block.code for block in blocks(FOLDER / "html-form.md") if block.language == "html")
(PROGRAM,) = (block.code for block in blocks(FOLDER / "html-form.md") if block.language == "python")
FRIENDLY = "Thank you for this article. The budget is explained well, and the railway matters to our town."
RUDE = "You are a complete idiot."
PUBLISHED = "Your comment is published."
WILL_BE_READ = "Thank you. Your comment will be read before it is published."
COMMENTS = "SELECT text, status, author_name FROM comments WHERE site_id = ? ORDER BY id"
# A reader takes longer to write than a test does.
LATER = "{ const now = performance.now.bind(performance); performance.now = () => now() + (window.later ?? 0); }"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(kw_only=True)
class Site:
    """A newspaper's site: its page, the program that takes the form, and what both say to the service."""

    service: Service
    id: str = ""
    html: str = FORM
    program: dict[str, Any] = field(default_factory=dict)
    port: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/comment":
            return self.program["application"](environ, start_response)
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        hidden = self.program["hidden_field"]()
        page = "<!doctype html><title>The summit</title>" + self.html.replace("<button>", hidden + "<button>")
        return [page.encode()]

    def comments(self) -> list[tuple[str, str, str]]:
        """Return text, status and author of each comment, from the database."""
        with closing(sqlite3.connect(f"file:{self.service.database}?mode=ro", uri=True)) as connection:
            return connection.execute(COMMENTS, (self.id,)).fetchall()


@contextmanager
def _served(site: Site) -> Iterator[Site]:
    with make_server("127.0.0.1", 0, site, WSGIServer, _Quiet) as server:  # type: ignore[arg-type]
        site.port = server.server_port
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=1_000.0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("form"), models=Path(__file__).parents[2] / "models")
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def site(service: Service, monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace) -> Iterator[Site]:
    with _served(Site(service=service)) as site:
        added = service.json("site", "add", site.origin, "--origin", site.origin)
        site.id = added["site_id"]
        site.html = FORM.replace("https://moderate.news.example", service.url).replace("pk_…", added["public_key"])
        for name, value in {"URL": service.url, "KEY": added["key"]}.items():
            monkeypatch.setenv(f"MODERATOR_{name}", value)
        monkeypatch.setenv("FORM_SECRET", "a secret of this test")
        exec(compile(PROGRAM, "html-form.md", "exec"), site.program)
        site.program["time"] = SimpleNamespace(time=lambda: clock.now)
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    page = browser.new_page()
    page.add_init_script(LATER)
    page.goto(site.origin)
    page.evaluate("window.later = 5000")
    yield page
    page.close()


@pytest.fixture
def plain_page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.origin)
    yield page
    context.close()


def _write(page: Page, text: str) -> None:
    page.get_by_label("Your name").fill("Hans")
    page.get_by_label("Your comment").fill(text)
    page.get_by_role("button").click()


@pytest.mark.parametrize(("text", "told"), [(FRIENDLY, PUBLISHED), (RUDE, WILL_BE_READ)], ids=["friendly", "rude"])
def test_with_scripts_the_page_asks(page: Page, site: Site, text: str, told: str) -> None:
    _write(page, text)

    page.get_by_text(told, exact=True).wait_for()
    status = "approved" if told == PUBLISHED else "held"
    assert site.comments() == [(text, status, "Hans")]


def test_pressing_the_button_twice_is_one_comment(page: Page, site: Site) -> None:
    page.get_by_label("Your name").fill("Hans")
    page.get_by_label("Your comment").fill(FRIENDLY)
    page.get_by_role("button").dblclick()

    page.get_by_text(PUBLISHED).wait_for()
    assert site.comments() == [(FRIENDLY, "approved", "Hans")]


def test_a_page_sent_at_once_waits_for_a_person(page: Page) -> None:
    page.evaluate("window.later = 0")

    _write(page, FRIENDLY)

    page.get_by_text(WILL_BE_READ).wait_for()


def test_an_unknown_origin_is_told_that_it_did_not_go(page: Page, site: Site) -> None:
    page.goto(site.origin.replace("127.0.0.1", "localhost"))

    _write(page, FRIENDLY)

    page.get_by_text("Your comment could not be sent. Please try again.").wait_for()
    assert site.comments() == []


@pytest.mark.parametrize(("text", "told"), [(FRIENDLY, PUBLISHED), (RUDE, WILL_BE_READ)], ids=["friendly", "rude"])
def test_without_scripts_the_server_asks(
    plain_page: Page, site: Site, clock: SimpleNamespace, text: str, told: str
) -> None:
    clock.now += 60

    _write(plain_page, text)

    plain_page.get_by_text(told, exact=True).wait_for()
    assert site.comments() == [(text, "approved" if told == PUBLISHED else "held", "Hans")]


def test_without_scripts_too_fast_a_form_waits_for_a_person(plain_page: Page) -> None:
    _write(plain_page, FRIENDLY)

    plain_page.get_by_text(WILL_BE_READ).wait_for()


def test_without_scripts_a_form_sent_again_is_one_comment(plain_page: Page, site: Site, clock: SimpleNamespace) -> None:
    clock.now += 60
    _write(plain_page, FRIENDLY)
    plain_page.go_back()
    _write(plain_page, FRIENDLY)
    plain_page.get_by_text(PUBLISHED).wait_for()
    plain_page.go_back()

    _write(plain_page, FRIENDLY + " And more.")

    plain_page.get_by_text("Please load the page again, then send your comment.").wait_for()
    assert site.comments() == [(FRIENDLY, "approved", "Hans")]


def test_without_an_answer_the_comment_is_held(plain_page: Page, site: Site, clock: SimpleNamespace) -> None:
    clock.now += 60
    site.program["URL"] = f"http://127.0.0.1:{free_port()}"

    _write(plain_page, FRIENDLY)

    plain_page.get_by_text(WILL_BE_READ).wait_for()


def test_an_empty_comment_is_told_to_its_author(site: Site, browser: Browser) -> None:
    page = browser.new_page()

    page.goto(site.origin)
    page.evaluate("document.getElementById('comment').noValidate = true")
    page.evaluate("document.getElementById('comment').submit()")

    page.get_by_text("Please write a comment first.").wait_for()
    page.close()
