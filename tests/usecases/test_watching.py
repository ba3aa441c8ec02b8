"""The daily look at a site: what it stores, what follows from an alarm, and how it ends."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from moderator.domain.certificates import Certificate, Standing, suspend
from moderator.domain.comments import Comment
from moderator.domain.drift import Day, Level, Sketch
from moderator.domain.errors import Conflict, NotFound
from moderator.domain.events import AuditAction, EndpointKind, EventName
from moderator.domain.ids import CommentId, DecisionId, IdSource, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action, Rule
from moderator.domain.review import ReasonCode, Source
from moderator.services import Services, new_services
from moderator.storage import audit, certificates, decisions, outbox, watching
from moderator.storage.audit import Question
from moderator.storage.database import Connection
from moderator.storage.outbox import Delivery
from moderator.usecases import certificates as resting
from moderator.usecases import manage
from moderator.usecases import watching as watch_in
from moderator.usecases.moderate import moderate, moderate_many
from tests.builders import NOON, a_comment, a_policy
from tests.fakes import Clock, FakeScorer
from tests.storage.rows import a_decision
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)
HARMLESS = ("The summit ended well, and the council voted.", "The railway opens in May.", "Prices fell again.")


def new_comment(services: Services, site: SiteId, text: str) -> Comment:
    # Ids of the moment, whatever time it was before.
    ids = IdSource(clock_ms=lambda: int(services.now().timestamp() * 1000))
    return a_comment(text, comment_id=ids.new(), site_id=site, received_at=services.now())


async def post(services: Services, site: SiteId, texts: Sequence[str]) -> list[Comment]:
    """Let comments come in, all at once."""
    sent = [new_comment(services, site, text) for text in texts]
    await moderate_many(services, sent)
    return sent


async def watch_all(services: Services) -> int:
    days = 0
    while await watch_in.watch(services):
        days += 1
    return days


async def days_of(services: Services, site: SiteId) -> list[Day]:
    async with services.database.read() as connection:
        return await watching.watch_days(connection, site, date(2026, 1, 1))


async def standings(services: Services, site: SiteId) -> dict[Action, Certificate]:
    async with services.database.read() as connection:
        return {one.action: one for one in await certificates.list_all(connection, site)}


async def acts(services: Services) -> list[AuditAction]:
    async with services.database.read() as connection:
        entries = await audit.look(connection, Question(), limit=50)
    wanted = ("automation.", "certificate.")
    return [entry.action for _, entry in reversed(entries) if entry.action.startswith(wanted)]


async def told(services: Services) -> list[Delivery]:
    async with services.database.transaction() as connection:
        now = services.now()
        taken = await outbox.take_due(connection, now=now, lease_until=now + timedelta(minutes=1), limit=50)
    return [one for one in taken if one.event.name.startswith("automation.")]


async def add_days(services: Services, site: SiteId, number: int) -> None:
    """Store quiet days that end the day before yesterday, so that yesterday can be judged."""
    text = "A long remark about the harvest and the weather of last year. "
    seen = watching.Seen(id=CommentId(""), text=text, verdict=Action.APPROVE, model="fake-1", scores={})
    counts = watch_in._Counts()
    counts.add([seen] * 220)
    async with services.database.transaction() as connection:
        for back in range(number + 1, 1, -1):
            day = Day(day=TODAY - timedelta(days=back), sketch=counts.finish(0, 0), level=Level.QUIET)
            await watching.set_day(connection, site, day, services.now())


async def alarmed(services: Services, clock: Clock, site: SiteId) -> None:
    """Let yesterday be nothing like the days before it, and look at it."""
    clock.at = NOON - timedelta(days=1)
    await add_days(services, site, 15)
    await post(services, site, [f"{HARMLESS[number % 3]} {number}" for number in range(220)])
    clock.at = NOON
    assert await watch_all(services) == 1


async def test_a_day_is_counted_once_it_is_over(services: Services, clock: Clock, site: SiteId) -> None:
    await post(services, site, [*HARMLESS, "What an idiot."])
    assert await watch_all(services) == 0

    clock.at = datetime.combine(TODAY + timedelta(days=1), datetime.min.time(), NOON.tzinfo)
    assert await watch_all(services) == 0  # What was received before midnight may not be stored yet.
    clock.at += watch_in.GRACE
    assert await watch_all(services) == 1

    (day,) = await days_of(services, site)
    assert (day.day, day.level) == (TODAY, Level.WAITING)
    assert (day.sketch.comments, day.sketch.held, day.sketch.model) == (4, 1, "fake-1")
    assert sum(day.sketch.lengths) == sum(day.sketch.histograms["top"]) == 4
    assert day.sketch.words == {}  # None of the words stands in five comments.
    assert await watch_all(services) == 0


async def test_frequent_words_are_kept_as_numbers_alone(services: Services, clock: Clock, site: SiteId) -> None:
    await post(services, site, [f"The harvest of {number} was good." for number in range(6)])
    clock.at += timedelta(days=1)
    await watch_all(services)

    (day,) = await days_of(services, site)

    assert set(day.sketch.words.values()) == {6}
    assert len(day.sketch.words) == 5  # the, harvest, of, was, good


async def test_a_day_that_several_models_scored_has_none(services: Services, clock: Clock, site: SiteId) -> None:
    await post(services, site, HARMLESS)
    services.scorer = FakeScorer("fake-2")
    await post(services, site, [f"{one} Again." for one in HARMLESS])
    services.scorer = FakeScorer(None)
    await post(services, site, ["Nobody has scored this."])
    clock.at += timedelta(days=1)
    await watch_all(services)

    (day,) = await days_of(services, site)

    assert (day.sketch.model, day.sketch.comments, sum(day.sketch.histograms["top"])) == (None, 7, 6)


async def test_missed_days_are_caught_up_oldest_first(services: Services, clock: Clock, site: SiteId) -> None:
    clock.at = NOON - timedelta(days=60)
    await post(services, site, ["Long ago."])
    clock.at = NOON - timedelta(days=4)
    await post(services, site, HARMLESS)
    clock.at = NOON

    assert await watch_in.watch(services) == 1
    assert [day.day for day in await days_of(services, site)] == [TODAY - timedelta(days=4)]
    assert await watch_all(services) == 3
    assert [day.sketch.comments for day in await days_of(services, site)] == [3, 0, 0, 0]
    assert set(await standings(services, site)) == {Action.APPROVE, Action.REJECT}


async def test_a_service_that_slept_for_long_does_not_look_at_all_of_it(
    services: Services, clock: Clock, site: SiteId
) -> None:
    async with services.database.transaction() as connection:
        long_ago = Day(day=TODAY - timedelta(days=200), sketch=Sketch())
        await watching.set_day(connection, site, long_ago, services.now())

    assert await watch_all(services) == watch_in.CAUGHT_UP.days + 1


async def test_only_one_worker_looks(services: Services, clock: Clock, site: SiteId) -> None:
    await post(services, site, HARMLESS)
    clock.at += timedelta(days=1)
    other = new_services(services.settings, services.database, FakeScorer(), now=clock.now, ids=IdSource())
    await other.directory.refresh(other.database)
    async with services.database.transaction() as connection:
        until = clock.at + timedelta(minutes=1)
        assert await certificates.take_lease(connection, watch_in.LEASE, other.instance, now=clock.at, until=until)

    assert await watch_in.watch(services) == 0
    assert await watch_in.watch(other) == 1


async def test_an_alarm_leaves_everything_to_people_and_is_told(services: Services, clock: Clock, site: SiteId) -> None:
    await manage.add_endpoint(services, OPERATOR, site, "https://news.example/hook")
    await alarmed(services, clock, site)

    found = await standings(services, site)
    assert {one.standing for one in found.values()} == {Standing.SUSPENDED}
    assert "words" in {figure.measure for figure in found[Action.APPROVE].why}
    assert found[Action.APPROVE].alarm_day == YESTERDAY
    held = (await moderate(services, new_comment(services, site, "A quiet remark."))).outcome
    assert (held.verdict, held.reasons[0].code) == (Action.HOLD, Rule.DRIFT)
    scum = (await moderate(services, new_comment(services, site, "You scum."))).outcome
    assert (scum.verdict, scum.reasons[0].code) == (Action.HOLD, Rule.DRIFT)
    assert await acts(services) == [AuditAction.AUTOMATION_SUSPENDED]
    (delivery,) = await told(services)
    assert (delivery.event.name, delivery.endpoint.kind) == (EventName.AUTOMATION_SUSPENDED, EndpointKind.WEBHOOK)
    assert delivery.event.payload["verdicts"] == ["approve", "reject"]
    assert (delivery.event.payload["day"], delivery.event.payload["held"]) == (YESTERDAY.isoformat(), True)
    assert "words" in {one["measure"] for one in delivery.event.payload["measures"]}  # type: ignore[attr-defined]


async def test_a_service_may_be_set_to_tell_only(services: Services, clock: Clock, site: SiteId) -> None:
    services.settings = replace(services.settings, on_drift="tell")
    await alarmed(services, clock, site)

    assert (await standings(services, site))[Action.APPROVE].standing is Standing.SUSPENDED
    assert (await moderate(services, new_comment(services, site, "A quiet remark."))).outcome.verdict is Action.APPROVE


async def test_an_alarm_of_a_day_long_gone_changes_nothing(services: Services, clock: Clock, site: SiteId) -> None:
    clock.at = NOON - timedelta(days=1)
    await add_days(services, site, 15)
    await post(services, site, [f"{HARMLESS[number % 3]} {number}" for number in range(220)])
    clock.at = NOON + timedelta(days=1)

    assert await watch_all(services) == 2

    assert [day.level for day in (await days_of(services, site))[-2:]] == [Level.ALARM, Level.WAITING]
    assert (await standings(services, site))[Action.APPROVE].standing is Standing.NONE


async def test_whoever_has_looked_lifts_it_and_days_are_compared_anew(
    services: Services, clock: Clock, site: SiteId
) -> None:
    await manage.add_endpoint(services, OPERATOR, site, "https://news.example/hook")
    await alarmed(services, clock, site)
    await told(services)

    lifted = await resting.lift_alarm(services, OPERATOR, site)

    assert {(one.standing, one.accepted_day) for one in lifted} == {(Standing.NONE, TODAY)}
    assert (await moderate(services, new_comment(services, site, "A quiet remark."))).outcome.verdict is Action.APPROVE
    assert await acts(services) == [AuditAction.AUTOMATION_SUSPENDED, AuditAction.AUTOMATION_RESTORED]
    (delivery,) = await told(services)
    assert delivery.event.name is EventName.AUTOMATION_RESTORED
    assert (delivery.event.payload["verdicts"], delivery.event.payload["by"]) == (["approve", "reject"], "operator")
    with pytest.raises(Conflict):
        await resting.lift_alarm(services, OPERATOR, site)
    await post(services, site, [f"{HARMLESS[number % 3]} {number}" for number in range(220, 440)])
    clock.at += timedelta(days=1)
    await watch_all(services)
    assert (await days_of(services, site))[-1].level is Level.QUIET


class Meanwhile:
    """A database where somebody lifts the alarm just before the next transaction."""

    def __init__(self, services: Services, site: SiteId) -> None:
        self._services, self._site, self._database = services, site, services.database
        self._is_over = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        self._services.database = self._database
        if not self._is_over:
            self._is_over = True
            await resting.lift_alarm(self._services, OPERATOR, self._site)
        async with self._database.transaction() as connection:
            yield connection


async def test_who_lifts_an_alarm_while_a_day_is_looked_at_is_heard(
    services: Services, clock: Clock, site: SiteId
) -> None:
    await alarmed(services, clock, site)
    (day,) = [one for one in await days_of(services, site) if one.day == YESTERDAY]
    again = replace(day, day=TODAY)

    services.database = Meanwhile(services, site)  # type: ignore[assignment]
    await watch_in._record(services, site, again, is_newest=True)

    assert (await days_of(services, site))[-1].day == YESTERDAY
    assert (await standings(services, site))[Action.APPROVE].standing is Standing.NONE


async def test_an_alarm_of_no_site_is_not_lifted(services: Services) -> None:
    with pytest.raises(NotFound):
        await resting.lift_alarm(services, OPERATOR, SiteId("nowhere"))


async def decide(services: Services, person: Person, decided: Sequence[Comment], *, wrong: int = 0) -> None:
    """Let somebody decide about comments that were all drawn, `wrong` of them as a rejection."""
    made = [
        a_decision(
            one.id,
            id=DecisionId(services.ids.new()),
            site_id=one.site_id,
            source=Source.MODERATOR,
            person_id=person.id,
            action=Action.REJECT if number < wrong else Action.APPROVE,
            reason=ReasonCode.INSULT if number < wrong else None,
            inclusion_probability=1.0,
            decided_at=services.now(),
        )
        for number, one in enumerate(decided)
    ]
    async with services.database.transaction() as connection:
        await decisions.append(connection, made)


async def test_what_people_decide_meanwhile_restores_it(
    services: Services, clock: Clock, site: SiteId, anna: Person
) -> None:
    await alarmed(services, clock, site)
    sent = await post(services, site, [f"{HARMLESS[number % 3]} Number {number}" for number in range(190)])
    await decide(services, anna, sent[:150])
    clock.at += timedelta(days=1)
    await watch_all(services)
    # Fewer than four in five: what people have not come to may be the rest of the truth.
    assert (await standings(services, site))[Action.APPROVE].standing is Standing.SUSPENDED

    await decide(services, anna, sent[150:])
    clock.at += timedelta(days=1)
    await watch_all(services)

    found = await standings(services, site)
    assert (found[Action.APPROVE].standing, found[Action.APPROVE].audited) == (Standing.VALID, 190)
    assert found[Action.REJECT].standing is Standing.NONE  # Nothing would have been rejected.
    assert (await moderate(services, new_comment(services, site, "A quiet remark."))).outcome.verdict is Action.APPROVE
    assert await acts(services) == [AuditAction.AUTOMATION_SUSPENDED, AuditAction.AUTOMATION_RESTORED]


async def test_a_site_earns_certificates_and_loses_them_by_its_audits(
    services: Services, clock: Clock, site: SiteId, anna: Person
) -> None:
    await manage.set_policy(
        services, OPERATOR, site, replace(a_policy(), audit_share=1.0, certified_rejects=True, duplicate_limit=0)
    )
    sent = await post(services, site, [f"{HARMLESS[number % 3]} Number {number}" for number in range(149)])
    await decide(services, anna, sent)
    clock.at += timedelta(days=1)
    await watch_all(services)

    earned = (await standings(services, site))[Action.APPROVE]
    assert (earned.standing, earned.audited, earned.needed) == (Standing.VALID, 149, 0)
    assert services.directory.certified == {site: (Action.APPROVE,)}
    async with services.database.read() as connection:
        found = await resting.estimates(connection, [site], services.now() - timedelta(days=30))
        seen = await resting.watched(connection, services.now())
    assert (found[Action.APPROVE].audited, found[Action.APPROVE].share) == (149, 0.0)
    assert found[Action.REJECT].share is None
    assert seen.standings[Action.APPROVE, Standing.VALID] == seen.standings[Action.REJECT, Standing.NONE] == 1
    assert seen.bounds == {Action.APPROVE: pytest.approx(earned.bound), Action.REJECT: 1.0}
    # Without a certificate for it, what would be rejected waits for people.
    scum = (await moderate(services, new_comment(services, site, "You scum."))).outcome
    assert (scum.verdict, scum.reasons[0].code) == (Action.HOLD, Rule.UNCERTIFIED)

    clock.at += timedelta(days=31)
    await watch_all(services)
    assert (await standings(services, site))[Action.APPROVE].standing is Standing.EXPIRED
    assert await acts(services) == [AuditAction.CERTIFICATE_EARNED, AuditAction.CERTIFICATE_EXPIRED]


async def test_rejections_alone_in_doubt_wait_for_decisions_though_approvals_are_certified(
    services: Services, clock: Clock, site: SiteId
) -> None:
    async with services.database.transaction() as connection:
        valid = Certificate(
            site_id=site, action=Action.APPROVE, standing=Standing.VALID, expires_at=NOON + timedelta(days=20)
        )
        doubted = suspend(Certificate(site_id=site, action=Action.REJECT), [], day=YESTERDAY, now=NOON)
        for one in (valid, doubted):
            await certificates.set_one(connection, one)
    await post(services, site, HARMLESS)
    clock.at += timedelta(days=1)
    await watch_all(services)

    found = await standings(services, site)
    assert (found[Action.APPROVE].standing, found[Action.REJECT].standing) == (Standing.VALID, Standing.SUSPENDED)


async def test_a_broken_promise_suspends_what_it_is_about_alone(
    services: Services, clock: Clock, site: SiteId, anna: Person
) -> None:
    await manage.set_policy(services, OPERATOR, site, replace(a_policy(), audit_share=1.0, duplicate_limit=0))
    sent = await post(services, site, [f"{HARMLESS[number % 3]} Number {number}" for number in range(60)])
    await decide(services, anna, sent, wrong=12)
    clock.at += timedelta(days=1)
    await watch_all(services)

    found = await standings(services, site)
    assert (found[Action.APPROVE].standing, found[Action.REJECT].standing) == (Standing.SUSPENDED, Standing.NONE)
    assert [figure.measure for figure in found[Action.APPROVE].why] == ["audit.approve"]
    assert (await moderate(services, new_comment(services, site, "You scum."))).outcome.verdict is Action.REJECT

    # Once somebody has looked, the same audits raise no second alarm.
    await resting.lift_alarm(services, OPERATOR, site)
    clock.at += timedelta(days=2)
    await watch_all(services)
    assert (await standings(services, site))[Action.APPROVE].standing is Standing.NONE


async def test_distances_are_those_of_the_newest_judged_day(services: Services, clock: Clock, site: SiteId) -> None:
    await alarmed(services, clock, site)
    async with services.database.read() as connection:
        seen = await resting.watched(connection, services.now())
        later = await resting.watched(connection, services.now() + timedelta(days=30))

    assert seen.distances["words"] > 0.25
    assert later.distances == {}
    assert later.standings[Action.REJECT, Standing.SUSPENDED] == 1
