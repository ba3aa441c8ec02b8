"""Learning from a hundred thousand decisions: how long it takes, and what memory it wants beside ten thousand.

    python -m benchmarks learning

The decisions are made: words as frequent as in a language, readers' own insults among them, moderators who agree. Each
size runs in a process of its own, everything but the publishing, from the copy of the database to the gate.
"""

import asyncio
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

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
from training import run as learning

SIZES: Final = (10_000, 100_000)
JOBS: Final = 2
CHUNK: Final = 1_000
WORDS: Final = 50_000
REJECTED: Final = 0.3
INSULTS: Final = tuple(f"{first}{second}" for first in ("grumble", "flap", "snolly", "mump") for second in
                       ("wick", "doodle", "goster", "simus", "dump"))  # fmt: skip
SITE: Final = SiteId("learning")
PEOPLE: Final = (PersonId("anna"), PersonId("ben"), PersonId("chris"), PersonId("dora"))
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def measure(models: Path, sizes: Sequence[int] = SIZES) -> dict[str, dict[str, Any]]:
    """Return, for each number of decisions, seconds of each step and peaks of memory."""
    found = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "made.db"
            asyncio.run(fill(path, size))
            arguments = [sys.executable, "-m", "benchmarks.learning", str(path), str(models.resolve()), folder]
            done = subprocess.run(arguments, check=True, capture_output=True, text=True)
            found[str(size)] = json.loads(done.stdout)
    return found


async def fill(path: Path, count: int, seed: int = 7) -> None:
    """Make a database in which people have decided on so many comments."""
    database = await SqliteDatabase.open(path)
    try:
        await migrate(database, now_ms=0)
        made = _Making(seed)
        async with database.transaction() as connection:
            await sites.add(connection, Site(id=SITE, name="Learning"), BEGAN)
            for person in PEOPLE:
                named = Person(id=person, name=person.capitalize(), role=Role.MODERATOR)
                await people.add(connection, named, password_hash="none", now=BEGAN)
        for start in range(0, count, CHUNK):
            rows = [made.row(number, count) for number in range(start, min(start + CHUNK, count))]
            async with database.transaction() as connection:
                await comments.add(connection, [record for record, _ in rows])
                await decisions.append(connection, [one for _, ruled in rows for one in ruled])
    finally:
        await database.close()


class _Making:
    """Makes comments, and what two moderators say of each that is rejected and one of any other."""

    def __init__(self, seed: int) -> None:
        self._chance, self._ids = random.Random(seed), IdSource()
        self._vocabulary = [self._word() for _ in range(WORDS)]
        self._weights = list(accumulate(1 / rank for rank in range(1, WORDS + 1)))

    def _word(self) -> str:
        return "".join(self._chance.choice("bcdfgklmnprstv") + self._chance.choice("aeiou")
                       for _ in range(self._chance.randint(1, 4)))  # fmt: skip

    def row(self, number: int, count: int) -> tuple[Record, list[Decision]]:
        chance = self._chance
        is_rejected = chance.random() < REJECTED
        words = chance.choices(self._vocabulary, cum_weights=self._weights, k=chance.randint(10, 90))
        if is_rejected:
            words[chance.randrange(len(words))] = chance.choice(INSULTS)
            if chance.random() < 0.3:
                words[chance.randrange(len(words))] = "idiot"
        at = BEGAN + timedelta(minutes=number)
        comment = Comment(
            id=CommentId(self._ids.new()),
            site_id=SITE,
            text=" ".join(words),
            received_at=at,
            author=Author(id=f"reader-{chance.randrange(count // 10 + 1)}"),
        )
        action = Action.REJECT if is_rejected else Action.APPROVE
        first, second = chance.sample(PEOPLE, 2)
        ruled = [self._decision(comment, action, first, at)]
        if is_rejected:
            ruled.append(self._decision(comment, action, second, at))
        return Record(comment=comment, outcome=_outcome(comment, action)), ruled

    def _decision(self, comment: Comment, action: Action, person: PersonId, at: datetime) -> Decision:
        return Decision(
            id=DecisionId(self._ids.new()),
            site_id=SITE,
            comment_id=comment.id,
            source=Source.MODERATOR,
            action=action,
            reason=ReasonCode.INSULT if action is Action.REJECT else None,
            person_id=person,
            detection=Detection.POLICY,
            automation=Automation.PARTIALLY,
            decided_at=at + timedelta(minutes=5),
        )


def _outcome(comment: Comment, action: Action) -> Outcome:
    return Outcome(
        comment_id=comment.id,
        external_id=None,
        verdict=Action.APPROVE,
        status=Status.REJECTED if action is Action.REJECT else Status.APPROVED,
        scores=dict.fromkeys(Label, 0.01),
        reasons=(),
        spans=(),
        signals=(),
        model="bench",
        policy=1,
        case=None,
    )


class _Watch(threading.Thread):
    """Looks ten times a second at the memory of this process: all of it, and what is not mapped from files."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peaks = {"VmRSS": 0, "RssAnon": 0}

    def run(self) -> None:
        while True:
            for line in Path("/proc/self/status").read_text("ascii").splitlines():
                name, _, value = line.partition(":")
                if name in self.peaks:
                    self.peaks[name] = max(self.peaks[name], int(value.split()[0]))
            time.sleep(0.1)


def _learn(database: Path, models: Path, folder: Path) -> dict[str, Any]:
    """Make one dry run in this process, and say what it took."""
    own = folder / "models"
    shutil.copytree(models, own, ignore=shutil.ignore_patterns(learning.FOLDER, ".*"))
    watch = _Watch()
    watch.start()
    steps: dict[str, float] = {}
    began = last = time.perf_counter()
    current = ""

    def progress(step: str, _done: int, _total: int) -> None:
        nonlocal last, current
        moment = time.perf_counter()
        steps[step] = steps.get(step, 0.0) + moment - last
        last, current = moment, step

    wish = learning.Wish(database=f"sqlite:///{database}", models=own, is_dry=True, jobs=JOBS)
    ran = asyncio.run(learning.run(wish, datetime.now(UTC), progress))
    return {
        "seconds": time.perf_counter() - began,
        "steps": steps,
        "peak_mib": watch.peaks["VmRSS"] / 1024,
        "own_mib": watch.peaks["RssAnon"] / 1024,
        "outcome": ran.outcome,
        "gate": {line.check: line.passed for line in ran.gate},
        "rows": ran.rows,
    }


if __name__ == "__main__":
    print(json.dumps(_learn(*(Path(argument) for argument in sys.argv[1:4]))))
