"""Campaigns at the console: what is said beside a case, what can be taken, and the order of the queue."""

import re

import pytest

from moderator.domain.comments import Article, Author
from moderator.domain.ids import CommentId, SiteId
from moderator.services import Services
from moderator.usecases.moderate import moderate
from tests.builders import a_comment
from tests.console.conftest import Visitor, comment_of, hold
from tests.fakes import Clock

pytestmark = pytest.mark.anyio

OFFER = (
    "Since March I earn {} euros a day at home with a simple system, ask {} before the last places are gone <b>now</b>"
)


async def campaign(services: Services, site: SiteId, count: int) -> list[str]:
    """Post an offer by many hands; return the cases of those that were held."""
    held = []
    for n in range(count):
        comment = a_comment(
            OFFER.format(400 + n, f"friend{n}"),
            comment_id=CommentId(services.ids.new()),
            site_id=site,
            author=Author(id=f"author-{n}", name=f"Author {n}"),
            article=Article(url=f"https://news.example/{n % 2}", title=f"Article {n % 2}"),
            received_at=services.now(),
        )
        case = (await moderate(services, comment)).outcome.case
        if case is not None:
            held.append(case)
    return held


async def test_a_case_says_how_many_are_alike_and_lists_those_that_wait(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await campaign(services, site, 6)
    await visitor.open("/console")
    await visitor.sign_in()

    page = await visitor.press("N")

    assert "Many like it came from several authors or stand under several articles." in page
    assert "One of 6 alike within a day, by 6 authors under 2 articles, as of now." in page
    assert "These wait, too:" in page
    listed = page.split('id="alike-title"')[1].split("</section>")[0]
    assert listed.count("<li>") == 2
    assert "Author 4" in listed
    assert "Article 1" in listed
    assert "<b>" not in listed


async def test_another_of_the_campaign_is_taken_from_the_page(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await campaign(services, site, 5)
    await visitor.open("/console")
    await visitor.sign_in()
    page = await visitor.press("N")
    first = comment_of(page)
    assert "This one waits, too:" in page
    (path,) = re.findall(r'action="(/console/cases/\w+/claim)"', page)

    page = await visitor.submit(path)

    assert comment_of(page) != first
    assert re.findall(r'action="(/console/cases/\w+/claim)"', page) != [path]


async def test_what_a_colleague_holds_cannot_be_taken(
    visitor: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    await campaign(services, site, 7)
    for one, name in ((other, "Ben"), (visitor, "Anna")):
        await one.open("/console")
        await one.sign_in(name)
        page = await one.press("N")

    assert page.count("A colleague has it.") == 3
    assert "/claim" not in page


async def test_a_comment_that_stands_alone_says_nothing_of_others(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await hold(services, site)
    await visitor.open("/console")
    await visitor.sign_in()

    assert "alike" not in await visitor.press("N")


async def test_after_the_window_only_what_waits_is_listed(
    visitor: Visitor, services: Services, site: SiteId, clock: Clock
) -> None:
    await campaign(services, site, 5)
    clock.forward(hours=30)
    await visitor.open("/console")
    await visitor.sign_in()

    page = await visitor.press("N")
    listed = page.split('id="alike-title"')[1].split("</section>")[0]
    assert "One of" not in listed
    assert "This one waits, too:" in listed

    await visitor.press("1")
    assert "alike-title" not in visitor.page


async def test_personal_data_is_masked_in_the_list_too(visitor: Visitor, services: Services, site: SiteId) -> None:
    for n in range(6):
        text = f"Write to someone@example.eu, since March I earn {n} euros a day at home with a very simple system"
        comment = a_comment(
            text,
            comment_id=CommentId(services.ids.new()),
            site_id=site,
            author=Author(id=str(n)),
            received_at=services.now(),
        )
        await moderate(services, comment)
    await visitor.open("/console")
    await visitor.sign_in()

    listed = (await visitor.press("N")).split('id="alike-title"')[1].split("</section>")[0]

    assert listed.count('class="masked"') == 5


async def test_the_queue_keeps_a_campaign_together(
    visitor: Visitor, services: Services, site: SiteId, clock: Clock
) -> None:
    await campaign(services, site, 4)
    clock.forward(minutes=1)
    await hold(services, site, "What an idiot, really.")
    clock.forward(minutes=1)
    comment = a_comment(
        OFFER.format(999, "me"), site_id=site, comment_id=CommentId(services.ids.new()), received_at=services.now()
    )
    await moderate(services, comment)
    await visitor.open("/console")
    await visitor.sign_in()

    page = (await visitor.open("/console/queue")).split('<ol class="queue">')[1]

    texts = re.findall(r'<p class="text"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert len(texts) == 3
    places = [n for n, text in enumerate(texts) if "euros a day" in text]
    assert places in ([0, 1], [1, 2])
    assert page.count("of 2 alike") == 2
    assert page.index("1 of 2 alike") < page.index("2 of 2 alike")
    assert page.count("<strong>campaign</strong>") == page.count("campaign") == 2
