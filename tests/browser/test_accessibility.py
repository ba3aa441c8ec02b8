"""axe-core on every page: signed out and in, light and dark, at a desk and on a telephone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.axe import load_axe
from tests.browser.filled import MODELS, fill, sign_in, take_next, walk, watched
from tests.server import Service

DESK, TELEPHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
NOT_FOUND: Final = "status of 4"  # The browser's own line about 401, 404, 409 and 422.
SHOWN: Final = "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]"
CHECK: Final = """rules => axe.run(document, {
  resultTypes: ['violations'],
  runOnly: rules ? {type: 'rule', values: rules}
                 : {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
}).then(found => found.violations.filter(one => ['serious', 'critical'].includes(one.impact))
  .flatMap(one => one.nodes.map(node => `${one.id} ${node.html.slice(0, 99)} ${node.failureSummary}`)))"""


@pytest.fixture(scope="module")
def axe() -> str:
    return load_axe()


@pytest.fixture(scope="module")
def service(axe: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("axe")
    service = Service(folder, models=MODELS)
    try:
        fill(service.start("--demo"))
        yield service
    finally:
        service.close()


@dataclass(frozen=True, slots=True)
class View:
    """How a page is shown, and the rules that may find something in it; none are all."""

    name: str
    size: ViewportSize
    scheme: Literal["light", "dark"]
    rules: tuple[str, ...] = ()


VIEWS: Final = (
    View("desk", DESK, "light"),
    View("dark", DESK, "dark", ("color-contrast",)),  # In the dark only the colours are others.
    View("telephone", TELEPHONE, "light"),  # It has the same colours.
)


class Checks:
    """What axe says of the pages that were looked at, each in every view: loading one anew takes as long as a check."""

    def __init__(self, page: Page, axe: str) -> None:
        self._page = page
        self._source = axe
        self.found: dict[str, list[str]] = {}
        self.pages = 0

    def look(self, name: str) -> None:
        """Look at the page as it stands, with all that folds open. Its policy keeps scripts out, but not evaluate."""
        self._page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        if not self._page.evaluate("typeof axe === 'object'"):
            self._page.evaluate(self._source)
        for view in VIEWS:
            self._page.set_viewport_size(view.size)
            self._page.emulate_media(color_scheme=view.scheme)
            assert self._page.evaluate(SHOWN) == [view.size["width"], view.scheme == "dark"]
            found = self._page.evaluate(CHECK, list(view.rules) or None)
            if found:
                self.found[f"{name} ({view.name})"] = found
        self._page.set_viewport_size(DESK)
        self.pages += 1


def test_no_page_has_a_serious_violation(axe: str, browser: Browser, service: Service) -> None:
    with watched(browser, expected=(NOT_FOUND,), viewport=DESK, reduced_motion="reduce") as page:
        checks = Checks(page, axe)
        _signed_out(page, service, checks)
        sign_in(page, service, "nobody", service.key)
        checks.look("nothing waits")
        page.context.clear_cookies()
        sign_in(page, service)
        take_next(page, service)
        _states(page, service, checks)
        for address in walk(page, service):
            checks.look(address)
        assert checks.pages > 20
        assert checks.found == {}, "\n".join(f"{name}\n  " + "\n  ".join(lines) for name, lines in checks.found.items())


def _signed_out(page: Page, service: Service, checks: Checks) -> None:
    page.goto(f"{service.url}/console")
    checks.look("sign in")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", "not the password")
    page.keyboard.press("Enter")
    page.wait_for_selector(".problem")
    checks.look("sign in: wrong")


def _states(page: Page, service: Service, checks: Checks) -> None:
    """Look at what has no address of its own."""
    checks.look("a case in hand")
    page.evaluate("document.querySelector('dialog.keys').showModal()")  # A telephone has no button for it.
    checks.look("the keys")
    page.keyboard.press("Escape")
    page.goto(f"{service.url}/console/comments/nothing")
    checks.look("there is no such page")
    page.goto(f"{service.url}/console/policy")
    page.locator(".sites a", has_text="Demo").click()
    page.locator("[name=hold_toxic]").fill("0.9")
    page.locator("button[value=preview]").click()
    page.wait_for_selector("td.preview")
    checks.look("thresholds: preview")
    page.locator(".policy-head .tabs a").last.click()
    page.locator("#banned_phrases").fill("complete idiot")
    page.locator("button[value=preview]").click()
    page.wait_for_selector(".hit-list")
    checks.look("lists: preview")
    page.locator("#banned_patterns").fill("(")
    page.locator("button[value=preview]").click()
    page.wait_for_selector(".fault")
    checks.look("lists: wrong")
