"""What moderators look up: comments by their words, a verdict explained, and all of an author or an article."""

import html
import re
from dataclasses import replace

import pytest

from moderator.console.finds import PAGE_ROWS
from moderator.domain.comments import Article, Author, Comment
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Role
from moderator.domain.policy import Action
from moderator.domain.review import Cause, ReasonCode, Source
from moderator.services import Services
from moderator.storage import cases, decisions
from moderator.usecases import feedback, manage, searching
from moderator.usecases.moderate import moderate
from tests.builders import a_case, a_comment, a_policy
from tests.console.conftest import PASSWORD, Visitor
from tests.fakes import Clock, FakeScorer
from tests.storage.rows import a_decision
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

JANE = Author(id="7/x@y", name="Jane")
SUMMIT = Article(url="https://news.example/summit?a=1&b=2", title="The summit")


async def post(services: Services, site: SiteId, *texts: str, **more: object) -> CommentId:
    """Let comments come in and be indexed, and return the last one's id."""
    for text in texts:
        comment = a_comment(
            text,
            site_id=site,
            comment_id=services.ids.new(),
            received_at=services.now(),
            **{"author": JANE, "article": SUMMIT, **more},  # type: ignore[arg-type]
        )
        await moderate(services, comment)
    while await searching.index_new(services):
        pass
    return comment.id


def texts_in(page: str) -> list[str]:
    """Return the texts of the comments in a list, without their marks."""
    found = re.findall(r'<p class="text"[^>]*>(.*?)</p>', page, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", one)) for one in found]


def next_page(page: str) -> str | None:
    """Return where the link to older comments leads."""
    found = re.search(r'<a class="button" rel="next" href="([^"]+)"', page)
    return html.unescape(found[1]) if found else None


# Searching


async def test_a_comment_is_found_by_its_words_which_are_marked(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await post(services, site, "Gas prices rise.", "Coal is cheap.")
    await visitor.sign_in()
    page = await visitor.open("/console/search?q=GAS+pri*")
    assert texts_in(page) == ["Gas prices rise."]
    assert '<mark class="found">Gas</mark> <mark class="found">prices</mark> rise.' in page
    assert '<strong class="approved">approved</strong>' in page
    assert 'value="GAS pri*"' in page


async def test_without_a_question_there_is_only_the_box(visitor: Visitor, services: Services, site: SiteId) -> None:
    await post(services, site, "Gas prices rise.")
    await visitor.sign_in()
    page = await visitor.open("/console/search")
    assert texts_in(page) == []
    assert "autofocus" in page
    assert "Nothing found" not in page


async def test_filters_alone_find_the_newest(visitor: Visitor, services: Services, site: SiteId) -> None:
    await post(services, site, "Fine.", "What an idiot.", "Good.", "You scum.")
    await visitor.sign_in()
    assert texts_in(await visitor.open("/console/search?status=approved")) == ["Good.", "Fine."]
    assert texts_in(await visitor.open("/console/search?label=insult")) == ["You scum.", "What an idiot."]
    assert texts_in(await visitor.open("/console/search?q=idiot&status=approved&label=")) == []
    assert "Nothing found" in visitor.page


@pytest.mark.parametrize("query", ["status=fine", "label=rude"])
async def test_a_filter_that_is_none_is_said_so(visitor: Visitor, site: SiteId, query: str) -> None:
    await visitor.sign_in()
    await visitor.open(f"/console/search?{query}")
    assert visitor.status == 422


async def test_pages_lead_through_everything_once(visitor: Visitor, services: Services, site: SiteId) -> None:
    texts = [f"Gas, number {number}." for number in range(2 * PAGE_ROWS)]
    await post(services, site, *texts)
    await visitor.sign_in()
    found, path = [], "/console/search?q=gas&status=approved"
    while path:
        found += texts_in(await visitor.open(path))
        path = next_page(visitor.page) or ""
    assert found == texts[::-1]


@pytest.mark.parametrize("typed", ['"', "*", "a AND", "NEAR(", "gas:", "%00", "%ff", "'; DROP TABLE", "x" * 3_000])
async def test_nothing_that_is_typed_is_a_mistake(
    visitor: Visitor, services: Services, site: SiteId, typed: str
) -> None:
    await post(services, site, "Gas prices rise.")
    await visitor.sign_in()
    await visitor.open(f"/console/search?q={typed}&before={typed}")
    assert visitor.status == 200


async def test_a_long_text_is_shown_around_the_word_and_personal_data_stays_masked(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    number = "+49 30 23125 123"
    await post(services, site, f"{'before ' * 60}{number} needle {number} {'after ' * 60}")
    await visitor.sign_in()
    page = await visitor.open("/console/search?q=needle")
    (text,) = texts_in(page)
    assert text.startswith("… before ")
    assert text.endswith(" …")
    assert len(text) < 400
    assert page.count('<span class="masked">+•• •• ••••• •23</span>') == 2
    page = await visitor.open("/console/search?q=123")
    assert '<mark class="found">' not in page


@pytest.mark.parametrize("padding", range(170, 320, 6))
async def test_a_number_at_the_edge_of_what_is_shown_is_whole_or_away(
    visitor: Visitor, services: Services, site: SiteId, padding: int
) -> None:
    """Half of it would not be known as one, and stand there bare."""
    number = "+49 30 23125 123"
    await post(services, site, f"needle {'b' * padding} {number} {'c' * 400}")
    await post(services, site, f"{'a' * 400} {number} {'b' * (padding // 4)} needle {'c' * 400}")
    await visitor.sign_in()
    page = await visitor.open("/console/search?q=needle")
    assert len(texts_in(page)) == 2
    bare = re.sub(r'<span class="bare">[^<]*</span>', "", page)
    assert not re.search(r"23125|\+49", bare)


async def test_people_find_only_what_stands_on_their_sites(
    visitor: Visitor, services: Services, site: SiteId, other: Visitor
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    hidden = await post(services, elsewhere, "Gas elsewhere.")
    await post(services, site, "Gas here.")
    await manage.add_person(services, OPERATOR, "Zoe", Role.MODERATOR, only_sites=[site], password=PASSWORD)
    await visitor.sign_in("Zoe")
    assert texts_in(await visitor.open("/console/search?q=gas")) == ["Gas here."]
    assert "Elsewhere" not in visitor.page
    for path in (
        f"/console/search?q=gas&site={elsewhere}",
        f"/console/comments/{hidden}",
        f"/console/authors/id:7%2Fx@y?site={elsewhere}",
        f"/console/articles?site={elsewhere}&url=https://news.example/summit?a=1%26b=2",
    ):
        await visitor.open(path)
        assert visitor.status == 404
    await other.sign_in()
    assert texts_in(await other.open("/console/search?q=gas")) == ["Gas here.", "Gas elsewhere."]
    assert texts_in(await other.open(f"/console/search?q=gas&site={elsewhere}")) == ["Gas elsewhere."]
    assert "Elsewhere" in other.page


async def test_an_erased_comment_is_found_no_more(visitor: Visitor, services: Services, site: SiteId) -> None:
    gone = await post(services, site, "Gas prices rise.")
    await feedback.erase(services, OPERATOR, site, gone)
    await visitor.sign_in()
    assert texts_in(await visitor.open("/console/search?q=gas")) == []
    page = await visitor.open(f"/console/comments/{gone}")
    assert "The text and its author were erased" in page
    assert "the policy, by itself" in page
    assert 'aria-keyshortcuts="U"' not in page


async def test_signed_out_nothing_is_found(visitor: Visitor, services: Services, site: SiteId) -> None:
    found = await post(services, site, "Gas prices rise.")
    for path in (
        "/console/search?q=gas",
        f"/console/comments/{found}",
        "/console/authors/id:7%2Fx@y",
        "/console/articles?url=x",
    ):
        assert "Gas" not in await visitor.open(path)
        assert visitor.status == 401


# A comment's story


async def test_an_old_verdict_is_explained_by_the_policy_and_model_of_its_time(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    old = await post(services, site, "You scum.")
    await manage.set_policy(services, OPERATOR, site, replace(a_policy(), hold_everything=True), note="a calm week")
    services.scorer = FakeScorer("fake-2")
    new = await post(services, site, "What an idiot.")
    await visitor.sign_in()
    page = await visitor.open(f"/console/comments/{old}")
    assert "insult scored 0.95; from 0.90 on a comment is rejected." in page
    assert "Model fake-1 (now fake-2 is in use)" in page
    assert re.search(r"policy 2, saved .*? \(now policy 3 holds\)", page, re.DOTALL)
    assert "This site reviews every comment" not in page
    assert "held from 50 %" in page
    page = await visitor.open(f"/console/comments/{new}")
    assert "This site reviews every comment" in page
    assert "a calm week" in page
    assert "is in use" not in page


async def test_every_decision_is_told_with_who_when_and_why(
    visitor: Visitor, services: Services, site: SiteId, clock: Clock
) -> None:
    comment = await post(services, site, "What an idiot.")
    await visitor.sign_in()
    await visitor.open("/console")
    await visitor.press("N")
    await visitor.press("9", note="<b>as before</b>")
    clock.forward(minutes=5)
    page = await visitor.open(f"/console/comments/{comment}")
    assert re.search(
        r'<strong class="rejected">rejected</strong>: <bdi>illegal</bdi> by <bdi>Anna</bdi>,\s+<time[^>]*>5 min ago',
        page,
    )
    assert "&lt;b&gt;as before&lt;/b&gt;" in page
    assert "By a person who saw the scores; on the ground of the law; policy 2, model fake-1" in page
    assert '<p class="standing"><strong class="rejected">rejected</strong>' in page


async def test_a_decision_is_taken_back_where_that_is_allowed(
    visitor: Visitor, services: Services, site: SiteId, other: Visitor
) -> None:
    comment = await post(services, site, "What an idiot.")
    await visitor.sign_in()
    await visitor.open("/console")
    await visitor.press("N")
    await visitor.press("A")
    await other.sign_in("Ben")
    assert 'aria-keyshortcuts="U"' not in await other.open(f"/console/comments/{comment}")
    await visitor.open(f"/console/comments/{comment}")
    await visitor.press("U")
    assert "Taken back" in visitor.page
    page = await visitor.open(f"/console/comments/{comment}")
    assert "taken back</strong> by <bdi>Anna</bdi>" in page
    assert "Go on with its case" in page
    assert 'aria-keyshortcuts="U"' not in page
    assert "<bdi>Anna</bdi> has its open case" in await other.open(f"/console/comments/{comment}")


async def test_the_sites_own_staff_are_told_from_moderators(visitor: Visitor, services: Services, site: SiteId) -> None:
    comment = await post(services, site, "Harmless.")
    decision = a_decision(
        comment, site_id=site, source=Source.SITE, action=Action.REJECT, reason=ReasonCode.SPAM, id=services.ids.new()
    )
    async with services.database.transaction() as connection:
        await decisions.append(connection, [decision])
    await visitor.sign_in()
    page = await visitor.open(f"/console/comments/{comment}")
    assert "rejected</strong>: <bdi>spam</bdi> by <bdi>the site’s own staff</bdi>," in page


async def test_the_policys_own_rejection_is_taken_back_by_anybody(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    comment = await post(services, site, "You scum.")
    await visitor.sign_in()
    assert "by <bdi>the policy, by itself</bdi>" in await visitor.open(f"/console/comments/{comment}")
    await visitor.press("U")
    assert "Taken back" in visitor.page


async def test_an_open_case_is_taken_from_its_comments_page(visitor: Visitor, services: Services, site: SiteId) -> None:
    comment = await post(services, site, "What an idiot.")
    await visitor.sign_in()
    await visitor.open(f"/console/comments/{comment}")
    page = await visitor.press("N")
    assert "Your decision" in page


async def test_a_blind_check_is_not_explained_before_it_is_decided(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    comment = await post(services, site, "You scum.")
    async with services.database.transaction() as connection:
        case = a_case(a_comment(comment_id=comment, site_id=site), weight=0.5, opened_at=services.now())
        await cases.open_many(connection, [replace(case, cause=Cause.SAMPLE)])
    await visitor.sign_in()
    page = await visitor.open(f"/console/comments/{comment}")
    assert "Decide this one without the machine: its scores are not shown." in page
    for hint in ("<mark", "meters", " %", "fake-1", "rejected", "policy 2", 'aria-keyshortcuts="U"'):
        assert hint not in page, hint
    await visitor.press("N")
    await visitor.press("A")
    assert "The machine’s verdict then" in await visitor.open(f"/console/comments/{comment}")


async def test_reports_are_told(visitor: Visitor, services: Services, site: SiteId) -> None:
    comment = await post(services, site, "Harmless.")
    await feedback.report(services, site, comment, reason=ReasonCode.SPAM, note="an <advert>")
    await visitor.sign_in()
    page = await visitor.open(f"/console/comments/{comment}")
    assert "spam: " in page
    assert html.escape("an <advert>") in page
    assert "Nothing spoke against it" in page


async def test_a_comment_that_no_model_scored_says_so(visitor: Visitor, services: Services, site: SiteId) -> None:
    services.scorer = FakeScorer(version=None)
    comment = await post(services, site, "Harmless.")
    await visitor.sign_in()
    page = await visitor.open(f"/console/comments/{comment}")
    assert "No model scored it" in page
    assert "meters" not in page


async def test_there_is_no_page_for_what_there_is_not(visitor: Visitor, services: Services, site: SiteId) -> None:
    await visitor.sign_in()
    for path in (
        "/console/comments/nothing",
        "/console/comments/a%00b",
        "/console/authors/id:nobody",
        "/console/authors/id:%00",
        "/console/articles",
        "/console/articles?url=https://news.example/none",
        f"/console/authors/id:nobody?site={site}x",
    ):
        await visitor.open(path)
        assert visitor.status == 404, path


# Authors and articles


async def test_an_authors_page_counts_and_lists_what_is_theirs_at_this_site(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await post(services, elsewhere, "Not here.")
    await post(services, site, "Fine.", "Good.", "Well.", "You scum.", "What an idiot.")
    await post(services, site, "Somebody else.", author=Author(id="other"))
    await visitor.sign_in()
    await visitor.open("/console/search?q=fine")
    (path,) = re.findall(r'<a href="(/console/authors/[^"]+)"', visitor.page)
    page = await visitor.open(html.unescape(path))
    assert texts_in(page) == ["What an idiot.", "You scum.", "Well.", "Good.", "Fine."]
    assert re.findall(r"<dd[^>]*>([^<]*)</dd>", page)[:4] == ["3", "1", "1", "25 %"]
    assert "No person has decided" in page
    await visitor.open("/console")
    await visitor.press("N")
    await visitor.press("2")
    page = await visitor.open(html.unescape(path))
    assert re.search(
        r'rejected</strong>: <bdi>insult</bdi> by <bdi>Anna</bdi>,.*?href="/console/comments/\w+"', page, re.DOTALL
    )


async def test_an_articles_page_lists_what_stands_there(visitor: Visitor, services: Services, site: SiteId) -> None:
    await post(services, site, "Fine.", "Good.")
    await post(services, site, "Elsewhere.", article=Article(url="https://news.example/other"))
    await visitor.sign_in()
    await visitor.open("/console/search?q=fine")
    (path,) = re.findall(r'<a href="(/console/articles[^"]+)"', visitor.page)
    page = await visitor.open(html.unescape(path))
    assert texts_in(page) == ["Good.", "Fine."]
    assert "The summit" in page
    assert "0 %" in page


async def test_many_comments_of_an_author_come_in_pages(visitor: Visitor, services: Services, site: SiteId) -> None:
    texts = [f"Gas, number {number}." for number in range(PAGE_ROWS + 1)]
    await post(services, site, *texts)
    await visitor.sign_in()
    for path in ("/console/authors/id:7%2Fx@y", f"/console/articles?url={'https://news.example/summit?a=1%26b=2'}"):
        first = texts_in(await visitor.open(path))
        more = next_page(visitor.page)
        assert more
        assert first + texts_in(await visitor.open(path.split("?")[0] + more)) == texts[::-1]
        assert next_page(visitor.page) is None


async def test_the_case_leads_to_its_author_and_article(visitor: Visitor, services: Services, site: SiteId) -> None:
    await post(services, site, "What an idiot.")
    await visitor.sign_in()
    await visitor.open("/console")
    page = await visitor.press("N")
    for path in re.findall(r'<a href="(/console/(?:authors/|articles)[^"]+)"', page):
        assert texts_in(await visitor.open(html.unescape(path))) == ["What an idiot."]


async def test_everything_that_a_site_sends_is_escaped(visitor: Visitor, services: Services, site: SiteId) -> None:
    evil = '"><img src=x onerror=alert(1)>\u202e'
    comment = Comment(
        id=CommentId(services.ids.new()),
        site_id=site,
        text=f"idiot {evil}",
        received_at=services.now(),
        article=Article(url=f"javascript:alert(1){evil}", title=evil, section=evil),
        author=Author(id=f"a{evil}/../", name=evil, url=f"javascript:alert(2){evil}"),
        lang='en" onclick="alert(3)',
    )
    await moderate(services, comment)
    await feedback.report(services, site, comment.id, reason=None, note=evil)
    await searching.index_new(services)
    await visitor.sign_in()
    found = await visitor.open("/console/search?q=%22%22%3E%3Cimg+onerror%3D+idiot")
    assert len(texts_in(found)) == 1
    paths = [f"/console/comments/{comment.id}", *re.findall(r'<a href="(/console/a[ru]\w+[^"]+)"', found)]
    assert len(paths) == 3
    for page in (found, *[await visitor.open(html.unescape(path)) for path in paths]):
        assert visitor.status == 200
        assert "<img" not in page
        assert "\u202e" not in page
        assert 'onclick="' not in page
        assert 'href="javascript' not in page
        assert "<style" not in page
        assert "style=" not in page
