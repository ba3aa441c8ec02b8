"""What waits for a second voice teaches once it has one; what two disagree on waits until somebody settles it."""

from pathlib import Path

import pytest

from moderator.domain.agreement import Said
from moderator.domain.ids import DecisionId, PersonId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode, Source
from moderator.storage import decisions, opinions
from moderator.storage.sqlite import SqliteDatabase
from tests.builders import A_SITE, NOON, a_comment
from tests.storage import rows
from tests.storage.test_opinions import an_opinion, ask
from tests.tiny import publish_tiny
from training.learned import load_base
from training.lessons import Lessons, collect

pytestmark = pytest.mark.anyio

APPROVED = Said(action=Action.APPROVE)
INSULT = Said(action=Action.REJECT, reason=ReasonCode.INSULT)
# The tiny model is sure that this is an insult.
SURE = "You are a pathetic clown and a total moron, you idiot!"


async def learn(database: SqliteDatabase, tmp_path: Path, *said: Said, settled: Said | None = None) -> Lessons:
    """Return what is learned of a comment that Anna approved, Ben gave these opinions on and Cleo may have settled."""
    base = load_base(tmp_path / "models", publish_tiny(tmp_path / "models"))
    async with database.transaction() as connection:
        await rows.add_sites(connection)
        await rows.add_people(connection)
        review = await ask(connection, APPROVED, comment=a_comment(SURE))
        for one in said:
            await opinions.give(connection, an_opinion(review, one))
        if settled:
            cleo = rows.a_decision(
                review.comment_id,
                id=DecisionId("z"),
                source=Source.MODERATOR,
                person_id=PersonId("person-cleo"),
                action=settled.action,
                reason=settled.reason,
            )
            await decisions.append(connection, [cleo])
    async with database.read() as connection:
        return await collect(connection, base.model, base.weights.idf, A_SITE, tmp_path, lambda _: None, now=NOON)


@pytest.mark.parametrize(
    ("said", "settled", "waits"),
    [
        ([], None, True),
        ([APPROVED], None, False),
        ([INSULT], None, True),
        ([INSULT], APPROVED, False),
        ([INSULT], INSULT, False),
    ],
    ids=["alone", "confirmed", "disputed", "settled as it was", "settled otherwise"],
)
async def test_a_decision_against_a_sure_score_teaches_when_two_say_so(
    sqlite_database: SqliteDatabase, tmp_path: Path, said: list[Said], settled: Said | None, waits: bool
) -> None:
    lessons = await learn(sqlite_database, tmp_path, *said, settled=settled)
    assert len(lessons) == 1  # Weighed once, whoever spoke of it.
    assert lessons.waits.tolist() == [waits]
    assert (lessons.weights() > 0).tolist() == [not waits]
