"""A service with a bit of everything in it, and the way to each of its pages."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page

from tests.console.everywhere import Walk
from tests.server import Service

ARTICLE: Final = {"url": "https://news.example/politics/summit", "title": "The summit", "section": "politics"}
READER: Final = {"id": "reader-1", "name": "Reader", "url": "https://reader.example/"}
MODELS: Final = Path(__file__).parents[2] / "models"
TEXTS: Final = (
    "You pathetic clown! Write to anna@news.example or pay\u200bpal.",
    "You are a complete idiot.",
    "I will find you and hurt you.",
    "The minister explains the budget. Parliament supports the railway.",
    "The Commission welcomes the vote.",
)


def post(service: Service, text: str, *, key: str = "", **more: Any) -> dict[str, Any]:
    """Send a comment to the demo site, or to the one of a key, and return the outcome."""
    body = {"text": text, "author": READER, "article": ARTICLE, **more}
    status, answer = service.request("POST", "/v1/comments", body, key or service.secret(r"Site key\s+(\S+)"))
    assert status == 201, answer
    outcome: dict[str, Any] = answer
    return outcome


def fill(service: Service) -> None:
    """Add comments in every state, reports, a second site, and somebody who sees nothing but that one."""
    key = service.secret(r"Site key\s+(\S+)")
    for text in TEXTS:
        outcome = post(service, text)
        if outcome["status"] == "approved":
            path = f"/v1/comments/{outcome['id']}/reports"
            assert service.request("POST", path, {"reason": "insult", "note": "Look at this."}, key)[0] == 202
    other = service.json("site", "add", "Second site")
    service.key = service.json("person", "add", "nobody", "--role", "moderator", "--site", other["site_id"])["password"]


def sign_in(page: Page, service: Service, name: str = "admin", password: str = "") -> None:
    """Sign in and come to the console."""
    page.goto(f"{service.url}/console")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password or service.secret(r"password: (\S+)"))
    page.keyboard.press("Enter")
    page.wait_for_selector(".account")


def take_next(page: Page, service: Service) -> None:
    """Have a case in hand."""
    page.goto(f"{service.url}/console")
    if page.locator("blockquote").count() == 0:
        page.locator("form[action='/console/next'] button").click()
        page.wait_for_selector("blockquote")


def is_page(context: BrowserContext, address: str) -> bool:
    """Whether a page of HTML comes from an address, and not a stream of events, a file or another site's page."""
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())  # type: ignore[typeddict-item]
    request = urllib.request.Request(address, headers={"cookie": cookies})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bool(answer.headers.get_content_type() == "text/html")
    except OSError:
        return False


def walk(page: Page, service: Service) -> Iterator[str]:
    """Go to one page of each kind; yield the address of each while it is shown."""
    steps = Walk()
    while address := steps.next():
        if is_page(page.context, service.url + address):
            page.goto(service.url + address)
            steps.found(page.content())
            yield address
    assert steps.unseen() == [], "no link leads to these; fill() must make what they are about"


@contextmanager
def watched(browser: Browser, *, expected: tuple[str, ...] = (), **options: Any) -> Iterator[Page]:
    """A page of a context of its own, where no script fails, no dialog opens, and nothing foreign is asked for."""
    context = browser.new_context(**options)
    page = context.new_page()
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on(
        "console", lambda line: found.append(f"console: {line.text}") if line.type in ("error", "warning") else None
    )
    page.on("dialog", lambda dialog: (found.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("popup", lambda other: found.append(f"popup: {other.url}"))
    page.on("request", lambda request: None if _is_ours(request.url) else found.append(f"request: {request.url}"))
    try:
        yield page
    finally:
        context.close()
    assert [one for one in found if not any(known in one for known in expected)] == []


def _is_ours(url: str) -> bool:
    return url.startswith("http://127.0.0.1:")
