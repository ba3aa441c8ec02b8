"""An author's and an article's comments are counted, and what people decided about them is told."""

import pytest

from moderator.domain.comments import Article, Author, Status
from moderator.domain.ids import DecisionId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode, Source
from moderator.storage import comments, decisions, policies, tallies
from moderator.storage.database import Connection
from tests.builders import A_SITE, NOON, a_comment, a_policy
from tests.storage.rows import ANNA, ANOTHER_SITE, a_decision, add_comment, later

pytestmark = pytest.mark.anyio

ANN, SUMMIT = Author(id="ann"), "https://news.example/summit"


async def test_a_tally_counts_one_site_and_nothing_that_was_erased(connection: Connection) -> None:
    for number, verdict in enumerate((Action.APPROVE, Action.APPROVE, Action.REJECT, Action.HOLD, Action.REJECT)):
        comment = await add_comment(connection, verdict=verdict, author=ANN, received_at=later(minutes=number))
    await comments.erase(connection, comment.id, 1)
    await add_comment(connection, author=Author(id="ben"), received_at=later(minutes=9))
    await add_comment(connection, author=ANN, site_id=ANOTHER_SITE)

    tally = await tallies.of_author(connection, A_SITE, "id:ann")
    assert tally is not None
    assert tally.counts == {Status.APPROVED: 2, Status.HELD: 1, Status.REJECTED: 1}
    assert (tally.total, tally.first_at, tally.last_at) == (4, NOON, later(minutes=3))
    assert tally.rejected_share == pytest.approx(1 / 3)

    under = await tallies.of_article(connection, A_SITE, SUMMIT)
    assert under is not None
    assert (under.total, under.last_at) == (5, later(minutes=9))


async def test_where_nothing_is_decided_there_is_no_share(connection: Connection) -> None:
    await add_comment(connection, verdict=Action.HOLD, author=ANN)
    tally = await tallies.of_author(connection, A_SITE, "id:ann")
    assert tally is not None
    assert tally.rejected_share is None


async def test_who_has_written_nothing_has_no_tally(connection: Connection) -> None:
    assert await tallies.of_author(connection, A_SITE, "id:ann") is None
    assert await tallies.of_article(connection, A_SITE, SUMMIT) is None


async def test_what_people_decided_comes_newest_first_without_the_policys_own(connection: Connection) -> None:
    comment = await add_comment(connection, author=ANN)
    other = await add_comment(connection, a_comment(author=Author(id="ben"), article=Article(url="https://b.example")))
    by_person = {"source": Source.MODERATOR, "person_id": ANNA}
    by_site = {"source": Source.SITE, "action": Action.REJECT, "reason": ReasonCode.SPAM}
    await decisions.append(
        connection,
        [
            a_decision(comment.id, id=DecisionId("d1")),
            a_decision(comment.id, id=DecisionId("d2"), **by_person),
            a_decision(comment.id, id=DecisionId("d3"), **by_site),
            a_decision(other.id, id=DecisionId("d4"), **by_person),
        ],
    )
    assert [one.id for one in await decisions.on_author(connection, A_SITE, "id:ann", 9)] == ["d3", "d2"]
    assert [one.id for one in await decisions.on_article(connection, A_SITE, SUMMIT, 1)] == ["d3"]
    assert await decisions.on_author(connection, ANOTHER_SITE, "id:ann", 9) == []


async def test_a_policys_version_tells_who_saved_it_when_and_why(connection: Connection) -> None:
    await policies.add(connection, A_SITE, a_policy(version=7), now=NOON, created_by=ANNA, note="a calm week")
    found = await policies.find_saved(connection, A_SITE, 7)
    assert found is not None
    assert (found.policy.version, found.at, found.by, found.note) == (7, NOON, ANNA, "a calm week")
    assert await policies.find_saved(connection, A_SITE, 8) is None
