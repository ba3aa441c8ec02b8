"""Durable writes on SQLite: our groups against one transaction each, and against bare batches of sixty-four."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiosqlite
import uvloop

from benchmarks.texts import make_texts
from moderator.domain.comments import Author, Comment, Status
from moderator.domain.ids import CaseId, CommentId, IdSource, SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action
from moderator.domain.scoring import Label
from moderator.services import utc_now
from moderator.storage import comments
from moderator.storage.comments import Record
from moderator.storage.database import Connection
from moderator.storage.migrate import migrate
from moderator.storage.sqlite import SqliteDatabase
from moderator.storage.sqlite_connection import with_values

CLIENTS = 64
SITE = SiteId("bench")


def _records(count: int) -> list[Record]:
    ids = IdSource()
    scores = dict.fromkeys(Label, 0.01)
    records = []
    for text in make_texts(count):
        comment = Comment(
            id=CommentId(ids.new()), site_id=SITE, text=text, received_at=utc_now(), author=Author(id="7", name="Anna")
        )
        outcome = Outcome(
            comment_id=comment.id,
            external_id=None,
            verdict=Action.APPROVE,
            status=Status.APPROVED,
            scores=scores,
            reasons=(),
            spans=(),
            signals=(),
            model="bench",
            policy=1,
            case=CaseId(ids.new()),
        )
        records.append(Record(comment=comment, outcome=outcome))
    return records


async def _add(connection: Connection, records: Sequence[Record]) -> list[None]:
    await comments.add(connection, records)
    return [None] * len(records)


async def _grouped(folder: Path, records: list[Record]) -> float:
    """Sixty-four clients, each waiting for its own comment's commit, through the service's writer."""
    database = await SqliteDatabase.open(folder / "grouped.db")
    await migrate(database, now_ms=0)
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO sites (id, name, created_ms) VALUES ('bench', 'bench', 0)")
    waiting = iter(records)

    async def client() -> None:
        for record in waiting:
            await database.batch_write(_add, record)

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    took = time.perf_counter() - started
    await database.close()
    return len(records) / took


async def _prepared(folder: Path, name: str) -> Path:
    path = folder / name
    database = await SqliteDatabase.open(path)
    await migrate(database, now_ms=0)
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO sites (id, name, created_ms) VALUES ('bench', 'bench', 0)")
    await database.close()
    return path


async def _one_each(path: Path, records: list[Record]) -> float:
    """The same through plain aiosqlite, a transaction for each comment."""
    statement = with_values(comments.ADD, 1, len(comments._row(records[0])))
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        lock = asyncio.Lock()
        waiting = iter(records)

        async def client() -> None:
            for record in waiting:
                async with lock:
                    await connection.execute("BEGIN IMMEDIATE")
                    await connection.execute_fetchall(statement, comments._row(record))
                    await connection.execute("COMMIT")

        started = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return len(records) / (time.perf_counter() - started)


def _bare(path: Path, records: list[Record]) -> float:
    """The ceiling: one thread, no event loop, batches of sixty-four."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    started = time.perf_counter()
    for start in range(0, len(records), CLIENTS):
        rows = [comments._row(record) for record in records[start : start + CLIENTS]]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            with_values(comments.ADD, len(rows), len(rows[0])), [value for row in rows for value in row]
        ).fetchall()
        connection.execute("COMMIT")
    took = time.perf_counter() - started
    connection.close()
    return len(records) / took


async def _measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        grouped = await _grouped(folder, _records(12_000))
        one_each = await _one_each(await _prepared(folder, "each.db"), _records(1_500))
        bare = _bare(await _prepared(folder, "bare.db"), _records(12_000))
    return {"grouped": grouped, "one_each": one_each, "bare": bare}


def measure() -> dict[str, float]:
    """Return comments a second, committed with synchronous=FULL, three ways."""
    return uvloop.run(_measure())
