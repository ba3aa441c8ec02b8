"""Two hundred hostile strings as everything that people and sites may write: on no page do they do anything."""

import re
from collections import defaultdict

import pytest

from moderator.domain.comments import Article, Author
from moderator.domain.errors import ModerationError
from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.services import Services
from moderator.usecases import feedback, manage, searching
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy
from tests.console.conftest import PASSWORD, Visitor
from tests.console.everywhere import links, pattern_of
from tests.hostile import HARMLESS, Kind, hostile, made_of
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio
# No checks drawn by chance: their pages show less.
QUIET = a_policy(
    duplicate_limit=0,
    campaign_limit=0,
    link_limit=None,
    hold_everything=True,
    hold_personal_data=False,
    audit_share=0.0,
)


class Pages:
    """What pages of each kind are made of, as seen while everything on them was harmless; and then what is new."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._known: dict[str, set[Kind]] = defaultdict(set)
        self.is_learning = True
        self.looked = 0
        self.new: list[tuple[str, set[Kind], list[str]]] = []

    async def open(self, address: str) -> str:
        page = await self._visitor.open(address)
        self.look(address, page)
        return page

    def look(self, address: str, page: str) -> None:
        assert self._visitor.status in (200, 422), (address, self._visitor.status)
        pattern, (found, away) = pattern_of(address) or address, made_of(page)
        self.looked += 1
        if self.is_learning:
            self._known[pattern] |= found
            return
        new = found - self._known[pattern]
        if new or away:
            self.new.append((address, new, away))


async def _write(services: Services, site: SiteId, text: str, number: int) -> tuple[str, str]:
    """Let a site say a text wherever it may; return the comment and its case."""
    comment = a_comment(
        f"{text} idiot",
        site_id=site,
        section=text,
        received_at=services.now(),
        author=Author(id=f"{number}{text}", name=text, url=text),
        article=Article(url=f"{text}{number}", title=text, section=text),
    )
    outcome = (await moderate(services, comment)).outcome
    assert outcome.case is not None
    await feedback.report(services, site, outcome.comment_id, reason=None, note=text)
    return outcome.comment_id, outcome.case


async def _show(
    services: Services, pages: Pages, visitor: Visitor, written: list[tuple[str, str]], texts: list[str]
) -> None:
    """Look at every page about some comments; decide about some, with the text as the note."""
    while await searching.index_new(services):
        pass
    for number, (comment, case) in enumerate(written):
        page = await pages.open(f"/console/comments/{comment}")
        if number % 10:
            continue
        for address in links(page):
            if pattern_of(address) in ("/console/authors/{key:anything}", "/console/articles"):
                await pages.open(address)
        pages.look("/console", await visitor.submit(f"/console/cases/{case}/claim"))
        decided = await visitor.submit(
            f"/console/cases/{case}/decision", reason="other", note=texts[number][:2000], generation="1"
        )
        pages.look("/console", decided)
        await pages.open(f"/console/comments/{comment}")
    await pages.open("/console/queue")
    address = "/console/search?q=idiot"
    while address:
        page = await pages.open(address)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""


async def _steer(services: Services, pages: Pages, visitor: Visitor, site: SiteId, texts: list[str]) -> None:
    """Write the texts into what administrators write: lists, patterns, notes and the names of sites."""
    path = f"/console/policy/{site}/lists"
    fields = {"made_from": str(services.directory.policies[site].version), "banned_phrases": "\n".join(texts)}
    await pages.open(path)
    pages.look(path, await visitor.submit(path, **fields, act="preview"))
    pages.look(path, await visitor.submit(path, **fields, act="preview", suspect_patterns="\n".join(texts)))
    for text in texts[:3] + texts[3::40]:
        fields["made_from"] = str(services.directory.policies[site].version)
        pages.look(path, await visitor.submit(path, **fields, note=text[:2000], act="save"))
        await pages.open(f"/console/policy/{site}")
        try:
            other = await manage.add_site(services, OPERATOR, text)
        except ModerationError:
            continue  # Not every name is one.
        await pages.open(f"/console/policy/{other.site.id}")
    await pages.open("/console/policy")
    await pages.open("/console/search?q=idiot")


async def test_hostile_text_stays_text_everywhere(services: Services, site: SiteId, visitor: Visitor) -> None:
    await manage.add_person(services, OPERATOR, "Karl", Role.ADMIN, password=PASSWORD)
    await manage.add_site(services, OPERATOR, "Another")
    await manage.set_policy(services, OPERATOR, site, QUIET)
    await visitor.open("/console")
    await visitor.sign_in("Karl")
    pages = Pages(visitor)
    for texts in (list(HARMLESS) * 5, hostile()):
        written = [await _write(services, site, text, number) for number, text in enumerate(texts)]
        await _show(services, pages, visitor, written, texts)
        await _steer(services, pages, visitor, site, texts)
        pages.is_learning = False
    assert pages.looked > 350
    assert pages.new == []
