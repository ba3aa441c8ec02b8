"""Some of the machine's own verdicts come before people, who do not see what it thought."""

from dataclasses import replace

import pytest

from moderator.domain.audits import AUDIT_WEIGHT, is_drawn
from moderator.domain.comments import Comment, Status
from moderator.domain.ids import SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.review import REPORTED_WEIGHT, Automation, Cause, ReasonCode
from moderator.services import Services
from moderator.storage import cases, comments, decisions
from moderator.storage.case_files import CaseFile
from moderator.usecases import feedback, manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def checked(services: Services, site: SiteId) -> SiteId:
    """Return a site where people check every verdict."""
    await manage.set_policy(services, OPERATOR, site, replace(a_policy(), audit_share=1.0))
    return site


async def waiting(services: Services) -> list[CaseFile]:
    async with services.database.read() as connection:
        return await cases.list_open(connection, as_of=services.now(), limit=50)


async def post(services: Services, site: SiteId, text: str, comment_id: str | None = None) -> Comment:
    comment = a_comment(text, site_id=site, comment_id=comment_id, received_at=services.now())
    await moderate(services, comment)
    return comment


async def test_a_comment_that_is_drawn_is_published_and_waits_for_a_check(services: Services, checked: SiteId) -> None:
    comment = a_comment(site_id=checked, received_at=services.now())
    moderated = await moderate(services, comment)
    assert (moderated.outcome.status, moderated.outcome.case) == (Status.APPROVED, None)
    (file,) = await waiting(services)
    assert (file.case.comment_id, file.case.cause, file.case.weight) == (comment.id, Cause.SAMPLE, AUDIT_WEIGHT)


async def test_what_a_person_says_of_it_carries_how_likely_it_was_to_be_drawn(
    services: Services, checked: SiteId, anna: Person
) -> None:
    comment = await post(services, checked, "The summit ended well.")
    (file,) = await review.claim_next(services, anna, count=1)
    decided = await review.decide(
        services, anna, file.case.id, action=Action.REJECT, reason=ReasonCode.INSULT, generation=file.case.generation
    )
    assert decided.decision.inclusion_probability == 1.0
    assert decided.decision.automation is Automation.NOT_AUTOMATED
    async with services.database.read() as connection:
        history = await decisions.for_comment(connection, comment.id)
        stored = await comments.get(connection, checked, comment.id)
    assert [one.inclusion_probability for one in history] == [1.0, 1.0]
    assert stored.outcome.status is Status.REJECTED


async def test_a_comment_that_people_see_anyway_is_not_drawn(services: Services, checked: SiteId, anna: Person) -> None:
    await post(services, checked, "What an idiot.")
    (file,) = await review.claim_next(services, anna, count=1)
    assert file.case.cause is Cause.BORDERLINE
    decided = await review.decide(services, anna, file.case.id, action=Action.APPROVE)
    assert decided.decision.inclusion_probability is None


async def test_one_that_was_not_drawn_and_comes_by_a_report_counts_for_itself_alone(
    services: Services, site: SiteId, anna: Person
) -> None:
    await manage.set_policy(services, OPERATOR, site, replace(a_policy(), audit_share=0.02))
    undrawn = next(name for number in range(100) if not is_drawn(name := f"quiet-{number}", site, 0.1))  # type: ignore[arg-type]
    comment = await post(services, site, "The summit ended well.", undrawn)
    assert await waiting(services) == []
    await feedback.report(services, site, comment.id, reason=ReasonCode.HATE, note=None)
    (file,) = await review.claim_next(services, anna, count=1)
    decided = await review.decide(services, anna, file.case.id, action=Action.APPROVE)
    assert decided.decision.inclusion_probability is None


async def test_a_reader_who_reports_it_makes_the_check_urgent(
    services: Services, checked: SiteId, anna: Person
) -> None:
    comment = await post(services, checked, "The summit ended well.")
    (before,) = await waiting(services)
    reported = await feedback.report(services, checked, comment.id, reason=ReasonCode.HATE, note=None)
    (file,) = await waiting(services)
    assert reported.case == before.case.id == file.case.id
    assert (file.case.cause, file.case.weight) == (Cause.REPORT, REPORTED_WEIGHT)
    decided = await review.decide(services, anna, file.case.id, action=Action.APPROVE, generation=file.case.generation)
    assert decided.decision.inclusion_probability == 1.0  # It was drawn all the same.


async def test_a_report_of_what_is_rejected_leaves_the_check_as_it_is(services: Services, checked: SiteId) -> None:
    comment = await post(services, checked, "I will kill you, idiot.")
    (before,) = await waiting(services)
    await feedback.report(services, checked, comment.id, reason=None, note=None)
    assert [file.case for file in await waiting(services)] == [before.case]


async def test_the_service_sets_the_share_where_the_site_does_not(services: Services, site: SiteId) -> None:
    services.settings = replace(services.settings, audit_share=1.0)
    await post(services, site, "The summit ended well.")
    assert [file.case.cause for file in await waiting(services)] == [Cause.SAMPLE]
