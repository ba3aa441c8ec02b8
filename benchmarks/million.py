"""Two months of a newspaper: a million comments in SQLite, of which twenty thousand wait. Made once, kept for days.

Written with the service's own migrations, ids and statements, but many at a time and without syncs: through the use
cases it would take half an hour. Texts are made up; scores, authors, sections and verdicts are unevenly spread.
"""

import asyncio
import hashlib
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.texts import make_texts
from moderator.classifier.scorer import Scorer
from moderator.domain.events import ActorKind
from moderator.domain.ids import IdSource
from moderator.domain.people import Role
from moderator.domain.review import SEVERITY
from moderator.domain.scoring import Label
from moderator.services import new_services
from moderator.settings import Settings
from moderator.storage import cases
from moderator.storage.audit import Actor
from moderator.storage.migrate import load_migrations, migrate
from moderator.storage.sqlite import SqliteDatabase
from moderator.usecases import manage

COMMENTS: Final = 1_000_000
OPEN: Final = 20_000
DAYS: Final = 60
MADE_BY: Final = b"2"  # Another number where what is made changes.
PASSWORD: Final = "correct horse battery"
PEOPLE: Final = ("Anna", "Ben", "Chris")
_CHUNK = 10_000
_KEPT_SECONDS = 3 * 24 * 3600
_SECTIONS = ("politics", "politics", "politics", "economy", "sport", "sport", "culture", "science", "opinion", None)
_LANGUAGES = ("en", "en", "en", "en", "de", "de", "fr", "es", None)
_CAUSES = ("borderline",) * 16 + ("report",) * 2 + ("sample", "campaign")

_COMMENT = (
    "id, site_id, external_id, text, text_hash, lang, article_url, article_title, article_section, author_key, "
    "author_id, author_name, received_ms, status, verdict, reasons, spans, model_version, policy_version, case_id"
)
_SCORES = ", ".join(f"score_{label}" for label in Label)


def database_of(count: int = COMMENTS, waiting: int = OPEN) -> Path:
    """Return the file with so many comments; an older one of the same schema and making is taken as it is."""
    made_by = hashlib.sha256(MADE_BY)
    for migration in load_migrations("sqlite"):
        made_by.update(migration.sha256.encode())
    path = Path(tempfile.gettempdir()) / f"moderator-bench-{count}-{waiting}-{made_by.hexdigest()[:12]}.db"
    if path.exists() and time.time() - path.stat().st_mtime < _KEPT_SECONDS:
        return path
    for old in path.parent.glob("moderator-bench-*.db*"):
        old.unlink()
    unfinished = path.with_suffix(".db-new")
    sites = asyncio.run(_prepare(unfinished))
    _fill(unfinished, sites, count, waiting)
    unfinished.replace(path)
    unfinished.with_name(unfinished.name + ".lock").unlink(missing_ok=True)
    return path


async def _prepare(path: Path) -> list[str]:
    """Make the tables, two sites and three moderators; Anna administers."""
    database = await SqliteDatabase.open(path)
    await migrate(database, now_ms=0)
    services = new_services(Settings(models=tempfile.gettempdir()), database, Scorer(None))
    operator = Actor(kind=ActorKind.OPERATOR)
    sites = [(await manage.add_site(services, operator, name)).site.id for name in ("The Daily", "The Weekly")]
    for name in PEOPLE:
        role = Role.ADMIN if name == PEOPLE[0] else Role.MODERATOR
        await manage.add_person(services, operator, name, role, password=PASSWORD)
    await database.close()
    return [str(site) for site in sites]


def _fill(path: Path, sites: list[str], count: int, waiting: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -400000", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    (moderator,) = connection.execute("SELECT id FROM people WHERE name = 'Ben'").fetchone()
    making = _Making(count, waiting, sites, moderator)
    for start in range(0, count, _CHUNK):
        connection.execute("BEGIN")
        _write(connection, making, range(start, min(start + _CHUNK, count)))
        connection.execute("COMMIT")
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _write(connection: sqlite3.Connection, making: "_Making", numbers: range) -> None:
    comments: list[tuple[Any, ...]] = []
    opened: list[tuple[Any, ...]] = []
    decided: list[tuple[Any, ...]] = []
    for comment, case, decisions in making.rows(numbers):
        comments.append(comment)
        decided.extend(decisions)
        if case is not None:
            opened.append(case)
    places = "?, " * (len(comments[0]) - 1) + "?"
    connection.executemany(f"INSERT INTO comments ({_COMMENT}, {_SCORES}) VALUES ({places})", comments)
    given = cases.OPEN.replace("{values}", "VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, 0)")
    for case in opened:
        connection.execute(given, case[:7]).fetchall()
    closed = [(case[7], case[0]) for case in opened if case[7] is not None]
    connection.executemany("UPDATE cases SET state = 'closed', generation = 1, closed_ms = ? WHERE id = ?", closed)
    connection.executemany(
        "INSERT INTO decisions (id, site_id, comment_id, case_id, source, action, person_id, reason, detection, "
        "automation, policy_version, model_version, decided_ms, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, "
        "'bench', ?, ?)",
        decided,
    )
    connection.executemany(
        "INSERT INTO search_places (number, comment_id) VALUES (?, ?)",
        [(number + 1, comment[0]) for number, comment in zip(numbers, comments, strict=True)],
    )
    connection.executemany(
        "INSERT INTO search (rowid, text) VALUES (?, ?)",
        [(number + 1, comment[3]) for number, comment in zip(numbers, comments, strict=True)],
    )


class _Making:
    """Makes rows in the order of time. One in ten comments is held; the last of those held wait."""

    def __init__(self, count: int, waiting: int, sites: list[str], moderator: str) -> None:
        self._rng = random.Random(11)
        self._count = count
        self._waiting_from = count - waiting * 10
        self._sites = sites
        self._moderator = moderator
        self._texts = make_texts(20_000)
        self._began = int(time.time() * 1000) - DAYS * 24 * 3600 * 1000
        self._step = DAYS * 24 * 3600 * 1000 // count
        self._at = self._began
        self._ids = IdSource(clock_ms=lambda: self._at)

    def rows(self, numbers: range) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...] | None, list[tuple[Any, ...]]]]:
        """Yield a comment, its case if it had one (with when it was closed), and its decisions."""
        rng = self._rng
        for number in numbers:
            self._at = self._began + number * self._step
            is_held = number % 10 == 3
            scores = self._scores(is_held)
            site = self._sites[number % 8 == 5]
            author = int(60_000 * rng.random() ** 2)
            comment_id, case_id = self._ids.new(), self._ids.new() if is_held else None
            waits = is_held and number >= self._waiting_from
            verdict = "hold" if is_held else "reject" if number % 50 == 7 else "approve"
            label = max(Label, key=lambda one: scores[one] * SEVERITY[one])
            ruling = "approve" if rng.random() < 0.6 else "reject"
            status = "held" if waits else {"hold": f"{ruling}d", "reject": "rejected", "approve": "approved"}[verdict]
            status = {"approved": "approved", "rejectd": "rejected"}.get(status, status)
            text = self._texts[number % len(self._texts)]
            at = number // len(self._texts) * 7 % max(1, len(text) - 20)
            comment = (
                comment_id,
                site,
                f"wp-{number}",
                f"{text[at:]} {text[:at]}".strip(),
                f"{number:032x}",
                rng.choice(_LANGUAGES),
                f"https://news.example/story-{number // 150}",
                f"A story of the summit, part {number // 150}",
                rng.choice(_SECTIONS),
                f"id:reader-{author}",
                f"reader-{author}",
                f"Reader {author}",
                self._at,
                status,
                verdict,
                _reasons(verdict, label, scores[label]),
                f'[[4,11,"{label}",0.8]]' if is_held else "[]",
                "bench",
                1,
                case_id,
                *(scores[one] for one in Label),
            )
            case = None
            decisions = []
            if case_id is not None:
                closed = None if waits else self._at + rng.randrange(60_000, 7_200_000)
                weight = max(SEVERITY[one] * scores[one] for one in Label)
                case = (case_id, site, comment_id, rng.choice(_CAUSES), weight, self._at, None, closed)
                if closed is not None:
                    reason = str(rng.choice(["insult", "spam", "hate"])) if ruling == "reject" else None
                    decisions.append(self._decision(comment_id, site, ruling, case_id, reason, closed))
            else:
                decisions.append(self._decision(comment_id, site, verdict, None, None, self._at))
            yield comment, case, decisions

    def _decision(
        self, comment_id: str, site: str, action: str, case_id: str | None, reason: str | None, at: int
    ) -> tuple[Any, ...]:
        by = ("moderator", action, self._moderator) if case_id else ("policy", action, None)
        automation = "partially" if case_id else "fully"
        return (self._ids.new(), site, comment_id, case_id, *by, reason, "policy", automation, at, "0" * 64)

    def _scores(self, is_held: bool) -> dict[Label, float]:
        rng = self._rng
        scores = {label: round(rng.random() ** 6, 4) for label in Label}
        if is_held:
            label = rng.choices(list(Label), weights=(6, 1, 3, 1, 6, 2, 1, 4))[0]
            scores[label] = round(0.5 + rng.random() * 0.4, 4)
        return scores


def _reasons(verdict: str, label: Label, score: float) -> str:
    if verdict == "approve":
        return "[]"
    reason = {
        "action": verdict,
        "code": "score",
        "detail": f"{label} scored {score:.2f}",
        "label": label,
        "score": score,
        "threshold": 0.5,
    }
    return json.dumps([reason], separators=(",", ":"))
