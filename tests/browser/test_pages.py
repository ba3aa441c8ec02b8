"""The pages as people use them: by key, on a telephone, in the dark, and without a script."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.server import Service

TEXTS = ("You pathetic clown!", "You are a total moron.", "I will find you and hurt you.")


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page that must stay free of errors."""
    context = browser.new_context(**options)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    yield page
    context.close()
    assert errors == []


def post(service: Service, *texts: str) -> None:
    key = service.secret(r"Site key\s+(\S+)")
    for text in texts:
        status, body = service.request("POST", "/v1/comments", {"text": text, "author": {"name": "Reader"}}, key)
        assert (status, body["status"]) == (201, "held"), body


def sign_in(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/console")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", service.secret(r"password: (\S+)"))
    page.keyboard.press("Enter")
    page.wait_for_selector(".account")


def press(page: Page, key: str) -> None:
    """Press a key once the page listens: shortly after it came up it ignores them."""
    while page.evaluate("performance.now()") < 700:
        page.wait_for_timeout(50)
    page.keyboard.press(key)


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


def test_a_key_that_bounces_decides_one_case(browser: Browser, service: Service) -> None:
    post(service, *TEXTS)
    with opened(browser) as page:
        sign_in(page, service)
        press(page, "n")
        page.wait_for_selector("blockquote")
        press(page, "2")
        for _ in range(5):
            page.keyboard.press("2")
        page.wait_for_selector(".told form")
        page.keyboard.press("2")
        page.goto(f"{service.url}/console/queue")
        expect(page.locator("h1")).to_have_text("2 waiting")


def test_keys_are_letters_while_somebody_writes(browser: Browser, service: Service) -> None:
    post(service, TEXTS[0])
    with opened(browser) as page:
        sign_in(page, service)
        press(page, "n")
        page.wait_for_selector("blockquote")
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
        sign_in(page, service)
        press(page, "n")
        page.wait_for_selector("blockquote")
        keys = page.eval_on_selector_all(
            ".decide [aria-keyshortcuts]", "found => found.map(one => one.getAttribute('aria-keyshortcuts'))"
        )
        assert sorted(keys) == sorted("AS1234567890DHOE?")


def test_hostile_text_is_shown_and_does_nothing(browser: Browser, service: Service) -> None:
    post(service, "<img src=x onerror=alert(1)><script>alert(2)</script> you pathetic clown \u202egnorw\u202c")
    with opened(browser) as page:
        sign_in(page, service)
        press(page, "n")
        expect(page.locator("blockquote")).to_contain_text("<script>alert(2)</script>")
        expect(page.locator("blockquote .hidden").first).to_have_text("RLO")
        assert page.locator("blockquote img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_the_screen_and_have_contrast(browser: Browser, service: Service, width: int, scheme: Any) -> None:
    post(service, "You pathetic clown! " + "x" * 300)
    with opened(browser, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        sign_in(page, service)
        press(page, "n")
        page.wait_for_selector("blockquote")
        for path in ("/console", "/console/queue", "/demo"):
            page.goto(service.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(LOWEST_CONTRAST) >= 4.5, path


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
