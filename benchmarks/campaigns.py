"""What looking for near-duplicates costs a comment: the same comments with the rule and without it, in turns."""

import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import uvloop

from benchmarks.texts import make_texts
from moderator.classifier import registry
from moderator.classifier.normalise import normalise
from moderator.classifier.scorer import Scorer
from moderator.domain.comments import Article, Author, Comment
from moderator.domain.events import ActorKind
from moderator.domain.ids import CommentId, SiteId
from moderator.services import new_services
from moderator.settings import Settings
from moderator.sketch import sign
from moderator.storage.audit import Actor
from moderator.storage.migrate import migrate
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import manage
from moderator.usecases.moderate import moderate

CLIENTS = 64
COMMENTS = 6_000
ROUNDS = 3


async def _moderate_all(folder: Path, scorer: Scorer, texts: list[str], limit: int) -> tuple[float, float]:
    """Return wall and processor time of all threads, in microseconds a comment, from text to commit."""
    database = await SqliteDatabase.open(folder / f"{time.monotonic_ns()}.db")
    await migrate(database, now_ms=0)
    services = new_services(
        Settings(models=str(folder), rate_per_author=0, audit_share=0, second_review_share=0), database, scorer
    )
    operator = Actor(kind=ActorKind.OPERATOR)
    site = (await manage.add_site(services, operator, "bench")).site.id
    policy = replace(services.directory.policies[site], campaign_limit=limit)
    await manage.set_policy(services, operator, site, policy)
    waiting = iter(enumerate(texts))

    async def client() -> None:
        for n, text in waiting:
            comment = Comment(
                id=CommentId(services.ids.new()),
                site_id=site,
                text=text,
                received_at=services.now(),
                author=Author(id=f"reader-{n}"),
                article=Article(url="https://news.example/summit"),
            )
            await moderate(services, comment)

    wall, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    took = (time.perf_counter() - wall, time.process_time() - processor)
    await database.close()
    return took[0] / len(texts) * 1e6, took[1] / len(texts) * 1e6


def _sign_micros(texts: list[str]) -> float:
    """Return what a signature takes beside the normalising, which the score has done already."""
    best = float("inf")
    for _ in range(5):
        spent = 0.0
        for text in texts:
            normalise(text)
            started = time.perf_counter()
            sign(text, SiteId("bench"))
            spent += time.perf_counter() - started
        best = min(best, spent)
    return best / len(texts) * 1e6


async def _measure(models: Path) -> dict[str, float]:
    scorer = Scorer(registry.load_current(models))
    texts = make_texts(COMMENTS)
    on, off = [], []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(ROUNDS):
            off.append(await _moderate_all(Path(name), scorer, texts, 0))
            on.append(await _moderate_all(Path(name), scorer, texts, 3))
    return {
        "sign": _sign_micros(texts[:500]),
        "wall_on": median(wall for wall, _ in on),
        "wall_off": median(wall for wall, _ in off),
        "processor_on": median(processor for _, processor in on),
        "processor_off": median(processor for _, processor in off),
    }


def measure(models: Path) -> dict[str, float]:
    """Return microseconds a comment: its signature, and text to commit with the rule and without."""
    return uvloop.run(_measure(models))
