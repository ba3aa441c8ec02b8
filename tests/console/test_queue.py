"""The queue's page: filters and their counts, pages, who holds what, numbers explained; and reviewing a part of it."""

import re
from dataclasses import replace

import pytest

from moderator.console import queue
from moderator.domain.comments import Article, Author
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Role
from moderator.domain.policy import Action
from moderator.domain.review import Cause
from moderator.services import Services
from moderator.storage import cases
from moderator.storage.comments import Record, add
from moderator.usecases import feedback, manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_case, a_comment, a_policy, an_outcome, scores
from tests.console.conftest import PASSWORD, Visitor, comment_of, hold, told_in
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def held(
    services: Services,
    site: SiteId,
    text: str,
    *,
    section: str | None = None,
    author: Author | None = None,
    lang: str | None = None,
) -> str:
    """Post a comment that is held and return its case."""
    comment = a_comment(
        text,
        comment_id=services.ids.new(),
        site_id=site,
        article=Article(title="The summit", section=section),
        author=author,
        received_at=services.now(),
    )
    case = (await moderate(services, replace(comment, lang=lang))).outcome.case
    assert case is not None
    return case


def rows_of(page: str) -> list[str]:
    """Return the cases of a page, in order."""
    return re.findall(r'<li class="card[^>]*data-case="([\w-]+)"', page)


def options_of(page: str, name: str) -> list[str]:
    """Return what can be chosen in a filter, as it is written."""
    found = re.search(rf'<select id="{name}".*?</select>', page, re.DOTALL)
    return re.findall(r"<option[^>]*>(.*?)</option>", found[0])[1:] if found else []


async def test_every_filter_shows_its_values_with_their_counts(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    for section, lang in (("politics", "de"), ("politics", "en"), ("sport", "en")):
        await held(services, site, f"What an idiot, {section} {lang}.", section=section, lang=lang)
    await held(services, site, "I will kill it.")
    await visitor.sign_in()

    page = await visitor.open("/console/queue")

    assert options_of(page, "section") == ["politics (2)", "sport (1)"]
    assert options_of(page, "lang") == ["English (2)", "German (1)"]
    assert options_of(page, "label") == ["insult (3)", "threat (1)"]
    assert options_of(page, "cause") == ["unsure (4)"]
    assert options_of(page, "site") == []  # There is one.
    page = await visitor.open("/console/queue?section=politics&lang=")
    assert len(rows_of(page)) == 2
    assert "<h1" in page
    assert "2 waiting</h1>" in page
    assert "of 4 altogether" in page
    assert options_of(page, "section") == ["politics (2)", "sport (1)"]
    assert options_of(page, "label") == ["insult (2)"]
    assert 'href="/console/queue"' in page  # The way back to everything.


async def test_a_filter_that_leaves_nothing_says_so(visitor: Visitor, services: Services, site: SiteId) -> None:
    await held(services, site, "What an idiot.", section="politics")
    await visitor.sign_in()
    page = await visitor.open("/console/queue?section=gardens")
    assert (visitor.status, rows_of(page)) == (200, [])
    assert "No case that waits is like this." in page
    assert "gardens (0)" in options_of(page, "section")


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("label=rude", 422, "label: there is no such label"),
        ("cause=whim", 422, "cause: there is no such cause"),
        ("lang=<b>", 422, "lang: not a language"),
        ("site=nowhere", 404, "There is no such site."),
        ("section=%00", 422, "U+0000"),
        ("author=" + "x" * 300, 422, "author: too long"),
        ("after=never", 422, "after: not a page"),
        ("after=1~nan~x", 422, "after: not a page"),
        ("after=9999999999999999~1~x", 422, "after: not a page"),
        ("after=-1~1~x", 422, "after: not a page"),
        ("after=1~1~x~last", 422, "after: not a page"),
    ],
)
async def test_what_no_filter_knows_is_said(visitor: Visitor, site: SiteId, query: str, status: int, said: str) -> None:
    await visitor.sign_in()
    page = await visitor.open(f"/console/queue?{query}")
    assert visitor.status == status
    assert said in page


async def test_filters_show_nothing_of_sites_that_are_not_theirs(visitor: Visitor, services: Services) -> None:
    sites = [(await manage.add_site(services, OPERATOR, name)).site.id for name in ("Here", "Too", "Elsewhere")]
    for site in sites:
        await manage.set_policy(services, OPERATOR, site, a_policy(duplicate_limit=0))
        await held(services, site, "What an idiot.", section=f"section of {site}")
    carla = await manage.add_person(
        services, OPERATOR, "Carla", Role.MODERATOR, only_sites=sites[:2], password=PASSWORD
    )
    assert carla.person.sites == tuple(sites[:2])
    await visitor.sign_in("Carla")
    page = await visitor.open("/console/queue")
    assert options_of(page, "site") == ["Here (1)", "Too (1)"] or options_of(page, "site") == ["Too (1)", "Here (1)"]
    assert len(options_of(page, "section")) == 2
    assert sites[2] not in page
    await visitor.open(f"/console/queue?site={sites[2]}")
    assert visitor.status == 404
    assert rows_of(await visitor.open(f"/console/queue?author=&section=section of {sites[2]}")) == []


async def test_a_blind_case_is_not_found_by_label_and_shows_no_number(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    comment = a_comment("A quiet remark.", site_id=site, comment_id=CommentId(services.ids.new()))
    outcome = replace(an_outcome(comment, verdict=Action.HOLD), scores=scores(threat=0.9))
    async with services.database.transaction() as connection:
        await add(connection, [Record(comment=comment, outcome=outcome)])
        await cases.open_many(connection, [replace(a_case(comment, opened_at=services.now()), cause=Cause.SAMPLE)])
    await visitor.sign_in()

    page = await visitor.open("/console/queue")

    assert options_of(page, "label") == []
    assert "threat" not in page.split("<dialog")[0]
    assert "urgency" not in page
    assert len(rows_of(await visitor.open("/console/queue?cause=borderline"))) == 1
    assert rows_of(await visitor.open("/console/queue?label=threat")) == []


async def test_the_number_is_explained(visitor: Visitor, services: Services, site: SiteId, clock: Clock) -> None:
    await held(services, site, "I will kill it.")
    clock.forward(minutes=39)
    await visitor.sign_in()
    page = await visitor.open("/console/queue")
    (said,) = re.findall(r'<summary title="([^"]*)">', page)
    assert re.fullmatch(r"[\d.]+ = [\d.]+ \(threat [\d.]+ × severity 1\.00\) × \(1 \+ 39 minutes waited\)", said)
    total, weight = re.findall(r"[\d.]+", said)[:2]
    assert float(total) == pytest.approx(float(weight) * 40, rel=0.02)
    assert page.count(said) == 2  # Once to point at, once to open.


async def test_a_reports_number_and_an_undone_ones_are_explained(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    fine = await moderate(services, a_comment("A quiet remark.", site_id=site, received_at=services.now()))
    await feedback.report(services, site, fine.outcome.comment_id, reason=None, note=None)
    await visitor.sign_in()
    assert "what a report weighs" in await visitor.open("/console/queue")
    await visitor.open("/console")
    await visitor.press("N")
    await visitor.press("A")
    await visitor.press("U")
    assert "set when the case was opened" in await visitor.open("/console/queue")


async def test_a_long_queue_is_read_page_by_page_each_case_once(
    visitor: Visitor, services: Services, site: SiteId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PAGE_ROWS", 3)
    opened = {await held(services, site, f"What an idiot, {n}.", section="sport") for n in range(7)}
    await visitor.sign_in()
    page = await visitor.open("/console/queue?section=sport")
    seen = rows_of(page)
    while following := re.search(r'href="([^"]+)" rel="next"', page):
        page = await visitor.open(following[1].replace("&amp;", "&"))
        assert "Back to the most urgent" in page
        seen += rows_of(page)
    assert len(seen) == 7
    assert set(seen) == opened


async def test_what_was_passed_on_stands_first_for_seniors_on_every_page(
    visitor: Visitor, other: Visitor, services: Services, site: SiteId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PAGE_ROWS", 2)
    anna = await manage.add_person(services, OPERATOR, "Alma", Role.MODERATOR, password=PASSWORD)
    await manage.add_person(services, OPERATOR, "Sara", Role.SENIOR, password=PASSWORD)
    grave = [await held(services, site, f"I will kill it, {n}.") for n in range(2)]
    passed = [await held(services, site, f"What an idiot, {n}.") for n in range(3)]
    for case in passed:
        await review.claim_case(services, anna.person, case)
        await review.escalate(services, anna.person, case)
    await visitor.sign_in("Sara")
    await other.sign_in("Alma")

    seen = rows_of(page := await visitor.open("/console/queue"))
    while following := re.search(r'href="([^"]+)" rel="next"', page):
        seen += rows_of(page := await visitor.open(following[1].replace("&amp;", "&")))

    assert (set(seen[:3]), set(seen[3:])) == (set(passed), set(grave))
    assert "What colleagues passed on stands first." in page
    page = await other.open("/console/queue")
    assert set(rows_of(page)) == set(grave)  # The most urgent first, for others.
    assert "What colleagues passed on" not in page


async def test_the_queue_says_who_holds_how_many(
    visitor: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    for n in range(5):
        await held(services, site, f"What an idiot, {n}.")
    for one, name in ((other, "Ben"), (visitor, "Anna")):
        await one.sign_in(name)
        await one.press("N")
    page = await visitor.open("/console/queue")
    assert "Ben holds 3" in page
    assert "you hold 2" in page
    assert page.count("Ben has it") == 3


@pytest.mark.parametrize("asked", ["id:reader-7", "reader-7", "rita"])
async def test_one_authors_cases_are_shown(visitor: Visitor, services: Services, site: SiteId, asked: str) -> None:
    theirs = await held(services, site, "What an idiot.", author=Author(id="reader-7", name="Rita"))
    await held(services, site, "What an idiot, again.", author=Author(id="reader-8", name="Rosa"))
    await visitor.sign_in()
    page = await visitor.open(f"/console/queue?author={asked}")
    assert rows_of(page) == [theirs]
    assert f"site={site}&amp;author=id%3Areader-7" in page  # The name leads there, too.


async def test_these_are_reviewed_and_nothing_else_until_it_is_taken_back(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await held(services, site, "I will kill it.", section="sport")
    for n in range(2):
        await held(services, site, f"What an idiot, {n}.", section="politics")
    await visitor.sign_in()
    await visitor.press("N")
    assert "kill" in comment_of(visitor.page)
    await visitor.open("/console/queue?section=politics")

    page = await visitor.submit("/console/only", section="politics")

    assert "idiot" in comment_of(page)
    assert re.search(r'class="chip">section <bdi>politics', page)
    assert "idiot" in comment_of(await visitor.press("2"))
    page = await visitor.press("2")
    assert "Nothing is left that is like this; 1 wait altogether." in page
    page = await visitor.submit("/console/only")
    assert "kill" in comment_of(page)
    assert "chip" not in page


async def test_only_what_is_within_the_filter_is_said_to_wait(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await held(services, site, "I will kill it.", section="sport")
    await held(services, site, "What an idiot.", section="politics")
    await visitor.sign_in()
    await visitor.submit("/console/only", section="politics")
    await visitor.press("S")
    assert "1 comment waiting" in visitor.page


async def test_a_filter_of_another_time_lets_everything_through(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await hold(services, site)
    await visitor.sign_in()
    for cookie in ("bGFiZWw9cnVkZQ==", "***", "_w==", "c2l0ZT1nb25l"):
        visitor.http.cookies.set("moderator-only", cookie, path="/console")
        page = await visitor.open("/console")
        assert (visitor.status, "chip" in page) == (200, False)


async def test_a_full_hand_gets_nothing_more_and_lasts_while_somebody_decides(
    visitor: Visitor, services: Services, site: SiteId, clock: Clock
) -> None:
    for n in range(6):
        await held(services, site, f"What an idiot, {n}.")
    await visitor.sign_in()
    await visitor.press("N")
    for _ in range(3):
        clock.forward(minutes=6)  # Together far longer than a claim.
        await review.release_expired(services)
        await visitor.press("2")
        assert "Rejected: insult" in told_in(visitor.page)
    async with services.database.read() as connection:
        assert (await cases.queue_size(connection)).claimed == 3
    clock.forward(minutes=11)
    assert await review.release_expired(services) == 3
