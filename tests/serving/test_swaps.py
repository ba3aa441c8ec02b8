"""Models change under load: every request is answered, and each answer is one model's, scores and words alike."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

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
CLIENTS = 2


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
        self.expected = {(one, text): _expected(scorer, text) for one, scorer in self.scorers.items() for text in TEXTS}
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
            assert result.get("house_rules") == self.expected[found["model"], text].house_rules

    async def _comment(self, text: str) -> None:
        answer = await self.http.post("/v1/comments", json={"text": text}, headers=self.headers)
        assert answer.status_code == 201, answer.text
        self._check(answer.json()["model"], text, answer.json())

    def _check(self, version: str, text: str, result: dict[str, Any]) -> None:
        expected = self.expected[version, text]
        # What is scored together rounds its last bits otherwise than what is scored alone.
        assert all(abs(result["scores"][label] - score) < 1e-4 for label, score in expected.scores.items())
        assert len(result["scores"]) == len(expected.scores)
        for span in result["spans"]:
            assert (span["start"], span["end"], span["label"], round(span["weight"], 4)) in expected.spans
        self.answers[version] += 1


@dataclass(frozen=True)
class Expected:
    """What a version says of a text."""

    scores: Mapping[Label, float]
    spans: set[tuple[int, int, str, float]]
    house_rules: float | None


def _expected(scorer: Scorer, text: str) -> Expected:
    scored, house_rules = scorer.score(text), scorer.house_rules(text)
    assert scored is not None
    spans = scorer.explain(text, list(Label))
    return Expected(
        scores=scored.scores,
        spans={(one.start, one.end, str(one.label), round(one.weight, 4)) for one in spans},
        house_rules=None if house_rules is None else round(house_rules, 4),
    )


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
            await anyio.sleep(0.0005)
        load.is_over = True
    assert min(load.answers.values()) >= 20


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
