"""Hostile text in a real browser: nothing runs, nothing opens, nothing foreign is asked for."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from moderator.domain.blind import is_blind
from moderator.domain.review import Cause
from tests.browser.filled import MODELS, sign_in, take_next, watched
from tests.hostile import HARMLESS, hostile
from tests.server import Service

KINDS: Final = """() => [...document.querySelectorAll('head *, body, body *')].map(
  one => one.tagName.toLowerCase() + ' ' + one.getAttributeNames().sort().join(' '))"""
# A violation of the policy is told to the page; the browser tells its console as well.
REPORT: Final = "document.addEventListener('securitypolicyviolation', one => console.error('csp', one.blockedURI))"


RUDE = "You pathetic clown!"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("hostile")
    service = Service(folder, models=MODELS)
    try:
        yield service.start("--demo")
    finally:
        service.close()


def blind_before(rude: str) -> str:
    """Return a harmless text that makes a case blind when something rude follows it."""
    return next(f"Number {n}." for n in range(999) if is_blind(Cause.BORDERLINE, f"Number {n}. {rude}"))


def _post_all(service: Service, texts: list[str], *, held: bool) -> list[dict[str, Any]]:
    """Write each text into all fields of a comment, in batches."""
    key = service.secret(r"Site key\s+(\S+)")
    comments = [
        {
            "text": f"{text} {RUDE if held else 'The minister explains the budget.'}",
            "author": {"id": f"{held} {text[:60]}", "name": text[:80] or "-", "url": text[:200]},
            "article": {"url": text[:200], "title": text[:200], "section": text[:40]},
        }
        for text in texts
    ]
    status, answer = service.request("POST", "/v1/comments/batch", {"comments": comments}, key)
    assert status == 200, answer
    assert [one for one in answer["outcomes"] if "problem" in one] == []
    return list(answer["outcomes"])


def _look(page: Page, address: str) -> set[str]:
    page.goto(address)
    return set(page.evaluate(KINDS))


def _round(page: Page, service: Service, outcomes: list[dict[str, Any]], texts: list[str]) -> dict[str, set[str]]:
    """Go to every page that shows them; return what each kind of page is made of."""
    found: dict[str, set[str]] = {}

    def look(kind: str, address: str) -> None:
        found.setdefault(kind, set()).update(_look(page, service.url + address))

    look("queue", "/console/queue")
    address = "/console/search?status=held"
    while address:
        look("search", address)
        older = page.locator("a[rel=next]")
        address = "/console/search" + older.get_attribute("href").partition("/search")[2] if older.count() else ""
    look("demo", "/demo")
    for outcome in outcomes[:: max(1, len(outcomes) // 7)]:
        look("comment", f"/console/comments/{outcome['id']}")
        for kind in ("authors", "articles"):
            look(kind, page.locator(f"main a[href^='/console/{kind}']").first.get_attribute("href") or "")
            page.go_back()
    page.goto(f"{service.url}/console/policy")
    page.get_by_role("link", name="Lists").click()
    page.locator("#banned_phrases").fill("\n".join(texts))
    page.locator("[name=note]").fill(texts[-1][:200])
    page.locator("button[value=preview]").click()
    page.wait_for_selector(".hit-list, .fault")
    found["lists"] = set(page.evaluate(KINDS))
    take_next(page, service)
    for _ in range(3):
        found.setdefault("case", set()).update(page.evaluate(KINDS))
        page.locator("[name=note]").fill(texts[0])
        page.locator("button[name=reason][value=other]").click()
        page.wait_for_selector(".told form")
    return found


def test_hostile_text_does_nothing(browser: Browser, service: Service) -> None:
    texts = hostile()
    with watched(browser, expected=("status of 4",)) as page:
        page.add_init_script(REPORT)
        sign_in(page, service)
        # The first waits to be decided without the machine, and the queue has a second page, as among the hostile ones.
        harmless = [blind_before(RUDE), *list(HARMLESS) * 13]
        known = _round(
            page,
            service,
            [*_post_all(service, harmless, held=True), *_post_all(service, HARMLESS, held=False)],
            harmless,
        )
        sent = _post_all(service, texts, held=True)
        _post_all(service, texts[::5], held=False)
        found = _round(page, service, sent, texts)
    new = {kind: made - known[kind] for kind, made in found.items() if made - known[kind]}
    assert new == {}
