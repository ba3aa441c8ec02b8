"""Reports and erasure."""

import pytest

from moderator.domain.comments import Author, Status
from moderator.domain.errors import InvalidInput, NotFound
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.services import Services
from moderator.storage import audit, comments, decisions, reports
from moderator.usecases import feedback, review
from moderator.usecases.moderate import moderate
from tests.builders import a_comment
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def test_an_approved_comment_that_is_reported_gets_one_case(services: Services, site: SiteId) -> None:
    outcome = (await moderate(services, a_comment(site_id=site))).outcome

    first = await feedback.report(services, site, outcome.comment_id, reason=ReasonCode.HATE, note="look at this")
    second = await feedback.report(services, site, outcome.comment_id, reason=None, note=None)

    assert first.case is not None
    assert second.case == first.case
    async with services.database.read() as connection:
        assert (await comments.get(connection, site, outcome.comment_id)).outcome.status is Status.APPROVED
        assert [report.note for report in await reports.for_comment(connection, outcome.comment_id)] == [
            "look at this",
            None,
        ]


async def test_after_a_person_has_approved_further_reports_are_counted_and_muted(
    services: Services, site: SiteId, anna: Person
) -> None:
    outcome = (await moderate(services, a_comment(site_id=site))).outcome
    await feedback.report(services, site, outcome.comment_id, reason=None, note=None)
    (file,) = await review.claim_next(services, anna, count=1)
    await review.decide(services, anna, file.case.id, action=Action.APPROVE)

    again = await feedback.report(services, site, outcome.comment_id, reason=None, note=None)

    assert (again.is_muted, again.case) == (True, None)
    assert await review.claim_next(services, anna, count=1) == []


async def test_a_report_on_a_rejected_comment_opens_nothing(services: Services, site: SiteId) -> None:
    outcome = (await moderate(services, a_comment("Cheap viagra!", site_id=site))).outcome

    reported = await feedback.report(services, site, outcome.comment_id, reason=None, note=None)

    assert (reported.is_muted, reported.case) == (False, None)


async def test_a_report_that_cannot_be_right_is_refused(services: Services, site: SiteId) -> None:
    with pytest.raises(NotFound):
        await feedback.report(services, site, CommentId("nothing"), reason=None, note=None)
    with pytest.raises(InvalidInput):
        await feedback.report(services, site, CommentId("any"), reason=None, note="x" * 2_001)


async def test_erasure_leaves_the_skeleton_and_an_unbroken_record(
    services: Services, site: SiteId, anna: Person
) -> None:
    author = Author(id="7", name="Zacharias Quill", email="zq@news.example", ip="192.0.2.7")
    comment = a_comment("What an idiot, this Wendelin.", site_id=site, author=author, external_id="wp-1")
    outcome = (await moderate(services, comment)).outcome
    await feedback.report(services, site, comment.id, reason=None, note="calls Wendelin an idiot")
    assert outcome.case is not None
    await review.decide(services, anna, outcome.case, action=Action.APPROVE, generation=0, note="Wendelin again")

    await feedback.erase(services, OPERATOR, site, comment.id)
    await feedback.erase(services, OPERATOR, site, comment.id)

    async with services.database.read() as connection:
        stored = await comments.get(connection, site, comment.id)
        history = await decisions.for_comment(connection, comment.id)
        (report,) = await reports.for_comment(connection, comment.id)
    assert stored.is_erased
    assert (stored.comment.text, stored.comment.author) == ("", Author())
    assert stored.outcome.scores == outcome.scores
    assert [decision.note for decision in history] == [None]
    assert report.note is None
    assert [line async for line in audit.find_breaks(services.database)] == []
    assert [one async for one in decisions.find_altered(services.database)] == []
    with pytest.raises(NotFound):
        await feedback.report(services, site, comment.id, reason=None, note=None)


async def test_an_erased_comment_leaves_the_queue(services: Services, site: SiteId, anna: Person) -> None:
    outcome = (await moderate(services, a_comment("What an idiot.", site_id=site))).outcome

    await feedback.erase(services, feedback.site_actor(site), site, outcome.comment_id)

    assert await review.claim_next(services, anna, count=1) == []


async def test_an_author_is_erased_everywhere_on_the_site(services: Services, site: SiteId) -> None:
    for n in range(3):
        await moderate(services, a_comment(f"Comment {n}.", site_id=site, author=Author(id="7")))
    kept = await moderate(services, a_comment("Somebody else.", site_id=site, author=Author(id="8")))

    assert await feedback.erase_author(services, OPERATOR, site, "id:7") == 3
    assert await feedback.erase_author(services, OPERATOR, site, "id:7") == 0

    async with services.database.read() as connection:
        assert not (await comments.get(connection, site, kept.outcome.comment_id)).is_erased


async def test_nothing_can_be_erased_that_is_not_there(services: Services, site: SiteId) -> None:
    with pytest.raises(NotFound):
        await feedback.erase(services, OPERATOR, site, CommentId("nothing"))


async def test_operators_may_ask_which_site_a_comment_belongs_to(services: Services, site: SiteId) -> None:
    outcome = (await moderate(services, a_comment(site_id=site))).outcome
    async with services.database.read() as connection:
        assert await feedback.site_of(connection, outcome.comment_id) == site
        with pytest.raises(NotFound):
            await feedback.site_of(connection, CommentId("01nothing"))
