"""The pages as people use them: by key, on a telephone, in the dark, and without a script."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.server import Service
from tests.tiny import publish_tiny

TEXTS = ("You pathetic clown!", "You are a total moron.", "I will find you and hurt you.")


@contextmanager
def opened(browser: Browser, errors: Sequence[str] = (), **options: Any) -> Iterator[Page]:
    """A page that must stay free of errors, but for expected ones."""
    expected = errors
    context = browser.new_context(**options)
    page = context.new_page()
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: found.append(dialog.message))
    yield page
    context.close()
    assert [error for error in found if not any(known in error for known in expected)] == []


def post(service: Service, *texts: str) -> None:
    key = service.secret(r"Site key\s+(\S+)")
    for text in texts:
        comment = {
            "text": text,
            "author": {"id": "reader", "name": "Reader"},
            "article": {"url": "https://news.example/" + "long" * 40, "title": "A summit"},
        }
        status, body = service.request("POST", "/v1/comments", comment, key)
        assert (status, body["status"]) == (201, "held"), body


def sign_in(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/console")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", service.secret(r"password: (\S+)"))
    page.keyboard.press("Enter")
    page.wait_for_selector(".account")


def press(page: Page, key: str) -> None:
    """Press a key once the page listens: shortly after a case came up it ignores them."""
    page.wait_for_selector("html[data-listening]")
    page.keyboard.press(key)


def start(page: Page, service: Service) -> None:
    """Sign in and take the first case."""
    sign_in(page, service)
    press(page, "n")
    page.wait_for_selector("blockquote")


def test_three_cases_are_decided_by_key_and_the_last_one_undone(browser: Browser, service: Service) -> None:
    post(service, *TEXTS)
    with opened(browser) as page:
        sign_in(page, service)
        press(page, "n")
        expect(page.locator("blockquote")).to_contain_text("hurt you")
        press(page, "4")
        expect(page.locator(".told")).to_contain_text("Rejected: threat")
        first = page.locator("blockquote").inner_text()
        press(page, "2")
        expect(page.locator(".told")).to_contain_text("Rejected: insult")
        expect(page.locator("blockquote")).not_to_have_text(first)
        press(page, "a")
        expect(page.locator("main")).to_contain_text("Nothing is waiting")
        expect(page.locator(".told")).to_contain_text("Approved")
        press(page, "u")
        expect(page.locator("blockquote")).to_be_visible()
    assert service.json("verify")["ok"]


def test_the_next_case_comes_without_loading_a_page(browser: Browser, service: Service) -> None:
    post(service, *TEXTS)
    with opened(browser) as page:
        start(page, service)
        page.evaluate("window.isSamePage = true")
        press(page, "4")
        expect(page.locator(".told")).to_contain_text("Rejected: threat")
        expect(page.locator("#count")).to_have_text("2")
        expect(page.locator("#case-title")).to_be_focused()
        expect(page).to_have_title("2 waiting · Moderator")
        expect(page).to_have_url(f"{service.url}/console")
        assert page.evaluate("window.isSamePage")
        assert page.locator("[aria-busy]").count() == 0


def test_a_key_that_bounces_decides_one_case(browser: Browser, service: Service) -> None:
    post(service, *TEXTS)
    with opened(browser) as page:
        start(page, service)
        press(page, "2")
        for _ in range(5):
            page.keyboard.press("2")
        page.wait_for_selector(".told form")
        page.goto(f"{service.url}/console/queue")
        expect(page.locator("h1")).to_have_text("2 waiting")


def test_a_flood_of_keys_rejects_only_what_was_on_the_screen(browser: Browser, service: Service) -> None:
    texts = [f"You pathetic clown, number {number}!" for number in range(6)]
    post(service, *texts)
    seen: list[str] = []
    with opened(browser) as page:
        sign_in(page, service)
        page.on("request", lambda sent: seen.append(sent.url) if sent.url.endswith("/decision") else None)
        press(page, "n")
        page.wait_for_selector("blockquote")
        for _ in range(200):
            page.keyboard.press("2")
        expect(page.locator("[aria-busy]")).to_have_count(0)
    assert len(seen) == len(set(seen))  # No case was pressed twice.
    status, body = service.request("GET", "/v1/cases?state=closed", key=service.secret(r"Token\s+(\S+)"))
    assert status == 200
    assert len(body["cases"]) == len(seen)


def test_when_the_service_is_gone_nothing_is_lost(browser: Browser, service: Service) -> None:
    post(service, TEXTS[0])
    with opened(browser, errors=["Failed to load resource"]) as page:
        start(page, service)
        page.fill("textarea", "a note")
        page.locator("textarea").press("Escape")
        page.route("**/decision", lambda route: route.abort())
        press(page, "2")
        expect(page.locator(".told")).to_contain_text("did not answer")
        expect(page.locator("textarea")).to_have_value("a note")
        page.unroute("**/decision")
        press(page, "2")
        expect(page.locator(".told")).to_contain_text("Rejected: insult")


def test_a_claim_that_runs_out_is_said_and_its_buttons_rest(browser: Browser, tmp_path: Path) -> None:
    publish_tiny(tmp_path / "models")
    service = Service(tmp_path, claim_seconds="2")
    try:
        post(service.start("--demo"), TEXTS[0])
        with opened(browser) as page:
            start(page, service)
            expect(page.locator(".left")).to_contain_text("s left")
            expect(page.locator(".late")).to_be_visible()
            expect(page.locator(".approve")).to_be_disabled()
            page.click("text=Go on")
            press(page, "n")
            expect(page.locator(".left")).to_contain_text("s left")
            expect(page.locator(".late")).to_be_hidden()
    finally:
        service.close()


def test_somebody_whose_session_ended_is_asked_to_sign_in(browser: Browser, service: Service) -> None:
    post(service, TEXTS[0])
    with opened(browser, errors=["401"]) as page:
        start(page, service)
        page.context.clear_cookies()
        press(page, "a")
        expect(page.locator("[name=password]")).to_be_visible()


def test_keys_can_be_switched_off(browser: Browser, service: Service) -> None:
    post(service, TEXTS[0])
    with opened(browser) as page:
        start(page, service)
        press(page, "?")
        page.uncheck(".keys-on")
        page.keyboard.press("Escape")
        page.reload()
        page.wait_for_selector("html[data-listening]")
        page.keyboard.press("a")
        page.keyboard.press("2")
        expect(page.locator("blockquote")).to_be_visible()
        page.keyboard.press("?")
        expect(page.locator("dialog")).to_be_visible()


def test_help_opens_where_no_case_is_in_hand(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        sign_in(page, service)
        press(page, "?")
        expect(page.locator("dialog")).to_contain_text("reject: insult")
        page.keyboard.press("Escape")
        press(page, "q")
        expect(page.locator("h1")).to_have_text("Nothing is waiting")
        expect(page).to_have_url(f"{service.url}/console/queue")


def test_on_a_telephone_the_buttons_are_where_the_thumb_is(browser: Browser, service: Service) -> None:
    post(service, "You pathetic clown! " * 40, TEXTS[2])
    with opened(browser, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        start(page, service)
        for name in ("Approve", "Reject …", "Skip"):
            box = page.locator(".acts").get_by_text(name).bounding_box()
            assert box is not None
            assert box["y"] > 600
            assert box["y"] + box["height"] <= 844
            assert box["height"] >= 44
        page.get_by_text("Reject …").tap()
        page.locator(".choices").get_by_text("insult").tap()
        expect(page.locator(".told")).to_contain_text("Rejected: insult")
        assert page.evaluate("window.scrollY") == 0


def test_keys_are_letters_while_somebody_writes(browser: Browser, service: Service) -> None:
    post(service, TEXTS[0])
    with opened(browser) as page:
        start(page, service)
        press(page, "e")
        page.keyboard.type("a2s")
        expect(page.locator("textarea")).to_have_value("a2s")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("dialog")).to_be_visible()
        page.keyboard.press("a")
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_be_hidden()
        expect(page.locator("blockquote")).to_be_visible()


def test_every_key_is_named_on_its_button(browser: Browser, service: Service) -> None:
    post(service, TEXTS[0])
    with opened(browser) as page:
        start(page, service)
        keys = page.eval_on_selector_all(
            "[aria-keyshortcuts]", "found => found.map(one => one.getAttribute('aria-keyshortcuts'))"
        )
        assert sorted(keys) == sorted("AS1234567890DHOE?RQ/CX")


def test_hostile_text_is_shown_and_does_nothing(browser: Browser, service: Service) -> None:
    post(service, "<img src=x onerror=alert(1)><script>alert(2)</script> you pathetic clown \u202egnorw\u202c")
    with opened(browser) as page:
        sign_in(page, service)
        press(page, "n")
        expect(page.locator("blockquote")).to_contain_text("<script>alert(2)</script>")
        expect(page.locator("blockquote .hidden").first).to_have_text("RLO")
        assert page.locator("blockquote img").count() == 0
        press(page, "a")
        expect(page.locator(".told")).to_contain_text("<img src=x")
        page.goto(f"{service.url}/demo")
        expect(page.locator("#comments")).to_contain_text("<script>alert(2)</script>")
        assert page.locator("#comments img, #comments script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_the_screen_and_have_contrast(browser: Browser, service: Service, width: int, scheme: Any) -> None:
    post(service, "You pathetic clown! " + "x" * 300)
    with opened(browser, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        start(page, service)
        (article,) = page.locator("a[href^='/console/articles']").evaluate_all(ADDRESSES)
        (author,) = page.locator("a[href^='/console/authors']").evaluate_all(ADDRESSES)
        search = "/console/search?status=held"
        page.goto(service.url + search)
        (comment,) = page.locator("a[href^='/console/comments']").evaluate_all(ADDRESSES)
        for path in ("/console", "/console/queue", search, comment, author, article, "/demo"):
            page.goto(service.url + path)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(LOWEST_CONTRAST) >= 4.5, path


ADDRESSES = "found => found.map(one => one.getAttribute('href'))"

# The lowest contrast (WCAG 2.2) of any text on the page against the nearest painted background.
LOWEST_CONTRAST = """() => {
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let lowest = 21;
  for (const element of document.querySelectorAll("main *, header *")) {
    const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!hasText || !element.checkVisibility() || element.closest("noscript")) continue;
    const [one, two] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    lowest = Math.min(lowest, (one + 0.05) / (two + 0.05));
  }
  return lowest;
}"""


def test_a_comment_is_looked_up_by_key_and_its_decision_taken_back(browser: Browser, service: Service) -> None:
    post(service, *TEXTS)
    with opened(browser) as page:
        start(page, service)
        press(page, "4")
        expect(page.locator(".told")).to_contain_text("Rejected: threat")
        press(page, "/")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.type('"find you" hu*')
        page.keyboard.press("Enter")
        page.wait_for_selector(".of")
        deadline = time.monotonic() + 10
        while not page.locator("mark.found").count() and time.monotonic() < deadline:
            page.reload()  # A comment is found once the pass beside the service has seen it.
        expect(page.locator("mark.found")).to_have_text(["find you", "hurt"])
        press(page, "/")
        expect(page.locator("#q")).to_be_focused()
        page.click("text=Open")
        expect(page.locator(".standing")).to_have_text("rejected")
        expect(page.locator(".why")).to_contain_text("threat scored")
        press(page, "u")
        expect(page.locator(".told")).to_contain_text("Taken back")
        expect(page.locator("blockquote")).to_contain_text("hurt you")


def test_a_comment_is_looked_up_without_a_script(browser: Browser, service: Service) -> None:
    post(service, TEXTS[0])
    with opened(browser, java_script_enabled=False) as page:
        sign_in(page, service)
        page.click("text=Search")
        page.select_option("#status", "held")
        page.click("button >> text=Search")
        page.click("text=Open")
        page.click("text=Take its case")
        expect(page.locator("blockquote")).to_contain_text("clown")


def test_a_case_is_decided_without_a_script(browser: Browser, service: Service) -> None:
    post(service, *TEXTS[:2])
    with opened(browser, java_script_enabled=False) as page:
        sign_in(page, service)
        page.click("text=Take the next one")
        page.click(".reject >> text=insult")
        expect(page.locator(".told")).to_contain_text("Rejected: insult")
        page.click("text=Undo")
        expect(page.locator("blockquote")).to_be_visible()
        page.click("text=Sign out")
        expect(page.locator("[name=password]")).to_be_visible()


def test_a_reader_comments_on_the_demo_page(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        page.goto(f"{service.url}/demo")
        page.fill("#author", "Hans")
        page.fill("#text", "The minister explains the budget.")
        page.click("text=Send")
        expect(page.locator("#answer")).to_contain_text("published")
        expect(page.locator("#comments")).to_contain_text("The minister explains the budget.")
        page.fill("#text", "You pathetic clown!")
        page.click("text=Send")
        expect(page.locator("#answer")).to_contain_text("will be read before")
        page.reload()
        expect(page.locator("#comments")).to_contain_text("Hans")
        expect(page.locator("#comments")).not_to_contain_text("clown")


def test_people_do_not_meet_the_honeypot_of_the_demo_and_programs_do(browser: Browser, service: Service) -> None:
    with opened(browser) as page:
        page.goto(f"{service.url}/demo")
        assert page.get_by_role("textbox").count() == 2
        page.focus("#text")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Send")).to_be_focused()
        page.fill("#text", "The minister explains the budget.")
        page.locator("[name=website]").fill("http://spam.example", force=True)
        page.click("text=Send")
        expect(page.locator("#answer")).to_contain_text("was not published")
