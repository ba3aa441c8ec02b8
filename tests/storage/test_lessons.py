"""What people said of comments: whole histories, page by page, one moment, and nothing that was erased."""

import sqlite3
from pathlib import Path

import pytest

from moderator.domain.errors import Invalid, SchemaRefused, StorageCorrupt, StorageUnavailable
from moderator.domain.ids import DecisionId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode, Source
from moderator.storage import comments, decisions, feedback, lessons, opinions
from moderator.storage.database import Connection, Database
from moderator.storage.snapshot import COPY, open_snapshot
from moderator.storage.sqlite import SqliteDatabase
from tests.builders import A_SITE, a_comment
from tests.conftest import ReusedDatabase
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, a_decision, add_comment
from tests.storage.test_feedback import a_label
from tests.storage.test_opinions import an_opinion, ask

pytestmark = pytest.mark.anyio


async def _judge(connection: Connection, number: int, **changed: object) -> None:
    comment = a_comment(f"Comment {number}.", comment_id=f"c{number}", site_id=changed.pop("site_id", A_SITE))  # type: ignore[arg-type]
    await add_comment(connection, comment)
    await decisions.append(
        connection,
        [
            a_decision(comment.id, id=DecisionId(f"d{number}-1"), site_id=comment.site_id),
            a_decision(
                comment.id,
                id=DecisionId(f"d{number}-2"),
                site_id=comment.site_id,
                source=Source.MODERATOR,
                **{"person_id": ANNA, "action": Action.REJECT, "reason": ReasonCode.SPAM, **changed},
            ),
        ],
    )


async def test_a_comment_comes_with_its_whole_history_and_what_was_said_of_it(connection: Connection) -> None:
    await _judge(connection, 1)
    await feedback.add(connection, a_label(1, comment_id=a_comment(comment_id="c1").id), text="Comment 1.")
    (found,) = await lessons.page(connection, A_SITE)
    assert (found.comment_id, found.text, found.campaign) == ("c1", "Comment 1.", None)
    assert [one.source for one in found.history] == [Source.POLICY, Source.MODERATOR]
    assert [one.value for one in found.feedback] == [1.0]


async def test_second_opinions_come_with_it(connection: Connection) -> None:
    review = await ask(connection)
    given = an_opinion(review)
    await opinions.give(connection, given)
    (found,) = await lessons.page(connection, A_SITE)
    assert (found.opinions, len(found.history)) == ([given], 1)


async def test_a_comment_that_only_the_machine_decided_is_not_there(connection: Connection) -> None:
    comment = await add_comment(connection)
    await decisions.append(connection, [a_decision(comment.id)])
    assert await lessons.page(connection, None) == []


async def test_a_comment_that_only_the_sites_people_judged_is_there(connection: Connection) -> None:
    comment = await add_comment(connection)
    await feedback.add(connection, a_label(1, comment_id=comment.id), text=comment.text)
    (found,) = await lessons.page(connection, None)
    assert (found.history, len(found.feedback)) == ([], 1)


async def test_pages_follow_each_other_and_keep_to_a_site(connection: Connection) -> None:
    for number in range(5):
        await _judge(connection, number, site_id=ANOTHER_SITE if number == 2 else A_SITE)
    first = await lessons.page(connection, A_SITE, limit=3)
    second = await lessons.page(connection, A_SITE, after=first[-1].comment_id, limit=3)
    assert [one.comment_id for one in (*first, *second)] == ["c0", "c1", "c3", "c4"]
    assert len(await lessons.page(connection, None)) == 5
    assert (await lessons.count(connection, A_SITE), await lessons.count(connection, None)) == (4, 5)


async def test_an_erased_comment_teaches_nothing(connection: Connection) -> None:
    await _judge(connection, 1)
    await _judge(connection, 2)
    assert await comments.erase(connection, a_comment(comment_id="c1").id, 0)
    assert [one.comment_id for one in await lessons.page(connection, None)] == ["c2"]


async def test_what_was_said_of_a_text_alone_comes_by_itself(connection: Connection) -> None:
    await feedback.add(connection, a_label(1), text="Buy my pills 😀")
    (found,) = await lessons.page_of_texts(connection, A_SITE)
    assert found.text == "Buy my pills 😀"
    assert await lessons.page_of_texts(connection, ANOTHER_SITE) == []
    assert await lessons.page_of_texts(connection, A_SITE, after=found.id) == []


@pytest.fixture
async def beside(request: pytest.FixtureRequest, peopled: Database) -> tuple[Database, str]:
    """A database in use, and its address."""
    return peopled, request.getfixturevalue(f"{peopled.engine}_address")


@pytest.fixture
def sqlite_address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def postgresql_address(reused_database: ReusedDatabase) -> str:
    assert reused_database._url
    return reused_database._url


async def test_a_snapshot_is_one_moment_while_others_write(beside: tuple[Database, str], tmp_path: Path) -> None:
    database, address = beside
    async with database.transaction() as connection:
        await _judge(connection, 1)
    async with open_snapshot(address, tmp_path) as snapshot:
        assert await lessons.count(snapshot, None) == 1
        async with database.transaction() as connection:
            await _judge(connection, 2, person_id=BEN)
        assert await lessons.count(snapshot, None) == 1
        assert [one.comment_id for one in await lessons.page(snapshot, None)] == ["c1"]
    async with open_snapshot(address, tmp_path) as snapshot:
        assert await lessons.count(snapshot, None) == 2


async def test_a_snapshot_cannot_write(beside: tuple[Database, str], tmp_path: Path) -> None:
    _, address = beside
    with pytest.raises(StorageUnavailable):
        async with open_snapshot(address, tmp_path) as snapshot:
            await snapshot.execute("DELETE FROM decisions")


async def test_nothing_of_a_copy_is_left_by_name_while_it_is_read(
    sqlite_database: SqliteDatabase, tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / COPY).write_bytes(b"left by a process that was killed")
    steps: list[tuple[int, int]] = []
    modes: list[int] = []

    def progress(done: int, total: int) -> None:
        steps.append((done, total))
        modes.append((folder / COPY).stat().st_mode & 0o777)

    async with open_snapshot(f"sqlite:///{tmp_path / 'test.db'}", folder, progress) as snapshot:
        assert list(folder.iterdir()) == []
        assert await lessons.count(snapshot, None) == 0
    assert steps[-1][0] == steps[-1][1] > 0
    assert set(modes) == {0o600}


async def test_a_writer_that_never_rests_does_not_start_the_copy_anew(
    sqlite_database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderator.storage.snapshot.PAGES_PER_STEP", 5)
    writer = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    writes = 0

    def progress(_done: int, _total: int) -> None:
        nonlocal writes
        assert writes < 1_000, "the copy began again"
        writes += 1
        writer.execute("UPDATE revisions SET number = number + 1")

    async with open_snapshot(f"sqlite:///{tmp_path / 'test.db'}", tmp_path, progress):
        assert writes > 2
    writer.close()


async def test_what_is_no_database_of_ours_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE other (id)").connection.close()
    (tmp_path / "noise.db").write_bytes(b"noise" * 2_000)
    for name, error in (("none.db", StorageUnavailable), ("empty.db", SchemaRefused), ("noise.db", StorageCorrupt)):
        with pytest.raises(error):
            async with open_snapshot(f"sqlite:///{tmp_path / name}", tmp_path):
                pass
    with pytest.raises(Invalid):
        async with open_snapshot("mysql://elsewhere", tmp_path):
            pass
    assert not (tmp_path / COPY).exists()


async def test_a_damaged_page_is_found_before_anything_is_learned(
    sqlite_database: SqliteDatabase, tmp_path: Path
) -> None:
    await sqlite_database.checkpoint()
    content = bytearray((tmp_path / "test.db").read_bytes())
    content[4_096 * 3 : 4_096 * 5] = b"\xff" * 8_192
    (tmp_path / "damaged.db").write_bytes(content)
    with pytest.raises(StorageCorrupt):
        async with open_snapshot(f"sqlite:///{tmp_path / 'damaged.db'}", tmp_path):
            pass
