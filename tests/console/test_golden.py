"""The golden set's page: administrators add and remove, each within what they administer."""

import pytest

from moderator.domain.golden import Wanted
from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.services import Services
from moderator.storage import golden
from moderator.usecases import manage
from moderator.usecases.golden import add_example
from tests.console.conftest import PASSWORD, Visitor
from tests.fakes import FakeScorer
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

PAGE = "/console/golden"


@pytest.fixture
async def admin(services: Services, visitor: Visitor, site: SiteId) -> Visitor:
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await visitor.sign_in("Ada")
    return visitor


@pytest.fixture
async def of_one_site(services: Services, other: Visitor, site: SiteId) -> Visitor:
    await manage.add_person(services, OPERATOR, "Lim", Role.ADMIN, only_sites=[site], password=PASSWORD)
    await other.sign_in("Lim")
    return other


async def _ids(services: Services) -> list[str]:
    async with services.database.read() as connection:
        return [one.id for one in await golden.list_examples(connection)]


async def test_a_sentence_is_added_judged_and_removed(admin: Visitor, services: Services, site: SiteId) -> None:
    assert "no sentences of your own" in await admin.open(PAGE)
    page = await admin.submit(PAGE, text="What an <i>idiot</i>.", wanted="allow", site=site)
    assert "Added." in page
    assert "What an &lt;i&gt;idiot&lt;/i&gt;." in page
    assert "held by the version in use" in page
    assert "judges 1 of 1 otherwise" in page
    page = await admin.submit(PAGE, text="Go away, scum.", wanted="block", site=site)
    assert "held, as you want" in page
    first, second = await _ids(services)
    await admin.submit(f"{PAGE}/{first}/remove")
    page = await admin.open(PAGE)
    assert "judges all of them as you want" in page
    assert await _ids(services) == [second]


async def test_what_passes_is_said_too_and_so_is_that_there_is_no_model(admin: Visitor, services: Services) -> None:
    await admin.open(PAGE)
    await admin.submit(PAGE, text="Good day.", wanted="block", site="")
    page = await admin.submit(PAGE, text="Good morning.", wanted="allow", site="")
    assert "passes with the version in use" in page
    assert "passes, as you want" in page
    services.scorer = FakeScorer(version=None)
    assert "no model in use" in await admin.open(PAGE)


async def test_what_is_blank_or_neither_is_refused(admin: Visitor, services: Services, site: SiteId) -> None:
    await admin.open(PAGE)
    await admin.submit(PAGE, text="  ", wanted="allow", site=site)
    assert admin.status == 422
    await admin.open(PAGE)
    await admin.submit(PAGE, text="Good day.", wanted="perhaps", site=site)
    assert admin.status == 422
    assert await _ids(services) == []


async def test_an_administrator_of_one_site_changes_that_one_alone(
    of_one_site: Visitor, services: Services, site: SiteId
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    shared = await add_example(services, OPERATOR, "For all.", Wanted.ALLOW, site_id=None)
    foreign = await add_example(services, OPERATOR, "For others.", Wanted.ALLOW, site_id=elsewhere)
    page = await of_one_site.open(PAGE)
    assert "For all." in page
    assert "For others." not in page
    assert f"{PAGE}/{shared.id}/remove" not in page
    for fields, status in (({"site": ""}, 403), ({"site": elsewhere}, 404), ({"site": site}, 200)):
        await of_one_site.open(PAGE)
        await of_one_site.submit(PAGE, text="Mine.", wanted="allow", **fields)
        assert of_one_site.status == status
    for example, status in ((shared, 403), (foreign, 404)):
        await of_one_site.open(PAGE)
        await of_one_site.submit(f"{PAGE}/{example.id}/remove")
        assert of_one_site.status == status
    assert len(await _ids(services)) == 3


async def test_moderators_do_not_see_it(visitor: Visitor, site: SiteId) -> None:
    await visitor.sign_in()
    await visitor.open(PAGE)
    assert visitor.status == 403
