"""What came in lately: scores with what became of them, and texts, the newest first."""

from dataclasses import replace

import pytest

from moderator.domain.comments import Author
from moderator.domain.ids import SiteId
from moderator.domain.policy import Action, Reason, Rule
from moderator.domain.review import ReasonCode, Source
from moderator.domain.scoring import Label
from moderator.storage import comments, decisions, traffic
from moderator.storage.comments import Record
from moderator.storage.database import Connection, Database
from moderator.storage.sqlite import SqliteDatabase
from moderator.storage.traffic import Came, Text
from tests.builders import A_SITE, NOON, a_comment, an_outcome, scores
from tests.storage.rows import ANNA, ANOTHER_SITE, a_decision, add_comment, later

pytestmark = pytest.mark.anyio


async def _scored(database: Database, *, site_id: SiteId = A_SITE, most: int = 100, page_rows: int = 3) -> list[Came]:
    pages = [page async for page in traffic.scored_since(database, site_id, NOON, most=most, page_rows=page_rows)]
    assert all(1 <= len(page) <= page_rows for page in pages)
    return [one for page in pages for one in page]


async def _texts(database: Database, most: int = 100) -> list[Text]:
    pages = [page async for page in traffic.texts_since(database, A_SITE, NOON, most=most, page_rows=2)]
    return [one for page in pages for one in page]


def _reason(code: Rule, action: Action) -> Reason:
    return Reason(code=code, action=action, detail="")


async def _add(connection: Connection, *reasons: Reason, verdict: Action = Action.HOLD) -> None:
    comment = a_comment()
    outcome = replace(an_outcome(comment, verdict=verdict), reasons=reasons)
    assert await comments.add(connection, [Record(comment=comment, outcome=outcome)])


async def test_a_comment_comes_back_as_it_was_judged(peopled: Database) -> None:
    comment = replace(a_comment(section="sport", received_at=later(minutes=1)), lang="de-AT")
    async with peopled.transaction() as connection:
        await add_comment(connection, comment, verdict=Action.HOLD)
    (came,) = await _scored(peopled)

    assert (came.received_at, came.model) == (later(minutes=1), "test-model")
    past = came.past
    assert dict(zip(Label, past.scores, strict=True)) == scores(insult=0.6)
    assert (past.verdict, past.other) == (Action.HOLD, Action.APPROVE)
    assert (past.section, past.language) == ("sport", "de")
    assert (past.ruling, past.probability) == (None, None)


async def test_a_comment_that_no_model_scored_has_no_scores(peopled: Database) -> None:
    comment = a_comment()
    outcome = replace(an_outcome(comment, verdict=Action.HOLD), scores={}, model=None)
    async with peopled.transaction() as connection:
        await comments.add(connection, [Record(comment=comment, outcome=outcome)])
    (came,) = await _scored(peopled)

    assert came.model is None
    assert set(came.past.scores) == {None}


async def test_reasons_other_than_scores_are_kept_apart(peopled: Database) -> None:
    by_score, held = _reason(Rule.SCORE, Action.REJECT), _reason(Rule.LINKS, Action.HOLD)
    async with peopled.transaction() as connection:
        await _add(connection, verdict=Action.APPROVE)
        await _add(connection, by_score, verdict=Action.REJECT)
        await _add(connection, by_score, held, verdict=Action.REJECT)
        await _add(connection, held, _reason(Rule.BLOCKED_DOMAIN, Action.REJECT), verdict=Action.REJECT)
    found = [came.past.other for came in reversed(await _scored(peopled))]

    assert found == [Action.APPROVE, Action.APPROVE, Action.HOLD, Action.REJECT]


async def test_a_persons_newest_ruling_counts(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        for history in ((), ("approve",), ("approve", "hold"), ("approve", "hold", "reject")):
            comment = await add_comment(connection)
            made = [a_decision(comment.id, inclusion_probability=0.5)]
            made += [
                a_decision(
                    comment.id,
                    source=Source.MODERATOR,
                    person_id=ANNA,
                    action=Action(action),
                    reason=ReasonCode.SPAM if action == "reject" else None,
                    inclusion_probability=0.25,
                )
                for action in history
            ]
            await decisions.append(connection, made)
    found = [(came.past.ruling, came.past.probability) for came in reversed(await _scored(peopled))]

    assert found == [(None, None), (Action.APPROVE, 0.25), (Action.HOLD, 0.25), (Action.REJECT, 0.25)]


async def test_the_newest_come_first_up_to_a_number_whatever_the_page(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        for minute in range(7):
            await add_comment(connection, received_at=later(minutes=minute))
        await add_comment(connection, received_at=later(minutes=-1))
        await add_comment(connection, site_id=ANOTHER_SITE)
    for page_rows in (1, 3, 7, 8):
        found = await _scored(peopled, page_rows=page_rows)
        assert [came.received_at for came in found] == [later(minutes=minute) for minute in range(6, -1, -1)]
        assert await _scored(peopled, most=4, page_rows=page_rows) == found[:4]
    assert len(await _scored(peopled, site_id=ANOTHER_SITE)) == 1
    assert await _scored(peopled, site_id=SiteId("none")) == []


async def test_texts_come_with_the_address_that_their_author_left(peopled: Database) -> None:
    author = Author(url="https://author.example")
    async with peopled.transaction() as connection:
        for text in ("first", "second", "third"):
            await add_comment(connection, a_comment(text, author=author))
        await add_comment(connection, received_at=later(days=-31))
    found = await _texts(peopled)

    assert [one.text for one in found] == ["third", "second", "first"]
    assert {one.author_url for one in found} == {author.url}
    assert await _texts(peopled, most=1) == found[:1]


async def test_what_was_erased_is_left_out(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        comment = await add_comment(connection)
        await comments.erase(connection, comment.id, 0)

    assert await _scored(peopled) == []
    assert await _texts(peopled) == []


async def test_a_page_is_read_from_an_index_in_its_order(sqlite_database: SqliteDatabase) -> None:
    asked: dict[str, str | int] = {"site_id": "x", "since_ms": 0, "before_ms": 9, "before": "", "limit": 9}
    async with sqlite_database.read() as connection:
        for statement in (traffic.SCORED, traffic.TEXTS):
            plan = [row["detail"] for row in await connection.all(f"EXPLAIN QUERY PLAN {statement}", **asked)]
            assert plan[0].startswith("SEARCH comments USING INDEX comments_came (site_id=? AND received_ms>?")
            assert not any("TEMP B-TREE FOR ORDER BY" in step for step in plan)
