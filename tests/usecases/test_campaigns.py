"""Near-duplicates: held across authors and articles, grouped in one campaign, forgotten in time."""

from dataclasses import replace

import pytest

from moderator.domain.comments import Article, Author
from moderator.domain.ids import CaseId, SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.people import Person
from moderator.domain.policy import Action, Rule
from moderator.domain.review import Cause, ReasonCode
from moderator.services import Services
from moderator.storage import cases
from moderator.storage.case_files import CaseFile
from moderator.usecases import campaigns, feedback, manage, review
from moderator.usecases.moderate import moderate, moderate_many
from tests.builders import a_comment
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

OFFER = (
    "Since {month} I earn {sum} euros a day at home with a simple system, my neighbour {name} laughed first and now "
    "she does the same, look at https://{name}.example/start and write to me before the places are gone"
)
NAMES = ("Anna", "Berta", "Clara", "Dora", "Emma", "Flora", "Greta", "Helga")


def variant(n: int) -> str:
    """Return the same offer with another month, sum, name and link."""
    return OFFER.format(month=("March", "April", "May", "June")[n % 4], sum=400 + 10 * n, name=NAMES[n % len(NAMES)])


async def post(
    services: Services, site: SiteId, text: str, *, author: str | None = "anna", article: str | None = "/summit"
) -> Outcome:
    comment = a_comment(
        text, site_id=site, author=Author(id=author), article=Article(url=article), received_at=services.now()
    )
    comment = replace(comment, id=services.ids.new())
    return (await moderate(services, comment)).outcome


async def file_of(services: Services, case: CaseId | None) -> CaseFile:
    assert case is not None
    async with services.database.read() as connection:
        return await cases.get(connection, case, now=services.now())


async def test_the_fourth_of_a_kind_by_another_author_is_held_in_a_campaign(services: Services, site: SiteId) -> None:
    outcomes = [await post(services, site, variant(n), author=f"author-{n}") for n in range(6)]

    assert [outcome.verdict for outcome in outcomes] == [Action.APPROVE] * 3 + [Action.HOLD] * 3
    assert [reason.code for reason in outcomes[3].reasons] == [Rule.CAMPAIGN]
    assert outcomes[4].reasons[0].detail == "One of 5 alike within a day, by 5 authors under 1 article."
    files = [await file_of(services, outcome.case) for outcome in outcomes[3:]]
    assert {file.case.cause for file in files} == {Cause.CAMPAIGN}
    assert {file.case.campaign for file in files} == {outcomes[0].comment_id}


async def test_one_author_under_several_articles_is_a_campaign_and_under_one_is_none(
    services: Services, site: SiteId, clock: Clock
) -> None:
    there = []
    for n in range(5):
        there.append((await post(services, site, variant(n), article="/one")).verdict)
        clock.forward(minutes=1)  # Nobody is in a hurry.
    elsewhere = (await post(services, site, variant(5), article="/two")).verdict

    assert there == [Action.APPROVE] * 5
    assert elsewhere is Action.HOLD


async def test_strangers_are_told_apart_by_name_and_network(services: Services, site: SiteId) -> None:
    async def post_by(n: int, author: Author) -> Action:
        comment = a_comment(variant(n), site_id=site, author=author, article=Article())
        return (await moderate(services, comment)).outcome.verdict

    by_network = [await post_by(n, Author(ip=f"192.0.{n}.7")) for n in range(4)]
    assert by_network == [Action.APPROVE] * 3 + [Action.HOLD]


async def test_different_comments_and_short_ones_are_no_campaign(services: Services, site: SiteId) -> None:
    texts = [
        "The summit ended without an agreement because nobody wanted to pay for the storage of gas this winter.",
        "Of course there was no agreement: storing gas for the winter costs money and nobody wants to pay.",
        "Another summit without an agreement. Who will pay for gas next winter, and where is it stored?",
        "No agreement on gas prices again. The winter will be expensive and ministers know it very well.",
        *["I agree with you."] * 2,
        *["Well said!"] * 5,
    ]

    outcomes = [await post(services, site, text, author=f"author-{n}") for n, text in enumerate(texts)]

    assert {outcome.verdict for outcome in outcomes} == {Action.APPROVE}


async def test_a_campaign_ends_with_the_window(services: Services, site: SiteId, clock: Clock) -> None:
    for n in range(4):
        await post(services, site, variant(n), author=f"author-{n}")
    clock.forward(hours=23)
    within = await post(services, site, variant(4), author="late")
    clock.forward(hours=25)
    after = await post(services, site, variant(5), author="later")

    assert (within.verdict, after.verdict) == (Action.HOLD, Action.APPROVE)


async def test_limit_and_window_are_the_policys(services: Services, site: SiteId, clock: Clock) -> None:
    policy = services.directory.policies[site]
    await manage.set_policy(services, OPERATOR, site, replace(policy, campaign_limit=1, campaign_hours=48))
    first = await post(services, site, variant(0), author="one")
    clock.forward(hours=40)
    second = await post(services, site, variant(1), author="two")
    await manage.set_policy(services, OPERATOR, site, replace(services.directory.policies[site], campaign_limit=0))
    third = await post(services, site, variant(2), author="three")

    assert [one.verdict for one in (first, second, third)] == [Action.APPROVE, Action.HOLD, Action.APPROVE]
    assert second.reasons[0].detail == "One of 2 alike within 2 days, by 2 authors under 1 article."
    async with services.database.read() as connection:
        assert len(await connection.all("SELECT * FROM signatures")) == 2


async def test_sites_do_not_see_each_others_comments(services: Services, site: SiteId) -> None:
    other = (await manage.add_site(services, OPERATOR, "Other")).site.id
    for n in range(4):
        await post(services, site, variant(n), author=f"author-{n}")
    stranger = await post(services, other, variant(5), author="author-5")

    assert stranger.verdict is Action.APPROVE


async def test_a_case_that_was_open_before_belongs_to_the_campaign_it_began(services: Services, site: SiteId) -> None:
    alone = await post(services, site, f"{variant(0)}, you idiot")
    assert (await file_of(services, alone.case)).case.campaign is None

    second = await post(services, site, f"{variant(1)}, you idiot", author="ben")

    files = [await file_of(services, outcome.case) for outcome in (alone, second)]
    assert [file.case.campaign for file in files] == [alone.comment_id] * 2
    assert [file.case.cause for file in files] == [Cause.BORDERLINE] * 2


async def test_a_report_or_an_undo_opens_the_case_in_its_campaign(
    services: Services, site: SiteId, anna: Person
) -> None:
    outcomes = [await post(services, site, variant(n), author=f"author-{n}") for n in range(4)]
    reported = await feedback.report(services, site, outcomes[1].comment_id, reason=None, note=None)
    assert (await file_of(services, reported.case)).case.campaign == outcomes[0].comment_id

    await review.claim_case(services, anna, outcomes[3].case or CaseId(""))
    decided = await review.decide(
        services, anna, outcomes[3].case or CaseId(""), action=Action.REJECT, reason=ReasonCode.SPAM
    )
    undone = await review.undo(services, anna, decided.decision.id)

    assert undone.case is not None
    assert (undone.case.case.cause, undone.case.case.campaign) == (Cause.UNDONE, outcomes[0].comment_id)


async def test_a_repeated_request_is_signed_once(services: Services, site: SiteId) -> None:
    comments = [a_comment(variant(0), site_id=site, external_id="wp-1") for _ in range(6)]
    for comment in comments:
        await moderate(services, comment)

    async with services.database.read() as connection:
        assert len(await connection.all("SELECT * FROM signatures")) == 1


async def test_a_batch_is_signed_with_everything_else(services: Services, site: SiteId) -> None:
    await moderate_many(services, [a_comment(variant(n), site_id=site, author=Author(id=str(n))) for n in range(3)])
    later = await post(services, site, variant(4))

    # Those of one batch do not see each other; what comes next sees one of them at least.
    async with services.database.read() as connection:
        assert len(await connection.all("SELECT * FROM signatures")) == 4
        (row,) = await connection.all("SELECT * FROM signatures WHERE comment_id = :id", id=later.comment_id)
    assert row["campaign"] != later.comment_id


@pytest.mark.parametrize("whole_author", [False, True])
async def test_erasing_a_comment_removes_its_signature(services: Services, site: SiteId, whole_author: bool) -> None:
    outcomes = [await post(services, site, variant(n), author=f"author-{n}") for n in range(2)]
    if whole_author:
        await feedback.erase_author(services, OPERATOR, site, "id:author-0")
    else:
        await feedback.erase(services, OPERATOR, site, outcomes[0].comment_id)

    async with services.database.read() as connection:
        rows = await connection.all("SELECT comment_id FROM signatures")
    assert [row["comment_id"] for row in rows] == [outcomes[1].comment_id]


async def test_what_no_window_reaches_is_forgotten(services: Services, site: SiteId, clock: Clock) -> None:
    policy = services.directory.policies[site]
    await manage.set_policy(services, OPERATOR, site, replace(policy, campaign_hours=48))
    await post(services, site, variant(0))
    clock.forward(hours=30)
    await post(services, site, variant(1))

    assert await campaigns.forget_old(services) == 0
    clock.forward(hours=19)
    assert await campaigns.forget_old(services) == 1
    assert await campaigns.forget_old(services) == 0


async def test_without_sites_there_is_nothing_to_forget(services: Services) -> None:
    assert await campaigns.forget_old(services) == 0
