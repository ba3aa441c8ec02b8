"""Sites at the console: settings, keys and webhooks."""

import re

import pytest

from moderator.domain.errors import NotSignedIn
from moderator.domain.events import EventName
from moderator.domain.ids import EventId, SiteId
from moderator.domain.people import Role
from moderator.domain.sites import HeldAnswer
from moderator.services import Services
from moderator.storage import outbox
from moderator.storage.outbox import Event
from moderator.usecases import access, manage
from tests.console.conftest import PASSWORD, Visitor
from tests.console.test_people import shown_once
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(services: Services, visitor: Visitor, site: SiteId) -> Visitor:
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await visitor.sign_in("Ada")
    return visitor


async def test_a_new_site_shows_its_keys_once_with_a_line_that_uses_them(admin: Visitor, services: Services) -> None:
    await admin.open("/console/sites")
    page = await admin.submit("/console/sites", name="Gazette", origins="https://a.example\nhttps://b.example")
    key, public = shown_once(page)
    assert f"Authorization: Bearer {key}" in page.replace("&#39;", "'")
    added = access.site_key(services, key)
    assert services.directory.sites[added.site_id].name == "Gazette"
    found = services.directory.find_key(public)
    assert found is not None
    assert found.origins == ("https://a.example", "https://b.example")
    page = await admin.open(f"/console/sites/{added.site_id}")
    assert key not in page
    assert f"{key[:8]}…" in page
    assert "https://a.example, https://b.example" in page


async def test_keys_are_issued_and_revoked(admin: Visitor, services: Services, site: SiteId) -> None:
    for kind, origins, begins in (("site", "", "sk_"), ("public", "https://a.example", "pk_"), ("akismet", "x", "")):
        await admin.open(f"/console/sites/{site}")
        (key,) = shown_once(await admin.submit(f"/console/sites/{site}/keys", kind=kind, origins=origins))
        assert key.startswith(begins)
        found = services.directory.find_key(key)
        assert found is not None
        assert found.kind == kind
    page = await admin.open(f"/console/sites/{site}")
    assert f"/keys/{found.id}/revoke" in page
    page = await admin.submit(f"/console/sites/{site}/keys/{found.id}/revoke")
    assert "The key is revoked" in page
    with pytest.raises(NotSignedIn):
        access.site_key(services, key)


@pytest.mark.parametrize(
    "fields", [{"kind": "master"}, {"kind": "public"}, {"kind": "public", "origins": "https://a.example/path"}]
)
async def test_a_key_that_cannot_be_is_refused(admin: Visitor, site: SiteId, fields: dict[str, str]) -> None:
    await admin.open(f"/console/sites/{site}")
    await admin.submit(f"/console/sites/{site}/keys", **fields)
    assert admin.status == 422


async def test_a_key_is_revoked_by_its_own_site_alone(admin: Visitor, services: Services, site: SiteId) -> None:
    elsewhere = await manage.add_site(services, OPERATOR, "Elsewhere")
    key = services.directory.find_key(elsewhere.key)
    assert key is not None
    await admin.open(f"/console/sites/{site}")
    await admin.submit(f"/console/sites/{site}/keys/{key.id}/revoke")
    assert admin.status == 404
    assert services.directory.find_key(elsewhere.key) == key


async def test_name_and_settings_are_saved(admin: Visitor, services: Services, site: SiteId) -> None:
    await admin.open(f"/console/sites/{site}")
    page = await admin.submit(
        f"/console/sites/{site}", name="Daily", held_answer="ham", phase_secret="first secret of all"
    )
    assert "Saved" in page
    assert "first secret" not in page
    found = services.directory.sites[site]
    assert (found.name, found.settings.held_answer, found.settings.abuse_is_spam) == ("Daily", HeldAnswer.HAM, False)
    assert found.settings.phase_secrets == ("first secret of all",)
    (mark,) = re.findall(r'name="forget-(\w+)"', page)
    await admin.submit(
        f"/console/sites/{site}",
        name="Daily",
        held_answer="auto",
        abuse_is_spam="on",
        phase_secret="second secret",
        **{f"forget-{mark}": "on"},
    )
    found = services.directory.sites[site]
    assert found.settings.phase_secrets == ("second secret",)
    assert found.settings.abuse_is_spam
    await admin.submit(f"/console/sites/{site}", name="Daily", held_answer="maybe")
    assert admin.status == 422
    await admin.open(f"/console/sites/{site}")
    await admin.submit(f"/console/sites/{site}", name=" ", held_answer="auto")
    assert admin.status == 422


async def test_a_webhook_is_added_shown_with_its_last_delivery_and_disabled(
    admin: Visitor, services: Services, site: SiteId
) -> None:
    await admin.open(f"/console/sites/{site}")
    (secret,) = shown_once(await admin.submit(f"/console/sites/{site}/webhooks", url="https://news.example/hook"))
    assert secret.startswith("whsec_")
    page = await admin.open(f"/console/sites/{site}")
    assert secret not in page
    assert "nothing was sent yet" in page
    async with services.database.transaction() as connection:
        (endpoint,) = await outbox.list_endpoints(connection, site)
        event = Event(
            id=EventId("event-1"), site_id=site, name=EventName.COMMENT_DECIDED, comment_id=None, payload={},
            created_at=services.now(),
        )  # fmt: skip
        await outbox.enqueue(connection, event)
    assert "the newest is on its way" in await admin.open(f"/console/sites/{site}")
    async with services.database.transaction() as connection:
        (delivery,) = await outbox.take_due(connection, now=services.now(), lease_until=services.now(), limit=5)
        await outbox.mark_failed(
            connection, delivery.id, status=500, error="server", next_attempt_at=services.now(), now=services.now()
        )
    page = await admin.open(f"/console/sites/{site}")
    assert "1 try failed" in page
    assert "HTTP 500" in page
    async with services.database.transaction() as connection:
        await outbox.mark_failed(
            connection, delivery.id, status=None, error="timed out", next_attempt_at=None, now=services.now()
        )
    page = await admin.open(f"/console/sites/{site}")
    assert "after 1 try" in page
    assert "timed out" in page
    async with services.database.transaction() as connection:
        await outbox.mark_delivered(connection, delivery.id, status=200, now=services.now())
    assert "last delivered" in await admin.open(f"/console/sites/{site}")
    page = await admin.submit(f"/console/sites/{site}/webhooks/{endpoint.id}/disable")
    assert "hears nothing more" in page
    assert "No address hears" in page
    await admin.submit(f"/console/sites/{site}/webhooks/{endpoint.id}/disable")
    assert admin.status == 404


async def test_a_webhook_that_leads_inside_is_refused(admin: Visitor, site: SiteId) -> None:
    for url in ("http://127.0.0.1/hook", "https://10.0.0.1/", "ftp://news.example"):
        await admin.open(f"/console/sites/{site}")
        await admin.submit(f"/console/sites/{site}/webhooks", url=url)
        assert admin.status == 422, url


async def test_an_administrator_of_one_site_sees_no_other_and_adds_none(
    other: Visitor, services: Services, site: SiteId
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await manage.add_person(services, OPERATOR, "Lena", Role.ADMIN, password=PASSWORD, only_sites=[site])
    await other.sign_in("Lena")
    page = await other.open("/console/sites")
    assert "Elsewhere" not in page
    assert "Add a site" not in page
    await other.submit("/console/sites", name="Mine")
    assert other.status == 403
    await other.open(f"/console/sites/{elsewhere}")
    assert other.status == 404
    await other.open(f"/console/sites/{site}")
    assert other.status == 200
