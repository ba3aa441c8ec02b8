"""What moderators do at the console, and what nobody else can."""

import html

import pytest

from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.services import Services
from moderator.storage import decisions
from moderator.usecases import feedback, manage, review
from tests.console.conftest import BASE, PASSWORD, Visitor, hold
from tests.fakes import Clock
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
    assert wrong == await visitor.sign_in(name="Nobody", password="wrong")


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


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
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
    assert "Approved." in page
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
    await visitor.open("/console/queue")
    assert visitor.page.count("Take<") == 1


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
    assert "Undo" not in await other.open(f"/console?done={made.id}")
    assert "Undo" not in await other.open("/console?done=nonsense")


async def test_a_skipped_case_goes_back_to_the_queue(visitor: Visitor, services: Services, site: SiteId) -> None:
    await hold(services, site, "What an idiot.")
    await hold(services, site, "I will kill it.")
    await visitor.sign_in()
    await visitor.press("N")
    page = await visitor.press("S")
    assert "back in the queue" in page
    assert "idiot" in page


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


async def test_reports_and_reasons_are_told(visitor: Visitor, services: Services, site: SiteId) -> None:
    from moderator.domain.review import ReasonCode
    from moderator.usecases.moderate import moderate
    from tests.builders import a_comment

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
    for body, status in ((b"\xff\xfe", 422), (b"x" * 40_000, 422), (b"name", 422)):
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
    assert added[0].public_key in page
    assert added[0].key not in page


async def test_static_files_are_served(visitor: Visitor) -> None:
    for name, kind in (("console.css", "text/css"), ("console.js", "javascript"), ("icon.svg", "image/svg")):
        await visitor.open(f"/console/static/{name}")
        assert visitor.status == 200
        assert kind in visitor.headers["content-type"]
    await visitor.open("/console/static/../views.py")
    assert visitor.status == 404
