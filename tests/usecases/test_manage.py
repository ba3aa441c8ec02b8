"""What operators set up."""

from dataclasses import replace

import pytest

from moderator.domain.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from moderator.domain.ids import KeyId, PersonId, SiteId
from moderator.domain.people import KeyKind, Role
from moderator.domain.reasons import ReasonCode, SiteReason
from moderator.domain.scoring import Caution, Label, Threshold
from moderator.domain.sites import SiteSettings
from moderator.services import Services
from moderator.storage import audit, outbox, policies, sites
from moderator.usecases import access, manage
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def test_a_new_site_has_a_key_a_policy_and_a_line_in_the_log(services: Services) -> None:
    added = await manage.add_site(
        services, OPERATOR, " News ", origins=["https://news.example", "http://127.0.0.1:8080"], akismet=True
    )

    assert added.site.name == "News"
    assert added.key.startswith("sk_")
    assert added.public_key is not None
    assert added.public_key.startswith("pk_")
    assert added.akismet_key is not None
    assert len(added.akismet_key) == 12
    assert services.directory.policies[added.site.id].version == 1
    async with services.database.read() as connection:
        actions = [entry.action for _, entry in await audit.recent(connection, limit=9)]
        kinds = sorted(issued.key.kind for issued in await sites.list_keys(connection))
    assert actions == ["key.issued", "key.issued", "key.issued", "site.added"]
    assert kinds == [KeyKind.AKISMET, KeyKind.PUBLIC, KeyKind.SITE]


async def test_secrets_are_not_stored_and_do_not_show(services: Services) -> None:
    added = await manage.add_site(services, OPERATOR, "News")

    async with services.database.read() as connection:
        (issued,) = await sites.list_keys(connection)
    assert added.key not in repr((issued, added))


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines"])
async def test_a_name_that_is_none_is_refused(services: Services, name: str) -> None:
    with pytest.raises(InvalidInput):
        await manage.add_site(services, OPERATOR, name)
    with pytest.raises(InvalidInput):
        await manage.add_person(services, OPERATOR, name, Role.MODERATOR)


@pytest.mark.parametrize("origin", ["news.example", "https://news.example/path", "*", "https://a@b.example"])
async def test_an_origin_that_is_none_is_refused(services: Services, origin: str) -> None:
    with pytest.raises(InvalidInput):
        await manage.add_site(services, OPERATOR, "News", origins=[origin])

    assert services.directory.sites == {}


async def test_further_keys_can_be_issued_and_revoked(services: Services, site: SiteId) -> None:
    secret = await manage.issue_key(services, OPERATOR, site, KeyKind.PUBLIC, origins=["https://news.example"])
    key = services.directory.find_key(secret)
    assert key is not None

    await manage.revoke_key(services, OPERATOR, key.id)

    with pytest.raises(NotSignedIn):
        access.site_key(services, secret)
    with pytest.raises(NotFound):
        await manage.revoke_key(services, OPERATOR, KeyId("nothing"))
    with pytest.raises(NotFound):
        await manage.issue_key(services, OPERATOR, SiteId("nothing"), KeyKind.SITE)
    with pytest.raises(InvalidInput):
        await manage.issue_key(services, OPERATOR, site, KeyKind.PUBLIC)


async def test_people_have_names_of_their_own(services: Services, site: SiteId) -> None:
    added = await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR, only_sites=[site])

    assert (
        await access.sign_in(services, "Anna", added.password, browser=access.Browser(address="x"))
    ).session.person.sites == (site,)
    with pytest.raises(Conflict):
        await manage.add_person(services, OPERATOR, "Anna", Role.ADMIN)
    with pytest.raises(InvalidInput):
        await manage.add_person(services, OPERATOR, "Ben", Role.ADMIN, password="short")
    with pytest.raises(NotFound):
        await manage.add_person(services, OPERATOR, "Ben", Role.ADMIN, only_sites=[SiteId("nothing")])
    with pytest.raises(NotFound):
        await manage.disable_person(services, OPERATOR, PersonId("nothing"))


async def test_a_policy_that_would_approve_above_a_floor_is_refused(services: Services, site: SiteId) -> None:
    before = services.directory.policies[site]
    lax = replace(before, thresholds={Label.THREAT: Threshold.hold_only(0.9)})

    with pytest.raises(InvalidInput, match=r"/thresholds/threat/hold_at: may be 0\.5 at most, not 0\.9"):
        await manage.set_policy(services, OPERATOR, site, lax)

    assert services.directory.policies[site] == before


async def test_a_policy_is_saved_as_the_next_version_and_the_old_one_stays(services: Services, site: SiteId) -> None:
    before = services.directory.policies[site]
    changed = replace(
        before,
        caution=Caution.CAUTIOUS,
        sections={"politics": {Label.INSULT: Threshold(hold_at=0.1, reject_at=0.2)}},
        banned_phrases=("buy now",),
        link_limit=None,
    )

    saved = await manage.set_policy(services, OPERATOR, site, changed, note="elections")

    assert saved.version == before.version + 1
    assert services.directory.policies[site] == saved
    async with services.database.read() as connection:
        assert await policies.get(connection, site, before.version) == before
        with pytest.raises(NotFound):
            await policies.get(connection, site, 99)
    with pytest.raises(NotFound):
        await manage.set_policy(services, OPERATOR, SiteId("nothing"), changed)


async def test_two_who_changed_the_same_version_do_not_overwrite_one_another(services: Services, site: SiteId) -> None:
    before = services.directory.policies[site]
    first = await manage.set_policy(services, OPERATOR, site, replace(before, link_limit=7), made_from=before.version)
    with pytest.raises(Conflict, match=f"Version {first.version} of the policy was saved meanwhile"):
        await manage.set_policy(services, OPERATOR, site, replace(before, link_limit=9), made_from=before.version)

    assert services.directory.policies[site] == first
    assert (await manage.set_policy(services, OPERATOR, site, before)).version == first.version + 1


async def test_an_endpoint_has_a_secret_that_does_not_show(services: Services, site: SiteId) -> None:
    endpoint = await manage.add_endpoint(services, OPERATOR, site, "https://news.example/hook")

    assert endpoint.secrets[0].startswith("whsec_")
    assert endpoint.secrets[0] not in repr(endpoint)
    async with services.database.read() as connection:
        assert await outbox.list_endpoints(connection, site) == [endpoint]
    with pytest.raises(InvalidInput):
        await manage.add_endpoint(services, OPERATOR, site, "ftp://news.example")


async def test_a_site_gets_no_reasons_that_nobody_could_press(services: Services, site: SiteId) -> None:
    own = SiteReason(name="Rude", key="A", reason=ReasonCode.INSULT)
    with pytest.raises(InvalidInput, match="console uses this key"):
        await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=(own,)))
    changed = await manage.change_site(services, OPERATOR, site, SiteSettings(reasons=(replace(own, key="B"),)))
    assert [one.key for one in changed.settings.reasons] == ["B"]


async def test_the_demo_is_made_once(services: Services) -> None:
    assert await manage.add_demo(services, OPERATOR)
    assert await manage.add_demo(services, OPERATOR) is None
    assert len(services.directory.sites) == 1
