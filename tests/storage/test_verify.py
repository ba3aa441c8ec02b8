"""`find_faults` is silent about an honest database and says a sentence for each fault."""

import sqlite3

import pytest

from moderator.domain.policy import Action
from moderator.storage import audit, decisions
from moderator.storage.database import Database
from moderator.storage.verify import find_faults
from tests.storage.rows import a_decision, add_case, add_comment
from tests.storage.test_audit import an_entry

pytestmark = pytest.mark.anyio


async def _faults(database: Database) -> list[str]:
    return [sentence async for sentence in find_faults(database)]


@pytest.fixture
async def honest(peopled: Database) -> Database:
    """An approved and a rejected comment with their decisions, one that waits, and an audit entry."""
    async with peopled.transaction() as connection:
        for verdict in (Action.APPROVE, Action.REJECT):
            comment = await add_comment(connection, verdict=verdict)
            await decisions.append(connection, [a_decision(comment.id, action=verdict)])
        await add_case(connection, case_id="case-1")
        await audit.append(connection, an_entry())
    return peopled


async def test_an_honest_database_has_no_faults(honest: Database) -> None:
    assert await _faults(honest) == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE comments SET status = 'rejected' WHERE status = 'approved'", ["stands as rejected"]),
        ("UPDATE cases SET state = 'withdrawn'", ["no case waits for it"]),
        ("DELETE FROM decisions WHERE action = 'reject'", ["stands without a decision"]),
        ("UPDATE decisions SET detection = 'report' WHERE action = 'reject'", ["has been altered"]),
        ("UPDATE decisions SET action = 'reject'", ["newest decision is reject", "has been altered"]),
        ("UPDATE audit SET subject_id = 'x'", ["Entry 1 has been altered"]),
    ],
)
async def test_each_fault_is_told_once(honest: Database, sql: str, words: list[str]) -> None:
    async with honest.transaction() as connection:
        await connection.execute(sql)
    faults = await _faults(honest)
    assert len(faults) == len(words)
    for fault, word in zip(faults, words, strict=True):
        assert word in fault


async def test_an_erased_comment_that_was_held_is_no_fault(honest: Database) -> None:
    async with honest.transaction() as connection:
        await connection.execute("UPDATE cases SET state = 'withdrawn'")
        await connection.execute("UPDATE comments SET erased_ms = 1 WHERE status = 'held'")
    assert await _faults(honest) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, ' note TEXT', ' note TEXT NOT NULL') WHERE name = 'decisions';
            PRAGMA schema_version = 99;
            """,
            "The file is damaged: NULL value in decisions.note",
        ),
        (
            "INSERT INTO statements VALUES ('s', 'site-1', 'none', 'none', '', 0, 0, 0);",
            "A row of statements refers to a row of decisions that is not there.",
        ),
    ],
)
async def test_a_file_that_another_program_spoiled_is_named(honest: Database, script: str, sentence: str) -> None:
    other = sqlite3.connect(honest.path)  # type: ignore[attr-defined]
    other.executescript(script)
    other.close()
    assert sentence in await _faults(honest)
