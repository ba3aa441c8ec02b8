"""Signatures: what a comment is like, how many, how widely, and for how long."""

from datetime import datetime

import pytest

from moderator.domain.campaigns import MOST_COUNTED, Campaign, Signature
from moderator.domain.comments import Article, Author, Comment
from moderator.domain.ids import CommentId
from moderator.storage import signatures
from moderator.storage.database import Connection
from moderator.storage.signatures import MOST_COMPARED, Question, Signed
from tests.builders import NOON, a_comment, a_signature
from tests.storage.rows import add_comment, later

pytestmark = pytest.mark.anyio

SKETCH, UNLIKE = "ab" * 64, "cd" * 64


async def add(
    connection: Connection,
    signature: Signature,
    *,
    campaign: str | None = None,
    author: Author | None = None,
    article: str | None = None,
    at: datetime = NOON,
) -> Comment:
    """Store a comment and its signature."""
    comment = a_comment(author=author or Author(), article=Article(url=article), received_at=at)
    await add_comment(connection, comment)
    joined = CommentId(campaign or comment.id)
    signed = Signed(comment_id=comment.id, campaign=joined, signature=signature, received_at=at)
    await signatures.add(connection, [signed])
    return comment


async def ask(
    connection: Connection,
    *asked: Signature,
    since: datetime = NOON,
    author: str | None = None,
    article: str | None = None,
) -> list[Campaign | None]:
    questions = [Question(signature=one, since=since, author=author, article=article) for one in asked]
    return list(await signatures.find_campaigns(connection, questions))


async def test_a_text_that_shares_a_key_and_is_alike_is_found(connection: Connection) -> None:
    first = await add(connection, a_signature(1, 2, 3, sketch=SKETCH))

    for keys in ((1, 8, 9), (8, 2, 9), (8, 9, 3)):
        assert await ask(connection, a_signature(*keys, sketch=SKETCH)) == [
            Campaign(id=first.id, comments=2, authors=0, articles=0)
        ]


async def test_keys_count_in_their_own_place_only(connection: Connection) -> None:
    await add(connection, a_signature(1, 2, 3, sketch=SKETCH))

    assert await ask(connection, a_signature(2, 3, 1, sketch=SKETCH)) == [None]


async def test_a_shared_key_alone_makes_no_campaign(connection: Connection) -> None:
    await add(connection, a_signature(1, 2, 3, sketch=SKETCH))

    assert await ask(connection, a_signature(1, 2, 3, sketch=UNLIKE)) == [None]


async def test_each_question_has_its_own_answer(connection: Connection) -> None:
    one = await add(connection, a_signature(1, sketch=SKETCH))
    two = await add(connection, a_signature(2, sketch=UNLIKE))
    asked = [a_signature(2, sketch=UNLIKE), a_signature(7, sketch=SKETCH), a_signature(1, sketch=SKETCH)]

    found = await ask(connection, *(asked * 40))

    assert [campaign and campaign.id for campaign in found] == [two.id, None, one.id] * 40
    assert await ask(connection) == []


async def test_what_left_the_window_is_not_found(connection: Connection) -> None:
    await add(connection, a_signature(1, sketch=SKETCH), at=NOON)

    assert await ask(connection, a_signature(1, sketch=SKETCH), since=later(seconds=1)) == [None]
    assert await ask(connection, a_signature(1, sketch=SKETCH), since=NOON) != [None]


async def test_the_campaign_stays_when_its_first_comment_has_left(connection: Connection) -> None:
    first = await add(connection, a_signature(1, sketch=SKETCH))
    for minute in (1, 2):
        await add(connection, a_signature(1, sketch=SKETCH), campaign=first.id, at=later(minutes=minute))

    (campaign,) = await ask(connection, a_signature(1, sketch=SKETCH), since=later(minutes=1))

    assert campaign == Campaign(id=first.id, comments=3, authors=0, articles=0)


async def test_of_two_campaigns_that_began_at_once_the_first_one_is_joined(connection: Connection) -> None:
    first = await add(connection, a_signature(1, sketch=SKETCH))
    await add(connection, a_signature(1, sketch=SKETCH))

    (campaign,) = await ask(connection, a_signature(1, sketch=SKETCH))

    assert campaign is not None
    assert campaign.id == first.id


async def test_authors_and_articles_are_counted_once_each(connection: Connection) -> None:
    anna, ben = Author(id="anna", name="Anna"), Author(name="Ben")
    first = await add(connection, a_signature(1, sketch=SKETCH), author=anna, article="/a")
    for author, article in ((anna, "/b"), (ben, "/b"), (Author(), None), (Author(name=""), None)):
        await add(connection, a_signature(1, sketch=SKETCH), campaign=first.id, author=author, article=article)

    async def sizes(author: str | None, article: str | None) -> tuple[int, int, int]:
        (found,) = await ask(connection, a_signature(1, sketch=SKETCH), author=author, article=article)
        assert found is not None
        return found.comments, found.authors, found.articles

    assert await sizes(None, None) == (6, 2, 2)
    assert await sizes("id:anna", "/b") == (6, 2, 2)
    assert await sizes("Ben", "/c") == (6, 2, 3)
    assert await sizes("Carl", "/a") == (6, 3, 2)
    assert await signatures.measure(connection, first.id, NOON) == Campaign(
        id=first.id, comments=5, authors=2, articles=2
    )


async def test_counting_stops_at_a_hundred_and_old_ones_are_still_found_behind_new_ones(
    connection: Connection,
) -> None:
    first = await add(connection, a_signature(1, 2, sketch=SKETCH))
    for _ in range(MOST_COUNTED + 5):
        await add(connection, a_signature(1, sketch=SKETCH), campaign=first.id, at=later(minutes=1))

    measured = await signatures.measure(connection, first.id, NOON)
    (campaign,) = await ask(connection, a_signature(1, sketch=SKETCH))

    assert measured.comments == MOST_COUNTED
    assert campaign is not None
    assert (campaign.id, campaign.comments) == (first.id, MOST_COUNTED + 1)


async def test_only_the_newest_of_a_key_are_compared(connection: Connection) -> None:
    await add(connection, a_signature(1, sketch=SKETCH))
    for minute in range(MOST_COMPARED):
        await add(connection, a_signature(1, sketch=UNLIKE), at=later(minutes=minute + 1))

    assert await ask(connection, a_signature(1, sketch=SKETCH)) == [None]


async def test_a_comment_belongs_to_a_campaign_while_another_does(connection: Connection) -> None:
    first = await add(connection, a_signature(1))
    assert await signatures.find_campaign_of(connection, first.id) is None
    second = await add(connection, a_signature(1), campaign=first.id)

    for comment in (first, second):
        assert await signatures.find_campaign_of(connection, comment.id) == first.id
    await signatures.erase(connection, first.id)
    assert await signatures.find_campaign_of(connection, second.id) is None
    assert await signatures.find_campaign_of(connection, first.id) is None


async def test_an_erased_signature_is_gone(connection: Connection) -> None:
    comment = await add(connection, a_signature(1, sketch=SKETCH))
    await signatures.erase(connection, comment.id)

    assert await connection.all("SELECT * FROM signatures") == []
    assert await ask(connection, a_signature(1, sketch=SKETCH)) == [None]


async def test_old_signatures_are_forgotten_some_at_a_time(connection: Connection) -> None:
    for minute in range(5):
        await add(connection, a_signature(minute), at=later(minutes=minute))

    assert await signatures.forget(connection, later(minutes=3), limit=2) == 2
    assert await signatures.forget(connection, later(minutes=3), limit=2) == 1
    assert await signatures.forget(connection, later(minutes=3), limit=2) == 0
    assert len(await connection.all("SELECT * FROM signatures")) == 2


async def test_signing_a_comment_twice_changes_nothing(connection: Connection) -> None:
    comment = await add(connection, a_signature(1, sketch=SKETCH))
    again = Signed(comment_id=comment.id, campaign=CommentId("x"), signature=a_signature(2), received_at=NOON)
    await signatures.add(connection, [again])
    await signatures.add(connection, [])

    (row,) = await connection.all("SELECT * FROM signatures")
    assert (row["campaign"], row["key_1"]) == (comment.id, 1)


async def test_keys_use_the_whole_of_a_column(connection: Connection) -> None:
    largest = 2**63 - 1
    await add(connection, a_signature(largest, sketch=SKETCH))

    assert await ask(connection, a_signature(largest, sketch=SKETCH)) != [None]
