"""Every page in German: nothing of the English is left."""

import re
from collections.abc import Iterator

import anyio
import pytest

from moderator.console import language
from moderator.domain.comments import Article, Author
from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.services import Services
from moderator.usecases import feedback, manage
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy
from tests.console.conftest import PASSWORD, Visitor
from tests.console.everywhere import Walk, texts_of
from tests.console.test_language import texts
from tests.tiny import publish_tiny
from tests.usecases.conftest import OPERATOR

_HOLES = re.compile(r"%\(\w+\)s")
_TAG = re.compile(r"<[^>]+>")
pytestmark = pytest.mark.anyio
# Pages may hold what others wrote, and the name of the product.
WRITTEN = (
    "Moderator",
    "Du Idiot!",
    "Hübscher Text.",
    "Die Lage",
    "Karl",
    "https://zeitung.example/lage",
    "Zeitung",
    "Zwei",
)


@pytest.fixture
async def filled(services: Services, site: SiteId) -> SiteId:
    """A site with a bit of everything."""
    publish_tiny(services.models_folder)
    await manage.add_person(services, OPERATOR, "Karl", Role.ADMIN, password=PASSWORD)
    await manage.add_site(services, OPERATOR, "Zwei")
    about = {
        "author": Author(id="karl", name="Karl"),
        "article": Article(url="https://zeitung.example/lage", title="Die Lage"),
        "received_at": services.now(),
    }
    for number, text in enumerate(("Du Idiot!", "Hübscher Text.", "Du Idiot!")):
        outcome = (await moderate(services, a_comment(text, site_id=site, **about, external_id=f"x{number}"))).outcome
        if outcome.status == "approved":
            await feedback.report(services, site, outcome.comment_id, reason=None, note="Du Idiot!")
    await manage.set_policy(services, OPERATOR, site, a_policy(link_limit=7, banned_phrases=("Du Idiot!",)))
    return site


async def _walk(visitor: Visitor) -> Iterator[tuple[str, str]]:
    """Return each page with its address."""
    walk, seen = Walk(), []
    while address := walk.next():
        with anyio.move_on_after(3):  # A stream of events never ends, and is no page.
            page = await visitor.open(address)
            if visitor.headers.get("content-type", "").startswith("text/html"):
                seen.append((address, page))
                walk.found(page)
    assert walk.unseen() == []
    return iter(seen)


def _english() -> list[re.Pattern[str]]:
    """Return what would be English on a German page: the stretches of the texts that German says otherwise."""
    language.speak("de")
    found = []
    for forms in texts().values():
        for number, form in enumerate(forms):
            german = language.ngettext(*forms, 1 + number) if len(forms) > 1 else language.gettext(form)
            said = {part.strip() for part in _TAG.split(german)}
            for part in (one.strip() for one in _TAG.split(form)):
                if part not in said and re.search("[a-zA-Z]{3}", _HOLES.sub("", part)):
                    words = ".+".join(re.escape(one) for one in _HOLES.split(part))
                    found.append(re.compile(words))
    language.speak("en")
    return found


async def test_no_english_is_left_on_any_page(visitor: Visitor, filled: SiteId) -> None:
    english = _english()
    assert len(english) > 250
    visitor.http.headers["accept-language"] = "de-DE,de;q=0.9"
    await visitor.sign_in("Karl")
    assert visitor.status == 200
    left = []
    for address, page in await _walk(visitor):
        assert '<html lang="de">' in page, address
        said = [text for text in texts_of(page) if text not in WRITTEN]
        left += [(address, text) for text in said if any(one.fullmatch(text) for one in english)]
    assert left == [], "\n".join(map(str, left))
