"""The audit chain: it holds while many write, and a break is named."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from moderator.domain.events import ActorKind, AuditAction
from moderator.storage import audit
from moderator.storage.audit import Actor, Entry, Question
from moderator.storage.database import Connection, Database
from tests.builders import A_SITE, NOON
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, later

pytestmark = pytest.mark.anyio


def an_entry(subject_id: str = "case-1", *, minute: float = 0) -> Entry:
    return Entry(
        at=later(minutes=minute),
        actor=Actor(kind=ActorKind.PERSON, id=ANNA),
        action=AuditAction.CASE_DECIDED,
        subject_kind="case",
        subject_id=subject_id,
        site_id=A_SITE,
        detail={"decision": "decision-1", "generation": 3, "undoes": None},
    )


async def _append(database: Database, *entries: Entry) -> None:
    async with database.transaction() as connection:
        await audit.append(connection, *entries)


async def _breaks(database: Database) -> list[str]:
    return [sentence async for sentence in audit.find_breaks(database, page_size=2)]


async def _tamper(database: Database, sql: str) -> list[str]:
    async with database.transaction() as connection:
        await connection.execute(sql)
    return await _breaks(database)


async def test_entries_come_back_newest_first(database: Database) -> None:
    entries = [an_entry(minute=0), an_entry("case-2", minute=1), an_entry(minute=2)]
    await _append(database, *entries[:2])
    await _append(database, entries[2])
    async with database.read() as connection:
        assert await audit.recent(connection, limit=9) == [(3, entries[2]), (2, entries[1]), (1, entries[0])]
        assert await audit.recent(connection, limit=1, before=3) == [(2, entries[1])]
        assert await audit.recent(connection, limit=9, subject_id="case-1") == [(3, entries[2]), (1, entries[0])]


async def test_the_operator_and_the_service_have_no_id(database: Database) -> None:
    actor = Actor(kind=ActorKind.SERVICE)
    entry = Entry(at=NOON, actor=actor, action=AuditAction.MODEL_ACTIVATED, subject_kind="model", subject_id="base-1")
    await _append(database, entry)
    async with database.read() as connection:
        assert await audit.recent(connection, limit=1) == [(1, entry)]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5])
async def test_an_honest_chain_of_any_length_has_no_breaks(database: Database, number: int) -> None:
    await _append(database, *[an_entry(minute=n) for n in range(number)])
    assert await _breaks(database) == []


async def test_many_who_write_at_once_make_one_chain(database: Database) -> None:
    await asyncio.gather(*(_append(database, an_entry(f"case-{n}"), an_entry(f"case-{n}")) for n in range(25)))
    assert await _breaks(database) == []
    async with database.read() as connection:
        assert [seq for seq, _ in await audit.recent(connection, limit=99)] == list(range(50, 0, -1))


async def test_a_block_that_failed_leaves_no_gap(database: Database) -> None:
    with pytest.raises(KeyError):
        async with database.transaction() as connection:
            await audit.append(connection, an_entry())
            raise KeyError
    await _append(database, an_entry())
    assert await _breaks(database) == []


@pytest.mark.parametrize(
    ("sql", "sentences"),
    [
        ("UPDATE audit SET detail = '{}' WHERE seq = 3", ["Entry 3 has been altered."]),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 1", ["Entry 1 has been altered."]),
        ("DELETE FROM audit WHERE seq IN (2, 3)", ["Entries 2 to 3 are missing."]),
        (
            "UPDATE audit SET previous_hash = 'x' WHERE seq = 3",
            ["Entry 3 does not follow the one before it.", "Entry 3 has been altered."],
        ),
        ("DELETE FROM audit WHERE seq = 5", ["The chain ends at entry 4, but its head says 5."]),
        ("DELETE FROM audit", ["The chain ends at entry 0, but its head says 5."]),
        ("DELETE FROM audit_head", ["The head of the chain is missing."]),
        (
            "UPDATE audit SET hash = 'x' WHERE seq = 5",
            ["Entry 5 has been altered.", "The head does not have the hash of entry 5."],
        ),
        (
            """
            INSERT INTO audit
            SELECT 6, at_ms, actor_kind, actor_id, action, subject_kind, subject_id, site_id, detail, hash, 'x'
            FROM audit WHERE seq = 5
            """,
            ["Entry 6 has been altered.", "The chain ends at entry 6, but its head says 5."],
        ),
    ],
)
async def test_a_break_is_named(database: Database, sql: str, sentences: list[str]) -> None:
    await _append(database, *[an_entry(minute=n) for n in range(5)])
    assert await _tamper(database, sql) == sentences


class _Growing:
    """A database in which somebody appends an entry before each read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reads = 0

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        self.reads += 1
        if self.reads < 10:
            await _append(self._database, an_entry())
        async with self._database.read() as connection:
            yield connection


async def test_a_chain_that_grows_while_it_is_read_is_no_break(database: Database) -> None:
    await _append(database, an_entry(), an_entry())
    growing = _Growing(database)
    assert [sentence async for sentence in audit.find_breaks(growing, page_size=100)] == []  # type: ignore[arg-type]
    assert growing.reads == 2  # One page, and the end: an entry came between the two.


async def test_a_walk_goes_on_where_another_stopped(database: Database) -> None:
    await _append(database, *[an_entry(minute=n) for n in range(5)])
    pages = [walked async for walked in audit.walk(database, page_size=2)]
    assert [(walked.seq, walked.breaks) for walked in pages] == [(2, []), (4, []), (5, [])]

    assert [walked.seq async for walked in audit.walk(database, after=4)] == [5]
    assert [walked.breaks async for walked in audit.walk(database, after=5)] == [[]]
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM audit WHERE seq = 2")
    assert [walked.breaks async for walked in audit.walk(database, after=2)] == [
        ["Entry 3 does not follow the one before it."]
    ]


async def _looked(database: Database, limit: int = 9, before: int | None = None, **asked: Any) -> list[int]:
    async with database.read() as connection:
        found = await audit.look(connection, Question(**asked), limit=limit, before=before)
    return [seq for seq, _ in found]


async def test_the_log_is_looked_through_by_who_what_where_and_when(database: Database) -> None:
    service, site = Actor(kind=ActorKind.SERVICE), Actor(kind=ActorKind.SITE, id=A_SITE)
    await _append(
        database,
        an_entry("comment-1"),
        replace(an_entry("comment-2", minute=1), actor=Actor(kind=ActorKind.PERSON, id=BEN)),
        replace(an_entry("comment-1", minute=2), action=AuditAction.DECISION_UNDONE, site_id=ANOTHER_SITE),
        replace(an_entry("endpoint-1", minute=3), action=AuditAction.ENDPOINT_DISABLED, actor=service, site_id=None),
        replace(an_entry("comment-3", minute=4), action=AuditAction.COMMENT_OVERRULED, actor=site),
    )

    assert await _looked(database) == [5, 4, 3, 2, 1]
    assert await _looked(database, limit=2, before=4) == [3, 2]
    assert await _looked(database, actor_kind=ActorKind.PERSON, actor_id=BEN) == [2]
    assert await _looked(database, actor_kind=ActorKind.SERVICE) == [4]
    assert await _looked(database, actor_id=A_SITE) == [5]
    assert await _looked(database, action=AuditAction.CASE_DECIDED) == [2, 1]
    assert await _looked(database, subject_id="comment-1", action=AuditAction.CASE_DECIDED) == [1]
    assert await _looked(database, site_id=ANOTHER_SITE) == [3]
    assert await _looked(database, sites=(ANOTHER_SITE,)) == [4, 3]
    assert await _looked(database, since=later(minutes=1), until=later(minutes=3)) == [3, 2]
    assert await _looked(database, since=later(minutes=9)) == []
    assert await _looked(database, until=NOON) == []
    assert await _looked(database, until=later(minutes=9), before=2) == [1]
