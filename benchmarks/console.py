"""The moderators' pages at size: twenty thousand open cases, a million comments, two cores, a real browser.

Pages are asked for over HTTP, one after the other, as somebody at a desk does; the empty page beside them is the same
service's sign-in page. A press is timed in Chromium, from the key to the frame in which another case stands there.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from playwright.sync_api import Page, sync_playwright

from benchmarks.million import COMMENTS, OPEN, PASSWORD, database_of
from benchmarks.stack import run_service

CHROMIUM: Final = Path("/usr/bin/chromium")
SWITCHES: Final = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
VISITS: Final = 40
PRESSES: Final = 60
QUESTIONS: Final = ("summit", "summit treaty", '"summit"', "harbo*", "convoy ceasefire")

# Runs in the page: press a key, wait until another comment stands there and a frame was drawn, return milliseconds.
_PRESS: Final = """
key => new Promise((resolve, reject) => {
  const id = () => document.querySelector("#desk form[action*='/cases/']")?.getAttribute("action") ?? "";
  const before = id();
  const began = performance.now();
  const look = () => {
    if (id() && id() !== before) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    else if (performance.now() - began > 10000) reject(new Error("no next case"));
    else requestAnimationFrame(look);
  };
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  requestAnimationFrame(look);
})
"""


class _Desk:
    """A signed-in moderator's connection."""

    def __init__(self, port: int) -> None:
        self._http = HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookie = ""
        form = urlencode({"name": "Anna", "password": PASSWORD}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        self._http.request("POST", "/console/sign-in", form, headers)
        answer = self._http.getresponse()
        answer.read()
        self._cookie = (answer.getheader("set-cookie") or "").split(";")[0]

    def get(self, path: str, *, signed: bool = True) -> str:
        """Return a page."""
        self._http.request("GET", path, headers={"cookie": self._cookie} if signed else {})
        answer = self._http.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, f"{path}: {answer.status}"
        return text


def _timed(ask: Callable[[int], object], count: int = VISITS) -> list[float]:
    took = []
    for n in range(count):
        began = time.perf_counter()
        ask(n)
        took.append((time.perf_counter() - began) * 1e3)
    return took


def _figures(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "p50_ms": ordered[len(ordered) // 2],
        "p95_ms": ordered[len(ordered) * 95 // 100],
        "worst_ms": ordered[-1],
        "first_ms": took[0],
    }


def _pages(desk: _Desk) -> Mapping[str, dict[str, float]]:
    queue = desk.get("/console/queue")
    sites = re.findall(r'<option value="(\w{26})"', queue)
    author = re.search(r"author=(id%3A[\w-]+)", queue)
    assert sites
    assert author
    sections = ("politics", "sport", "culture")
    labels = ("insult", "threat", "toxic")
    filters = [f"section={sections[n % 3]}&label={labels[n // 3 % 3]}" for n in range(9)]
    return {
        "empty": _figures(_timed(lambda _: desk.get("/console", signed=False))),
        "queue": _figures(_timed(lambda _: desk.get("/console/queue"))),
        "filtered": _figures(_timed(lambda n: desk.get(f"/console/queue?{filters[n % 9]}"))),
        "author": _figures(_timed(lambda _: desk.get(f"/console/queue?site={sites[0]}&author={author[1]}"))),
        "name": _figures(_timed(lambda n: desk.get(f"/console/queue?author=Reader+{n * 37}"), 20)),
        "search": _figures(_timed(lambda n: desk.get(f"/console/search?q={quote(QUESTIONS[n % len(QUESTIONS)])}"))),
        "workbench": _figures(_timed(lambda _: desk.get(f"/console/policy/{sites[0]}"))),
    }


def _sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/console")
    page.fill("[name=name]", "Ben")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".account")


def _presses(address: str) -> list[float]:
    """Return how long each decision took until the next case stood there; a listening colleague's queue is open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        page = browser.new_context().new_page()
        _sign_in(page, address)
        page.wait_for_selector("html[data-listening]")
        page.keyboard.press("n")
        page.wait_for_selector("blockquote")
        took = []
        for n in range(PRESSES):
            page.wait_for_selector("html[data-listening]")
            took.append(float(page.evaluate(_PRESS, "a" if n % 3 else "2")))
        browser.close()
    return took


def measure(models: Path, count: int = COMMENTS, waiting: int = OPEN) -> dict[str, Any]:
    """Return the figures for so many comments of which so many wait."""
    made = database_of(count, waiting)
    with tempfile.TemporaryDirectory(prefix="console-") as folder:
        shutil.copyfile(made, Path(folder) / "bench.db")
        with run_service(Path(folder), models) as (port, _, _):
            pages = _pages(_Desk(port))
            presses = _figures(_presses(f"http://127.0.0.1:{port}"))
    return {"comments": count, "open": waiting, "press": presses, **pages}
