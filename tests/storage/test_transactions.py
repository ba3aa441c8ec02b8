"""Reads, transactions and batches keep the same promises on both engines."""

import asyncio
from collections.abc import Sequence

import anyio
import pytest

from moderator.domain.errors import StorageUnavailable
from moderator.storage.batching import MAX_BATCH, ReadBatcher, Waiting
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


async def test_what_a_caller_that_went_away_had_asked_for_is_written_once(database: Database) -> None:
    async with database.transaction():
        names = ["row1", "row2"]
        waiting = [asyncio.create_task(database.batch_write(add_rows, name)) for name in names]
        await asyncio.sleep(0)
        waiting[1].cancel()
    assert await waiting[0] == 2
    async with database.read() as connection:
        rows = await connection.all("SELECT name FROM revisions WHERE name LIKE 'row%' ORDER BY name")
    assert [row["name"] for row in rows] == names


async def test_a_batch_with_too_few_answers_writes_nothing_and_the_writer_goes_on(database: Database) -> None:
    async def forgetful(connection: Connection, names: Sequence[str]) -> list[int]:
        await add_rows(connection, names)
        return []

    for use in (database.batch_write, database.batch_read):
        with pytest.raises((RuntimeError, StorageUnavailable)):  # A read could not have written anyway.
            await use(forgetful, "row")
    assert await _count(database) == 0
    assert await database.batch_write(add_rows, "row") == 1


async def test_a_read_with_too_many_answers_fails(database: Database) -> None:
    async def eager(_connection: Connection, names: Sequence[str]) -> list[str]:
        return [*names, "more"]

    with pytest.raises(RuntimeError, match="2 answers to 1 items"):
        await database.batch_read(eager, "row")


async def test_many_blocks_that_wait_are_all_committed(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, name=f"row{number}")

    await asyncio.gather(*(write(number) for number in range(50)))
    assert await _count(database) == 50


async def test_blocks_cancelled_again_and_again_do_not_use_up_the_connections(database: Database) -> None:
    for lend in (database.transaction, database.read):
        for _ in range(6):  # More than there are connections; a scope cancels every await until it is left.
            with anyio.CancelScope() as scope:
                async with lend() as connection:
                    await connection.one("SELECT 1 AS found")
                    scope.cancel()
                    await connection.one("SELECT 2 AS found")
    assert await database.batch_write(add_rows, "row") == 1
    assert await _count(database) == 1


async def test_a_failed_statement_is_never_passed_over_in_silence(database: Database) -> None:
    """SQLite undoes the statement alone; PostgreSQL goes on with nothing, and the block must hear of it."""
    committed = True
    try:
        async with database.transaction() as connection:
            await connection.execute(ADD, name="row")
            with pytest.raises(Exception, match=r"(?i)unique"):
                await connection.execute(ADD, name="row")
    except StorageUnavailable:
        committed = False
    assert committed is (database.engine == "sqlite")
    assert await _count(database) == int(committed)
    await database.check()


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


async def test_closing_finishes_blocks_that_wait(database: Database) -> None:
    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, name="row")

    async with database.transaction():
        waiting = asyncio.create_task(write())
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
    await waiting
    await closing


async def test_a_closed_database_lends_nothing(database: Database) -> None:
    await database.close()
    for lend in (database.read, database.transaction):
        with pytest.raises(StorageUnavailable):
            async with lend() as connection:
                await connection.one("SELECT 1 AS found")
    with pytest.raises(StorageUnavailable):
        await database.batch_read(add_rows, "row")


async def test_a_read_whose_loop_ends_keeps_nobody_waiting() -> None:
    started = asyncio.Event()

    async def answer(_batch: Waiting) -> Sequence[str]:
        started.set()
        await asyncio.Event().wait()
        return []

    async def run(_connection: Connection, names: Sequence[str]) -> Sequence[str]:
        return names

    async def ask(name: str) -> str:
        return await batcher.submit(run, name)

    batcher = ReadBatcher(answer)
    first = asyncio.create_task(ask("first"))
    await started.wait()
    second = asyncio.create_task(ask("second"))
    await asyncio.sleep(0)
    for task in batcher._tasks:
        task.cancel()
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 2
    await batcher.close()


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


async def test_a_colon_in_a_literal_is_no_parameter(database: Database) -> None:
    sql = "SELECT ' :name''s' AS quoted, :name AS name -- :name, it's a comment"
    async with database.read() as connection:
        row = await connection.one(sql, name="Anna")
    assert row is not None
    assert dict(row) == {"quoted": " :name's", "name": "Anna"}


async def test_a_forgotten_parameter_is_our_mistake_and_not_the_databases(database: Database) -> None:
    with pytest.raises(Exception, match=r"name|binding") as raised:
        async with database.read() as connection:
            await connection.one("SELECT number FROM revisions WHERE name = :name AND number = :number", number=1)
    assert not isinstance(raised.value, StorageUnavailable)


async def test_yes_and_no_are_one_and_zero(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO revisions (name, number) VALUES ('row', :yes)", yes=True)
        added = "INSERT INTO revisions (name, number) {values} RETURNING number"
        rows = await connection.many(added, [("row no", False), ("row yes", True), ("row two", 2)])
        first = await connection.one("SELECT number FROM revisions WHERE name = 'row'")
    assert first is not None
    assert [first["number"], *(row["number"] for row in rows)] == [1, 0, 1, 2]


async def test_no_rows_are_no_statement(database: Database) -> None:
    async with database.transaction() as connection:
        assert await connection.many("INSERT INTO revisions (name, number) {values}", []) == []


async def test_sums_and_averages_are_numbers(database: Database) -> None:
    sql = "SELECT SUM(n) AS whole, AVG(n) AS half FROM (SELECT 1 AS n UNION ALL SELECT 2) AS numbers"
    async with database.read() as connection:
        row = await connection.one(sql)
    assert row is not None
    assert (row["whole"], row["half"]) == (3, 1.5)
    assert (type(row["whole"]), type(row["half"])) == (int, float)


async def test_a_healthy_database_takes_writes(database: Database) -> None:
    await database.check()
    await database.checkpoint()
