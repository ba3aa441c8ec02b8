"""The site's own reasons: an administrator words them, moderators reject for them, and the decision keeps them."""

import html
import re

import pytest

from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.domain.reasons import DEFAULT_REASONS, Ground, ReasonCode, SiteReason
from moderator.domain.sites import SiteSettings
from moderator.services import Services
from moderator.storage import audit, decisions
from moderator.usecases import manage
from tests.console.conftest import PASSWORD, Visitor, hold, told_in
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

OWN = (
    SiteReason(name="Grob <b>", key="1", reason=ReasonCode.INSULT, reference="Netiquette, 4"),
    SiteReason(name="Hetze", key="H", reason=ReasonCode.HATE, ground=Ground.LAW, reference="StGB § 130"),
)


@pytest.fixture
async def admin(services: Services, other: Visitor, site: SiteId) -> Visitor:
    """Ada, an administrator, signed in."""
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await other.sign_in("Ada")
    return other


def fields_of(page: str) -> dict[str, str]:
    """Return what the page's form would send if nobody touched it."""
    found = dict(re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        (found[name],) = re.findall(r'<option value="(\w+)" selected', options)
    return {name: html.unescape(value) for name, value in found.items() if name != "csrf"}


async def test_an_administrator_words_reorders_and_takes_away(admin: Visitor, services: Services, site: SiteId) -> None:
    page = await admin.open("/console/reasons")
    fields = fields_of(page)
    assert [fields[f"name_{row}"] for row in (0, 6, 12, 13)] == ["spam", "personal data", "other", ""]
    for row in range(13):
        if row not in (1, 2):
            fields[f"name_{row}"] = ""
    fields |= {"name_1": "Grob <b>", "place_1": "9", "key_1": "z", "reference_1": " Netiquette, 4 "}
    fields |= {"name_13": "Hetze", "place_13": "1", "key_13": "8", "reason_13": "hate"}
    fields |= {"ground_13": "law", "reference_13": "StGB § 130"}
    page = await admin.submit(f"/console/sites/{site}/reasons", act="save", **fields)
    assert "Saved." in page
    assert services.site(site).settings.reasons == (
        SiteReason(name="Hetze", key="8", reason=ReasonCode.HATE, ground=Ground.LAW, reference="StGB § 130"),
        SiteReason(name="hate", key="3", reason=ReasonCode.HATE),
        SiteReason(name="Grob <b>", key="Z", reason=ReasonCode.INSULT, reference="Netiquette, 4"),
    )
    assert "<b>" not in page
    async with services.database.read() as connection:
        ((_, entry),) = await audit.recent(connection, limit=1)
    assert (entry.action, entry.subject_id) == ("site.changed", site)
    await admin.submit(f"/console/sites/{site}/reasons", act="reset")
    assert services.site(site).settings.reasons == DEFAULT_REASONS


async def test_what_a_site_may_not_have_is_said_at_its_field(admin: Visitor, services: Services, site: SiteId) -> None:
    fields = fields_of(await admin.open(f"/console/sites/{site}/reasons"))
    fields |= {"key_0": "A", "name_2": "INSULT"}
    page = await admin.submit(f"/console/sites/{site}/reasons", act="save", **fields)
    assert admin.status == 422
    for row, part, says in (
        (0, "key", "the console uses this key itself"),
        (2, "name", "another reason has this name"),
        (8, "reference", "a reason that rests on the law names the paragraph"),
    ):
        assert f'<p class="fault" id="fault-{part}-{row}">{says}</p>' in page
        assert re.search(rf'name="{part}_{row}"[^>]* aria-invalid="true" aria-describedby="fault-{part}-{row}"', page)
    assert fields_of(page)["name_2"] == "INSULT"
    assert services.site(site).settings.reasons == DEFAULT_REASONS


async def test_no_reasons_at_all_and_choices_that_there_are_not_are_refused(
    admin: Visitor, services: Services, site: SiteId
) -> None:
    path = f"/console/sites/{site}/reasons"
    seen = fields_of(await admin.open(path))["seen"]
    page = await admin.submit(path, act="save", seen=seen)
    assert (admin.status, "1 to 30 reasons" in page) == (422, True)
    await admin.open(path)
    await admin.submit(path, act="save", seen=seen, name_0="x", key_0="1", reason_0="boredom", ground_0="terms")
    assert admin.status == 404
    assert services.site(site).settings.reasons == DEFAULT_REASONS


async def test_two_who_change_the_list_do_not_overwrite_each_other(
    admin: Visitor, services: Services, site: SiteId
) -> None:
    path = f"/console/sites/{site}/reasons"
    fields = {**fields_of(await admin.open(path)), "name_0": "mine"}
    await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=OWN))
    page = await admin.submit(path, act="save", **fields)
    assert "Somebody else changed this list meanwhile" in page
    assert fields_of(page)["name_0"] == "mine"
    assert services.site(site).settings.reasons == OWN


async def test_only_administrators_change_reasons_and_only_of_their_sites(
    visitor: Visitor, admin: Visitor, services: Services, site: SiteId
) -> None:
    await visitor.sign_in()
    await visitor.open(f"/console/sites/{site}/reasons")
    assert visitor.status == 403
    await visitor.open("/console")
    await visitor.submit(f"/console/sites/{site}/reasons", act="reset")
    assert visitor.status == 403
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    page = await admin.open("/console/reasons")
    assert f'<a href="/console/sites/{elsewhere}/reasons">' in page
    await manage.add_person(services, OPERATOR, "Lim", Role.ADMIN, only_sites=[elsewhere], password=PASSWORD)
    await admin.submit("/console/sign-out")
    await admin.sign_in("Lim")
    await admin.open(f"/console/sites/{site}/reasons")
    assert admin.status == 404


async def test_moderators_reject_for_the_sites_own_reasons(visitor: Visitor, services: Services, site: SiteId) -> None:
    await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=OWN))
    await hold(services, site)
    await visitor.sign_in()
    assert "reject: Grob &lt;b&gt;" in visitor.page  # The list of keys knows before a case is in hand.
    page = await visitor.press("N")
    assert "reject: Hetze" in page
    assert "reject: spam" not in page
    page = await visitor.press("1")
    assert "Rejected: Grob &lt;b&gt;" in told_in(page)
    (anna,) = [one for one in services.directory.people.values() if one.name == "Anna"]
    async with services.database.read() as connection:
        (made,) = await decisions.by_person(connection, anna.id, 5)
    assert (made.reason, made.site_reason) == (ReasonCode.INSULT, "Grob <b>")
    page = await visitor.open(f"/console/comments/{made.comment_id}")
    assert "rejected</strong>: <bdi>Grob &lt;b&gt;</bdi> by <bdi>Anna</bdi>" in page
    assert "on the ground of the site’s rules (<bdi>Netiquette, 4</bdi>)" in page


async def test_a_reason_that_is_gone_meanwhile_decides_nothing(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await hold(services, site)
    await visitor.sign_in()
    await visitor.press("N")
    await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=OWN))
    page = await visitor.press("1")  # It says spam on the page.
    assert visitor.status == 422
    assert "the site has no reason of this name" in page


async def test_where_sites_differ_the_keys_are_those_of_the_case(
    visitor: Visitor, services: Services, site: SiteId
) -> None:
    await manage.add_site(services, OPERATOR, "Elsewhere")
    await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=OWN))
    await hold(services, site)
    await visitor.sign_in()
    assert "reject: spam" in visitor.page
    assert "reject: Hetze" in await visitor.press("N")
    assert "reject, for the reason on the button" in await visitor.open("/console/queue")
