"""The application over both engines with a scorer by words, and Coral as its public source makes it ask."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from moderator.app import build_app
from moderator.domain.comments import Site
from moderator.domain.events import ActorKind
from moderator.domain.ids import IdSource
from moderator.domain.policy import Policy
from moderator.domain.sites import SiteSettings
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.audit import Actor
from moderator.storage.database import Database
from moderator.usecases import manage
from tests.builders import a_policy
from tests.fakes import Clock, FakeScorer

OPERATOR = Actor(kind=ActorKind.OPERATOR)
SECRET = "empsec_3f6c1d0e9b7a42c58d1e6f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c"
MEMBERS = {"status", "actions", "tags", "moderationAction"}
STATUSES = {"NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD"}
FLAGS = {"COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"}
REJECTIONS = {
    "OFFENSIVE",
    "ABUSIVE",
    "SPAM",
    "BANNED_WORD",
    "AD",
    "ILLEGAL_CONTENT",
    "HARASSMENT_BULLYING",
    "MISINFORMATION",
    "HATE_SPEECH",
    "IRRELEVANT_CONTENT",
    "OTHER",
}


def check_answer(answer: dict[str, Any]) -> None:
    """Fail for what Coral's schema throws on, or would strip."""
    assert set(answer) <= MEMBERS
    assert answer.get("status", "NONE") in STATUSES
    for action in answer.get("actions", []):
        assert action["actionType"] == "FLAG"
        assert action["reason"] in FLAGS
        assert set(action) == {"actionType", "reason"}
    if answer.get("status") == "REJECTED":
        entry = answer["moderationAction"]
        assert entry["status"] == "REJECTED"
        assert entry["rejectionReason"]["code"] in REJECTIONS


def sign(body: bytes, *secrets: str) -> str:
    """Return the header as Coral makes it: a signature for each secret that is still active, the oldest first."""
    return ",".join(f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}" for secret in secrets)


@dataclass
class Coral:
    """Sends what Coral sends: indented JSON, signed."""

    client: httpx2.AsyncClient
    secrets: Sequence[str] = (SECRET,)

    def request(self, body: str, **changed: Any) -> dict[str, Any]:
        """Return the example of Coral's own documents with another body."""
        return {
            "action": "NEW",
            "comment": {"body": body, "parentID": None},
            "author": {"id": "baf4e943-3594-4fcc-b2ba-3e8de7a76352", "role": "COMMENTER"},
            "story": {"id": "245b3856-b0a0-4d2f-a6bb-58c71f18d6a6", "url": "https://news.example/posts/a-story/"},
            "site": {"id": "a4bede88-2d2c-4424-bc18-4322a9e285a6"},
            "tenantID": "19ba5794-7eeb-4d46-a81b-c00c61672501",
            "tenantDomain": "coral.news.example",
            **changed,
        }

    async def send(self, raw: bytes, **headers: str) -> httpx2.Response:
        """Send bytes, signed."""
        signed = {"x-coral-signature": sign(raw, *self.secrets), "content-type": "application/json", **headers}
        return await self.client.post("/coral/moderate", content=raw, headers=signed)

    async def ask(self, body: str, **changed: Any) -> httpx2.Response:
        """Send a comment."""
        return await self.send(json.dumps(self.request(body, **changed), indent=2, ensure_ascii=False).encode())

    async def hear(self, body: str, **changed: Any) -> dict[str, Any]:
        """Send a comment; return the answer, which Coral must be able to read."""
        answer = await self.ask(body, **changed)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        found: dict[str, Any] = answer.json()
        check_answer(found)
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(database: Database, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Services:
    # Ten seconds: a slow machine must not change what these tests are about.
    settings = Settings(
        models=str(tmp_path_factory.mktemp("models")),
        rate_per_author=0,
        audit_share=0,
        second_review_share=0,
        coral_seconds=10.0,
    )
    return new_services(
        settings,
        database,
        FakeScorer(),
        now=clock.now,
        monotonic=clock.monotonic,
        ids=IdSource(clock_ms=lambda: int(clock.at.timestamp() * 1000)),
    )


async def add_site(services: Services, name: str, *secrets: str, policy: Policy | None = None) -> Site:
    """Add a site that holds from 0.5 and rejects from 0.9, with secrets of its phase."""
    added = await manage.add_site(services, OPERATOR, name)
    await manage.set_policy(services, OPERATOR, added.site.id, policy or a_policy(duplicate_limit=0, campaign_limit=0))
    return await manage.change_site(services, OPERATOR, added.site.id, SiteSettings(phase_secrets=secrets))


@pytest.fixture
async def site(services: Services) -> Site:
    return await add_site(services, "News", SECRET)


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=build_app(services), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture
async def coral(client: httpx2.AsyncClient, site: Site) -> Coral:
    return Coral(client)
