"""Sites, their keys, and the number that tells of a change."""

import pytest

from moderator.domain.comments import Site
from moderator.domain.ids import KeyId, SiteId
from moderator.domain.people import KeyKind, SiteKey
from moderator.domain.reasons import DEFAULT_REASONS, Ground, ReasonCode, SiteReason
from moderator.domain.sites import SiteSettings
from moderator.storage import sites
from moderator.storage.database import Connection, Database
from moderator.storage.sites import IssuedKey
from tests.builders import A_SITE, NOON

pytestmark = pytest.mark.anyio


def a_key(key_id: str = "key-1", *, site_id: SiteId = A_SITE, key_hash: str = "hash-1") -> IssuedKey:
    origins = ("https://news.example", "https://www.news.example")
    key = SiteKey(id=KeyId(key_id), site_id=site_id, kind=KeyKind.PUBLIC, origins=origins)
    return IssuedKey(key=key, prefix="pk_abc", hash=key_hash)


async def test_sites_are_listed_oldest_first(connection: Connection) -> None:
    await sites.add(connection, Site(id=SiteId("site-0"), name="Ältere Zeitung"), NOON)
    assert [site.name for site in await sites.list_all(connection)] == [
        "Ältere Zeitung",
        "The site-1",
        "The site-2",
    ]


async def test_the_demo_site_is_known_by_the_key_of_its_page(connection: Connection) -> None:
    assert await sites.find_demo(connection) is None
    demo = Site(id=SiteId("site-9"), name="Demo")
    await sites.add(connection, demo, NOON, {"demo_key": "pk_demo"})
    assert await sites.find_demo(connection) == (demo, "pk_demo")


async def test_settings_of_one_site_replace_its_own_alone(connection: Connection) -> None:
    await sites.set_settings(connection, A_SITE, {"demo_key": "first"})
    await sites.set_settings(connection, A_SITE, {"demo_key": "second"})
    found = await sites.find_demo(connection)
    assert found == (Site(id=A_SITE, name="The site-1"), "second")
    others = await connection.one("SELECT settings FROM sites WHERE id = 'site-2'")
    assert others is not None
    assert others["settings"] == "{}"


async def test_a_key_comes_back_as_it_was_issued(connection: Connection) -> None:
    await sites.add_key(connection, a_key(), NOON)
    assert await sites.list_keys(connection) == [a_key()]


async def test_a_key_is_revoked_once_and_no_longer_listed(connection: Connection) -> None:
    await sites.add_key(connection, a_key(), NOON)
    await sites.add_key(connection, a_key("key-2", key_hash="hash-2"), NOON)
    assert await sites.revoke_key(connection, KeyId("key-1"), NOON)
    assert not await sites.revoke_key(connection, KeyId("key-1"), NOON)
    assert not await sites.revoke_key(connection, KeyId("key-none"), NOON)
    assert await sites.list_keys(connection) == [a_key("key-2", key_hash="hash-2")]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (a_key("key-2"), r"(?i)unique"),
        (a_key("key-2", key_hash="hash-2", site_id=SiteId("nowhere")), r"(?i)foreign key"),
    ],
)
async def test_a_key_with_a_known_hash_or_without_a_site_is_refused(
    peopled: Database, second: IssuedKey, words: str
) -> None:
    with pytest.raises(Exception, match=words):
        async with peopled.transaction() as connection:
            await sites.add_key(connection, a_key(), NOON)
            await sites.add_key(connection, second, NOON)
    async with peopled.read() as connection:
        assert await sites.list_keys(connection) == []


async def test_each_touch_raises_the_revision(connection: Connection) -> None:
    before = await sites.directory_revision(connection)
    await sites.touch_directory(connection)
    await sites.touch_directory(connection)
    assert await sites.directory_revision(connection) == before + 2


async def test_a_sites_own_reasons_come_back_in_order_and_the_houses_are_not_stored(connection: Connection) -> None:
    own = (
        SiteReason(name="Hass", key="2", reason=ReasonCode.HATE, ground=Ground.LAW, reference="StGB § 130"),
        SiteReason(name="Grob", key="1", reason=ReasonCode.INSULT),
    )
    for reasons, stored in ((own, True), (DEFAULT_REASONS, False)):
        await sites.set_settings(connection, A_SITE, sites.settings_to_dict(SiteSettings(reasons=reasons)))
        (found, _) = await sites.list_all(connection)
        assert found.settings.reasons == reasons
        row = await connection.one("SELECT settings FROM sites WHERE id = :id", id=A_SITE)
        assert row is not None
        assert ("Grob" in row["settings"]) == stored
