"""Pictures of the console and the demo, as the README shows them: `make pictures`.

Starts the real service with the shipped model on a database of its own, writes comments of ours under made-up articles,
decides some, and takes each page by day, by night and on a telephone. All go to a folder; what the README shows goes to
docs/pictures.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

ROOT: Final = Path(__file__).parents[1]
SHOWN: Final = ROOT / "docs" / "pictures"
CHROMIUM: Final = "/usr/bin/chromium"
SIZES: Final = {"": {"width": 1280, "height": 860}, "-phone": {"width": 390, "height": 844}}
# What stands in docs/pictures, and the picture that it is.
KEPT: Final = {
    "console": "case",
    "console-dark": "case-dark",
    "queue": "queue",
    "workbench": "workbench-dark",
    "demo": "demo-phone",
}
ARTICLES: Final = (
    ("The Kremlin and Europe", "politics", "summit"),
    ("Night trains return to the Alps", "travel", "night-trains"),
    ("Harvest late after a wet spring", "economy", "harvest"),
    ("Der Streit um das neue Stadion", "sport", "stadion"),
    ("A library that never closes", "culture", "library"),
)
COMMENTS: Final = (
    (
        0,
        "Marta",
        "The fund is the right idea, but eleven lines will not hold it together. Who pays in the third winter?",
    ),
    (0, "Old Hand", "You are a complete idiot if you believe a word of this, and so is whoever printed it."),
    (0, "Jonas K.", "Spring is not so far away. Better a good contract then than a bad one now."),
    (0, "patriot_77", "Shut up, you stupid clowns. People like you should be thrown out of parliament by force."),
    (0, "ليلى", "المقال جيد، لكن السعر ارتفع 40% منذ 2024. من سيدفع الفرق؟"),
    (1, "Railwoman", "I took the sleeper to Vienna in March: late, warm, and still the best night of the week."),
    (
        1,
        "Cheap Beds",
        "Best prices!!! Buy sleeping pills without prescription at http://pills-4-you.example now, 90% off!!!",
    ),
    (1, "Tomasz", "Please bring back the restaurant car. A kiosk with crisps is no restaurant."),
    (2, "Field Notes", "Late, yes, but the barley on our side of the valley looks better than last year."),
    (2, "grump", "Farmers are greedy liars, the whole pack of them. What a pathetic article."),
    (2, "Ines", "Write to me about the co-operative: ines.k@harvest.example, we still have room for two."),
    (3, "Lotte", "Ein Stadion für 80 Millionen, und die Schwimmhalle bleibt zu. Das versteht in der Stadt niemand."),
    (3, "Stammtisch", "Ihr seid doch alle Vollidioten, allen voran der Trainer."),
    (3, "Karim", "Guter Text. Mir fehlt nur, was der Verein selbst bezahlt."),
    (4, "Noa", "הספרייה הזאת היא הלב של השכונה, גם בשעה 3 בלילה."),
    (4, "Night Owl", "I wrote half my thesis there between midnight and four. Thank you for this story."),
    (4, "fr33 m0ney", "Earn $5000 a week from home, no risk, click http://win-big.example and claim your free bonus!"),
    (
        0,
        "Sceptic",
        "What an absolute moron. Has the author ever been to Brussels, or does he copy his rubbish from the radio?",
    ),
)


# What a month of other readers wrote: a beginning, a middle and an end of each, drawn by chance.
SENTENCES: Final = (
    (
        (
            "I read the draft twice.",
            "Thank you for the numbers.",
            "My neighbour works there.",
            "Nobody asked the towns.",
        ),
        ("The fund helps the large ones.", "Winter decides, not Brussels.", "A contract is a contract."),
        ("We will see in spring.", "Let them vote.", "Ask the people who pay.", "Good reporting, by the way."),
    ),
    (
        ("What rubbish.", "Another stupid article.", "This is ridiculous.", "Who writes such nonsense?"),
        ("The minister is a liar.", "They have no idea.", "Only fools believe it.", "It was clear from the start."),
        ("Resign.", "Shame on them.", "Wake up.", "Enough."),
    ),
    (
        ("You idiots.", "Shut up, clown.", "What a moron.", "Pathetic loser."),
        ("You understand nothing.", "Go and read a book.", "Nobody needs you here.", "Take your lies elsewhere."),
    ),
    (
        ("Earn $900 a day from home.", "Cheap pills without prescription.", "My trader doubled my savings."),
        ("Visit http://best-offer.example now.", "Write to me on the messenger.", "Only today, free bonus."),
    ),
)
HOW_OFTEN: Final = (70, 18, 7, 5)


@contextmanager
def _service(folder: Path) -> Iterator[Any]:
    from tests.server import Service

    service = Service(folder, models=ROOT / "models")
    try:
        yield service.start("--demo")
    finally:
        service.close()


def _write(service: Any) -> None:
    key = service.secret(r"Site key\s+(\S+)")
    for number, (about, name, text) in enumerate(COMMENTS):
        title, section, path = ARTICLES[about]
        comment = {
            "text": text,
            "author": {"id": name.casefold().replace(" ", "-"), "name": name},
            "article": {"url": f"https://letter.example/{section}/{path}", "title": title, "section": section},
        }
        status, answer = service.request("POST", "/v1/comments", comment, key)
        if status != 201:
            raise RuntimeError(answer)
        if answer["status"] == "approved" and number % 7 == 0:
            service.request(
                "POST", f"/v1/comments/{answer['id']}/reports", {"reason": "off_topic", "note": "Not again."}, key
            )


def _write_a_month(service: Any) -> None:
    """Send what a month brings, without a name: the workbench needs many scores."""
    key = service.secret(r"Site key\s+(\S+)")
    draw = Random(5)
    kinds = draw.choices(SENTENCES, HOW_OFTEN, k=600)
    comments = [{"text": " ".join(draw.choice(part) for part in kind)} for kind in kinds]
    for begin in range(0, len(comments), 200):
        batch = {"comments": comments[begin : begin + 200]}
        status, answer = service.request("POST", "/v1/comments/batch", batch, key)
        if status != 200:
            raise RuntimeError(answer)


def _sign_in(page: Page, service: Any) -> None:
    page.goto(f"{service.url}/console")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", service.secret(r"password: (\S+)"))
    page.keyboard.press("Enter")
    page.wait_for_selector(".account")


def _decide_some(browser: Browser, service: Any) -> None:
    page = browser.new_page()
    _sign_in(page, service)
    page.locator("form[action='/console/next'] button").click()
    for _ in range(3):
        before = page.locator("blockquote").inner_text()
        page.wait_for_selector("html[data-listening]")  # A case that has just come up does not listen to keys.
        page.keyboard.press("1" if "http" in before else "2")
        page.wait_for_function("before => document.querySelector('blockquote')?.innerText !== before", arg=before)
    page.close()


PAGES: Final = {
    "case": "/console",
    "queue": "/console/queue",
    "search": "/console/search?q=the",
    "numbers": "/console/numbers",
    "models": "/console/models",
    "demo": "/demo",
}


def _take(browser: Browser, service: Any, folder: Path, pages: Mapping[str, str]) -> None:
    for scheme in ("light", "dark"):
        for size, viewport in SIZES.items():
            name = f"{'' if scheme == 'light' else '-dark'}{size}"
            context = browser.new_context(viewport=viewport, color_scheme=scheme, device_scale_factor=1)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(f"{service.url}/console")
            page.screenshot(path=folder / f"sign-in{name}.png")
            _sign_in(page, service)
            for kind, path in pages.items():
                answer = page.goto(service.url + path)
                if answer is None or answer.status != 200:
                    continue
                if kind == "lists":
                    page.locator(".policy-head .tabs a").last.click()
                    page.wait_for_selector(".areas")
                if kind == "workbench":
                    page.locator(".thresholds").evaluate("one => one.scrollIntoView({behavior: 'instant'})")
                page.screenshot(path=folder / f"{kind}{name}.png")
            context.close()


def _shrink(picture: Path, to: Path) -> None:
    """Write a picture with 256 colours, which is a third of its bytes and looks the same."""
    from PIL import Image

    with Image.open(picture) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(to, optimize=True)


def main() -> None:
    """Take all pictures into a folder, and renew those of the documentation."""
    sys.path.insert(0, str(ROOT))
    os.environ["PYTHONPATH"] = str(ROOT)
    everything = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="pictures-"))
    everything.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _service(Path(folder)) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        _write(service)
        time.sleep(2)  # Until the pass beside the service has indexed the words.
        _decide_some(browser, service)
        _take(browser, service, everything, PAGES)
        _write_a_month(service)
        _take(browser, service, everything, {"workbench": "/console/policy", "lists": "/console/policy"})
        browser.close()
    for name, picture in KEPT.items():
        _shrink(everything / f"{picture}.png", SHOWN / f"{name}.png")
        print(f"{SHOWN / name}.png: {(SHOWN / f'{name}.png').stat().st_size // 1024} kB")
    print(f"all of them: {everything}")


if __name__ == "__main__":
    main()
