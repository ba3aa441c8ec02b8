"""People at the console: who may change whom, and that it holds at once."""

import re

import pytest

from moderator.domain.ids import SiteId
from moderator.domain.people import Person, Role
from moderator.services import Services
from moderator.storage import audit
from moderator.usecases import access, manage
from tests.console.conftest import PASSWORD, Visitor
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ada(services: Services) -> Person:
    return (await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)).person


@pytest.fixture
async def admin(ada: Person, visitor: Visitor) -> Visitor:
    await visitor.sign_in("Ada")
    return visitor


def person_of(services: Services, name: str) -> Person:
    (found,) = [one for one in services.directory.people.values() if one.name == name]
    return found


def shown_once(page: str) -> list[str]:
    """Return the secrets on a page that shows them once."""
    return re.findall(r"<dd><code><bdi>(.*?)</bdi></code></dd>", page)


async def _acts(services: Services, number: int) -> list[str]:
    async with services.database.read() as connection:
        return [entry.action.value for _, entry in await audit.recent(connection, limit=number)]


async def test_people_are_listed_with_role_and_when_they_were_here(admin: Visitor, other: Visitor) -> None:
    await other.sign_in("Anna")
    page = " ".join((await admin.open("/console/people")).split())
    assert admin.status == 200
    assert page.index(">Ada<") < page.index(">Anna<") < page.index(">Ben<")
    assert "Administrator" in page
    assert "signed in under a minute ago" in page
    assert "never signed in" in page
    assert "has decided nothing" in page


async def test_somebody_added_signs_in_with_the_password_that_is_shown_once(
    admin: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    await admin.open("/console/people")
    page = await admin.submit("/console/people", name="Sam", role="senior", reach="some", **{f"site-{site}": "on"})
    assert admin.headers["cache-control"] == "no-store"
    name, password = shown_once(page)
    assert name == "Sam"
    assert password not in await admin.open("/console/people")
    sam = person_of(services, "Sam")
    assert (sam.role, sam.sites) == (Role.SENIOR, (site,))
    await other.sign_in("Sam", password)
    assert other.status == 200
    assert "Queue" in other.page
    assert "person.added" in await _acts(services, 2)
    assert services.directory.find_person("pt_") is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "Anna"}, 409),
        ({"name": " "}, 422),
        ({"role": "owner"}, 422),
        ({"reach": "some"}, 422),
        ({"reach": ""}, 422),
    ],
)
async def test_a_person_that_cannot_be_is_refused(
    admin: Visitor, services: Services, site: SiteId, fields: dict[str, str], status: int
) -> None:
    await admin.open("/console/people")
    before = len(services.directory.people)
    await admin.submit("/console/people", **{"name": "Sam", "role": "moderator", "reach": "every", **fields})
    assert admin.status == status
    assert len(services.directory.people) == before


async def test_a_change_of_role_holds_where_somebody_is_signed_in(
    admin: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    await other.sign_in("Anna")
    await other.open("/console/people")
    assert other.status == 403
    anna = person_of(services, "Anna")
    await admin.open(f"/console/people/{anna.id}")
    page = await admin.submit(f"/console/people/{anna.id}/role", role="admin", reach="every")
    assert "Saved" in page
    await other.open("/console/people")
    assert other.status == 200
    await admin.submit(f"/console/people/{anna.id}/role", role="moderator", reach="some", **{f"site-{site}": "on"})
    await other.open("/console/people")
    assert other.status == 403
    assert person_of(services, "Anna").sites == (site,)
    assert (await _acts(services, 1)) == ["person.changed"]


async def test_a_new_password_replaces_the_old_one_and_ends_sessions(
    admin: Visitor, other: Visitor, services: Services
) -> None:
    await other.sign_in("Anna")
    anna = person_of(services, "Anna")
    await admin.open(f"/console/people/{anna.id}")
    _, password = shown_once(await admin.submit(f"/console/people/{anna.id}/password"))
    await other.open("/console/queue")
    assert other.status == 401
    await other.sign_in("Anna")
    assert other.status == 401
    await other.sign_in("Anna", password)
    assert other.status == 200


async def test_disabled_somebody_is_out_and_enabled_in_again(
    admin: Visitor, other: Visitor, services: Services
) -> None:
    await other.sign_in("Anna")
    anna = person_of(services, "Anna")
    await admin.open(f"/console/people/{anna.id}")
    page = await admin.submit(f"/console/people/{anna.id}/disable")
    assert "They are out" in page
    await other.open("/console/queue")
    assert other.status == 401
    await other.sign_in("Anna")
    assert other.status == 401
    page = await admin.submit(f"/console/people/{anna.id}/enable")
    assert "may sign in again" in page
    await other.sign_in("Anna")
    assert other.status == 200
    assert await _acts(services, 3) == ["session.started", "person.enabled", "person.disabled"]


async def test_tokens_are_issued_and_revoked(admin: Visitor, services: Services) -> None:
    anna = person_of(services, "Anna")
    await admin.open(f"/console/people/{anna.id}")
    (token,) = shown_once(await admin.submit(f"/console/people/{anna.id}/token"))
    assert access.person(services, token) == anna
    page = await admin.open(f"/console/people/{anna.id}")
    assert token not in page
    await admin.submit(f"/console/people/{anna.id}/token/revoke")
    assert services.directory.find_person(token) is None
    assert await _acts(services, 2) == ["tokens.revoked", "token.issued"]


async def test_sessions_are_ended_from_afar(admin: Visitor, other: Visitor, services: Services) -> None:
    await other.sign_in("Anna")
    anna = person_of(services, "Anna")
    page = " ".join((await admin.open(f"/console/people/{anna.id}")).split())
    assert "1 runs now" in page
    await admin.submit(f"/console/people/{anna.id}/sessions/end")
    await other.open("/console/queue")
    assert other.status == 401


async def test_nobody_locks_out_oneself_or_the_last_administrator(
    admin: Visitor, services: Services, ada: Person
) -> None:
    page = await admin.open(f"/console/people/{ada.id}")
    assert "This is you" in page
    assert "/disable" not in page
    for act, fields in (
        ("disable", {}),
        ("role", {"role": "moderator", "reach": "every"}),
        ("password", {}),
        ("token", {}),
        ("sessions/end", {}),
    ):
        await admin.open("/console/people")
        await admin.submit(f"/console/people/{ada.id}/{act}", **fields)
        assert admin.status == 403, act
    assert person_of(services, "Ada").is_admin


async def test_an_administrator_of_one_site_manages_those_who_see_nothing_else(
    admin: Visitor, other: Visitor, services: Services, site: SiteId
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await manage.add_person(services, OPERATOR, "Lena", Role.ADMIN, password=PASSWORD, only_sites=[site])
    for name, sites in (("Here", [site]), ("There", [elsewhere]), ("Both", [site, elsewhere])):
        await manage.add_person(services, OPERATOR, name, Role.MODERATOR, password=PASSWORD, only_sites=sites)
    await other.sign_in("Lena")
    page = await other.open("/console/people")
    assert ">Here<" in page
    assert ">Lena<" in page
    for name in ("There", "Both", "Anna", "Ada", "Elsewhere"):
        assert f">{name}<" not in page
    for name in ("There", "Both", "Anna", "Ada"):
        person = person_of(services, name)
        for act in ("disable", "password", "token", "role"):
            await other.open("/console/people")
            await other.submit(f"/console/people/{person.id}/{act}", role="admin", reach="every")
            assert other.status == 404, (name, act)
    here = person_of(services, "Here")
    for fields, status in (
        ({"reach": "every"}, 403),
        ({"reach": "some", f"site-{elsewhere}": "on"}, 422),
        ({"reach": "some", f"site-{site}": "on"}, 200),
    ):
        await other.open("/console/people")
        await other.submit(f"/console/people/{here.id}/role", role="admin", **fields)
        assert other.status == status, fields
        await other.open("/console/people")
        await other.submit("/console/people", name=f"New {status}", role="moderator", **fields)
        assert other.status == status, fields
    assert person_of(services, "Here").sites == (site,)
    assert person_of(services, "New 200").sites == (site,)
    assert person_of(services, "Ada").is_admin


async def test_a_name_that_is_hostile_is_escaped(admin: Visitor, services: Services) -> None:
    evil = '<img src=x onerror=alert(1)>"'
    added = await manage.add_person(services, OPERATOR, evil, Role.MODERATOR)
    for path in ("/console/people", f"/console/people/{added.person.id}"):
        page = await admin.open(path)
        assert "<img" not in page
        assert "&lt;img" in page


async def test_nobody_of_an_id_is_not_found(admin: Visitor) -> None:
    for path in ("/console/people/nobody", "/console/people/%00"):
        await admin.open(path)
        assert admin.status == 404
