"""What stands around a comment in hand, passing on, the way through a hand, and deciding without the machine."""

import html
import re
from dataclasses import replace

import pytest

from moderator.domain.comments import Article, Author, Comment
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Role
from moderator.domain.review import Automation, Cause, ReasonCode
from moderator.services import Services
from moderator.storage import cases, decisions, reports
from moderator.usecases import feedback, manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_blind_text, a_case, a_comment
from tests.console.conftest import PASSWORD, Visitor, comment_of, hold, told_in
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

JANE = Author(id="jane", name="Jane")


async def add(services: Services, site: SiteId, text: str, **more: object) -> CommentId:
    """Let a comment come in and return its id."""
    comment = Comment(
        id=CommentId(services.ids.new()),
        site_id=site,
        text=text,
        received_at=services.now(),
        **more,  # type: ignore[arg-type]
    )
    await moderate(services, comment)
    return comment.id


def parent_in(page: str) -> str:
    found = re.search(r'<details class="parent">(.*?)</details>', page, re.DOTALL)
    assert found, "it answers nothing"
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", found[1])).split())


# Context


@pytest.mark.parametrize("by_their_id", [True, False])
async def test_the_comment_that_is_answered_stands_there(
    visitor: Visitor, services: Services, site: SiteId, by_their_id: bool
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await add(services, elsewhere, "Not this one.", external_id="c-7")
    parent = await add(services, site, "A <b>fine</b> harvest.", author=JANE, external_id="c-7")
    await add(services, site, "What an idiot.", parent_id="c-7" if by_their_id else parent)
    await visitor.sign_in()
    page = await visitor.press("N")
    assert parent_in(page).startswith("It answers Jane (approved): A <b>fine</b> harvest.")
    assert f'<a href="/console/comments/{parent}">Open that comment</a>' in page
    assert "<b>" not in page


async def test_a_parent_that_was_erased_or_never_came_is_said(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    foreign = await add(services, elsewhere, "Another site's.")
    gone = await add(services, site, "Soon gone.", author=JANE)
    await feedback.erase(services, OPERATOR, site, gone)
    await add(services, site, "I will kill it.", parent_id=gone)
    await add(services, site, "What an idiot.", parent_id=foreign)
    await visitor.sign_in()
    page = await visitor.press("N")
    assert "It answers a comment that was erased." in parent_in(page)
    assert "Jane" not in page
    page = await visitor.press("A")
    assert "It answers a comment that is not known here." in parent_in(page)
    assert "Another site" not in page


async def test_a_parent_without_a_name_that_waits_blind_does_not_tell_where_it_stands(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    parent = await add(services, site, "You scum.", external_id="c-1")
    async with services.database.transaction() as connection:
        case = a_case(a_comment(comment_id=parent, site_id=site), weight=0.01, opened_at=services.now())
        await cases.open_many(connection, [replace(case, cause=Cause.SAMPLE)])
    await add(services, site, "What an idiot.", parent_id="c-1")
    await visitor.sign_in()
    page = await visitor.press("N")
    assert "idiot" in comment_of(page)
    assert parent_in(page).startswith("It answers an unnamed author: You scum.")
    assert "rejected" not in parent_in(page)


async def test_the_last_decisions_about_the_author_are_told_and_lead_to_their_comments(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await visitor.sign_in()
    made = []
    for number in range(6):
        made.append(await add(services, site, f"Idiot number {number}.", author=JANE))
        await visitor.open("/console")
        await visitor.press("N")
        await visitor.press("2" if number % 2 else "A")
    await visitor.press("U")
    await visitor.press("A")
    await feedback.erase(services, OPERATOR, site, made[3])  # With the author's name: it is nobody's any more.
    await add(services, site, "What an idiot.", author=JANE)
    await visitor.open("/console")
    page = await visitor.press("N")
    (listed,) = re.findall(r'<ul class="past">(.*?)</ul>', page, re.DOTALL)
    assert re.findall(r'href="/console/comments/(\w+)"', listed) == [made[5], made[5], made[5], made[4], made[2]]
    assert re.findall(r"<strong[^>]*>([^<]*)</strong>(?:: (\w+))?", listed) == [
        ("approved", ""),
        ("taken back", ""),
        ("rejected", "insult"),
        ("approved", ""),
        ("approved", ""),
    ]
    assert "Idiot number 5." in listed


@pytest.mark.parametrize("author", [JANE, Author(name="Jane & Co")])
async def test_what_waits_by_the_same_author_is_one_link_away(
    visitor: Visitor, services: Services, site: SiteId, author: Author
) -> None:
    await add(services, site, "What an idiot.", author=author)
    await add(services, site, "Another idiot.", author=author)
    await add(services, site, "You idiot.", author=Author(id="joe", name="Joe"))
    await visitor.sign_in()
    page = await visitor.press("N")
    (link,) = re.findall(r'href="(/console/queue[^"]*author[^"]*)"', page)
    queue = await visitor.open(html.unescape(link))
    assert "Another idiot." in queue
    assert "You idiot." not in queue


async def test_a_reader_who_says_that_it_is_illegal_is_heard(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    comment = await add(services, site, "Harmless.")
    reported = await feedback.report(services, site, comment, reason=ReasonCode.HATE, note="look")
    async with services.database.transaction() as connection:
        (first,) = await reports.for_comment(connection, comment)
        await reports.add(
            connection,
            replace(first, id=services.ids.new(), claims_illegal=True, legal_reference="§ 130 <i>", is_muted=True),  # type: ignore[arg-type]
        )
    assert reported.case is not None
    await visitor.sign_in()
    page = await visitor.press("N")
    assert page.count("says that it is illegal") == 1
    assert html.escape("§ 130 <i>") in page
    assert "(counted only: a person had approved it)" in page


async def test_the_article_opens_apart_and_tells_nobody(visitor: Visitor, services: Services, site: SiteId) -> None:
    url = "https://news.example/summit?a=1&b=2"
    await add(services, site, "What an idiot.", article=Article(url=url, title="The summit"))
    await visitor.sign_in()
    page = await visitor.press("N")
    assert f'<a href="{html.escape(url)}" dir="ltr" target="_blank" rel="noopener noreferrer nofollow">' in page


@pytest.mark.parametrize(("lines", "is_folded"), [(25, False), (26, True)])
async def test_a_long_text_folds(
    visitor: Visitor, services: Services, site: SiteId, lines: int, is_folded: bool
) -> None:
    await hold(services, site, "\n".join(["What an idiot."] * lines))
    await visitor.sign_in()
    page = await visitor.press("N")
    assert ('class="long"' in page, "The whole text: about 26 lines" in page) == (is_folded, is_folded)
    assert page.count("What an") == lines  # It is all there.


async def test_code_points_stand_in_the_page(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "Ein Idiot, ein Idiоt, für \u202eimmer")
    await visitor.sign_in()
    page = " ".join(re.sub(r"<[^>]+>", " ", await visitor.press("N")).split())
    assert "2 words with something hidden or disguised" in page
    assert "U+043E CYRILLIC SMALL LETTER O" in page
    assert "U+202E RIGHT-TO-LEFT OVERRIDE turns the direction of what follows" in page
    assert "Other characters beyond ASCII: ü U+00FC LATIN SMALL LETTER U WITH DIAERESIS" in page
    assert "\u202e" not in page


# Passing on


async def test_a_case_is_passed_on_with_its_note(
    visitor: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    await manage.add_person(services, OPERATOR, "Sue", Role.SENIOR, password=PASSWORD)
    await hold(services, site, "I will kill it.")
    await hold(services, site, "What an idiot.")
    await visitor.sign_in()
    await visitor.press("N")
    page = await visitor.press("X", note="Is <this> a threat?")
    assert "Passed on: a senior colleague decides this one." in told_in(page)
    assert "idiot" in comment_of(page)
    page = await visitor.press("A")
    assert "Nothing is waiting" in page
    queue = await visitor.open("/console/queue")
    assert "passed on by Anna" in queue
    assert "Is &lt;this&gt; a threat?" in queue
    assert "For a senior colleague" in queue
    assert "/claim" not in queue
    await other.sign_in("Sue")
    assert "1 comment waiting" in other.page
    page = await other.press("N")
    assert "Passed on by Anna" in page
    assert "Is &lt;this&gt; a threat?" in page
    assert "Rejected: threat" in told_in(await other.press("4"))


async def test_where_nobody_is_senior_it_is_said(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    page = await visitor.press("X")
    assert visitor.status == 409
    assert "Nobody else may decide" in page


async def test_what_was_passed_on_cannot_be_taken(visitor: Visitor, services: Services, site: SiteId) -> None:
    await manage.add_person(services, OPERATOR, "Sue", Role.SENIOR, password=PASSWORD)
    case = await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("X")
    await visitor.submit(f"/console/cases/{case}/claim")
    assert visitor.status == 403


# The hand


async def test_a_hand_is_walked_in_a_circle_and_what_is_decided_leads_on(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    (anna,) = [one for one in services.directory.people.values() if one.name == "Anna"]
    for number in range(3):
        await hold(services, site, f"Idiot number {number}.")
    held = [file.case.id for file in await review.claim_next(services, anna, count=3)]
    await visitor.sign_in()
    first = comment_of(visitor.page)
    ways = dict(re.findall(r'rel="(\w+)" href="/console\?case=(\w+)"', visitor.page))
    assert ways == {"prev": held[2], "next": held[1]}
    page = await visitor.open(f"/console?case={held[1]}")
    assert "2</span> / <span" in page
    page = await visitor.press("A")
    assert dict(re.findall(r'rel="(\w+)" href="/console\?case=(\w+)"', page)) == {"prev": held[0], "next": held[0]}
    page = await visitor.press("S")
    assert comment_of(page) == first
    assert 'class="hand"' not in page
    assert "back in the queue" in told_in(page)


async def test_a_next_case_that_is_not_ours_is_not_shown(visitor: Visitor, services: Services, site: SiteId) -> None:
    for number in range(2):
        await hold(services, site, f"Idiot number {number}.")
    await visitor.sign_in()
    await visitor.press("N")
    for then in ("none", "../x", "a b", ""):
        page = await visitor.press("A", then=then)
        assert visitor.status == 200
        assert "Approved" in told_in(page)
        await visitor.press("U")


# Without the machine


async def test_a_check_and_a_drawn_case_cannot_be_told_apart(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    drawn = await add(services, site, a_blind_text())
    check = await add(services, site, "You scum.")
    async with services.database.transaction() as connection:
        case = a_case(a_comment(comment_id=check, site_id=site), weight=0.3, opened_at=services.now())
        await cases.open_many(connection, [replace(case, cause=Cause.SAMPLE)])
    await visitor.sign_in()
    queue = await visitor.open("/console/queue")
    for hint in ("%", "check", "insult"):
        assert hint not in re.sub(r"<[^>]+>|<dialog.*?</dialog>", "", queue, flags=re.DOTALL), hint
    found = await visitor.open("/console/search?q=")
    pages = [await visitor.open(f"/console/comments/{one}") for one in (drawn, check)]
    whys = []
    await visitor.open("/console")
    await visitor.press("N")
    for _ in range(2):
        (why,) = re.findall(r'<section class="card why".*?</section>', visitor.page, re.DOTALL)
        whys.append(why)
        for hint in ("<mark", "meters", "fake-1", "low score", "check on the machine"):
            assert hint not in visitor.page, hint
        await visitor.press("2")
    assert whys[0] == whys[1]
    for page in pages:
        assert "Decide this one without the machine: its scores are not shown." in page
        for hint in ("<mark", "meters", " %", "fake-1", "rejected", "held", "policy 2"):
            assert hint not in page, hint
    assert "fake-1" not in found
    (anna,) = [one for one in services.directory.people.values() if one.name == "Anna"]
    async with services.database.read() as connection:
        made = await decisions.by_person(connection, anna.id, 5)
    assert {one.automation for one in made} == {Automation.NOT_AUTOMATED}
    for one in (drawn, check):
        assert "insult scored" in await visitor.open(f"/console/comments/{one}")


async def test_searching_does_not_tell_what_the_machine_thinks_of_a_blind_case(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    check = await add(services, site, "You scum.", author=JANE)
    drawn = await add(services, site, a_blind_text(), author=JANE)
    plain = await add(services, site, "What an idiot.", author=JANE)
    async with services.database.transaction() as connection:
        case = a_case(a_comment(comment_id=check, site_id=site), weight=0.3, opened_at=services.now())
        await cases.open_many(connection, [replace(case, cause=Cause.SAMPLE)])
    await visitor.sign_in()
    for query, ids in (("label=insult", [plain]), ("status=rejected", []), ("status=held", [plain])):
        page = await visitor.open(f"/console/search?{query}")
        assert re.findall(r'class="button quiet" href="/console/comments/(\w+)"', page) == ids
    page = await visitor.open(f"/console/authors/id:jane?site={site}")
    assert re.findall(r'class="button quiet" href="/console/comments/(\w+)"', page) == [plain, drawn, check]
    assert page.count("waits for a person") == 2
    assert '<strong class="held">held' in page
    assert '<strong class="rejected">rejected' not in page
