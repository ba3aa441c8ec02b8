"""Reads, transactions and batches keep the same promises on both engines."""

import asyncio
from collections.abc import Sequence

import pytest

from moderator.domain.errors import StorageUnavailable
from moderator.storage.batching import MAX_BATCH
from moderator.storage.database import Connection, Database

pytestmark = pytest.mark.anyio

COUNT = "SELECT COUNT(*) AS number FROM revisions WHERE name LIKE :like"
ADD = "INSERT INTO revisions (name, number) VALUES (:name, 1)"


async def _count(database: Database, like: str = "row%") -> int:
    async with database.read() as connection:
        row = await connection.one(COUNT, like=like)
    assert row is not None
    return int(row["number"])


async def add_rows(connection: Connection, names: Sequence[str]) -> list[int]:
    """Add rows in one statement; a name that stands already is an error. Return how many went together, each."""
    await connection.many("INSERT INTO revisions (name, number) {values}", [(name, 1) for name in names])
    return [len(names)] * len(names)


async def test_a_transaction_is_there_once_its_block_is_left(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(ADD, name="row")
    assert await _count(database) == 1


async def test_an_error_undoes_its_block_and_passes_as_it_is(database: Database) -> None:
    with pytest.raises(KeyError, match="mine"):
        async with database.transaction() as connection:
            await connection.execute(ADD, name="row")
            raise KeyError("mine")
    assert await _count(database) == 0


async def test_a_block_that_failed_does_not_undo_its_neighbours(database: Database) -> None:
    async def write(name: str, fails: bool) -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, name=name)
            if fails:
                raise RuntimeError(name)

    outcomes = await asyncio.gather(*(write(f"row{n}", n % 3 == 0) for n in range(12)), return_exceptions=True)
    assert [isinstance(outcome, RuntimeError) for outcome in outcomes] == [n % 3 == 0 for n in range(12)]
    assert await _count(database) == 8


async def test_a_mistake_in_a_statement_undoes_its_block_alone(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        async with database.transaction() as connection:
            await connection.execute(ADD, name="row")
            await connection.execute(ADD, name="row")
    async with database.transaction() as connection:
        await connection.execute(ADD, name="row after")
    assert await _count(database) == 1


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(StorageUnavailable):
        async with database.read() as connection:
            await connection.execute(ADD, name="row")
    assert await _count(database) == 0


async def test_a_read_does_not_see_what_is_not_committed(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(ADD, name="row")
        assert await _count(database) == 0
    assert await _count(database) == 1


async def test_what_waits_together_is_written_together(database: Database) -> None:
    async with database.transaction():
        waiting = [asyncio.create_task(database.batch_write(add_rows, f"row{n}")) for n in range(20)]
        await asyncio.sleep(0)  # Each task runs until it waits for the writer.
    assert await asyncio.gather(*waiting) == [20] * 20
    assert await _count(database) == 20


async def test_a_batch_has_an_end(database: Database) -> None:
    async with database.transaction():
        waiting = [asyncio.create_task(database.batch_write(add_rows, f"row{n}")) for n in range(MAX_BATCH + 10)]
        await asyncio.sleep(0)
    assert sorted(await asyncio.gather(*waiting)) == [10] * 10 + [MAX_BATCH] * MAX_BATCH


async def test_a_bad_row_spoils_only_itself(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(ADD, name="row taken")
    async with database.transaction():
        names = ["row a", "row taken", "row b"]
        waiting = [asyncio.create_task(database.batch_write(add_rows, name)) for name in names]
        await asyncio.sleep(0)
    first, taken, last = await asyncio.gather(*waiting, return_exceptions=True)
    assert (first, last) == (1, 1)
    assert isinstance(taken, Exception)
    assert await _count(database) == 3


async def test_a_caller_that_goes_away_does_not_take_others_along(database: Database) -> None:
    async with database.transaction():
        waiting = [asyncio.create_task(database.batch_write(add_rows, f"row{n}")) for n in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(results[1], asyncio.CancelledError)
    assert results[0] == results[2] == 3


async def test_a_block_cancelled_while_it_waits_leaves_the_writer_free(database: Database) -> None:
    async def write(name: str) -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, name=name)

    async with database.transaction():
        waiting = asyncio.create_task(write("row cancelled"))
        await asyncio.sleep(0)
        waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await write("row")
    assert await _count(database) == 1


async def test_a_block_cancelled_inside_is_undone(database: Database) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, name="row")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _count(database) == 0
    await database.check()


async def test_closing_finishes_what_waits(database: Database) -> None:
    async with database.transaction():
        waiting = asyncio.create_task(database.batch_write(add_rows, "row"))
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
    assert await waiting == 1
    await closing
    with pytest.raises(StorageUnavailable):
        await database.batch_write(add_rows, "late")


async def test_reads_that_wait_together_are_answered_together(database: Database) -> None:
    sizes: list[int] = []

    async def lengths(connection: Connection, names: Sequence[str]) -> list[int]:
        sizes.append(len(names))
        rows = await connection.many("WITH asked (n, name) AS ({values}) SELECT n FROM asked", list(enumerate(names)))
        assert sorted(int(row["n"]) for row in rows) == list(range(len(names)))
        return [len(name) for name in names]

    answers = await asyncio.gather(*(database.batch_read(lengths, "x" * n) for n in range(50)))
    assert answers == list(range(50))
    assert len(sizes) < 50


async def test_a_failed_batch_of_reads_tells_every_caller(database: Database) -> None:
    async def fail(_connection: Connection, _names: Sequence[str]) -> list[int]:
        raise LookupError("nothing")

    answers = await asyncio.gather(*(database.batch_read(fail, "x") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(answer, LookupError) for answer in answers)


async def test_values_come_back_as_they_went(database: Database) -> None:
    async with database.transaction() as connection:
        text = "100 % sure: “:name” is 'quoted', 😀 %s %(x)s"
        await connection.execute("UPDATE audit_head SET hash = :hash WHERE id = :id", hash=text, id=1)
        row = await connection.one(
            "SELECT hash, seq + 0 AS seq, 0.5 AS half FROM audit_head WHERE hash = :hash", hash=text
        )
        total = await connection.one("SELECT SUM(number) AS total FROM revisions")
    assert row is not None
    assert total is not None
    assert (row["hash"], row["seq"], float(row["half"])) == (text, 0, 0.5)
    assert total["total"] == 1
    assert isinstance(total["total"], int)


async def test_a_healthy_database_takes_writes(database: Database) -> None:
    await database.check()
    await database.checkpoint()
