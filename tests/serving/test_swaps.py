"""Models change under load: every request is answered, and each answer is one model's, scores and words alike."""

from collections.abc import AsyncIterator
from itertools import count

import anyio
import httpx2
import pytest

from moderator.app import build_app
from moderator.background import reload
from moderator.classifier import registry
from moderator.classifier.pointers import SHARED
from moderator.classifier.scorer import Scorer
from moderator.domain.ids import SiteId
from moderator.domain.scoring import Label
from moderator.services import Services, load_models, new_services
from moderator.settings import Settings
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import manage
from tests.learned import publish_learned
from tests.tiny import publish_tiny
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio
TEXTS = ["wibbly wobbly", "You total moron!", "The minister explains the budget.", "Buy cheap pills, wibbly moron."]
CLIENTS = 4


@pytest.fixture
async def services(sqlite_database: SqliteDatabase, tmp_path_factory: pytest.TempPathFactory) -> Services:
    settings = Settings(models=str(tmp_path_factory.mktemp("models")), rate_per_author=0, audit_share=0)
    found = new_services(settings, sqlite_database, Scorer(None))
    publish_tiny(found.models_folder)
    publish_learned(found.models_folder, "learned-1", "wibbly wobbly", amount=6.0)
    load_models(found)
    return found


class Load:
    """Clients that ask without pause and compare each answer with the version that it names."""

    def __init__(self, services: Services, http: httpx2.AsyncClient, key: str) -> None:
        folder = services.models_folder
        self.http = http
        self.headers = {"authorization": f"Bearer {key}"}
        self.scorers = {one: Scorer(registry.load_version(folder, one)) for one in registry.list_versions(folder)}
        self.answers: dict[str, int] = dict.fromkeys(self.scorers, 0)
        self.is_over = False

    async def ask(self) -> None:
        """Ask until it is over."""
        for turn in count():
            if self.is_over:
                return
            await (self._score() if turn % 2 else self._comment(TEXTS[turn // 2 % len(TEXTS)]))

    async def _score(self) -> None:
        answer = await self.http.post("/v1/score", json={"texts": TEXTS}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        for text, result in zip(TEXTS, found["results"], strict=True):
            self._check(found["model"], text, result)
            house_rules = self.scorers[found["model"]].house_rules(text)
            assert result.get("house_rules") == (None if house_rules is None else round(house_rules, 4))

    async def _comment(self, text: str) -> None:
        answer = await self.http.post("/v1/comments", json={"text": text}, headers=self.headers)
        assert answer.status_code == 201, answer.text
        self._check(answer.json()["model"], text, answer.json())

    def _check(self, version: str, text: str, result: dict[str, object]) -> None:
        scorer = self.scorers[version]
        scored = scorer.score(text)
        assert scored is not None
        spans = result["spans"]
        assert isinstance(spans, list)
        assert result["scores"] == {label: pytest.approx(score, abs=6e-5) for label, score in scored.scores.items()}
        labels = {Label(span["label"]) for span in spans}
        own = {(one.start, one.end, str(one.label), round(one.weight, 4)) for one in scorer.explain(text, list(labels))}
        assert {(one["start"], one["end"], one["label"], round(one["weight"], 4)) for one in spans} == own
        self.answers[version] += 1


@pytest.fixture
async def load(services: Services) -> AsyncIterator[Load]:
    added = await manage.add_site(services, OPERATOR, "News")
    transport = httpx2.ASGITransport(app=build_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        yield Load(services, http, added.key)


async def test_a_thousand_swaps_spoil_no_answer(services: Services, load: Load) -> None:
    first, second = load.scorers.values()
    site = next(iter(services.directory.sites))
    async with anyio.create_task_group() as group:
        for _ in range(CLIENTS):
            group.start_soon(load.ask)
        for swap in range(1_000):
            if swap % 3:
                services.scorer = (first, second)[swap % 2]
            else:
                services.site_scorers = {site: second} if swap % 2 else {}
            await anyio.sleep(0.001)
        load.is_over = True
    assert min(load.answers.values()) >= 50


async def test_versions_change_by_their_files_under_load(services: Services, load: Load) -> None:
    base = services.scorer.version or ""
    site = SiteId(next(iter(services.directory.sites)))
    async with anyio.create_task_group() as group:
        group.start_soon(load.ask)
        for version, own in [("learned-1", SHARED), (base, "learned-1"), (base, SHARED), ("learned-1", base)] * 2:
            registry.activate(services.models_folder, version)
            registry.activate(services.models_folder, own, site)
            assert await reload(services)
            assert services.scorer_of(site).version == (version if own == SHARED else own)
            await anyio.sleep(0.02)
        load.is_over = True
    assert min(load.answers.values()) >= 1
