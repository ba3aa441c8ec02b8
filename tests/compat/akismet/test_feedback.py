"""submit-spam and submit-ham: the site's people overturn, confirm, and teach."""

import pytest

from moderator.compat.akismet.answers import THANKS
from moderator.domain.comments import MAX_TEXT_CHARACTERS, Status
from moderator.domain.review import CaseState, Source
from moderator.storage import decisions
from moderator.usecases import feedback
from tests.compat.akismet.conftest import OLD_WORDPRESS, OPERATOR, Akismet

pytestmark = pytest.mark.anyio


async def statuses(akismet: Akismet) -> list[Status]:
    return [one.outcome.status for one in await akismet.stored()]


async def test_missed_spam_is_taken_down(akismet: Akismet) -> None:
    guid = (await akismet.check("Fine.")).headers["x-akismet-guid"]

    answer = await akismet.submit("spam", "Fine.", reporter="editor", comment_check_response="false")

    assert (answer.status_code, answer.content) == (200, THANKS.encode())
    assert await statuses(akismet) == [Status.REJECTED]
    assert await akismet.feedback() == [("spam", 1.0, "site_staff", guid)]
    async with akismet.services.database.read() as connection:
        made = (await decisions.for_comment(connection, guid))[-1]
    assert (made.source, made.reason) == (Source.SITE, "spam")


async def test_a_false_alarm_is_published_and_clears_what_was_said(akismet: Akismet) -> None:
    guid = (await akismet.check("Viagra scum.")).headers["x-akismet-guid"]

    answer = await akismet.submit("ham", "Viagra scum.")

    assert answer.text == THANKS
    assert await statuses(akismet) == [Status.APPROVED]
    assert await akismet.feedback() == [("insult", 0.0, "site_staff", guid), ("spam", 0.0, "site_staff", guid)]
    assert (await akismet.check("Viagra scum.")).text == "false"


async def test_word_on_a_held_comment_closes_its_case(akismet: Akismet) -> None:
    guid = (await akismet.check("You idiot.")).headers["x-akismet-guid"]

    await akismet.submit("ham", "You idiot.")

    assert await statuses(akismet) == [Status.APPROVED]
    async with akismet.services.database.read() as connection:
        (case,) = await connection.all("SELECT * FROM cases WHERE comment_id = :id", id=guid)
    assert case["state"] == CaseState.CLOSED


async def test_what_is_confirmed_stays_as_it_is_and_teaches(akismet: Akismet) -> None:
    await akismet.check("Viagra.")
    before = await akismet.rows()

    await akismet.submit("spam", "Viagra.")

    assert await akismet.rows() == {**before, "feedback": 1}
    assert [label[:3] for label in await akismet.feedback()] == [("spam", 1.0, "site_staff")]


@pytest.mark.parametrize("what", ["spam", "ham"])
async def test_a_text_that_was_never_checked_teaches_alone(akismet: Akismet, what: str) -> None:
    answer = await akismet.submit(what, "A text from before.")

    assert answer.text == THANKS
    assert await akismet.stored() == []
    assert await akismet.feedback() == [("spam", 1.0 if what == "spam" else 0.0, "site_staff", None)]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Fine.", {"is_test": "true"}),
        ("Other.", {"is_test": "1"}),
        ("Fine.", {"comment_author": "viagra-test-123"}),
        ("Fine.", {"user_role": "administrator"}),
        ("", {}),
        ("x" * (MAX_TEXT_CHARACTERS + 1), {}),
    ],
)
async def test_tests_and_nothing_teach_nothing(akismet: Akismet, text: str, fields: dict[str, str]) -> None:
    await akismet.check("Fine.")
    before = await akismet.rows()

    for what in ("spam", "ham"):
        answer = await akismet.call(f"/1.1/submit-{what}", {**akismet.fields(text), **fields})
        assert answer.text == THANKS

    assert await akismet.rows() == before


async def test_the_comment_is_found_though_the_site_has_changed_it(akismet: Akismet) -> None:
    await akismet.check(r"Tom & Anna\'s <b>plan</b>", agent=OLD_WORDPRESS, **akismet.wordpress())

    await akismet.submit("spam", "Tom &amp; Anna's <b>plan</b>", agent=OLD_WORDPRESS, comment_ID="34")

    assert await statuses(akismet) == [Status.REJECTED]
    assert len(await akismet.feedback()) == 1


async def test_the_comment_is_found_by_the_name_that_we_gave_it(akismet: Akismet) -> None:
    guid = (await akismet.check("Fine.")).headers["x-akismet-guid"]

    await akismet.submit("spam", "Edited since.", guid=guid, comment_author="Somebody else")
    assert await statuses(akismet) == [Status.REJECTED]
    await akismet.submit("spam", "Never checked.", guid="0193e5a0c0de4f00a1b2c3d4e5f60718")

    assert [label[3] for label in await akismet.feedback()] == [guid, None]


async def test_another_author_of_the_same_text_is_not_meant(akismet: Akismet) -> None:
    await akismet.check("Tom & Anna.")

    await akismet.submit("spam", "Tom &amp; Anna.", comment_author_email="other@reader.example")
    await akismet.submit("spam", "Tom &amp; Anna!?", comment_author_email=None)

    assert await statuses(akismet) == [Status.APPROVED]


async def test_a_comment_that_was_erased_is_not_brought_back(akismet: Akismet) -> None:
    guid = (await akismet.check("Fine.")).headers["x-akismet-guid"]
    await feedback.erase(akismet.services, OPERATOR, akismet.site_id, guid)

    answer = await akismet.submit("spam", "Fine.", guid=guid)

    assert answer.text == THANKS
    (stored,) = await akismet.stored()
    assert stored.is_erased
    assert stored.comment.text == ""


async def test_feedback_without_an_address_is_refused_like_a_check(akismet: Akismet) -> None:
    fields = {name: value for name, value in akismet.fields("Fine.").items() if name != "user_ip"}

    answer = await akismet.call("/1.1/submit-spam", fields)

    assert answer.text == "Missing required field: user_ip."
