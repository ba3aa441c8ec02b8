"""The application over a real database, asked as Perspective's clients ask."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from moderator.app import build_app
from moderator.classifier import registry
from moderator.classifier.scorer import Scorer
from moderator.domain.events import ActorKind
from moderator.domain.ids import IdSource, SiteId
from moderator.domain.people import Role
from moderator.services import Services, new_services
from moderator.settings import Settings
from moderator.storage.audit import Actor
from moderator.storage.database import Database
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import manage
from tests.fakes import Clock, FakeScorer
from tests.tiny import publish_tiny

OPERATOR = Actor(kind=ActorKind.OPERATOR)
ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"


@dataclass(frozen=True)
class Caller:
    """A client with a site's key; the other secrets are what it might send by mistake."""

    http: httpx2.AsyncClient
    site_id: SiteId
    key: str
    public_key: str
    token: str

    async def post(self, path: str, body: object, **headers: str) -> httpx2.Response:
        """Send a body as JSON, with the key in the address."""
        return await self.http.post(f"{path}?key={self.key}", json=body, headers=headers)

    async def send(self, body: bytes, path: str = ANALYZE, **headers: str) -> httpx2.Response:
        """Send a body as it is."""
        return await self.http.post(f"{path}?key={self.key}", content=body, headers=headers)

    async def analyze(self, text: str, *attributes: str, **more: object) -> httpx2.Response:
        """Ask for some attributes of a text."""
        body = {"comment": {"text": text}, "requestedAttributes": {name: {} for name in attributes}, **more}
        return await self.post(ANALYZE, body)


Opened = Callable[[Services], Awaitable[Caller]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        models=str(tmp_path_factory.mktemp("models")), rate_per_author=0, audit_share=0, second_review_share=0
    )


def services_over(database: Database, scorer: Scorer, settings: Settings, clock: Clock) -> Services:
    ids = IdSource(clock_ms=lambda: int(clock.at.timestamp() * 1000))
    return new_services(settings, database, scorer, now=clock.now, monotonic=clock.monotonic, ids=ids)


@pytest.fixture
async def open_caller() -> AsyncIterator[Opened]:
    """Make a caller of an application over services of a test's own."""
    opened: list[httpx2.AsyncClient] = []

    async def open_(services: Services) -> Caller:
        site = await manage.add_site(services, OPERATOR, "News", origins=["https://news.example"])
        anna = await manage.add_person(services, OPERATOR, "Anna", Role.MODERATOR)
        assert site.public_key is not None
        transport = httpx2.ASGITransport(app=build_app(services), raise_app_exceptions=False)
        opened.append(httpx2.AsyncClient(transport=transport, base_url="http://testserver"))
        return Caller(http=opened[-1], site_id=site.site.id, key=site.key, public_key=site.public_key, token=anna.token)

    yield open_
    for one in opened:
        await one.aclose()


@pytest.fixture
def services(database: Database, settings: Settings, clock: Clock) -> Services:
    """Services on each engine, for what is stored or must not be."""
    return services_over(database, FakeScorer(), settings, clock)


@pytest.fixture
async def stored(services: Services, open_caller: Opened) -> Caller:
    """A caller of them."""
    return await open_caller(services)


@pytest.fixture
def light_services(sqlite_database: SqliteDatabase, settings: Settings, clock: Clock) -> Services:
    """Services for all else."""
    return services_over(sqlite_database, FakeScorer(), settings, clock)


@pytest.fixture
async def caller(light_services: Services, open_caller: Opened) -> Caller:
    """A caller of the light services, with the fake scorer's words."""
    return await open_caller(light_services)


@pytest.fixture
async def modelled(
    sqlite_database: SqliteDatabase, settings: Settings, clock: Clock, tmp_path: Path, open_caller: Opened
) -> Caller:
    """A caller of a service with a real, tiny model, which knows English and German."""
    publish_tiny(tmp_path / "tiny", languages=["en", "de"])
    model = registry.load_current(tmp_path / "tiny")
    return await open_caller(services_over(sqlite_database, Scorer(model), settings, clock))


def error_of(answer: httpx2.Response, code: int = 400) -> Any:
    """Return the error in an answer, after a look at the shape that every error has."""
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert body["error"]["code"] == code
    assert isinstance(body["error"]["message"], str)
    assert isinstance(body["error"]["status"], str)
    return body["error"]


def error_type(answer: httpx2.Response) -> str:
    """Return Perspective's own name for what is wrong."""
    (detail,) = error_of(answer)["details"]
    assert detail["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    found: str = detail["errorType"]
    return found
