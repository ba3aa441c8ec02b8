"""Finding comments: how long a question takes, how fast the index fills, and how long an erasure holds the writer."""

import random
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

import uvloop

from moderator.classifier.scorer import Scorer
from moderator.domain.comments import Article, Author, Comment, Status
from moderator.domain.events import ActorKind
from moderator.domain.ids import CommentId, IdSource, SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action
from moderator.services import Services, new_services, utc_now
from moderator.settings import Settings
from moderator.storage import comments, search
from moderator.storage.audit import Actor
from moderator.storage.comments import Record
from moderator.storage.migrate import migrate
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import feedback, manage, searching

COMMENTS = 100_000
WORDS = 50_000
QUESTIONS = 300
CHUNK = 2_000
STATUSES = (Status.APPROVED,) * 8 + (Status.HELD, Status.REJECTED)


def _text(rng: random.Random, vocabulary: Sequence[str], weights: Sequence[float]) -> str:
    return " ".join(rng.choices(vocabulary, cum_weights=weights, k=rng.randint(10, 90)))


async def _fill(services: Services, site: SiteId, count: int) -> list[str]:
    """Store comments whose words are as often as in a language (Zipf), and return some of the texts."""
    rng = random.Random(7)
    vocabulary = [f"{rng.choice('bcdfgklmnprst')}{n:x}" for n in range(WORDS)]
    weights = list(accumulate(1 / rank for rank in range(1, WORDS + 1)))
    began, ids, kept = utc_now() - timedelta(days=30), IdSource(), []
    for start in range(0, count, CHUNK):
        records = []
        for n in range(start, min(start + CHUNK, count)):
            comment = Comment(
                id=CommentId(ids.new()),
                site_id=site,
                text=_text(rng, vocabulary, weights),
                received_at=began + timedelta(seconds=n),
                author=Author(id=f"reader-{rng.randrange(count // 20 + 1)}", name="Reader"),
                article=Article(url=f"https://news.example/{n // 200}", title="The summit", section="politics"),
            )
            outcome = Outcome(
                comment_id=comment.id,
                external_id=None,
                verdict=Action.APPROVE,
                status=rng.choice(STATUSES),
                scores={},
                reasons=(),
                spans=(),
                signals=(),
                model=None,
                policy=1,
                case=None,
            )
            records.append(Record(comment=comment, outcome=outcome))
        async with services.database.transaction() as connection:
            await comments.add(connection, records)
        kept.append(records[0].comment.text)
    return kept


def _questions(rng: random.Random, texts: Sequence[str]) -> list[tuple[str, dict[str, object]]]:
    """Return what moderators type: words as they come in comments, so that common ones are common here, too."""
    asked: list[tuple[str, dict[str, object]]] = []
    for n in range(QUESTIONS):
        words = rng.choice(texts).split()
        at = rng.randrange(len(words) - 3)
        filters: dict[str, object] = {"status": Status.REJECTED} if n % 3 == 0 else {}
        typed = (words[at], f"{words[at]} {words[-1]}", f'"{words[at]} {words[at + 1]}"', f"{words[at][:3]}*", "")[
            n % 5
        ]
        if not typed:
            filters |= {"author": f"id:reader-{n}"} if n % 2 else {"article": f"https://news.example/{n}"}
        asked.append((typed, filters))
    return asked


async def _measure(folder: Path, count: int) -> dict[str, float]:
    database = await SqliteDatabase.open(folder / "search.db")
    await migrate(database, now_ms=0)
    services = new_services(Settings(models=str(folder)), database, Scorer(None))
    operator = Actor(kind=ActorKind.OPERATOR)
    site = (await manage.add_site(services, operator, "bench")).site.id
    texts = await _fill(services, site, count)
    bare = database.path.stat().st_size

    passes = []
    began = time.perf_counter()
    while True:
        started = time.perf_counter()
        if not await searching.index_new(services):
            break
        passes.append(time.perf_counter() - started)
    filled = time.perf_counter() - began
    await database.checkpoint()
    indexed = database.path.stat().st_size

    took = []
    for typed, filters in _questions(random.Random(8), texts):
        started = time.perf_counter()
        async with database.read() as connection:
            await search.search(connection, text=typed, sites=(site,), limit=51, **filters)  # type: ignore[arg-type]
        took.append(time.perf_counter() - started)
    took.sort()

    async with database.read() as connection:
        (last,) = await search.search(connection, text="", sites=(site,), limit=1)
    await feedback.erase(services, operator, site, last.comment.id)
    steps = []
    while True:
        started = time.perf_counter()
        more = await searching.merge_erased(services)
        steps.append(time.perf_counter() - started)
        if not more:
            break
    await database.close()
    return {
        "comments": count,
        "p50_ms": took[len(took) // 2] * 1e3,
        "p95_ms": took[len(took) * 95 // 100] * 1e3,
        "worst_ms": took[-1] * 1e3,
        "indexed_per_second": count / filled,
        "longest_pass_ms": max(passes) * 1e3,
        "bytes_per_comment": (indexed - bare) / count,
        "merge_steps": len(steps),
        "longest_step_ms": max(steps[:-1], default=0.0) * 1e3,
    }


def measure(count: int = COMMENTS) -> dict[str, float]:
    """Return the figures for so many comments in SQLite."""
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        return uvloop.run(_measure(Path(folder), count))
