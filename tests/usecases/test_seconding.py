"""Some decisions are looked at by a second person, who does not know of the first; what follows where they disagree."""

from dataclasses import replace
from datetime import timedelta

import pytest

from moderator.domain.bulk import Selection, is_free
from moderator.domain.comments import Comment, Status
from moderator.domain.errors import CaseClosed, ClaimLost, Conflict, Forbidden, NotFound, NotNewest
from moderator.domain.ids import SiteId
from moderator.domain.opinions import LONGEST_WAIT, MOST_CONTRARY_A_DAY, SECOND_WEIGHT, is_drawn
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import REPORTED_WEIGHT, Automation, CaseState, Cause, Detection, ReasonCode
from moderator.domain.scoring import Label, Threshold
from moderator.services import Services
from moderator.storage import audit, cases, comments, decisions, opinions, outbox
from moderator.storage.case_files import CaseFile
from moderator.usecases import bulk, feedback, manage, moderate, review, teaching
from moderator.usecases.review import Decided
from tests.builders import a_comment, a_policy
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

NEWS = "What an idiot the minister is."
# People read everything, also what the model is sure of.
HOLDS = a_policy(hold_everything=True, thresholds={label: Threshold.hold_only(0.5) for label in Label})


@pytest.fixture
async def seconded(services: Services, site: SiteId) -> SiteId:
    """Return a site where every decision gets a second opinion."""
    await manage.set_policy(services, OPERATOR, site, replace(a_policy(), second_review_share=1.0))
    return site


@pytest.fixture
async def cleo(services: Services) -> Person:
    """Return a senior."""
    return (await manage.add_person(services, OPERATOR, "Cleo", Role.SENIOR, password="third password")).person


async def post(services: Services, site: SiteId, text: str = NEWS, comment_id: str | None = None) -> Comment:
    comment = a_comment(text, site_id=site, comment_id=comment_id, received_at=services.now())
    await moderate.moderate(services, comment)
    return comment


async def waiting(services: Services, reader: Person | None = None) -> list[CaseFile]:
    async with services.database.read() as connection:
        return await cases.list_open(connection, as_of=services.now(), limit=50, reader=reader.id if reader else None)


async def say(services: Services, person: Person, action: Action, note: str | None = None) -> Decided:
    """Let somebody take the next case and decide it."""
    (file,) = await review.claim_next(services, person, count=1)
    reason = ReasonCode.INSULT if action is Action.REJECT else None
    return await review.decide(services, person, file.case.id, action=action, reason=reason, note=note)


async def status_of(services: Services, comment: Comment) -> Status:
    async with services.database.read() as connection:
        return (await comments.get_anywhere(connection, comment.id)).outcome.status


async def events_of(services: Services) -> int:
    async with services.database.read() as connection:
        return await outbox.count_waiting(connection)


async def test_a_decision_is_looked_at_by_somebody_else(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    (file,) = await waiting(services)
    assert (file.case.cause, file.case.weight, file.case.barred) == (Cause.SECOND, SECOND_WEIGHT, (anna.id,))
    assert (file.is_blind, file.label, file.case.campaign) == (True, None, None)
    assert await status_of(services, comment) is Status.APPROVED
    assert await waiting(services, anna) == []
    assert [one.case.id for one in await waiting(services, ben)] == [file.case.id]


async def test_the_first_decider_cannot_have_it(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    (file,) = await waiting(services)
    assert await review.claim_next(services, anna, count=9) == []
    for attempt in (
        review.claim_case(services, anna, file.case.id),
        review.decide(services, anna, file.case.id, action=Action.REJECT, reason=ReasonCode.SPAM, generation=0),
        review.escalate(services, anna, file.case.id, generation=0),
        review.release(services, anna, file.case.id),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_nobody_is_asked_where_nobody_else_sees_the_site(
    services: Services, seconded: SiteId, anna: Person
) -> None:
    elsewhere = await manage.add_site(services, OPERATOR, "Sport")
    await manage.add_person(
        services, OPERATOR, "Dora", Role.MODERATOR, password="fourth password", only_sites=[elsewhere.site.id]
    )
    await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    assert await waiting(services) == []


async def test_who_agrees_changes_nothing_and_the_site_hears_nothing(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    comment = await post(services, seconded)
    await manage.add_endpoint(services, OPERATOR, seconded, "https://news.example/hook")
    first = await say(services, anna, Action.REJECT)
    before = await events_of(services)
    second = await say(services, ben, Action.REJECT, note="Clear.")
    assert (second.status, second.decision.automation) == (Status.REJECTED, Automation.NOT_AUTOMATED)
    assert second.decision.detection is Detection.PERSON
    assert await waiting(services) == []
    assert await events_of(services) == before
    async with services.database.read() as connection:
        assert [one.person_id for one in await decisions.for_comment(connection, comment.id)] == [anna.id]
        (opinion,) = await opinions.for_comment(connection, comment.id)
        found = await opinions.agreement(connection, [seconded], services.now())
    assert (opinion.about, opinion.said, opinion.said.inclusion_probability) == (
        first.decision.id,
        second.decision,
        1.0,
    )
    assert (found.actions.comments, found.actions.agreed) == (1, 1)


async def test_a_second_opinion_draws_no_third(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    comment = await post(services, seconded)
    first = await say(services, anna, Action.APPROVE)
    await say(services, ben, Action.APPROVE)
    assert await waiting(services) == []
    await review.undo(services, anna, first.decision.id)
    await review.decide(services, anna, (await waiting(services))[0].case.id, action=Action.APPROVE)
    assert await waiting(services) == []
    assert await status_of(services, comment) is Status.APPROVED


async def test_where_two_disagree_the_first_stands_until_a_senior_settles_it(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    dora = (await manage.add_person(services, OPERATOR, "Dora", Role.MODERATOR, password="fourth password")).person
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    second = await review.claim_next(services, ben, count=1)
    decided = await review.decide(
        services, ben, second[0].case.id, action=Action.REJECT, reason=ReasonCode.HATE, note="A slur."
    )
    assert decided.status is await status_of(services, comment) is Status.APPROVED
    (file,) = await waiting(services)
    assert (file.case.cause, file.case.barred, file.is_blind) == (Cause.DISAGREEMENT, (anna.id, ben.id), False)
    assert file.case.escalation is not None
    assert [await review.claim_next(services, one, count=1) for one in (anna, ben, dora)] == [[], [], []]
    settled = await say(services, cleo, Action.REJECT)
    assert settled.decision.detection is Detection.PERSON
    assert await status_of(services, comment) is Status.REJECTED
    assert await waiting(services) == []


async def test_who_settles_it_as_it_was_is_no_news_to_the_site(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    comment = await post(services, seconded)
    await manage.add_endpoint(services, OPERATOR, seconded, "https://news.example/hook")
    await say(services, anna, Action.APPROVE)
    await say(services, ben, Action.REJECT)
    before = await events_of(services)
    await say(services, cleo, Action.APPROVE)
    assert await events_of(services) == before
    async with services.database.read() as connection:
        history = await decisions.for_comment(connection, comment.id)
        assert [one.person_id for one in history] == [anna.id, cleo.id]
    comment = await post(services, seconded, "Another idiot.")
    await say(services, anna, Action.APPROVE)
    await say(services, ben, Action.REJECT)
    before = await events_of(services)
    await say(services, cleo, Action.REJECT)
    assert await events_of(services) == before + 1


async def test_without_a_senior_anybody_else_settles_it(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    dora = (await manage.add_person(services, OPERATOR, "Dora", Role.MODERATOR, password="fourth password")).person
    await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    await say(services, ben, Action.REJECT)
    (file,) = await waiting(services, dora)
    assert (file.case.cause, file.case.escalation) == (Cause.DISAGREEMENT, None)
    assert await waiting(services, anna) == await waiting(services, ben) == []
    assert (await say(services, dora, Action.REJECT)).status is Status.REJECTED


async def test_where_there_is_nobody_else_the_first_decision_stands(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    await say(services, ben, Action.REJECT)
    assert await waiting(services) == []
    assert await status_of(services, comment) is Status.APPROVED


async def test_another_reason_for_the_same_action_is_nothing_to_settle(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    await post(services, seconded)
    await say(services, anna, Action.REJECT)
    (file,) = await review.claim_next(services, ben, count=1)
    await review.decide(services, ben, file.case.id, action=Action.REJECT, reason=ReasonCode.SPAM)
    assert await waiting(services) == []


async def test_who_takes_the_first_decision_back_ends_the_second_review(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    comment = await post(services, seconded)
    first = await say(services, anna, Action.APPROVE)
    (file,) = await review.claim_next(services, ben, count=1)
    undone = await review.undo(services, anna, first.decision.id)
    assert undone.case is not None
    assert (undone.case.case.cause, undone.case.case.barred) == (Cause.UNDONE, ())
    with pytest.raises(CaseClosed):
        await review.decide(services, ben, file.case.id, action=Action.APPROVE)
    await review.decide(services, anna, undone.case.case.id, action=Action.REJECT, reason=ReasonCode.INSULT)
    (again,) = await waiting(services)
    assert (again.case.cause, again.comment.id) == (Cause.SECOND, comment.id)


async def test_who_gives_in_to_a_disagreement_ends_it_and_who_insists_does_not(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    for action, causes in ((Action.REJECT, []), (Action.APPROVE, [Cause.DISAGREEMENT])):
        comment = await post(services, seconded, f"An idiot, {action}.")
        first = await say(services, anna, Action.APPROVE)
        await say(services, ben, Action.REJECT)
        undone = await review.undo(services, anna, first.decision.id)
        assert undone.case is not None
        await review.decide(services, anna, undone.case.case.id, action=action, reason=ReasonCode.INSULT)
        assert [one.case.cause for one in await waiting(services) if one.comment.id == comment.id] == causes


async def test_an_opinion_is_taken_back_by_who_gave_it_and_asked_for_again(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    second = await say(services, ben, Action.REJECT)
    with pytest.raises(Forbidden):
        await review.undo(services, cleo, second.decision.id)
    undone = await review.undo(services, ben, second.decision.id)
    assert (undone.status, undone.decision.action, undone.decision.undoes) == (
        Status.APPROVED,
        Action.HOLD,
        second.decision.id,
    )
    assert undone.case is not None
    assert (undone.case.case.cause, undone.case.case.barred) == (Cause.SECOND, (anna.id,))
    assert [one.case.id for one in await waiting(services)] == [undone.case.case.id]
    assert await status_of(services, comment) is Status.APPROVED
    with pytest.raises(NotNewest):
        await review.undo(services, ben, second.decision.id)
    await review.decide(services, ben, undone.case.case.id, action=Action.APPROVE)
    assert await waiting(services) == []
    async with services.database.read() as connection:
        found = await opinions.agreement(connection, [seconded], services.now())
    assert (found.actions.comments, found.actions.agreed) == (1, 1)


async def test_an_opinion_cannot_be_taken_back_once_it_was_heard_or_the_comment_is_gone(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    second = await say(services, ben, Action.REJECT)
    await say(services, cleo, Action.REJECT)
    with pytest.raises(NotNewest):
        await review.undo(services, ben, second.decision.id)
    elsewhere = replace(ben, sites=(SiteId("elsewhere"),))
    with pytest.raises(NotFound):
        await review.undo(services, elsewhere, second.decision.id)
    comment = await post(services, seconded, "An idiot once more.")
    await say(services, anna, Action.APPROVE)
    second = await say(services, ben, Action.APPROVE, note="It quotes: an idiot.")
    await feedback.erase(services, OPERATOR, seconded, comment.id)
    with pytest.raises(Conflict):
        await review.undo(services, ben, second.decision.id)
    async with services.database.read() as connection:
        assert [one.said.note for one in await opinions.for_comment(connection, comment.id)] == [None]


async def test_erasing_the_comment_ends_what_waits(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    (file,) = await waiting(services)
    await feedback.erase(services, OPERATOR, seconded, comment.id)
    assert await waiting(services) == []
    async with services.database.read() as connection:
        assert (await cases.get(connection, file.case.id, now=services.now())).case.state is CaseState.WITHDRAWN


async def test_a_report_meanwhile_counts_and_makes_it_urgent(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    reported = await feedback.report(services, seconded, comment.id, reason=ReasonCode.HATE, note=None)
    assert (reported.is_muted, reported.case) == (True, None)
    (file,) = await waiting(services)
    assert (file.case.cause, file.case.weight) == (Cause.SECOND, REPORTED_WEIGHT)
    comment = await post(services, seconded, "Another idiot.")
    (file,) = [one for one in await review.claim_next(services, anna, count=9) if one.comment.id == comment.id]
    await review.decide(services, anna, file.case.id, action=Action.REJECT, reason=ReasonCode.INSULT)
    reported = await feedback.report(services, seconded, comment.id, reason=ReasonCode.HATE, note=None)
    assert (reported.is_muted, reported.case) == (False, None)


async def test_a_site_that_overrules_meanwhile_ends_it(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    await teaching.overrule(services, seconded, comment.id, action=Action.REJECT, reason=ReasonCode.SPAM, labels={})
    assert await waiting(services) == []
    assert await status_of(services, comment) is Status.REJECTED


async def test_cases_decided_together_are_drawn_one_by_one(
    services: Services, site: SiteId, anna: Person, ben: Person
) -> None:
    await manage.set_policy(
        services, OPERATOR, site, replace(a_policy(), second_review_share=0.5, campaign_limit=0, duplicate_limit=0)
    )
    for number in range(12):
        await post(services, site, f"Number {number}: an idiot.")
    files = [one for one in await waiting(services) if not one.is_blind]
    chosen = Selection(site_id=site, label=Label.INSULT)
    await bulk.decide_all(
        services, anna, chosen, [one.case.id for one in files], batch_id="press", action=Action.APPROVE
    )
    drawn = {one.comment.id for one in await waiting(services) if one.case.cause is Cause.SECOND}
    assert drawn == {one.comment.id for one in files if is_drawn(one.comment.id, site, 0.5)}
    assert 0 < len(drawn) < len(files)
    await bulk.undo_all(services, anna, "press")
    assert not any(one.case.cause is Cause.SECOND for one in await waiting(services))


async def test_a_second_opinion_is_never_given_together_with_others(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    (file,) = await waiting(services)
    assert not is_free(file.case, ben.id, services.now())


async def test_a_decision_against_a_sure_score_is_always_looked_at(
    services: Services, site: SiteId, anna: Person, ben: Person
) -> None:
    services.settings = replace(services.settings, second_review_share=1e-9)
    await manage.set_policy(services, OPERATOR, site, HOLDS)
    await post(services, site, "You scum, an utter viagra seller.")  # Spam, by 0.97.
    await say(services, anna, Action.APPROVE)
    (file,) = await waiting(services)
    async with services.database.read() as connection:
        asked = await opinions.get_review(connection, file.case.id)
    assert (asked.is_contrary, asked.probability, asked.person_id) == (True, 1.0, anna.id)
    await say(services, ben, Action.APPROVE)
    await post(services, site, "The summit ended well.")
    await say(services, anna, Action.APPROVE)
    assert await waiting(services) == []


async def test_no_more_of_these_than_a_day_bears(
    services: Services, site: SiteId, anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderator.usecases.seconding.MOST_CONTRARY_A_DAY", 2)
    assert MOST_CONTRARY_A_DAY > 2
    services.settings = replace(services.settings, second_review_share=1e-9)
    await manage.set_policy(services, OPERATOR, site, replace(HOLDS, duplicate_limit=0))
    for number in range(3):
        await post(services, site, f"Buy viagra number {number}.")
        await say(services, anna, Action.APPROVE)
    assert [one.case.cause for one in await waiting(services)] == [Cause.SECOND, Cause.SECOND]


async def test_a_share_of_nothing_asks_nobody(services: Services, site: SiteId, anna: Person, ben: Person) -> None:
    await manage.set_policy(services, OPERATOR, site, HOLDS)
    await post(services, site, "Buy viagra.")
    await say(services, anna, Action.APPROVE)
    assert await waiting(services) == []


async def test_it_may_be_passed_on_to_a_senior_who_has_not_decided(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    await post(services, seconded)
    await say(services, cleo, Action.APPROVE)
    (file,) = await review.claim_next(services, ben, count=1)
    with pytest.raises(Conflict):
        await review.escalate(services, ben, file.case.id)
    await review.decide(services, ben, file.case.id, action=Action.APPROVE)
    await post(services, seconded, "Another idiot.")
    await say(services, anna, Action.APPROVE)
    (file,) = await review.claim_next(services, ben, count=1)
    await review.escalate(services, ben, file.case.id)
    assert (await say(services, cleo, Action.APPROVE)).decision.person_id == cleo.id


async def test_whoever_is_too_late_gives_no_opinion(
    services: Services, seconded: SiteId, anna: Person, ben: Person, cleo: Person
) -> None:
    await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    (file,) = await review.claim_next(services, ben, count=1)
    await review.release(services, ben, file.case.id)
    with pytest.raises(ClaimLost):
        await review.decide(services, ben, file.case.id, action=Action.APPROVE, generation=file.case.generation)
    async with services.database.transaction() as connection:
        stale = replace(file, case=replace(file.case, generation=99))
        with pytest.raises(ClaimLost):
            await review.rule_on(
                services, connection, ben, stale, review.Ruling(action=Action.APPROVE), now=services.now()
            )


async def test_what_nobody_looks_at_is_let_go_after_a_fortnight(
    services: Services, seconded: SiteId, anna: Person, ben: Person, clock: Clock
) -> None:
    comment = await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    clock.at += LONGEST_WAIT - timedelta(minutes=1)
    await review.claim_next(services, ben, count=1)
    clock.at += timedelta(minutes=1)
    await review.release_expired(services)
    assert len(await waiting(services)) == 1  # Ben has it just now.
    clock.at += timedelta(hours=1)
    await review.release_expired(services)
    assert await waiting(services) == []
    assert await status_of(services, comment) is Status.APPROVED


async def test_the_log_says_who_looked_and_took_it_back(
    services: Services, seconded: SiteId, anna: Person, ben: Person
) -> None:
    await post(services, seconded)
    await say(services, anna, Action.APPROVE)
    second = await say(services, ben, Action.APPROVE)
    await review.undo(services, ben, second.decision.id)
    async with services.database.read() as connection:
        entries = await audit.look(connection, audit.Question(), limit=2)
    assert [entry.action.value for _, entry in entries] == ["opinion.undone", "opinion.given"]
    assert {entry.actor.id for _, entry in entries} == {ben.id}
