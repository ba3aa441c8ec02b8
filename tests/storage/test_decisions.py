"""Decisions: appended, never altered unseen."""

import hashlib
import json

import pytest

from moderator.domain.comments import Author
from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Detection, Ground, ReasonCode, Source
from moderator.storage import decisions
from moderator.storage.database import Connection, Database
from tests.builders import A_SITE, a_comment
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, a_decision, add_comment

pytestmark = pytest.mark.anyio


async def _altered(database: Database) -> list[DecisionId]:
    return [found async for found in decisions.find_altered(database, page_size=2)]


async def test_a_decision_comes_back_in_every_detail(connection: Connection) -> None:
    comment = await add_comment(connection)
    first = a_decision(comment.id, inclusion_probability=0.05, policy_version=3, model_version="m-1")
    second = a_decision(
        comment.id,
        source=Source.MODERATOR,
        action=Action.REJECT,
        person_id=ANNA,
        case_id=CaseId("case-1"),
        reason=ReasonCode.INSULT,
        note="“scum”",
        ground=next(iter(Ground)),
        detection=list(Detection)[-1],
        automation=list(Automation)[-1],
        undoes=first.id,
    )
    await decisions.append(connection, [first, second])
    assert await decisions.get(connection, second.id) == second
    assert await decisions.for_comment(connection, comment.id) == [first, second]


async def test_a_decision_that_never_was_is_not_found(connection: Connection) -> None:
    with pytest.raises(NotFound):
        await decisions.get(connection, DecisionId("none"))


async def test_no_decisions_append_nothing(connection: Connection) -> None:
    await decisions.append(connection, [])
    assert await decisions.count(connection) == 0


async def test_somebodys_decisions_are_listed_newest_first(connection: Connection) -> None:
    comment = await add_comment(connection)
    made = [
        a_decision(comment.id, source=Source.MODERATOR, person_id=person_id) for person_id in (ANNA, BEN, ANNA, ANNA)
    ]
    await decisions.append(connection, made)
    found = await decisions.by_person(connection, ANNA, 2)
    assert found == [made[3], made[2]]
    assert await decisions.count(connection) == 4


async def test_an_altered_decision_is_found_on_every_page_and_honest_ones_are_not(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        comment = await add_comment(connection)
        made = [a_decision(comment.id, inclusion_probability=0.1) for _ in range(5)]
        await decisions.append(connection, made)
    assert await _altered(peopled) == []
    async with peopled.transaction() as connection:
        for decision in (made[1], made[4]):
            await connection.execute("UPDATE decisions SET decided_ms = 1 WHERE id = :id", id=decision.id)
    assert await _altered(peopled) == [made[1].id, made[4].id]


async def test_a_whole_number_as_probability_does_not_look_altered(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        comment = await add_comment(connection)
        await decisions.append(connection, [a_decision(comment.id, inclusion_probability=1)])
    assert await _altered(peopled) == []


async def test_an_erased_note_leaves_an_honest_decision(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        comment, other = await add_comment(connection), await add_comment(connection)
        noted = a_decision(comment.id, note="quotes the text")
        kept = a_decision(other.id, note="stays")
        await decisions.append(connection, [noted, kept, a_decision(comment.id)])
    async with peopled.transaction() as connection:
        await decisions.erase_notes(connection, comment.id)
    async with peopled.read() as connection:
        assert (await decisions.get(connection, noted.id)).note is None
        assert (await decisions.get(connection, kept.id)).note == "stays"
    assert await _altered(peopled) == []


async def test_a_sites_own_reason_and_its_reference_come_back(connection: Connection) -> None:
    comment = await add_comment(connection)
    made = a_decision(comment.id, site_reason="Rude", ground=Ground.TERMS, ground_reference="Rules, 4")
    await decisions.append(connection, [made])
    assert await decisions.get(connection, made.id) == made


async def test_the_digest_covers_the_sites_reason_where_there_is_one(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        comment = await add_comment(connection)
        made = [a_decision(comment.id, site_reason=name, note="quotes it") for name in ("Rude", "Rude", None, None)]
        await decisions.append(connection, made)
        await decisions.erase_notes(connection, comment.id)
    assert await _altered(peopled) == []
    async with peopled.transaction() as connection:
        for decision, name in ((made[0], None), (made[1], "Nice"), (made[2], "Rude")):
            await connection.execute(
                "UPDATE decisions SET site_reason = :name WHERE id = :id", id=decision.id, name=name
            )
    assert await _altered(peopled) == [made[0].id, made[1].id, made[2].id]


async def test_a_decision_from_before_sites_had_reasons_keeps_its_digest(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        comment = await add_comment(connection)
        await decisions.append(connection, [a_decision(comment.id, id="decision-old")])
        row = await connection.one("SELECT digest FROM decisions WHERE id = 'decision-old'")
    fields = [
        "decision-old", "site-1", comment.id, None, "policy", "approve", None, None, None, None, None, "policy",
        "fully", None, None, None, None, 1795521600000,
    ]  # fmt: skip
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    assert row is not None
    assert row["digest"] == hashlib.sha256(text.encode()).hexdigest()


async def test_an_authors_decisions_come_with_the_texts_of_their_other_comments(connection: Connection) -> None:
    jane = Author(id="jane")
    first, second, here = [
        await add_comment(connection, a_comment(text, author=jane)) for text in ("One", "Two", "Now")
    ]
    made = [
        a_decision(comment.id, source=Source.MODERATOR, person_id=ANNA, id=f"decision-x{number}")
        for number, comment in enumerate((first, second, here))
    ]
    await decisions.append(connection, [*made, a_decision(first.id)])
    found = await decisions.on_author_before(connection, A_SITE, "id:jane", but=here.id, limit=5)
    assert found == [(made[1], "Two"), (made[0], "One")]
    assert await decisions.on_author_before(connection, A_SITE, "id:jane", but=here.id, limit=1) == found[:1]
    assert await decisions.on_author_before(connection, ANOTHER_SITE, "id:jane", but=here.id, limit=5) == []
