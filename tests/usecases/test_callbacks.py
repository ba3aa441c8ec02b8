"""A client hears at its own address what people decide on its comment, and of no other."""

from dataclasses import replace

import pytest

from moderator.domain.errors import InvalidInput, NotFound
from moderator.domain.events import EndpointKind
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.sites import SiteSettings
from moderator.services import Services
from moderator.storage import outbox
from moderator.storage.outbox import Delivery
from moderator.usecases import callbacks, manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_comment
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

URL = "https://blog.example/webhook"


async def hold(services: Services, site: SiteId, text: str = "What an idiot.") -> CommentId:
    return (await moderate(services, a_comment(text, site_id=site))).outcome.comment_id


async def decide_all(services: Services, person: Person) -> None:
    for file in await review.claim_next(services, person, count=50):
        await review.decide(services, person, file.case.id, action=Action.REJECT, reason=ReasonCode.INSULT)


async def due(services: Services) -> list[Delivery]:
    async with services.database.transaction() as connection:
        return await outbox.take_due(connection, now=services.now(), lease_until=services.now(), limit=50)


async def test_the_decision_on_a_comment_is_told_at_its_callback(
    services: Services, site: SiteId, anna: Person
) -> None:
    called = await hold(services, site)
    await hold(services, site, "Another idiot, without an address.")

    assert await callbacks.promise(services, site, called, url=URL, secret="key")
    assert await callbacks.promise(services, site, called, url=URL, secret="newer key")
    await decide_all(services, anna)

    (delivery,) = await due(services)
    assert (delivery.endpoint.kind, delivery.endpoint.url) == (EndpointKind.CALLBACK, URL)
    assert delivery.endpoint.secrets == ("newer key",)
    assert (delivery.event.comment_id, delivery.event.payload["status"]) == (called, "rejected")


async def test_a_webhook_hears_of_everything_and_a_callback_of_no_undo(
    services: Services, site: SiteId, anna: Person
) -> None:
    await manage.add_endpoint(services, OPERATOR, site, "https://news.example/hook")
    called = await hold(services, site)
    await callbacks.promise(services, site, called, url=URL, secret="key")
    (file,) = await review.claim_next(services, anna, count=1)
    decided = await review.decide(services, anna, file.case.id, action=Action.APPROVE, generation=file.case.generation)
    assert {delivery.endpoint.kind for delivery in await due(services)} == set(EndpointKind)
    async with services.database.transaction() as connection:
        await connection.execute("UPDATE deliveries SET next_attempt_ms = NULL")
    await review.undo(services, anna, decided.decision.id)
    assert [delivery.endpoint.kind for delivery in await due(services)] == [EndpointKind.WEBHOOK]


@pytest.mark.parametrize("url", ["http://127.0.0.1/hook", "https://10.0.0.1/", "ftp://blog.example", "nonsense"])
async def test_nothing_is_promised_to_an_address_that_must_not_be_reached(
    services: Services, site: SiteId, url: str
) -> None:
    assert not await callbacks.promise(services, site, await hold(services, site), url=url, secret="key")


async def test_nothing_is_promised_when_nothing_waits(services: Services, site: SiteId) -> None:
    comment_id = await hold(services, site, "A fine point on gas prices.")
    assert not await callbacks.promise(services, site, comment_id, url=URL, secret="key")
    with pytest.raises(NotFound):
        await callbacks.promise(services, site, CommentId("nothing"), url=URL, secret="key")


async def test_a_site_has_so_many_addresses_and_no_more(
    services: Services, site: SiteId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "MAX_ADDRESSES", 2)
    comment_id = await hold(services, site)
    promised = [
        await callbacks.promise(services, site, comment_id, url=f"{URL}?n={n}", secret="key") for n in (1, 2, 3, 1)
    ]
    assert promised == [True, True, False, True]


@pytest.mark.parametrize("secrets", [("",), ("x" * 201,), tuple("abcdefghijk")])
async def test_secrets_that_cannot_be_meant_are_refused(
    services: Services, site: SiteId, secrets: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput, match="secrets"):
        await manage.change_site(services, OPERATOR, site, SiteSettings(phase_secrets=secrets))


async def test_settings_of_a_site_are_changed_and_kept(services: Services, site: SiteId) -> None:
    settings = replace(services.site(site).settings, abuse_is_spam=False, phase_secrets=("old", "new"))
    changed = await manage.change_site(services, OPERATOR, site, settings)
    assert changed.settings == services.site(site).settings == settings
    assert "old" not in repr(changed)
