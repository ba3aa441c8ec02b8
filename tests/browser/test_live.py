"""Two people, two browsers: what one does the other's page shows, and never do both hold the same case."""

import http.client
import re
import time

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import opened, post, press, sign_in
from tests.server import Service


def sign_in_as(page: Page, service: Service, name: str, password: str) -> None:
    page.goto(f"{service.url}/console")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".account")


def add_ben(service: Service) -> str:
    """Add a moderator and return the password."""
    return str(service.json("person", "add", "Ben", "--role", "moderator")["password"])


def test_what_a_colleague_does_is_shown_without_a_reload(browser: Browser, service: Service) -> None:
    post(service, "You pathetic clown!", "You are a total moron.")
    password = add_ben(service)
    with opened(browser) as page, opened(browser) as bens:
        sign_in(page, service)
        page.goto(f"{service.url}/console/queue")
        page.evaluate("window.isSamePage = true")
        rows = page.locator("[data-case]")
        tops = [rows.nth(n).bounding_box() for n in range(2)]
        sign_in_as(bens, service, "Ben", password)
        press(bens, "n")
        expect(page.locator(".state").first).to_have_text("Ben has it")
        expect(page.locator("[data-live=standing]")).to_contain_text("Ben holds 2")
        expect(rows.first.locator("button")).to_be_hidden()
        press(bens, "2")
        expect(page.locator(".gone .state")).to_have_text("decided by a colleague")
        expect(page.locator("h1")).to_have_text("1 waiting")
        expect(page.locator("#count")).to_have_text("1")
        assert [rows.nth(n).bounding_box() for n in range(2)] == tops  # Nothing has moved.
        post(service, "I will find you and hurt you.")
        expect(page.locator(".fresh a")).to_have_text("1 new: show")
        assert rows.count() == 2
        assert page.evaluate("window.isSamePage")
        page.click(".fresh a")
        expect(page.locator("[data-case]")).to_have_count(2)
        expect(page.locator("[data-case]").first).to_contain_text("hurt you")


def test_two_people_never_hold_the_same_case(browser: Browser, service: Service) -> None:
    post(service, *(f"You pathetic clown, number {number}!" for number in range(9)))
    password = add_ben(service)
    shown: dict[str, list[str]] = {"admin": [], "Ben": []}
    with opened(browser) as page, opened(browser) as bens:
        sign_in(page, service)
        sign_in_as(bens, service, "Ben", password)
        for name, one in (("admin", page), ("Ben", bens)):
            press(one, "n")
            one.wait_for_selector("blockquote")
            shown[name].append(one.locator("blockquote").inner_text())
        for _ in range(3):
            for name, one in (("admin", page), ("Ben", bens)):
                press(one, "2")
                expect(one.locator("blockquote")).not_to_have_text(shown[name][-1])
                shown[name].append(one.locator("blockquote").inner_text())
    assert len(set(shown["admin"])) == len(set(shown["Ben"])) == 4
    assert not set(shown["admin"]) & set(shown["Ben"])


def test_an_open_stream_does_not_hold_up_the_end_of_the_service(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        sign_in(page, service)
        cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.request("GET", "/console/events", headers={"cookie": cookie})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("content-type")) == (200, "text/event-stream; charset=utf-8")
    assert re.match(rb"retry: \d+\n", answer.readline())
    began = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - began < 4
    assert answer.read().endswith(b"\n\n")
    connection.close()
