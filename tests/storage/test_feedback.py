"""Labels from outside the console: the newest word holds, and an erased text leaves nothing of itself."""

import pytest

from moderator.domain.feedback import TRUST, Feedback, Provenance
from moderator.domain.ids import CommentId, FeedbackId
from moderator.domain.scoring import Label
from moderator.storage import feedback
from moderator.storage.database import Connection
from tests.builders import A_SITE, NOON
from tests.storage.rows import ANOTHER_SITE, add_comment, later

pytestmark = pytest.mark.anyio

TEXT = "Buy my pills 😀"


def a_label(
    number: int,
    *,
    comment_id: CommentId | None = None,
    value: float = 1.0,
    provenance: Provenance = Provenance.SUGGESTION,
    label: Label = Label.SPAM,
    minutes: int = 0,
) -> Feedback:
    return Feedback(
        id=FeedbackId(f"feedback-{number}"),
        site_id=A_SITE,
        label=label,
        value=value,
        provenance=provenance,
        given_at=later(minutes=minutes),
        comment_id=comment_id,
        text=TEXT if comment_id is None else None,
        lang="en",
    )


async def test_labels_come_back_as_they_were_given_a_page_at_a_time(connection: Connection) -> None:
    given = [a_label(1), a_label(2, label=Label.TOXIC, value=0.25), a_label(3, provenance=Provenance.SITE_STAFF)]
    for one in given:
        await feedback.add(connection, one, text=TEXT)
    assert await feedback.page(connection, A_SITE, limit=2) == given[:2]
    assert await feedback.page(connection, A_SITE, after="feedback-2") == given[2:]
    assert await feedback.page(connection, ANOTHER_SITE) == []
    assert [one.trust for one in given] == [TRUST[one.provenance] for one in given]


async def test_a_later_word_of_the_same_provenance_takes_the_place_of_an_earlier_one(connection: Connection) -> None:
    await feedback.add(connection, a_label(1, value=1.0), text=TEXT)
    await feedback.add(connection, a_label(2, value=0.0, minutes=5), text=TEXT)
    (found,) = await feedback.page(connection, A_SITE)
    assert (found.value, found.given_at) == (0.0, later(minutes=5))


async def test_a_text_that_turns_out_to_be_a_comment_is_kept_once(connection: Connection) -> None:
    await feedback.add(connection, a_label(1), text=TEXT)
    comment = await add_comment(connection)
    await feedback.add(connection, a_label(2, comment_id=comment.id), text=TEXT)
    await feedback.add(connection, a_label(3), text=TEXT)
    (found,) = await feedback.page(connection, A_SITE)
    assert (found.comment_id, found.text) == (comment.id, None)


async def test_an_erased_text_is_gone_wherever_it_was_sent_again(connection: Connection) -> None:
    comment = await add_comment(connection)
    await feedback.add(connection, a_label(1, comment_id=comment.id, provenance=Provenance.SITE_STAFF), text=TEXT)
    await feedback.add(connection, a_label(2), text=TEXT)
    await feedback.add(connection, a_label(3, label=Label.TOXIC), text="Another text.")
    await feedback.erase(connection, A_SITE, comment.id, TEXT, NOON)
    assert [one.id for one in await feedback.page(connection, A_SITE)] == ["feedback-3"]
    rows = await connection.all("SELECT text, text_hash, lang FROM feedback WHERE erased_ms IS NOT NULL")
    assert {tuple(row[name] for name in ("text", "text_hash", "lang")) for row in rows} == {(None, None, None)}
