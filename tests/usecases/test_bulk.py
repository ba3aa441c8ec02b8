"""Many cases decided with one press, and taken back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from moderator.domain.bulk import MOST_CASES, Selection
from moderator.domain.comments import Author, Status
from moderator.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StorageUnavailable
from moderator.domain.events import AuditAction
from moderator.domain.ids import CaseId, SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.reasons import ReasonCode, SiteReason
from moderator.domain.review import Cause
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.storage import audit, cases, comments, decisions, outbox
from moderator.storage import bulk as batches
from moderator.storage.verify import find_faults
from moderator.usecases import bulk, manage, review, teaching
from moderator.usecases.moderate import moderate
from tests.builders import a_blind_text, a_comment, a_policy, sighted
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def hold(services: Services, site: SiteId, number: int, *, word: str = "idiot") -> list[CaseId]:
    """Post comments that are held and return their cases."""
    made = []
    for n in range(number):
        text = sighted(f"What an {word}, number {n} {'x' * n}.")
        comment = a_comment(text, site_id=site, received_at=services.now())
        case = (await moderate(services, comment)).outcome.case
        assert case is not None
        made.append(case)
    return made


def band(site: SiteId, low: float = 0.5, high: float = 0.7) -> Selection:
    return Selection(site_id=site, label=Label.INSULT, low=low, high=high)


async def press(
    services: Services, person: Person, selection: Selection, made: Sequence[CaseId], **changed: Any
) -> batches.Batch:
    fields = {"batch_id": services.ids.new(), "action": Action.REJECT, "reason": ReasonCode.INSULT, **changed}
    return await bulk.decide_all(services, person, selection, made, **fields)


async def standing(services: Services, batch: batches.Batch) -> batches.Standing:
    async with services.database.read() as connection:
        return await batches.standing_of(connection, batch.id)


async def test_a_preview_counts_and_shows_some(services: Services, site: SiteId, anna: Person, ben: Person) -> None:
    made = await hold(services, site, 25)
    await hold(services, site, 1, word="killer")
    await review.claim_case(services, ben, made[3])

    found = await bulk.preview(services, anna, band(site))

    assert (found.waiting, found.elsewhere, len(found.sample)) == (24, 1, 10)
    assert set(found.case_ids) == set(made) - {made[3]}
    assert {file.case.id for file in found.sample} <= set(found.case_ids)


async def test_of_a_campaign_the_most_different_are_shown(services: Services, site: SiteId, anna: Person) -> None:
    text = (
        "Since March I earn {} idiot euros a day at home with a simple system, ask {} before the last places are gone"
    )
    for n in range(12):
        comment = a_comment(
            text.format(n, f"friend{n}"), comment_id=services.ids.new(), site_id=site, author=Author(id=f"a{n}"),
            received_at=services.now(),
        )  # fmt: skip
        await moderate(services, comment)
    async with services.database.read() as connection:
        (cluster,) = await batches.largest_clusters(connection, sites=(), limit=5)

    found = await bulk.preview(services, anna, Selection(site_id=site, campaign=cluster.campaign))

    assert found.waiting == cluster.cases == 12
    assert len({file.case.id for file in found.sample}) == 10


async def test_each_case_gets_its_own_decision_audit_entry_and_event(
    services: Services, site: SiteId, anna: Person, clock: Clock
) -> None:
    await manage.add_endpoint(services, OPERATOR, site, "https://news.example/hook")
    made = await hold(services, site, 3)

    batch = await press(services, anna, band(site), made, note="a wave of insults")

    assert (batch.asked, batch.moved, await standing(services, batch)) == (
        3,
        0,
        batches.Standing(decided=3, standing=3, taken_back=0),
    )
    async with services.database.transaction() as connection:
        entries = [entry for _, entry in await audit.recent(connection, limit=3)]
        sent = await outbox.take_due(connection, now=clock.now(), lease_until=clock.now(), limit=9)
        for case_id in made:
            file = await cases.get(connection, case_id, now=clock.now())
            *_, newest = await decisions.for_comment(connection, file.comment.id)
            assert (file.outcome.status, newest.reason, newest.note) == (
                Status.REJECTED, ReasonCode.INSULT, "a wave of insults",
            )  # fmt: skip
            assert newest.person_id == anna.id
    assert [(entry.action, entry.detail["batch"]) for entry in entries] == [(AuditAction.CASE_DECIDED, batch.id)] * 3
    assert len({entry.subject_id for entry in entries}) == len(sent) == 3
    assert [fault async for fault in find_faults(services.database)] == []


async def test_what_moved_on_meanwhile_is_left_alone_and_counted(
    services: Services, site: SiteId, anna: Person, ben: Person, clock: Clock
) -> None:
    made = await hold(services, site, 5)
    found = await bulk.preview(services, anna, band(site))
    await review.decide(services, ben, made[0], action=Action.APPROVE, generation=0)
    await review.claim_case(services, ben, made[1])
    late = await hold(services, site, 1, word="idiot indeed")

    batch = await press(services, anna, band(site), found.case_ids)

    assert (batch.asked, batch.moved, (await standing(services, batch)).decided) == (5, 2, 3)
    async with services.database.read() as connection:
        states = [(await cases.get(connection, one, now=clock.now())).outcome.status for one in (*made[:2], *late)]
    assert states == [Status.APPROVED, Status.HELD, Status.HELD]


async def test_only_what_belongs_to_the_selection_is_decided(services: Services, site: SiteId, anna: Person) -> None:
    other = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await manage.set_policy(services, OPERATOR, other, a_policy())
    outside = await hold(services, site, 1, word="killer")
    foreign = await hold(services, other, 1)

    batch = await press(services, anna, band(site), [*outside, *foreign, CaseId("nowhere")])

    assert (batch.moved, (await standing(services, batch)).decided) == (3, 0)


@pytest.mark.parametrize("cause", [Cause.SAMPLE, Cause.APPEAL])
async def test_what_needs_a_look_of_its_own_is_never_decided(
    services: Services, site: SiteId, anna: Person, cause: Cause, clock: Clock
) -> None:
    (borderline,) = await hold(services, site, 1)
    async with services.database.transaction() as connection:
        case = (await cases.get(connection, borderline, now=clock.now())).case
        await cases.withdraw(connection, case.comment_id, clock.now())
        await cases.open_many(connection, [replace(case, id=CaseId("another"), cause=cause)])

    batch = await press(services, anna, band(site), [CaseId("another")])

    assert (batch.moved, (await standing(services, batch)).decided) == (1, 0)
    assert (await bulk.preview(services, anna, band(site))).case_ids == []


async def test_a_site_out_of_sight_does_not_exist(services: Services, site: SiteId) -> None:
    other = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    added = await manage.add_person(services, OPERATOR, "Cleo", Role.MODERATOR, only_sites=[other])
    made = await hold(services, site, 1)

    with pytest.raises(NotFound):
        await bulk.preview(services, added.person, band(site))
    with pytest.raises(NotFound):
        await press(services, added.person, band(site), made)
    with pytest.raises(NotFound):
        await bulk.preview(services, added.person, band(SiteId("nowhere")))


async def test_a_press_that_cannot_be_right_changes_nothing(services: Services, site: SiteId, anna: Person) -> None:
    made = await hold(services, site, 1)
    too_many = [CaseId(f"case-{n}") for n in range(MOST_CASES + 1)]

    for changed in ({"reason": None}, {"action": Action.HOLD}, {"note": "x" * 3_000}):
        with pytest.raises(InvalidInput):
            await press(services, anna, band(site), made, **changed)
    for wrong in ([], too_many):
        with pytest.raises(InvalidInput):
            await press(services, anna, band(site), wrong)

    assert (await bulk.preview(services, anna, band(site))).waiting == 1


async def test_a_form_that_arrives_twice_decides_once(
    services: Services, site: SiteId, anna: Person, ben: Person
) -> None:
    made = await hold(services, site, 3)
    first = await press(services, anna, band(site), made, batch_id="batch")

    again = await press(services, anna, band(site), made, batch_id="batch")

    assert again == first
    with pytest.raises(Conflict):
        await press(services, ben, band(site), made, batch_id="batch")


async def test_two_who_press_at_once_share_the_cases(
    services: Services, site: SiteId, anna: Person, ben: Person
) -> None:
    made = await hold(services, site, 120)

    one, other = await asyncio.gather(
        *(press(services, person, band(site), made, action=Action.APPROVE, reason=None) for person in (anna, ben))
    )

    decided = [(await standing(services, batch)).decided for batch in (one, other)]
    assert sum(decided) == 120
    assert one.moved + other.moved == 120
    assert [fault async for fault in find_faults(services.database)] == []


class Failing:
    """A database of which only so many transactions succeed."""

    def __init__(self, database: Any, *, succeed: int) -> None:
        self._database = database
        self.left = succeed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        self.left -= 1
        if self.left < 0:
            raise StorageUnavailable("The disk is full.")
        async with self._database.transaction() as connection:
            yield connection


async def test_when_the_database_fails_in_the_middle_what_is_done_stays_done(
    services: Services, site: SiteId, anna: Person
) -> None:
    made = await hold(services, site, 130)
    real = services.database
    services.database = Failing(real, succeed=1)
    batch = await press(services, anna, band(site), made)
    services.database = real

    found = await standing(services, batch)
    assert (batch.asked, batch.moved, found.decided) == (130, 0, 100)
    assert (await bulk.preview(services, anna, band(site))).waiting == 30
    assert [fault async for fault in find_faults(services.database)] == []


async def test_when_the_database_fails_at_once_nothing_is_recorded(
    services: Services, site: SiteId, anna: Person
) -> None:
    made = await hold(services, site, 1)
    real = services.database
    services.database = Failing(real, succeed=0)
    with pytest.raises(StorageUnavailable):
        await press(services, anna, band(site), made, batch_id="batch")
    services.database = real

    assert (await bulk.preview(services, anna, band(site))).waiting == 1


async def test_a_press_is_taken_back_as_far_as_it_stands(
    services: Services, site: SiteId, anna: Person, clock: Clock
) -> None:
    made = await hold(services, site, 4)
    batch = await press(services, anna, band(site), made)
    async with services.database.read() as connection:
        files = [await cases.get(connection, one, now=clock.now()) for one in made]
    await teaching.overrule(services, site, files[0].comment.id, action=Action.APPROVE, labels={Label.INSULT: 0.0})
    async with services.database.transaction() as connection:
        await comments.erase(connection, files[1].comment.id, 0)

    await bulk.undo_all(services, anna, batch.id)

    assert await standing(services, batch) == batches.Standing(decided=4, standing=1, taken_back=2)
    async with services.database.read() as connection:
        for file in files[2:]:
            stored = await comments.get_anywhere(connection, file.comment.id)
            assert stored.outcome.status is Status.HELD
            assert stored.outcome.case is not None
            assert (await cases.get(connection, stored.outcome.case, now=clock.now())).case.claim is None
        entries = [entry for _, entry in await audit.recent(connection, limit=2)]
    assert [(entry.action, entry.detail["batch"]) for entry in entries] == [(AuditAction.DECISION_UNDONE, batch.id)] * 2
    await bulk.undo_all(services, anna, batch.id)
    assert (await standing(services, batch)).taken_back == 2


async def test_a_press_is_taken_back_by_whoever_made_it_or_an_administrator(
    services: Services, site: SiteId, anna: Person, ben: Person
) -> None:
    other = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    ada = (await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN)).person
    blind = (await manage.add_person(services, OPERATOR, "Bo", Role.ADMIN, only_sites=[other])).person
    batch = await press(services, anna, band(site), await hold(services, site, 1))

    with pytest.raises(Forbidden):
        await bulk.undo_all(services, ben, batch.id)
    with pytest.raises(NotFound):
        await bulk.undo_all(services, blind, batch.id)
    await bulk.undo_all(services, ada, batch.id)

    assert (await standing(services, batch)).taken_back == 1
    assert bulk.may_undo_all(anna, batch)


async def test_a_band_of_scores_leaves_out_what_is_decided_without_the_machine(
    services: Services, site: SiteId, anna: Person
) -> None:
    comment = a_comment(a_blind_text(), site_id=site, received_at=services.now())
    blind = (await moderate(services, comment)).outcome.case
    assert blind is not None
    (plain,) = await hold(services, site, 1)

    assert (await bulk.preview(services, anna, band(site))).case_ids == [plain]
    batch = await press(services, anna, band(site), [blind, plain])  # A form that was tampered with.

    assert (batch.asked, batch.moved) == (2, 1)


async def test_a_site_that_words_its_reasons_sees_its_own_words(services: Services, site: SiteId, anna: Person) -> None:
    own = SiteReason(name="Below the belt", key="B", reason=ReasonCode.INSULT, reference="Rules, 4")
    settings = replace(services.site(site).settings, reasons=(own,))
    await manage.change_site(services, OPERATOR, site, settings)
    (made,) = await hold(services, site, 1)

    batch = await press(services, anna, band(site), [made], own=own)

    assert (batch.reason, batch.site_reason) == (ReasonCode.INSULT, "Below the belt")
    async with services.database.read() as connection:
        file = await cases.get(connection, made, now=services.now())
        decision = (await decisions.for_comment(connection, file.comment.id))[-1]
    assert (decision.site_reason, decision.ground_reference) == ("Below the belt", "Rules, 4")
