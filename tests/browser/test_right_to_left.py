"""Arabic and Hebrew comments stand from right to left, and move nothing that stands beside them."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.filled import MODELS, post, sign_in, watched
from tests.server import Service

ARABIC: Final = "مرحبا بالعالم، السعر 1234.50 يورو في 12/05/2026 You pathetic clown!"
HEBREW: Final = "שלום עולם, המחיר 99.90 ₪ ב-24/11/2026 You pathetic clown!"
FAR_AUTHORS: Final = {ARABIC: "عبد الله ٣٤", HEBREW: "‏דוד 77 (x"}
# Where each part of a line stands, by the parts' order in the page: they must stand in that order from left to right.
ORDER: Final = """line => {
  const parts = [...line.children].map(one => one.getBoundingClientRect()).filter(one => one.width);
  return parts.every((one, n) => n === 0 || one.top > parts[n - 1].top + 4 || one.left >= parts[n - 1].right - 1);
}"""
DIRECTION: Final = "one => getComputedStyle(one).direction"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("far")
    service = Service(folder, models=MODELS)
    try:
        yield service.start("--demo")
    finally:
        service.close()


@pytest.mark.parametrize("text", [ARABIC, HEBREW], ids=["Arabic", "Hebrew"])
def test_text_from_right_to_left_stands_so_and_its_author_moves_nothing(
    browser: Browser, service: Service, text: str
) -> None:
    author = {"id": f"far {text[:4]}", "name": FAR_AUTHORS[text]}
    article = {"url": "https://news.example/far", "title": FAR_AUTHORS[text], "section": "سياسة"}
    lang = "ar" if text is ARABIC else "he"
    held = post(service, text, author=author, article=article, lang=lang)
    post(service, text.partition("You")[0] + "The minister explains the budget.", author=author, article=article)
    with watched(browser) as page:
        sign_in(page, service)
        _check(page, f"{service.url}/console/comments/{held['id']}", "blockquote", ".meta")
        author_path = page.locator("main a[href^='/console/authors']").get_attribute("href")
        page.get_by_role("button", name="Take its case").click()
        expect(page.locator("blockquote")).to_be_visible()
        _check(page, f"{service.url}/console?case={held['case']}", "blockquote", ".meta, .author")
        _check(page, f"{service.url}/console/queue", f".queue .text[lang={lang}]", ".queue .meta")
        _check(page, f"{service.url}/console/search?status=held", f".queue .text[lang={lang}]", ".queue .meta")
        _check(page, f"{service.url}{author_path}", f".queue .text[lang={lang}]", ".queue .meta")
        page.goto(f"{service.url}/console/comments/{held['id']}")
        expect(page.locator("blockquote")).to_have_attribute("lang", lang)


def _check(page: Page, address: str, text: str, lines: str) -> None:
    """Check that a text runs from right to left, and the lines about it from left to right, in order."""
    page.goto(address)
    assert page.locator(text).first.evaluate(DIRECTION) == "rtl", address
    for line in page.locator(f"main :is({lines})").all():
        assert line.evaluate(DIRECTION) == "ltr"
        assert line.evaluate(ORDER), (address, line.inner_text())
