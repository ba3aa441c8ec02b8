"""Deciding many together as a person does it: choose a band, look, confirm, and take it all back."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import TEXTS, opened, post, press, sign_in
from tests.server import Service


def _band(page: Page) -> None:
    page.get_by_role("link", name="Queue").click()
    page.get_by_role("link", name="Decide many together").click()
    page.get_by_label("Score for").select_option("toxic")
    page.get_by_label("from, per cent").fill("1")
    page.get_by_role("button", name="Show a sample").click()


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_band_is_rejected_and_taken_back(browser: Browser, service: Service, has_scripts: bool) -> None:
    post(service, *TEXTS, "You pathetic clown, again!")
    with opened(browser, java_script_enabled=has_scripts) as page:
        sign_in(page, service)
        _band(page)
        expect(page.locator("#sample-title")).to_contain_text("4 waiting comments score 1 to 100 % for toxic")
        page.locator("li", has_text="hurt you").get_by_label("Leave this one out").check()
        page.get_by_label("Reason to reject for").select_option("insult")
        page.get_by_label("Note, for colleagues").fill("All from one thread")
        page.get_by_role("button", name="Reject all 4").click()
        expect(page.locator("h1")).to_have_text("Reject 3 comments on Demo because of insult?")
        page.get_by_role("button", name="Yes, reject 3: insult").click()
        expect(page.locator("h1")).to_have_text("3 comments rejected: insult")
        expect(page.locator("#count")).to_have_text("1")
        if has_scripts:
            press(page, "u")
        else:
            page.get_by_role("button", name="Undo all 3 decisions").click()
        expect(page.locator(".done")).to_contain_text("3 of these decisions were taken back")
        expect(page.locator("#count")).to_have_text("4")
        page.get_by_role("link", name="Administration").click()
        page.get_by_role("link", name="Audit log").click()
        expect(page.locator(".entries li").first).to_contain_text("admin took a decision about a comment back")
        page.get_by_role("button", name="Check the chain").click()
        expect(page.locator(".done")).to_contain_text("The chain holds")
    assert service.json("verify")["ok"]


@pytest.mark.parametrize("options", [{}, {"viewport": {"width": 390, "height": 844}}], ids=["desk", "telephone"])
def test_nothing_stands_beside_the_pages(browser: Browser, service: Service, options: dict[str, object]) -> None:
    post(service, *TEXTS)
    with opened(browser, **options) as page:
        sign_in(page, service)
        for path in ("/bulk", "/bulk?label=toxic&from=1", "/log", "/numbers", "/models"):
            page.goto(f"{service.url}/console{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
