"""Steering as an administrator does it: thresholds tried, saved, and told apart from a colleague's."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import TEXTS, opened, post, sign_in
from tests.server import Service


def _policy(page: Page, service: Service) -> None:
    sign_in(page, service)
    page.get_by_role("link", name="Administration").click()
    expect(page.locator("h1")).to_contain_text("Demo: policy version 1")


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with scripts", "without scripts"])
def test_thresholds_are_tried_and_saved(browser: Browser, service: Service, has_scripts: bool) -> None:
    post(service, *TEXTS)
    with opened(browser, java_script_enabled=has_scripts) as page:
        _policy(page, service)
        expect(page.locator(".plot")).to_have_count(8)
        expect(page.locator("tr", has_text="held for people").locator("td").last).to_have_text("3 100.0 %")
        page.get_by_label("Hold from for toxic").fill("2")
        page.get_by_label("Hold from for insult").fill("2")
        page.keyboard.press("Enter")  # Enter tries; it never saves.
        expect(page.locator("#effect-title")).to_have_text("Preview: nothing is saved yet")
        expect(page.get_by_label("Hold from for toxic")).to_have_value("2")
        insult = page.locator(".label-row", has_text="insult")
        expect(insult.locator(".reach")).to_contain_text("reached by 0 −")
        page.get_by_label("Note for the history").fill("Too many insults")
        page.get_by_role("button", name="Save these rules as version 2").click()
        expect(page.locator(".done")).to_contain_text("Saved as version 2")
        page.get_by_text("History: who changed what").click()
        expect(page.locator(".history")).to_contain_text("Too many insults")
        expect(page.locator(".history")).to_contain_text("insult: the model’s → never held")


def test_two_administrators_with_two_windows_do_not_overwrite_one_another(browser: Browser, service: Service) -> None:
    conflict = "status of 409"
    with opened(browser) as one, opened(browser, errors=[conflict]) as other:
        for page in (one, other):
            _policy(page, service)
            page.get_by_role("link", name="Lists").click()
        one.locator("#banned_phrases").fill("free money")
        one.get_by_role("button", name="Save").click()
        expect(one.locator(".done")).to_be_visible()
        other.locator("#banned_phrases").fill("cheap pills")
        other.get_by_role("button", name="Save").click()
        expect(other.locator(".problem")).to_contain_text("admin saved version 2 meanwhile")
        expect(other.locator("#banned_phrases")).to_have_value("cheap pills")
        expect(other.locator(".history")).to_contain_text("banned phrases: added “free money”")
        other.get_by_role("link", name="Start again").click()
        expect(other.locator("#banned_phrases")).to_have_value("free money")


@pytest.mark.parametrize("options", [{}, {"viewport": {"width": 390, "height": 844}}], ids=["desk", "telephone"])
def test_nothing_stands_beside_the_page(browser: Browser, service: Service, options: dict[str, object]) -> None:
    post(service, *TEXTS)
    with opened(browser, **options) as page:
        _policy(page, service)
        version = service.json("model", "list")["current"]
        for path in (page.url, f"{page.url}/lists", f"{service.url}/console/models/{version}"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
