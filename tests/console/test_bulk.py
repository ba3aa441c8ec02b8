"""Deciding together at the console: choose, look, confirm, take back; and what the pages refuse."""

import re

import pytest

from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.services import Services
from moderator.usecases import manage
from tests.builders import a_policy, sighted
from tests.console.conftest import PASSWORD, Visitor, hold
from tests.console.test_alike import campaign
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


def _text(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def _hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the form that decides, as the page in view has them."""
    form = page.split('action="/console/bulk')[-1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


async def _holds(services: Services, site: SiteId, number: int) -> list[str]:
    return [await hold(services, site, sighted(f"What an idiot, number {n} <b>now</b>.")) for n in range(number)]


@pytest.fixture
async def anna(visitor: Visitor, site: SiteId) -> Visitor:
    await visitor.open("/console")
    await visitor.sign_in()
    return visitor


async def test_a_band_is_chosen_confirmed_decided_and_taken_back(
    anna: Visitor, services: Services, site: SiteId
) -> None:
    made = await _holds(services, site, 12)
    assert "/console/bulk" in await anna.open("/console/queue")

    page = await anna.open("/console/bulk?label=insult&from=50&to=70")
    assert "12 waiting comments score 50 to 70 % for insult" in _text(page)
    assert page.count('name="leave_') == 10
    assert "<b>now" not in page
    assert "<mark" in page

    page = await anna.submit(
        "/console/bulk/confirm",
        **_hidden(page),
        act="reject",
        reason="insult",
        note="a <i>wave</i>",
        **{f"leave_{made[0]}": "on"},
    )
    assert "Reject 11 comments on News because of insult?" in _text(page)
    assert "The 1 that you left out stays in the queue." in _text(page)
    assert "a &lt;i&gt;wave" in page

    page = await anna.submit("/console/bulk", **_hidden(page))
    assert "11 comments rejected: insult" in _text(page)
    assert "decided by Anna" in _text(page)
    assert "meanwhile" not in _text(page)

    page = await anna.press("U")
    assert "11 of these decisions were taken back" in _text(page)
    assert "Undo" not in page.split("</main>")[0]
    assert "12 waiting comments" in _text(await anna.open("/console/bulk?label=insult&from=50&to=70"))


async def test_all_are_approved_without_a_reason(anna: Visitor, services: Services, site: SiteId) -> None:
    await _holds(services, site, 2)
    page = await anna.open(f"/console/bulk?site={site}&label=insult&from=0&to=100")
    page = await anna.submit("/console/bulk/confirm", **_hidden(page), act="approve", reason="spam")
    assert "Approve 2 comments on News?" in _text(page)

    page = await anna.submit("/console/bulk", **_hidden(page))

    assert "2 comments approved" in _text(page)


async def test_what_colleagues_did_meanwhile_is_said(
    anna: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    await _holds(services, site, 5)
    page = await anna.open("/console/bulk?label=insult")
    await other.open("/console")
    await other.sign_in("Ben")
    await other.press("N")
    await other.press("A")  # And three more are in Ben's hand.
    await _holds(services, site, 1)

    page = await anna.submit("/console/bulk/confirm", **_hidden(page), act="reject", reason="spam")
    assert "4 of them have been decided or taken in hand by colleagues" in _text(page)
    assert "1 more has come, which you have not been shown" in _text(page)
    page = await anna.submit("/console/bulk", **_hidden(page))

    assert "1 comment rejected: spam" in _text(page)
    assert "4 were decided or taken in hand by colleagues meanwhile" in _text(page)
    page = await other.open(anna_path := re.findall(r'action="(/console/bulk/\w+)/undo"', page)[0])
    assert "decided by Anna" in _text(page)
    assert "/undo" not in page.split("</main>")[0]
    await other.submit(f"{anna_path}/undo")
    assert other.status == 403
    assert "colleagues have 3 such cases in hand" in _text(await anna.open("/console/bulk?label=insult"))


async def test_a_campaign_is_reached_from_its_case_and_from_the_list(
    anna: Visitor, services: Services, site: SiteId
) -> None:
    await campaign(services, site, 6)
    listed = await anna.open("/console/bulk")
    assert "The largest groups of comments that are alike" in listed
    (path,) = re.findall(r'href="(/console/bulk\?site=[^"]+)"', listed)
    await anna.open("/console")
    assert path in await anna.press("N")

    page = await anna.open(path.replace("&amp;", "&"))
    assert "3 waiting comments that are alike" in _text(page)
    assert 'name="from"' not in page
    page = await anna.submit("/console/bulk/confirm", **_hidden(page), act="reject", reason="duplicate")
    page = await anna.submit("/console/bulk", **_hidden(page))

    assert "3 comments rejected: duplicate" in _text(page)


@pytest.mark.parametrize("fields", ["from=70&to=50", "from=x", "to=101", "label=nonsense"])
async def test_a_band_that_is_none_is_explained(anna: Visitor, site: SiteId, fields: str) -> None:
    page = await anna.open(f"/console/bulk?label=insult&{fields}")

    assert anna.status == 422
    assert 'role="alert"' in page
    assert 'action="/console/bulk/confirm"' not in page


async def test_with_several_sites_one_is_chosen(anna: Visitor, services: Services, site: SiteId) -> None:
    other_site = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await manage.set_policy(services, OPERATOR, other_site, a_policy())
    await _holds(services, site, 1)
    await hold(services, other_site, sighted("Another idiot."))

    page = await anna.open("/console/bulk?label=insult")
    assert anna.status == 422
    assert "Choose a site first" in page
    page = await anna.open(f"/console/bulk?label=insult&site={other_site}")
    assert "1 waiting comment scores 0 to 100 % for insult · Elsewhere" in _text(page)
    await anna.open("/console/bulk?label=insult&site=nowhere")
    assert anna.status == 404
    await anna.open(f"/console/bulk?campaign=%00&site={site}")
    assert anna.status == 404


async def test_a_form_that_our_page_does_not_send_is_refused(anna: Visitor, services: Services, site: SiteId) -> None:
    (case,) = await _holds(services, site, 1)
    page = await anna.open("/console/bulk?label=insult")
    fields = _hidden(page)

    for changed in (
        {"act": "reject"},
        {"act": "hold"},
        {"act": "reject", "reason": "nonsense"},
        {"act": "approve", "label": ""},
        {"act": "approve", "cases": "<b>"},
        {"act": "approve", f"leave_{case}": "on"},
    ):
        await anna.open("/console/bulk?label=insult")
        await anna.submit("/console/bulk/confirm", **{**fields, **changed})
        assert anna.status == 422, changed
    await anna.open("/console/bulk?label=insult")
    await anna.submit("/console/bulk", **{**fields, "act": "approve", "csrf": "wrong"})
    assert anna.status == 403


async def test_a_band_without_cases_says_so_and_offers_nothing(anna: Visitor) -> None:
    page = await anna.open("/console/bulk?label=spam")

    assert "0 waiting comments" in _text(page)
    assert "/console/bulk/confirm" not in page


async def test_a_press_on_a_site_out_of_sight_does_not_exist(
    anna: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await manage.add_person(services, OPERATOR, "Cleo", Role.MODERATOR, password=PASSWORD, only_sites=[elsewhere])
    await _holds(services, site, 1)
    page = await anna.open(f"/console/bulk?label=insult&site={site}")
    page = await anna.submit("/console/bulk/confirm", **_hidden(page), act="approve")
    page = await anna.submit("/console/bulk", **_hidden(page))
    (path,) = re.findall(r'action="(/console/bulk/\w+)/undo"', page)
    await other.open("/console")
    await other.sign_in("Cleo")

    await other.open(path)
    assert other.status == 404
    await other.open(f"/console/bulk?label=insult&site={site}")
    assert other.status == 404
