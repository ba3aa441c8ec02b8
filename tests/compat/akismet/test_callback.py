"""What people decide goes to the address that came with the comment, by the real delivery, to a real receiver."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx2
import pytest

from moderator.compat.akismet import callback
from moderator.domain.events import EndpointKind, EventName
from moderator.domain.ids import EndpointId, EventId, SiteId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.serve import ALL_WRITERS
from moderator.storage import outbox
from moderator.storage.database import Row
from moderator.usecases import review
from moderator.webhooks.delivery import deliver_due
from moderator.webhooks.guard import new_client
from tests.compat.akismet.conftest import NEW_WORDPRESS, Akismet
from tests.fakes import Clock
from tests.webhooks.network import Names
from tests.webhooks.receiver import Receiver, Reply

pytestmark = pytest.mark.anyio


@dataclass
class Post:
    """A site with a receiver, and the passes that bring it its letters."""

    akismet: Akismet
    receiver: Receiver
    http: httpx2.AsyncClient
    clock: Clock

    async def hold(self, text: str = "You idiot.", **changed: str) -> str:
        """Check a comment that is held, with the receiver's address, and return its guid."""
        fields = self.akismet.wordpress(callback=self.receiver.url, **changed)
        answer = await self.akismet.check(text, agent=NEW_WORDPRESS, **fields)
        assert answer.headers.get("x-akismet-recheck-after"), answer.text
        return answer.headers["x-akismet-guid"]

    async def deliver(self) -> int:
        services = self.akismet.services
        return await deliver_due(
            services.database, self.http, now=self.clock.now, writers=ALL_WRITERS, jitter=lambda: 0.0
        )

    async def deliveries(self) -> list[Row]:
        async with self.akismet.services.database.read() as connection:
            return list(await connection.all("SELECT * FROM deliveries ORDER BY id"))

    @property
    def heard(self) -> list[list[tuple[str, str]]]:
        """Return what the receiver was told: guids and results."""
        bodies = [json.loads(request.body) for request in self.receiver.received]
        return [[(one["guid"], one["result"]) for one in body["comments"]] for body in bodies]


@pytest.fixture
async def post(akismet: Akismet, clock: Clock) -> AsyncIterator[Post]:
    receiver = Receiver()
    await receiver.start()
    try:
        async with new_client(allow_private=True) as http:
            yield Post(akismet=akismet, receiver=receiver, http=http, clock=clock)
    finally:
        await receiver.stop()


@pytest.mark.parametrize(
    ("action", "reason", "result"), [(Action.REJECT, ReasonCode.INSULT, "true"), (Action.APPROVE, None, "false")]
)
async def test_a_decision_is_told_with_the_key_and_the_guid(
    post: Post, action: Action, reason: ReasonCode | None, result: str
) -> None:
    guid = await post.hold()
    assert await post.deliver() == 0
    await post.akismet.decide(action, reason)

    assert await post.deliver() == 1

    (request,) = post.receiver.received
    assert json.loads(request.body) == {
        "key": post.akismet.key,
        "endpoint": "comment-check",
        "comments": [{"guid": guid, "result": result}],
    }
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-akismet-webhook"]
    assert "webhook-signature" not in request.headers
    assert await post.deliver() == 0
    assert (await post.deliveries())[0]["delivered_ms"] is not None


async def test_nothing_is_told_of_what_nobody_asked_about(post: Post) -> None:
    await post.akismet.check("You idiot.", agent=NEW_WORDPRESS, **post.akismet.wordpress())
    await post.akismet.check("Fine.", agent=NEW_WORDPRESS, **post.akismet.wordpress(callback=post.receiver.url))
    await post.akismet.decide(Action.APPROVE)

    assert await post.deliver() == 0
    assert (await post.akismet.rows())["callbacks"] == 0


async def test_taking_a_decision_back_tells_nothing_and_the_next_one_is_told(post: Post) -> None:
    guid = await post.hold()
    anna, services = post.akismet.anna, post.akismet.services
    (file,) = await review.claim_next(services, anna, count=1)
    decided = await review.decide(services, anna, file.case.id, action=Action.APPROVE)
    await post.deliver()
    post.clock.forward(seconds=1)
    undone = await review.undo(services, anna, decided.decision.id)
    assert await post.deliver() == 0
    assert undone.case is not None
    await review.decide(services, anna, undone.case.case.id, action=Action.REJECT, reason=ReasonCode.INSULT)
    await post.deliver()

    assert post.heard == [[(guid, "false")], [(guid, "true")]]


async def test_other_clients_are_called_back_as_well(post: Post) -> None:
    answer = await post.akismet.check("You idiot.", callback=post.receiver.url)
    assert answer.text == "true"
    await post.akismet.decide(Action.APPROVE)
    await post.deliver()

    assert post.heard == [[(answer.headers["x-akismet-guid"], "false")]]


async def test_the_key_that_was_used_last_is_the_one_that_is_told(post: Post) -> None:
    await post.hold("You idiot, one.")
    await post.hold("You idiot, two.", api_key=post.akismet.site_key)
    for _ in range(2):
        await post.akismet.decide(Action.APPROVE)
    while await post.deliver():
        pass

    assert {json.loads(request.body)["key"] for request in post.receiver.received} == {post.akismet.site_key}
    assert (await post.akismet.rows())["endpoints"] == 1


async def test_an_error_for_one_comment_is_no_reason_to_tell_it_again(post: Post) -> None:
    """WordPress says so, with 200, of a comment that was deleted there."""
    guid = await post.hold()
    await post.akismet.decide(Action.APPROVE)
    told = json.dumps({"comments": {guid: {"status": "error", "message": "Could not find matching comment."}}})
    post.receiver.reply = lambda _: Reply(status=200, body=told.encode())

    await post.deliver()
    post.clock.forward(days=3)

    assert await post.deliver() == 0
    assert len(post.receiver.received) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed_and_the_key_goes_nowhere_else(post: Post, status: int) -> None:
    elsewhere = Receiver()
    await elsewhere.start()
    try:
        post.receiver.reply = lambda _: Reply(status=status, headers={"Location": elsewhere.url})
        await post.hold()
        await post.akismet.decide(Action.APPROVE)
        await post.deliver()
    finally:
        await elsewhere.stop()

    assert len(post.receiver.received) == 1
    assert elsewhere.received == []
    assert (await post.deliveries())[0]["last_error"] == f"status_{status}"


async def test_a_receiver_that_is_away_is_told_later(post: Post) -> None:
    guid = await post.hold()
    await post.akismet.decide(Action.APPROVE)
    await post.receiver.stop()
    await post.deliver()
    await post.receiver.start()
    for _ in range(20):
        post.clock.forward(minutes=10)
        await post.deliver()

    assert post.heard == [[(guid, "false")]]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "fd00::8", "::ffff:10.0.0.8"])
async def test_a_name_that_leads_to_a_private_address_is_never_reached(post: Post, address: str) -> None:
    """The address looks harmless when it is given; where the name leads is seen when a letter is sent."""
    url = "https://news.example/wp-json/akismet/v1/webhook"
    await post.akismet.check("You idiot.", agent=NEW_WORDPRESS, **post.akismet.wordpress(callback=url))
    await post.akismet.decide(Action.APPROVE)
    names = Names([address])

    async with new_client(allow_private=False, resolve=names) as http:
        await deliver_due(post.akismet.services.database, http, now=post.clock.now, writers=ALL_WRITERS)

    assert names.asked == ["news.example"]
    (delivery,) = await post.deliveries()
    assert delivery["last_error"] == "address_refused"
    assert delivery["delivered_ms"] is None


async def test_without_the_setting_a_private_address_is_not_even_kept(post: Post) -> None:
    services = post.akismet.services
    services.settings = replace(services.settings, allow_private_endpoints=False)

    for url in (post.receiver.url, "https://127.0.0.1/hook", "https://[::1]/hook", "http://news.example/hook"):
        fields = post.akismet.wordpress(callback=url)
        answer = await post.akismet.check(f"You idiot, {url}.", agent=NEW_WORDPRESS, **fields)
        assert "x-akismet-recheck-after" not in answer.headers
        assert answer.text not in ("true", "false")

    assert (await post.akismet.rows())["endpoints"] == 0


def test_what_is_not_decided_is_not_told() -> None:
    now = Clock().at
    site = SiteId("site-1")
    delivery = outbox.Delivery(
        id="d",
        event=outbox.Event(
            id=EventId("e"),
            site_id=site,
            name=EventName.COMMENT_DECIDED,
            comment_id="c",
            payload={"status": "held"},
            created_at=now,
        ),
        sequence=1,
        endpoint=outbox.Endpoint(
            id=EndpointId("n"),
            site_id=site,
            url="https://news.example/",
            secrets=("key",),
            kind=EndpointKind.CALLBACK,
        ),
        attempts=0,
    )

    with pytest.raises(ValueError, match="decisions alone"):
        callback.write(delivery, now + timedelta(seconds=1))
