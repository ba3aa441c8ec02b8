"""Deciding with a hand of several cases: the next one at once, whatever the server takes, and nothing unseen."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_pages import TEXTS, opened, post, press, sign_in, start
from tests.server import Service

HAND = ("You pathetic clown!", "You are a total moron.", "What a pathetic clown you are.", "You are a clown, really.")


def claim(service: Service, count: int) -> list[str]:
    """Take several cases in hand and return their texts, the most urgent first."""
    status, body = service.request("POST", "/v1/cases/claim", {"count": count}, token(service))
    assert status == 200
    assert len(body["cases"]) == count, body
    return [case["comment"]["text"] for case in body["cases"]]


def token(service: Service) -> str:
    return service.secret(r"Token\s+(\S+)")


def closed(service: Service) -> dict[str, Any]:
    """Return which texts were decided."""
    status, body = service.request("GET", "/v1/cases?state=closed&limit=200", key=token(service))
    assert status == 200
    return {case["comment"]["text"]: case for case in body["cases"]}


def shown(page: Page) -> str:
    return page.locator("blockquote").inner_text()


def ready(page: Page) -> None:
    """Wait until the page listens and has fetched the next case."""
    page.wait_for_selector("html[data-listening][data-ready]")


class Held:
    """Requests that are not answered until a test says so."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.routes: list[Route] = []
        page.route(pattern, lambda route: self.routes.append(route))  # A function of ours: it gets a mark.
        self._page = page

    def wait(self, count: int = 1) -> None:
        """Wait until so many have come."""
        for _ in range(200):
            if len(self.routes) >= count:
                return
            self._page.wait_for_timeout(20)
        raise AssertionError(f"{len(self.routes)} requests, not {count}")

    def answer(self, act: Callable[[Route], None] = lambda route: route.continue_()) -> None:
        """Let the oldest be answered."""
        act(self.routes.pop(0))


def in_hand(page: Page, service: Service, count: int, texts: tuple[str, ...] = HAND) -> list[str]:
    """Post comments, take some of them in hand, and open the page."""
    post(service, *texts)
    texts_in_hand = claim(service, count)
    sign_in(page, service)
    page.wait_for_selector("blockquote")
    return texts_in_hand


def test_the_next_case_is_there_while_the_decision_is_still_on_its_way(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        first, second, third = in_hand(page, service, 3)
        assert shown(page) == first
        ready(page)
        held = Held(page, "**/decision")
        page.keyboard.press("2")
        assert page.evaluate("document.querySelector('blockquote').innerText") == second  # No answer has come.
        expect(page.locator("#case-title")).to_be_focused()
        assert page.locator(".told form").count() == 0  # Undo would be about another decision.
        held.wait()
        assert closed(service) == {}
        held.answer()
        expect(page.locator(".told")).to_contain_text("Rejected: insult")
        assert shown(page) == second
        assert set(closed(service)) == {first}
        ready(page)
        page.keyboard.press("a")
        assert shown(page) == third
        held.wait()
        held.answer()
        expect(page.locator(".told")).to_contain_text("Approved")
        press(page, "u")
        expect(page.locator("blockquote")).to_have_text(second)
        expect(page.locator(".told")).to_contain_text("Taken back")


def test_a_press_on_the_case_that_has_come_up_waits_for_its_turn(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        first, second, third = in_hand(page, service, 3)
        ready(page)
        held = Held(page, "**/decision")
        page.keyboard.press("2")
        held.wait()
        press(page, "a")  # On the second case, while the first is under way.
        page.keyboard.press("3")  # The first press counts.
        page.wait_for_timeout(100)
        assert len(held.routes) == 1
        held.answer()
        held.wait()
        held.answer()
        expect(page.locator(".told")).to_contain_text("Approved")
        assert shown(page) == third
        done = closed(service)
        assert {text: case["comment"]["status"] for text, case in done.items()} == {
            first: "rejected",
            second: "approved",
        }


def test_when_nobody_answers_the_undecided_case_comes_back(browser: Browser, service: Service) -> None:
    with opened(browser, errors=["Failed to load resource"]) as page:
        first, second = in_hand(page, service, 2)
        ready(page)
        held = Held(page, "**/decision")
        page.keyboard.press("2")
        expect(page.locator("blockquote")).to_have_text(second)
        page.locator("textarea").fill("begun on the second")
        page.locator("textarea").press("Escape")
        press(page, "a")  # Must not be sent: the case before it was not decided.
        held.wait()
        held.answer(lambda route: route.abort())
        expect(page.locator(".told")).to_contain_text("did not answer")
        expect(page.locator("blockquote")).to_have_text(first)
        assert closed(service) == {}
        page.unroute("**/decision")
        press(page, "2")
        expect(page.locator(".told")).to_contain_text("Rejected: insult")
        expect(page.locator("blockquote")).to_have_text(second)
        expect(page.locator("textarea")).to_have_value("begun on the second")
        assert set(closed(service)) == {first}


def test_what_was_refused_comes_back_with_what_the_server_says(browser: Browser, service: Service) -> None:
    with opened(browser, errors=["409"]) as page:
        first, _ = in_hand(page, service, 2)
        ready(page)
        page.keyboard.press("x")  # The administrator is the only one here.
        expect(page.locator(".told")).to_contain_text("Nobody else may decide")
        expect(page.locator("blockquote")).to_have_text(first)


def test_a_case_that_had_moved_on_is_said_and_the_one_on_the_screen_stays(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        first, second = in_hand(page, service, 2)
        ready(page)
        case = page.locator(".desk").get_attribute("data-case")
        decision = {"action": "approve"}
        assert service.request("POST", f"/v1/cases/{case}/decision", decision, token(service))[0] == 200
        page.keyboard.press("2")
        expect(page.locator(".told")).to_contain_text("had moved on")
        expect(page.locator("blockquote")).to_have_text(second)
        assert closed(service)[first]["comment"]["status"] == "approved"


def test_a_case_that_is_no_longer_ours_is_not_kept(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        _, second = in_hand(page, service, 2, HAND[:2])
        ready(page)
        following = page.locator(".desk").get_attribute("data-next")
        assert (
            service.request("POST", f"/v1/cases/{following}/decision", {"action": "approve"}, token(service))[0] == 200
        )
        page.keyboard.press("2")
        expect(page.locator("main")).to_contain_text("Nothing is waiting")
        assert closed(service)[second]["comment"]["status"] == "approved"


def test_the_hand_is_walked_both_ways_and_keeps_its_notes(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        first, second, third = in_hand(page, service, 3)
        expect(page.locator(".hand")).to_contain_text("1 / 3")
        page.fill("textarea", "on the first")
        page.locator("textarea").press("Escape")
        ready(page)
        page.keyboard.press("j")
        assert shown(page) == second
        expect(page.locator(".hand .at")).to_have_text("2")
        page.keyboard.press("k")
        expect(page.locator("blockquote")).to_have_text(first)
        expect(page.locator("textarea")).to_have_value("on the first")
        page.keyboard.press("k")
        expect(page.locator("blockquote")).to_have_text(third)
        press(page, "a")
        expect(page.locator(".told")).to_contain_text("Approved")
        expect(page.locator("blockquote")).to_have_text(first)
        expect(page.locator(".hand")).to_contain_text("1 / 3")


def test_twenty_cases_are_decided_by_keyboard(browser: Browser, service: Service) -> None:
    """With a hand that is filled up now and then, undo, skip, a note, code points, and one passed on."""
    assert service.run("person", "add", "Sue", "--role", "admin").returncode == 0
    texts = [f"You pathetic clown, number {number}! раураl" for number in range(20)]
    post(service, *texts)
    with opened(browser) as page:
        sign_in(page, service)
        seen: list[str] = []
        for number in range(20):
            if page.locator("blockquote").count() == 0 or page.locator(".hand").count() == 0:
                left = 20 - number
                claim(service, min(2, left - page.locator("blockquote").count()))
                page.goto(f"{service.url}/console")
            page.wait_for_selector("html[data-listening]")
            text = shown(page)
            assert text not in seen
            if number == 3:
                page.keyboard.press("c")
                expect(page.locator(".codes")).to_contain_text("U+0440 CYRILLIC SMALL LETTER ER")
            if number == 5:
                press(page, "e")
                page.keyboard.type("as before")
                page.keyboard.press("Escape")
            if number == 7:
                press(page, "x")
                expect(page.locator(".told")).to_contain_text("Passed on")
            elif number == 9:
                press(page, "a")
                expect(page.locator(".told q")).to_contain_text(f"{text.split('!')[0]}!")
                press(page, "u")
                expect(page.locator(".told")).to_contain_text("Taken back")
                expect(page.locator("blockquote")).to_have_text(text)
                press(page, "2")
                expect(page.locator(".told")).to_contain_text("Rejected: insult")
            else:
                press(page, "2" if number % 2 else "a")
                expect(page.locator(".told q")).to_contain_text(f"{text.split('!')[0]}!")
            seen.append(text)
    done = closed(service)
    assert len(seen) == 20
    assert set(done) == set(seen) - {seen[7]}
    assert {text for text, case in done.items() if case["comment"]["status"] == "approved"} == set(seen[:20:2])
    assert service.json("verify")["ok"]


def test_a_key_at_the_very_moment_a_page_opens_is_heard(browser: Browser, service: Service) -> None:
    post(service, *TEXTS)
    with opened(browser) as page:
        sign_in(page, service)
        held = Held(page, re.compile(r"console\.js"))  # type: ignore[arg-type]
        page.goto(f"{service.url}/console/queue", wait_until="commit")
        page.wait_for_selector("h1")
        page.keyboard.press("r")
        held.wait()
        page.unroute_all()  # It lets go of what was held, too.
        page.wait_for_url(re.compile(r"/console$"))


def test_an_early_key_decides_nothing(browser: Browser, service: Service) -> None:
    post(service, *TEXTS)
    with opened(browser) as page:
        start(page, service)
        held = Held(page, re.compile(r"console\.js"))  # type: ignore[arg-type]
        page.goto(f"{service.url}/console", wait_until="commit")
        page.wait_for_selector("blockquote")
        page.keyboard.press("2")
        page.keyboard.press("c")
        held.wait()
        held.answer()
        expect(page.locator(".codes")).to_have_attribute("open", "")
        page.wait_for_selector("html[data-listening]")
        assert closed(service) == {}


@pytest.mark.parametrize("java_script", [True, False])
def test_code_points_and_the_whole_text_open(browser: Browser, service: Service, java_script: bool) -> None:
    post(service, "You pathetic clown! " * 150 + "раураl\u202e")
    with opened(browser, java_script_enabled=java_script, viewport={"width": 1280, "height": 900}) as page:
        sign_in(page, service)
        page.click("text=Take the next one")
        folded = page.locator("blockquote").bounding_box()
        page.click("text=The whole text")
        whole = page.locator("blockquote").bounding_box()
        assert folded is not None
        assert whole is not None
        assert whole["height"] > folded["height"] * 1.2
        page.click("text=Code points")
        expect(page.locator(".codes")).to_contain_text("reads as paypal")
        expect(page.locator(".codes")).to_contain_text("U+202E RIGHT-TO-LEFT OVERRIDE turns the direction")
