"""People and accounts as they are managed: added, signed in elsewhere, ended, in another language, on a telephone."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import opened, sign_in
from tests.server import Service


def _sign_in_as(page: Page, service: Service, name: str, password: str) -> None:
    page.goto(f"{service.url}/console")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_selector(".account")


def test_somebody_is_added_signs_in_and_is_let_out_again(browser: Browser, service: Service) -> None:
    with opened(browser) as page, opened(browser, errors=["status of 401"]) as other:
        sign_in(page, service)
        page.goto(f"{service.url}/console/people")
        page.get_by_text("Add somebody").click()
        page.get_by_label("Name, to sign in with").fill("Grace")
        page.get_by_label("Senior moderator").check()
        page.get_by_role("button", name="Add them").click()
        password = page.locator(".once code").nth(1).inner_text()
        _sign_in_as(other, service, "Grace", password)
        other.get_by_role("link", name="Grace").click()
        expect(other.locator(".rows li")).to_have_count(1)
        expect(other.locator(".rows")).to_contain_text("this one")
        other.get_by_role("button", name="Deutsch").click()
        expect(other.locator("html")).to_have_attribute("lang", "de")
        page.get_by_role("link", name="I have it").click()
        page.get_by_text("Disable", exact=True).click()
        page.get_by_role("button", name="Yes, disable them").click()
        expect(page.locator(".done")).to_contain_text("They are out")
        other.goto(f"{service.url}/console/queue")
        expect(other.locator(".sign-in")).to_be_visible()


def test_a_key_is_shown_once_and_revoked(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        sign_in(page, service)
        page.goto(f"{service.url}/console/sites")
        page.get_by_role("link", name="Demo").click()
        page.get_by_text("Issue another key").click()
        page.get_by_role("button", name="Issue it").click()
        key = page.locator(".once code").first.inner_text()
        status, _ = service.request("POST", "/v1/comments", {"text": "A first comment."}, key)
        assert status == 201
        page.get_by_role("link", name="I have it").click()
        newest = page.locator(".rows li", has_text=key[:8])
        newest.get_by_text("Revoke", exact=True).click()
        newest.get_by_role("button", name="Yes, revoke it").click()
        expect(page.locator(".done")).to_contain_text("revoked")
        status, _ = service.request("POST", "/v1/comments", {"text": "A second comment."}, key)
        assert status == 401


@pytest.mark.parametrize("width", [390, 1280])
def test_every_place_to_go_to_is_in_sight(browser: Browser, service: Service, width: int) -> None:
    with opened(browser, viewport={"width": width, "height": 844}) as page:
        sign_in(page, service)
        site = service.json("site", "list")["sites"][0]["site_id"]
        for path in ("people", "sites", f"sites/{site}", "account"):
            page.goto(f"{service.url}/console/{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            for link in page.locator(".top a, .tabs a").all():
                box = link.bounding_box()
                assert box is not None, link.inner_text()
                assert box["x"] >= 0, link.inner_text()
                assert box["x"] + box["width"] <= width, link.inner_text()
