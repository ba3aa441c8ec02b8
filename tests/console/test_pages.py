"""What moderators do at the console, and what nobody else can."""

import html
import re
from dataclasses import replace

import pytest

from moderator.domain.comments import Article, Author, Comment
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Role
from moderator.domain.review import Cause, ReasonCode
from moderator.services import Services
from moderator.storage import cases, comments, decisions
from moderator.usecases import feedback, manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_case, a_comment, a_policy
from tests.console.conftest import BASE, PASSWORD, Visitor, comment_of, hold, told_in
from tests.fakes import Clock, FakeScorer
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def _decided(services: Services, person: str = "Anna") -> list[tuple[str, str | None, str | None]]:
    (found,) = [one for one in services.directory.people.values() if one.name == person]
    async with services.database.read() as connection:
        made = await decisions.by_person(connection, found.id, 50)
    return [(one.action.value, one.reason, one.note) for one in made]


async def test_signed_out_there_is_only_the_sign_in_page(visitor: Visitor, site: SiteId) -> None:
    page = await visitor.open("/console")
    assert visitor.status == 200
    assert 'name="name"' in page
    assert 'name="password"' in page
    assert "Queue" not in page
    await visitor.open("/console/queue")
    assert visitor.status == 401


async def test_a_wrong_password_says_nothing_about_the_name(visitor: Visitor) -> None:
    wrong = await visitor.sign_in(password="wrong")
    assert visitor.status == 401
    assert "The name or the password is wrong" in wrong
    other = await visitor.sign_in(name="Nobody", password="wrong")
    assert re.sub('nonce="[^"]+"', "", wrong) == re.sub('nonce="[^"]+"', "", other)


async def test_guessing_is_slowed_down(visitor: Visitor) -> None:
    for _ in range(10):
        await visitor.sign_in(password="wrong")
    await visitor.sign_in()
    assert visitor.status == 429


async def test_the_cookie_is_for_the_server_alone(visitor: Visitor) -> None:
    answer = await visitor.http.post(
        "/console/sign-in",
        data={"name": "Anna", "password": PASSWORD},
        headers={"origin": BASE},
        follow_redirects=False,
    )
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/"))
    assert "secure" not in cookie


async def test_behind_https_no_other_host_can_set_the_cookie(visitor: Visitor, services: Services) -> None:
    services.settings = services.settings.__class__(public_url="https://moderate.example")
    answer = await visitor.http.post(
        "/console/sign-in",
        data={"name": "Anna", "password": PASSWORD},
        headers={"origin": "https://moderate.example"},
        follow_redirects=False,
    )
    assert answer.headers["set-cookie"].startswith("__Host-moderator=")
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_behind_https_a_form_from_plain_http_is_refused(visitor: Visitor, services: Services) -> None:
    services.settings = services.settings.__class__(public_url="https://moderate.example")
    await visitor.submit("/console/sign-in", headers={"origin": "http://moderate.example"}, name="Anna", password="x")
    assert visitor.status == 403


async def test_every_page_lets_nothing_foreign_in(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site)
    await visitor.sign_in()
    for path in ("/console", "/console/queue", "/demo"):
        page = await visitor.open(path)
        policy = visitor.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert visitor.headers["x-frame-options"] == "DENY"
        assert visitor.headers["x-content-type-options"] == "nosniff"
        assert visitor.headers["cache-control"] == "no-store"
        assert "<style" not in page
        assert "style=" not in page
        assert "onclick" not in page
        assert "http://" not in page.replace(BASE, "")


async def test_an_unknown_page_and_method_are_no_pages(visitor: Visitor) -> None:
    await visitor.open("/console/nothing")
    assert visitor.status == 404
    assert (await visitor.http.get("/console/next")).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://evil.example/testserver"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_forms_of_other_sites_are_refused(
    visitor: Visitor, services: Services, site: SiteId, headers: dict[str, str]
) -> None:
    case = await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.submit(f"/console/cases/{case}/decision", headers=headers, action="approve", generation="1")
    assert visitor.status == 403
    await visitor.submit("/console/sign-in", headers=headers, name="Anna", password=PASSWORD)
    assert visitor.status == 403
    assert await _decided(services) == []


async def test_a_form_without_its_token_is_refused(visitor: Visitor, services: Services, site: SiteId) -> None:
    case = await hold(services, site)
    await visitor.sign_in()
    for path in (
        f"/console/cases/{case}/decision",
        f"/console/cases/{case}/claim",
        f"/console/cases/{case}/release",
        "/console/next",
        "/console/sign-out",
        "/console/decisions/x/undo",
    ):
        await visitor.submit(path, csrf="wrong", action="approve", generation="0")
        assert visitor.status == 403, path
    assert await _decided(services) == []


async def test_deciding_shows_the_next_case_at_once(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "What an idiot.")
    await hold(services, site, "I will kill it.")
    page = await visitor.sign_in()
    assert "2 comments waiting" in page
    page = await visitor.press("N")
    assert "kill" in page
    page = await visitor.press("4", note="the police know")
    assert "Rejected: threat" in page
    assert "idiot" in page
    page = await visitor.press("A")
    assert ">Approved<" in page
    assert "Nothing is waiting" in page
    assert await _decided(services) == [("approve", None, None), ("reject", "threat", "the police know")]


async def test_undo_brings_the_case_back(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "What an idiot.")
    await hold(services, site, "I will kill it.")
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("A")
    page = await visitor.press("U")
    assert "I will" in page
    assert "Decided before" in page
    assert "A decision was taken back" in page
    assert "Taken back: the comment is held again" in page


async def test_after_an_undo_comes_the_case_that_was_in_hand(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await hold(services, site, "I will kill it.")
    await hold(services, site, "What an idiot.")
    await hold(services, site, "What an idiot, really.")
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("4")
    in_hand = comment_of(visitor.page)
    await visitor.press("U")
    assert "kill" in comment_of(visitor.page)
    await visitor.press("4")
    assert comment_of(visitor.page) == in_hand


async def test_undo_goes_back_one_decision_at_a_time(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "I will kill it.")
    await hold(services, site, "What an idiot.")
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("4")
    await visitor.press("2")
    assert "idiot" in comment_of(await visitor.press("U"))
    assert "Rejected: threat" in visitor.page
    assert "kill" in comment_of(await visitor.press("U"))
    assert "Undo" not in told_in(visitor.page)


async def test_what_cannot_be_taken_back_any_more_is_said(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("A")
    stale = visitor.page
    await visitor.press("U")
    visitor.page = stale
    assert "cannot be taken back any more" in await visitor.press("U")


async def test_an_erased_comment_offers_no_undo(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("A")
    async with services.database.read() as connection:
        (stored,) = await comments.list_approved(connection, site, 5)
    await feedback.erase(services, OPERATOR, site, stored.comment.id)
    page = await visitor.open("/console")
    assert "Undo" not in told_in(page)
    assert "idiot" not in page


async def test_a_decision_of_somebody_else_shows_no_undo(
    visitor: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("A")
    async with services.database.read() as connection:
        (anna,) = [one for one in services.directory.people.values() if one.name == "Anna"]
        (made,) = await decisions.by_person(connection, anna.id, 5)
    await other.sign_in("Ben")
    for trail in (made.id, "nonsense", "'; DROP TABLE decisions", f"{made.id}.nonsense.\u00e9"):
        other.http.cookies.set("moderator-done", trail.encode("ascii", "replace").decode(), path="/console")
        assert "Undo" not in told_in(await other.open("/console"))
        assert other.status == 200


async def test_a_skipped_case_goes_back_to_the_queue(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "What an idiot.")
    await hold(services, site, "I will kill it.")
    await visitor.sign_in()
    await visitor.press("N")
    page = await visitor.press("S")
    assert "back in the queue" in page
    assert "idiot" in comment_of(page)


async def test_skipping_reaches_every_case_and_then_stops(
    visitor: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    for text in ("I will kill it.", "What an idiot.", "What an idiot, again."):
        await hold(services, site, text)
    await visitor.sign_in()
    await visitor.press("N")
    seen = {comment_of(visitor.page)}
    for _ in range(2):
        seen.add(comment_of(await visitor.press("S")))
    assert len(seen) == 3
    assert "3 comments waiting" in await visitor.press("S")
    assert "kill" in comment_of(await visitor.press("N"))
    await other.sign_in("Ben")
    assert "Colleagues hold the 3 open cases" in await other.press("N")


async def test_after_a_skip_the_next_decision_does_not_bring_it_back(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    for text in ("I will kill it.", "What an idiot.", "What an idiot, again."):
        await hold(services, site, text)
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("S")
    assert "idiot" in comment_of(await visitor.press("2"))
    assert "Undo" in told_in(visitor.page)


async def test_pressing_next_twice_hoards_nothing(visitor: Visitor, services: Services, site: SiteId) -> None:
    for _ in range(8):
        await hold(services, site)
    await visitor.sign_in()
    start = visitor.page
    await visitor.press("N")
    visitor.page = start
    await visitor.press("N")
    async with services.database.read() as connection:
        assert (await cases.queue_size(connection)).claimed == review.HAND == 3


async def test_a_decision_pressed_twice_decides_one_case(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "I will kill it.")
    await hold(services, site, "What an idiot.")
    await visitor.sign_in()
    await visitor.press("N")
    stale = visitor.page
    await visitor.press("4")
    visitor.page = stale
    page = await visitor.press("4")
    assert "had moved on" in page
    assert "idiot" in comment_of(page)
    assert await _decided(services) == [("reject", "threat", None)]


async def test_a_case_that_has_moved_on_is_not_decided(
    visitor: Visitor, other: Visitor, services: Services, site: SiteId, clock: Clock
) -> None:
    await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    clock.forward(minutes=11)
    assert await review.release_expired(services) == 1
    await other.sign_in("Ben")
    await other.press("N")
    page = await visitor.press("2")
    assert "had moved on" in page
    assert await _decided(services) == []
    await other.press("2")
    assert await _decided(services, "Ben") == [("reject", "insult", None)]


async def test_a_case_may_be_taken_from_the_queue(visitor: Visitor, services: Services, site: SiteId) -> None:
    first = await hold(services, site, "What an idiot.")
    await hold(services, site, "I will kill it.")
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.open("/console/queue")
    page = await visitor.submit(f"/console/cases/{first}/claim")
    assert "idiot" in page
    page = await visitor.open("/console/queue")
    assert page.count("Go on") == 1


async def test_the_queue_says_who_holds_what(
    visitor: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    await hold(services, site)
    await other.sign_in("Ben")
    await other.press("N")
    await visitor.sign_in()
    assert "Colleagues hold" in visitor.page
    assert "Ben has it" in await visitor.open("/console/queue")


async def test_the_queue_says_in_few_words_why(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "What an idiot, see 1.example/a 2.example/b 3.example/c")
    await hold(services, site, "Hidden\u200bwords")
    await visitor.sign_in()

    page = " ".join((await visitor.open("/console/queue")).split())

    assert "· insult 60 % · links · waits" in page
    assert (
        "· The text hides its words: mixed alphabets, unseen characters, moved letters, missing spaces · waits" in page
    )


async def test_people_of_another_site_see_nothing(visitor: Visitor, services: Services, site: SiteId) -> None:
    elsewhere = await manage.add_site(services, OPERATOR, "Other")
    await manage.add_person(
        services, OPERATOR, "Lim", Role.MODERATOR, only_sites=[elsewhere.site.id], password=PASSWORD
    )
    case = await hold(services, site)
    assert "Nothing is waiting" in await visitor.sign_in("Lim")
    assert "idiot" not in await visitor.open("/console/queue")
    await visitor.submit(f"/console/cases/{case}/claim")
    assert visitor.status == 404


async def test_hostile_text_is_escaped(visitor: Visitor, services: Services, site: SiteId) -> None:
    text = "<script>alert('idiot')</script>\u202egnorw\u200b & \"quoted\""
    await hold(services, site, text)
    await visitor.sign_in()
    for page in (await visitor.press("N"), await visitor.open("/console/queue")):
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert "\u202e" not in page
        assert "\u200b" not in page
        assert "RLO" in page


async def test_everything_that_a_page_of_a_site_sends_is_escaped(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    evil = '"><img src=x onerror=alert(1)>\u202e'
    comment = Comment(
        id=CommentId(services.ids.new()),
        site_id=site,
        text=f"idiot {evil}",
        received_at=services.now(),
        article=Article(url=f"javascript:alert(1){evil}", title=evil, section=evil),
        author=Author(id="a", name=evil, url=f"javascript:alert(2){evil}"),
        lang='en" onclick="alert(3)',
    )
    await moderate(services, comment)
    await visitor.sign_in()
    for page in (await visitor.press("N"), await visitor.open("/console/queue")):
        assert "<img" not in page
        assert "\u202e" not in page
        assert 'onclick="' not in page
        assert 'href="javascript' not in page


async def test_personal_data_in_a_comment_is_masked_until_it_is_asked_for(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await hold(services, site, "Ring +49 30 23125 123")
    await visitor.sign_in()
    text = comment_of(await visitor.press("N"))
    assert '<span class="masked">+•• •• ••••• •23</span><span class="bare">+49 30 23125 123</span>' in text
    assert "The text contains a phone number." in visitor.page


async def test_links_in_a_comment_are_words(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "Idiot, see https://win.example/now")
    await visitor.sign_in()
    page = await visitor.press("N")
    assert "https://win.example/now" in page
    assert 'href="https://win' not in page


async def test_the_case_says_why_a_person_is_asked(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "What an idiot. I will kill it.")
    await visitor.sign_in()
    page = await visitor.press("N")
    assert '<mark class="strong" title="insult, 100% of the evidence">idiot</mark>' in page
    assert "held from 50 %" in page
    assert "6 low scores" in page
    assert 'class="tick"' in page
    assert "Model fake-1, policy 2" in page
    assert "The site does not say who this is." in page


async def test_the_record_of_an_author_is_told(visitor: Visitor, services: Services, site: SiteId) -> None:
    for text in ("Fine.", "Good.", "You scum.", "What an idiot."):
        await moderate(services, a_comment(text, site_id=site, received_at=services.now(), author=Author(id="j")))
    await visitor.sign_in()
    page = await visitor.press("N")
    assert "2 published" in page
    assert "1 rejected" in page


async def test_a_sample_is_shown_without_the_machine(visitor: Visitor, services: Services, site: SiteId) -> None:
    done = await moderate(services, a_comment("You scum.", site_id=site, received_at=services.now()))
    async with services.database.transaction() as connection:
        case = a_case(a_comment(comment_id=done.outcome.comment_id, site_id=site), weight=0.5, opened_at=services.now())
        await cases.open_many(connection, [replace(case, cause=Cause.SAMPLE)])
    await visitor.sign_in()
    assert "%" not in await visitor.open("/console/queue")
    await visitor.open("/console")
    page = await visitor.press("N")
    assert "Decide this one without the machine: its scores are not shown." in page
    for hint in ("<mark", "meters", " %", "fake-1", "low scores", "check on the machine"):
        assert hint not in page, hint


async def test_an_unscored_comment_says_so(visitor: Visitor, services: Services, site: SiteId) -> None:
    services.scorer = FakeScorer(version=None)
    await hold(services, site)
    await visitor.sign_in()
    page = await visitor.press("N")
    assert "No model scored it" in page
    assert "meters" not in page


async def test_reports_and_reasons_are_told(visitor: Visitor, services: Services, site: SiteId) -> None:
    done = await moderate(services, a_comment("Harmless.", site_id=site, received_at=services.now()))
    await feedback.report(services, site, done.outcome.comment_id, reason=ReasonCode.SPAM, note="an <advert>")
    await visitor.sign_in()
    page = await visitor.press("N")
    assert "A reader reported it" in page
    assert html.escape("an <advert>") in page


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "explode", "generation": "1"},
        {"action": "approve", "generation": "one"},
        {"action": "approve"},
        {"reason": "boredom", "generation": "1"},
        {"reason": "other", "generation": "1", "note": "x" * 2_001},
    ],
)
async def test_a_form_that_our_page_never_sends_changes_nothing(
    visitor: Visitor, services: Services, site: SiteId, fields: dict[str, str]
) -> None:
    case = await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.submit(f"/console/cases/{case}/decision", **fields)
    assert visitor.status == 422
    assert await _decided(services) == []


async def test_a_body_that_is_no_form_is_refused(visitor: Visitor) -> None:
    for body, status in ((b"\xff\xfe", 422), (b"x" * 40_000, 422), (b"name", 422), (b"name=a%00b", 422)):
        answer = await visitor.http.post("/console/sign-in", content=body)
        assert answer.status_code == status
    answer = await visitor.http.post("/console/sign-in", content=b"", headers={"content-encoding": "gzip"})
    assert answer.status_code == 415


async def test_signing_out_gives_back_what_was_in_hand(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    page = await visitor.submit("/console/sign-out")
    assert 'name="password"' in page
    await visitor.open("/console/queue")
    assert visitor.status == 401
    await visitor.sign_in("Ben")
    assert "1 comment waiting" in visitor.page


async def test_a_session_ends(visitor: Visitor, services: Services, clock: Clock) -> None:
    await visitor.sign_in()
    clock.forward(minutes=services.settings.session_seconds / 60 + 1)
    await visitor.open("/console/queue")
    assert visitor.status == 401


async def test_the_demo_page_is_there_on_the_demo_site_only(visitor: Visitor, services: Services) -> None:
    await visitor.open("/demo")
    assert visitor.status == 404
    added = await manage.add_demo(services, OPERATOR)
    assert added is not None
    page = await visitor.open("/demo")
    assert visitor.status == 200
    assert "The Kremlin and Europe" in page
    assert added[0].public_key in page
    assert added[0].key not in page
    trap = re.search(r'<p class="unseen" aria-hidden="true">.*?<input ([^>]*)>', page)
    assert trap is not None
    assert {'name="website"', 'tabindex="-1"', 'autocomplete="off"'} <= set(trap[1].split())


async def test_a_reader_of_the_demo_is_told_and_then_read(visitor: Visitor, services: Services) -> None:
    added = await manage.add_demo(services, OPERATOR)
    assert added is not None
    await manage.set_policy(services, OPERATOR, added[0].site.id, a_policy())
    headers = {"authorization": f"Bearer {added[0].public_key}", "origin": services.settings.address}
    for text, status in (("The harvest was good.", "approved"), ("What an idiot.", "held")):
        answer = await visitor.http.post("/v1/comments", json={"text": text}, headers=headers)
        assert answer.json()["status"] == status
        assert answer.json()["message"]
    page = await visitor.open("/demo")
    assert "The harvest was good." in page
    assert "idiot" not in page
    await visitor.open("/console")
    await visitor.sign_in()
    await visitor.press("N")
    await visitor.press("A")
    assert "What an idiot." in await visitor.open("/demo")


async def test_published_comments_are_escaped_and_their_links_bring_no_fame(
    visitor: Visitor, services: Services
) -> None:
    added = await manage.add_demo(services, OPERATOR)
    assert added is not None
    text = '<b>Bold</b>\u202e javascript:alert(1) see https://a.example/"onclick=x, and http://b.example/x?y=1&z=2.'
    await moderate(
        services,
        a_comment(text, site_id=added[0].site.id, received_at=services.now(), author=Author(name="<i>\u202eIda")),
    )
    page = await visitor.open("/demo")
    assert "<b>" not in page
    assert "<i>" not in page
    assert "\u202e" not in page
    assert 'href="javascript' not in page
    assert '<a href="https://a.example/" rel="nofollow ugc noopener">https://a.example/</a>' in page
    assert 'href="http://b.example/x?y=1&amp;z=2"' in page
    assert page.count("<a href") == page.count('rel="nofollow ugc noopener"') + 1  # The link to the console.


async def test_static_files_are_served(visitor: Visitor) -> None:
    for name, kind in (("console.css", "text/css"), ("console.js", "javascript"), ("icon.svg", "image/svg")):
        await visitor.open(f"/console/static/{name}")
        assert visitor.status == 200
        assert kind in visitor.headers["content-type"]
    await visitor.open("/console/static/../views.py")
    assert visitor.status == 404


async def test_the_demo_takes_a_comment_without_a_script(visitor: Visitor, services: Services) -> None:
    added = await manage.add_demo(services, OPERATOR)
    assert added is not None
    await manage.set_policy(services, OPERATOR, added[0].site.id, a_policy(duplicate_limit=0))
    page = await visitor.open("/demo")
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    page = await visitor.submit("/demo", author="Anna", text="A fine <b>summit</b>.", **form)
    assert visitor.status == 200
    assert '<p id="answer" role="status" data-status="approved">Your comment is published.</p>' in page
    assert "A fine &lt;b&gt;summit&lt;/b&gt;." in page
    await visitor.submit("/demo", author="Anna", text="A fine <b>summit</b>.", **form)
    assert visitor.page.count("A fine &lt;b&gt;summit") == 1  # The same form twice is one comment.
    page = await visitor.submit("/demo", author="", text="What an idiot.")
    assert 'data-status="held">Thank you. Your comment will be read before it is published.</p>' in page
    assert "What an idiot" not in page
    page = await visitor.submit("/demo", author="Robot", text="A fine summit.", website="http://pills.example")
    assert 'data-status="rejected">Your comment was not published' in page
    assert "Robot" not in page


@pytest.mark.parametrize(("text", "says"), [(" \n", "Please write a comment first."), ("x" * 20_001, "is too long")])
async def test_what_the_demo_does_not_take_is_told_and_kept(
    visitor: Visitor, services: Services, text: str, says: str
) -> None:
    await manage.add_demo(services, OPERATOR)
    await visitor.open("/demo")
    page = await visitor.submit("/demo", author="Anna", text=text)
    assert visitor.status == 422
    assert says in page
    assert 'value="Anna"' in page


async def test_the_demo_takes_no_form_from_elsewhere_and_none_where_it_is_not(
    visitor: Visitor, services: Services
) -> None:
    await visitor.submit("/demo", text="A fine summit.")
    assert visitor.status == 404
    await manage.add_demo(services, OPERATOR)
    await visitor.submit("/demo", text="A fine summit.", headers={"origin": "https://evil.example"})
    assert visitor.status == 403
