"""Made sites of real comments, as strangers to a small base that was fitted without their sources.

The texts stay in memory and in a temporary folder: this measures how a site learns, and nothing of it is kept.
"""

import asyncio
import gzip
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from moderator.classifier import registry
from moderator.classifier.model import Model
from moderator.domain.comments import Author, Comment, Site, Status
from moderator.domain.ids import CommentId, DecisionId, IdSource, PersonId, SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Decision, Detection, ReasonCode, Source
from moderator.domain.scoring import Label
from moderator.storage import comments, decisions, people, sites
from moderator.storage.comments import Record
from moderator.storage.migrate import migrate
from moderator.storage.sqlite import SqliteDatabase
from training import corpora, gate, steps
from training.base import make_base
from training.corpora import Row
from training.gate import Trial
from training.learned import assemble
from training.run import one_thread_a_product
from training.split import split

SEED: Final = 20_261_126
SITE: Final = SiteId("stranger")
PEOPLE: Final = tuple(PersonId(name) for name in ("anna", "ben", "chris", "dora"))
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
# Sources in which `toxic` is known of every row, and both answers are frequent.
STRANGERS: Final = ("ucc_news_nc", "offendes_nc", "told_br", "russe_detox", "germeval2018", "tupy_pt", "surge_toxicity")
# What the base must not forget: sources that it was fitted on, and that are nobody's site.
OTHERS: Final = ("civil_raw", "jigsaw_wiki", "jigsaw_six", "wiki_detox_test", "paradetox", "hatemoji_build")
TRAIN_ROWS: Final = 700  # Of a source, for the small base.
OTHER_ROWS: Final = 250  # Of a source, to calibrate and to measure.


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A comment and what two moderators said of it."""

    text: str
    is_rejected: bool
    author: str


def write_small_corpus(data: Path, folder: Path, *, without: Sequence[str], rows: int = TRAIN_ROWS) -> Path:
    """Write a sample of the labelled files but for some sources, and return its folder."""
    folder.mkdir()
    for path in corpora.files(data):
        name = path.name.removesuffix(".jsonl.gz")
        if name in without or name.startswith("bias_templates"):
            continue
        chance, found = random.Random(f"{SEED} {name}"), list(corpora.read(path))
        chosen = [row for split_, most in (("train", rows), ("valid", OTHER_ROWS), ("test", OTHER_ROWS))
                  for row in _sample([one for one in found if one.split == split_], most, chance)]  # fmt: skip
        lines = b"".join(msgspec.json.encode(row) + b"\n" for row in chosen)
        (folder / path.name).write_bytes(gzip.compress(lines, mtime=0))
    return folder


def _sample(rows: list[Row], most: int, chance: random.Random) -> list[Row]:
    return rows if len(rows) <= most else chance.sample(rows, most)


def make_small_base(data: Path, folder: Path, *, without: Sequence[str] = STRANGERS, rows: int = TRAIN_ROWS) -> Path:
    """Fit a small base without some sources, make it the version in use, and return the folder of models."""
    with tempfile.TemporaryDirectory() as corpus:
        made = make_base(write_small_corpus(data, Path(corpus) / "data", without=without, rows=rows),
                         folder, NOW, lambda *_: None)  # fmt: skip
    registry.activate(folder, made.manifest.version)
    return folder


def toxic_rows(data: Path, name: str) -> list[Row]:
    """Return the rows of a source of which `toxic` is known."""
    return [row for row in corpora.read(data / f"{name}.jsonl.gz") if Label.TOXIC in row.labels and row.text.strip()]


def ruled(rows: Sequence[Row]) -> list[Ruled]:
    """Return what moderators who go by the labels say, each comment by an author of its own."""
    return [
        Ruled(text=row.text, is_rejected=row.labels[Label.TOXIC] >= corpora.POSITIVE, author=row.id) for row in rows
    ]


def try_learning(models: Path, site: Sequence[Ruled], *, jobs: int = 1) -> Trial:
    """Learn from a site's decisions as a run does, up to what the gate looks at."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_try(models, site, Path(folder), jobs))


async def _try(models: Path, site: Sequence[Ruled], folder: Path, jobs: int) -> Trial:
    path = folder / "site.db"
    await _fill(path, site)
    with one_thread_a_product():
        ground = steps.find_ground(models, None)
        lessons = await steps.take_lessons(f"sqlite:///{path}", None, ground.base, folder, NOW, _silent)
        parted = split(lessons.times, lessons.authors, lessons.clusters)
        fits = steps.fit(lessons, ground.base.model.labels, parted, _silent, jobs)
        return steps.try_out(ground, lessons, parted, fits, assemble(ground.base, lessons, fits.taught, NOW))


def judge(trial: Trial) -> dict[str, bool]:
    """Return which lines of the gate a trial passes; nothing learned is a refusal of its own."""
    if not trial.tested:
        return {"nothing to learn": False}
    with one_thread_a_product():
        return {line.check: line.passed for line in gate.run_gate(trial, gate.CHECKS)}


def auc(model: Model, rows: Sequence[Row]) -> float:
    """Return the area under the ROC curve of `toxic`."""
    from sklearn.metrics import roc_auc_score

    logits = model.logits_of_many([row.text for row in rows])[:, list(model.labels).index(Label.TOXIC)]
    truth = np.array([row.labels[Label.TOXIC] >= corpora.POSITIVE for row in rows])
    return float(roc_auc_score(truth, logits))


def draw(rows: Sequence[Row], count: int, seed: int) -> tuple[list[Row], list[Row]]:
    """Return so many rows at random, and the others."""
    order: NDArray[np.int64] = np.random.default_rng(seed).permutation(len(rows))
    return [rows[place] for place in order[:count]], [rows[place] for place in order[count:]]


def _silent(_step: str, _done: int, _total: int) -> None:
    """Show no progress."""


async def _fill(path: Path, site: Sequence[Ruled]) -> None:
    database = await SqliteDatabase.open(path)
    try:
        await migrate(database, now_ms=0)
        ids = IdSource()
        async with database.transaction() as connection:
            await sites.add(connection, Site(id=SITE, name="Stranger"), BEGAN)
            for person in PEOPLE:
                named = Person(id=person, name=person.capitalize(), role=Role.MODERATOR)
                await people.add(connection, named, password_hash="none", now=BEGAN)
        for begin in range(0, len(site), 500):
            made = list(_rows(site[begin : begin + 500], begin, ids))
            async with database.transaction() as connection:
                await comments.add(connection, [record for record, _ in made])
                await decisions.append(connection, [one for _, said in made for one in said])
    finally:
        await database.close()


def _rows(site: Sequence[Ruled], first: int, ids: IdSource) -> Iterator[tuple[Record, list[Decision]]]:
    for number, one in enumerate(site, first):
        at = BEGAN + timedelta(minutes=number)
        comment = Comment(
            id=CommentId(ids.new()), site_id=SITE, text=one.text, received_at=at, author=Author(id=one.author)
        )
        action = Action.REJECT if one.is_rejected else Action.APPROVE
        outcome = Outcome(
            comment_id=comment.id,
            external_id=None,
            verdict=Action.APPROVE,
            status=Status.REJECTED if one.is_rejected else Status.APPROVED,
            scores=dict.fromkeys(Label, 0.01),
            reasons=(),
            spans=(),
            signals=(),
            model="bench",
            policy=1,
            case=None,
        )
        first_said = Decision(
            id=DecisionId(ids.new()),
            site_id=SITE,
            comment_id=comment.id,
            source=Source.MODERATOR,
            action=action,
            reason=ReasonCode.INSULT if one.is_rejected else None,
            person_id=PEOPLE[number % len(PEOPLE)],
            detection=Detection.POLICY,
            automation=Automation.PARTIALLY,
            decided_at=at,
        )
        # Two agree, so that nothing waits for a second opinion: that rule has tests of its own.
        second = replace(first_said, id=DecisionId(ids.new()), person_id=PEOPLE[(number + 1) % len(PEOPLE)])
        yield Record(comment=comment, outcome=outcome), [first_said, second]
