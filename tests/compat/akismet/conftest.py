"""A site with a key of 12 characters, over either database, and a client that says what it sends."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from moderator.app import build_app
from moderator.domain.events import ActorKind
from moderator.domain.ids import IdSource, SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Label
from moderator.domain.sites import SiteSettings
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.audit import Actor
from moderator.storage.comments import Stored, page
from moderator.storage.database import Database
from moderator.usecases import manage, review
from tests.builders import a_policy
from tests.fakes import Clock, FakeScorer

OPERATOR = Actor(kind=ActorKind.OPERATOR)
OLD_WORDPRESS = "WordPress/6.1.9 | Akismet/5.0.2"
NEW_WORDPRESS = "WordPress/6.8.3 | Akismet/5.6"
LIBRARY = "akismet.py/25.10.1 | Python/3.11.7"
PERMALINK = "https://news.example/summit"
TABLES = (
    *("comments", "cases", "decisions", "deliveries", "endpoints", "callbacks", "events", "feedback", "audit"),
    *("signatures", "idempotency", "reports", "erasures", "statements", "appeals"),
)


class Scorer(FakeScorer):
    """Knows a word that only spam has."""

    words: Mapping[str, tuple[Label, float]] = {**FakeScorer.words, "casino": (Label.SPAM, 0.995)}


@dataclass
class Akismet:
    """A client of one site: it sends forms and gives back what it hears."""

    services: Services
    http: httpx2.AsyncClient
    site_id: SiteId
    key: str
    site_key: str
    anna: Person

    async def call(
        self, path: str, fields: Mapping[str, Any] | Sequence[tuple[str, str]] = (), *, agent: str = LIBRARY
    ) -> httpx2.Response:
        """Post a form as it is."""
        headers = {"user-agent": agent, "content-type": "application/x-www-form-urlencoded"}
        return await self.http.post(path, content=urlencode(fields), headers=headers)

    async def check(self, text: str = "A fine summit.", *, agent: str = LIBRARY, **changed: Any) -> httpx2.Response:
        """Check a comment of Zoë's; a field that is None is left out."""
        return await self.call("/1.1/comment-check", self.fields(text, **changed), agent=agent)

    async def submit(self, what: str, text: str, *, agent: str = LIBRARY, **changed: Any) -> httpx2.Response:
        """Submit a comment of Zoë's as spam or ham."""
        return await self.call(f"/1.1/submit-{what}", self.fields(text, **changed), agent=agent)

    def fields(self, text: str, **changed: Any) -> dict[str, Any]:
        """Return what a client sends of a comment."""
        fields = {
            "api_key": self.key,
            "blog": "https://news.example/",
            "user_ip": "203.0.113.7",
            "user_agent": "Mozilla/5.0",
            "comment_type": "comment",
            "comment_author": "Zoë",
            "comment_author_email": "zoe@reader.example",
            "permalink": PERMALINK,
            "comment_content": text,
            **changed,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def wordpress(self, **changed: Any) -> dict[str, Any]:
        """Return the fields by which the plugin's own check of a comment is known."""
        return {"comment_post_ID": "12", "akismet_comment_nonce": "passed", **changed}

    async def stored(self) -> list[Stored]:
        """Return every comment of the site."""
        async with self.services.database.read() as connection:
            return await page(connection, site_id=self.site_id, after="", limit=100)

    async def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        async with self.services.database.read() as connection:
            found = {}
            for table in TABLES:
                row = await connection.one(f"SELECT COUNT(*) AS number FROM {table}")
                assert row is not None
                found[table] = int(row["number"])
            return found

    async def feedback(self) -> list[tuple[str, float, str, str | None]]:
        """Return the labels that came in: label, value, provenance, and the comment they are about."""
        async with self.services.database.read() as connection:
            rows = await connection.all("SELECT * FROM feedback ORDER BY label, id")
        return [(row["label"], float(row["value"]), row["provenance"], row["comment_id"]) for row in rows]

    async def decide(self, action: Action, reason: ReasonCode | None = None) -> None:
        """Let Anna decide the case that waits."""
        (file,) = await review.claim_next(self.services, self.anna, count=1)
        await review.decide(self.services, self.anna, file.case.id, action=action, reason=reason)

    async def set_policy(self, **changed: Any) -> None:
        """Change the site's policy."""
        policy = a_policy(duplicate_limit=0, campaign_limit=0, **changed)
        await manage.set_policy(self.services, OPERATOR, self.site_id, policy)

    async def set_site(self, **changed: Any) -> None:
        """Change how the site is told."""
        await manage.change_site(self.services, OPERATOR, self.site_id, SiteSettings(**changed))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        models=str(tmp_path_factory.mktemp("models")),
        rate_per_author=0,
        audit_share=0,
        second_review_share=0,
        allow_private_endpoints=True,
    )


@pytest.fixture
async def services(database: Database, clock: Clock, settings: Settings) -> Services:
    return new_services(
        settings,
        database,
        Scorer(),
        now=clock.now,
        monotonic=clock.monotonic,
        ids=IdSource(clock_ms=lambda: int(clock.at.timestamp() * 1000)),
    )


@pytest.fixture
async def akismet(services: Services) -> AsyncIterator[Akismet]:
    """Return a client of a site that holds from 0.5 and rejects from 0.9."""
    added = await manage.add_site(services, OPERATOR, "News", akismet=True)
    anna = (await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR, password="correct horse")).person
    assert added.akismet_key is not None
    transport = httpx2.ASGITransport(app=build_app(services), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://moderator.test") as http:
        akismet = Akismet(
            services=services,
            http=http,
            site_id=added.site.id,
            key=added.akismet_key,
            site_key=added.key,
            anna=anna,
        )
        await akismet.set_policy()
        yield akismet
