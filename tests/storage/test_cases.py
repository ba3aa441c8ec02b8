"""The queue: its order, who holds what, and how a hold ends."""

import asyncio
from collections.abc import Sequence

import pytest

from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, CommentId, PersonId, SiteId
from moderator.domain.people import Person, Role
from moderator.domain.queue import EVERYTHING
from moderator.domain.review import Case, CaseState, Cause, Escalation
from moderator.storage import cases, claims, people
from moderator.storage.case_files import CaseFile
from moderator.storage.cases import Place, QueueSize
from moderator.storage.database import Connection, Database
from moderator.storage.postgres import PostgresDatabase
from moderator.storage.sqlite import SqliteDatabase
from tests.builders import A_SITE, NOON, a_case
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, add_case, add_people, add_sites, case_ids, later

pytestmark = pytest.mark.anyio


async def _claim(
    connection: Connection, holder: PersonId = ANNA, *, minute: float = 1, count: int = 1, sites: Sequence[SiteId] = ()
) -> list[CaseFile]:
    """Claim for ten minutes."""
    return await claims.claim(
        connection,
        holder=holder,
        count=count,
        now=later(minutes=minute),
        expires_at=later(minutes=minute + 10),
        sites=sites,
    )


async def _get(connection: Connection, case: Case, *, minute: float = 1) -> Case:
    return (await cases.get(connection, case.id, now=later(minutes=minute))).case


async def test_a_comment_with_an_open_case_keeps_that_one(connection: Connection) -> None:
    case = await add_case(connection)
    comment = (await cases.get(connection, case.id, now=NOON)).comment
    assert await cases.open_many(connection, [a_case(comment, case_id="second")]) == set()
    assert await cases.find_open(connection, comment.id) == case.id
    assert await cases.close(connection, case.id, generation=0, now=NOON)
    assert await cases.find_open(connection, comment.id) is None
    assert await cases.open_many(connection, [a_case(comment, case_id="second")]) == {"second"}


async def test_nothing_to_open_opens_nothing(connection: Connection) -> None:
    assert await cases.open_many(connection, []) == set()


async def test_a_case_comes_back_with_its_comment(connection: Connection) -> None:
    case = await add_case(connection, weight=0.3)
    file = await cases.get(connection, case.id, now=later(minutes=1))
    assert file.case == case
    assert file.comment.id == case.comment_id
    assert file.outcome.case == case.id
    assert file.urgency == pytest.approx(0.6)
    with pytest.raises(NotFound):
        await cases.get(connection, CaseId("none"), now=NOON)


async def test_a_new_threat_stands_above_an_old_quibble(connection: Connection) -> None:
    quibble = await add_case(connection, weight=0.1, opened_at=NOON)
    threat = await add_case(connection, weight=1.0, opened_at=later(minutes=5))
    assert case_ids(await cases.list_open(connection, as_of=later(minutes=5), limit=9)) == [threat.id, quibble.id]


async def test_an_old_quibble_rises_in_time(connection: Connection) -> None:
    quibble = await add_case(connection, weight=0.1, opened_at=NOON)
    threat = await add_case(connection, weight=1.0, opened_at=later(minutes=30))
    assert case_ids(await cases.list_open(connection, as_of=later(minutes=31), limit=9)) == [quibble.id, threat.id]


async def test_what_opens_after_the_moment_of_a_list_is_not_in_it(connection: Connection) -> None:
    first = await add_case(connection)
    await add_case(connection, opened_at=later(seconds=1))
    assert case_ids(await cases.list_open(connection, as_of=NOON, limit=9)) == [first.id]


async def test_pages_show_every_open_case_once_ties_included(connection: Connection) -> None:
    for number in range(23):
        await add_case(connection, weight=1 / (1 + number % 7), opened_at=later(milliseconds=-997 * (number % 5)))
    as_of = later(minutes=7, milliseconds=123)
    whole = case_ids(await cases.list_open(connection, as_of=as_of, limit=100))
    seen: list[CaseId] = []
    after = None
    while page := await cases.list_open(connection, as_of=as_of, limit=4, after=after):
        seen += case_ids(page)
        after = Place(urgency=page[-1].urgency, case_id=page[-1].case.id)
    assert seen == whole
    assert len(set(seen)) == 23


async def test_a_list_for_some_sites_shows_no_other(connection: Connection) -> None:
    here = await add_case(connection)
    there = await add_case(connection, site_id=ANOTHER_SITE)
    for sites, expected in (
        ([A_SITE], {here.id}),
        ([ANOTHER_SITE], {there.id}),
        ([A_SITE, ANOTHER_SITE], {here.id, there.id}),
        ([], {here.id, there.id}),
        ([SiteId("site")], set()),
    ):
        assert set(case_ids(await cases.list_open(connection, as_of=NOON, limit=9, sites=sites))) == expected
        assert (await cases.queue_size(connection, sites)).open == len(expected)


async def test_a_claim_takes_the_most_urgent_and_says_until_when(connection: Connection) -> None:
    light, heavy = await add_case(connection, weight=0.2), await add_case(connection, weight=0.8)
    (file,) = await _claim(connection)
    assert file.case.id == heavy.id
    assert file.case.claim is not None
    assert (file.case.claim.holder, file.case.claim.expires_at, file.case.generation) == (ANNA, later(minutes=11), 1)
    assert (await _get(connection, light)).claim is None


async def test_a_claim_brings_only_what_it_took_now(connection: Connection) -> None:
    first = await add_case(connection, weight=0.8)
    second = await add_case(connection, weight=0.2)
    assert case_ids(await _claim(connection)) == [first.id]
    assert case_ids(await _claim(connection)) == [second.id]
    assert case_ids(await claims.list_claimed(connection, holder=ANNA, now=later(minutes=2))) == [first.id, second.id]
    assert await claims.list_claimed(connection, holder=ANNA, now=later(minutes=11)) == []


async def test_a_held_case_is_passed_over_until_its_claim_expires(connection: Connection) -> None:
    case = await add_case(connection)
    await _claim(connection, ANNA)
    assert await _claim(connection, BEN, minute=10.99) == []
    (file,) = await _claim(connection, BEN, minute=11)
    assert (file.case.id, file.case.generation) == (case.id, 2)


async def test_who_decided_first_does_not_hear_the_appeal(connection: Connection) -> None:
    case = await add_case(connection)
    await connection.execute("UPDATE cases SET barred_person_id = :barred", barred=ANNA)
    assert await _claim(connection, ANNA) == []
    assert not await claims.claim_one(connection, case.id, holder=ANNA, now=NOON, expires_at=later(minutes=10))
    assert case_ids(await _claim(connection, BEN)) == [case.id]


async def test_a_claim_stays_within_its_sites(connection: Connection) -> None:
    await add_case(connection)
    there = await add_case(connection, site_id=ANOTHER_SITE)
    assert case_ids(await _claim(connection, count=9, sites=[ANOTHER_SITE])) == [there.id]


async def test_a_certain_case_is_claimed_by_one_and_renewed_by_the_same(connection: Connection) -> None:
    case = await add_case(connection)

    async def claim(holder: PersonId, minute: float) -> bool:
        now, expires_at = later(minutes=minute), later(minutes=minute + 10)
        return await claims.claim_one(connection, case.id, holder=holder, now=now, expires_at=expires_at)

    assert [await claim(ANNA, 0), await claim(BEN, 1), await claim(ANNA, 2)] == [True, False, True]
    assert (await _get(connection, case)).generation == 2
    assert [await claim(BEN, 11), await claim(BEN, 12)] == [False, True]
    await cases.close(connection, case.id, generation=3, now=NOON)
    assert not await claim(BEN, 13)


async def test_only_the_holder_gives_a_claim_back(connection: Connection) -> None:
    case = await add_case(connection)
    await _claim(connection, ANNA)
    assert not await claims.release(connection, case.id, BEN)
    assert await claims.release(connection, case.id, ANNA)
    assert not await claims.release(connection, case.id, ANNA)
    found = await _get(connection, case)
    assert (found.claim, found.generation) == (None, 2)


async def test_expired_claims_go_back_to_the_queue_and_others_stay(connection: Connection) -> None:
    expired, lasting = await add_case(connection, weight=0.8), await add_case(connection, weight=0.2)
    await _claim(connection, ANNA, minute=0)
    await _claim(connection, BEN, minute=5)
    assert await claims.release_expired(connection, later(minutes=10)) == 1
    assert (await _get(connection, expired)).claim is None
    assert (await _get(connection, expired)).generation == 2
    assert (await _get(connection, lasting)).claim is not None


async def test_of_two_who_decide_at_once_one_closes_the_case(connection: Connection) -> None:
    case = await add_case(connection)
    assert not await cases.close(connection, case.id, generation=1, now=NOON)
    assert await cases.close(connection, case.id, generation=0, now=NOON)
    assert not await cases.close(connection, case.id, generation=0, now=NOON)
    file = await cases.get(connection, case.id, now=NOON)
    assert (file.case.state, file.outcome.case) == (CaseState.CLOSED, None)


async def test_closed_cases_are_listed_newest_first_and_open_ones_not(connection: Connection) -> None:
    closed = [await add_case(connection, site_id=site) for site in (A_SITE, ANOTHER_SITE, A_SITE)]
    await add_case(connection)
    for case in closed:
        await cases.close(connection, case.id, generation=0, now=NOON)
    first, second, third = (case.id for case in closed)
    assert case_ids(await cases.list_closed(connection, limit=2)) == [third, second]
    assert case_ids(await cases.list_closed(connection, limit=2, before=second)) == [first]
    assert case_ids(await cases.list_closed(connection, limit=9, sites=[A_SITE])) == [third, first]


async def test_a_withdrawn_case_is_neither_open_nor_decided(connection: Connection) -> None:
    case = await add_case(connection)
    other = await add_case(connection)
    await _claim(connection, count=2)
    await cases.withdraw(connection, case.comment_id, NOON)
    assert (await _get(connection, case)).state is CaseState.WITHDRAWN
    assert (await _get(connection, case)).claim is None
    assert case_ids(await cases.list_open(connection, as_of=NOON, limit=9)) == [other.id]
    assert await cases.list_closed(connection, limit=9) == []


async def test_the_heaviest_of_a_comments_cases_is_remembered(connection: Connection) -> None:
    case = await add_case(connection, weight=0.75)
    comment = (await cases.get(connection, case.id, now=NOON)).comment
    await cases.close(connection, case.id, generation=0, now=NOON)
    await cases.open_many(connection, [a_case(comment, weight=0.25)])
    assert await cases.heaviest(connection, comment.id) == 0.75
    assert await cases.heaviest(connection, CommentId("none")) is None


async def test_the_queue_has_a_size_and_an_age(connection: Connection) -> None:
    assert await cases.queue_size(connection) == QueueSize(open=0, claimed=0, oldest_at=None)
    for minute in (3, 1, 2):
        await add_case(connection, opened_at=later(minutes=minute))
    await _claim(connection, minute=4, count=2)
    assert await cases.queue_size(connection) == QueueSize(open=3, claimed=2, oldest_at=later(minutes=1))


async def test_no_case_has_two_holders_however_many_claim_at_once(peopled: Database) -> None:
    holders = [PersonId(f"person-{number}") for number in range(8)]
    async with peopled.transaction() as connection:
        opened = {(await add_case(connection)).id for _ in range(20)}
        for holder in holders:
            person = Person(id=holder, name=holder, role=Role.MODERATOR)
            await people.add(connection, person, password_hash="", now=NOON)

    async def claim(holder: PersonId) -> list[CaseId]:
        async with peopled.transaction() as connection:
            return case_ids(await _claim(connection, holder, count=3))

    claimed = [case_id for found in await asyncio.gather(*map(claim, holders)) for case_id in found]
    assert sorted(claimed) == sorted(opened)


@pytest.mark.parametrize(
    "off",
    [
        "",
        "hashagg",
        "hashjoin",
        "mergejoin",
        "hashagg hashjoin",
        "hashagg hashjoin mergejoin sort material",
        "sort seqscan",
    ],
)
async def test_whatever_the_planner_does_no_more_is_claimed_than_was_asked_for(
    postgres_database: PostgresDatabase, off: str
) -> None:
    """A subquery with a limit that passes over locked rows must not be run again for each row: it would find others."""
    async with postgres_database.transaction() as connection:
        await add_sites(connection)
        await add_people(connection)
        for _ in range(30):
            await add_case(connection)
    async with postgres_database.transaction() as connection:
        for name in off.split():
            await connection.execute(f"SET LOCAL enable_{name} = off")
        assert len(await _claim(connection, count=2)) == 2


async def _escalate(connection: Connection, case: Case, *, by: PersonId = ANNA, minute: float = 1) -> bool:
    escalation = Escalation(at=later(minutes=minute), by=by, note="A threat?")
    return await cases.escalate(
        connection, case.id, generation=(await _get(connection, case)).generation, escalation=escalation
    )


async def test_what_was_passed_on_is_for_seniors_and_comes_first_for_them(connection: Connection) -> None:
    passed, grave, other = [await add_case(connection, weight=weight) for weight in (0.1, 0.9, 0.5)]
    await _claim(connection, count=3)
    for case in (passed, grave, other):
        assert await claims.release(connection, case.id, ANNA)
    assert await _escalate(connection, passed)
    found = await _get(connection, passed)
    assert found.escalation == Escalation(at=later(minutes=1), by=ANNA, note="A threat?")
    assert (found.claim, found.generation) == (None, 3)
    assert (await cases.queue_size(connection)).passed_on == 1

    senior = await claims.claim(
        connection, holder=BEN, count=2, now=later(minutes=2), expires_at=later(minutes=9), is_senior=True
    )
    assert {file.case.id for file in senior} == {passed.id, grave.id}
    assert (await cases.queue_size(connection)).passed_on == 0
    assert case_ids(await _claim(connection, count=3)) == [other.id]


async def test_nobody_is_given_what_they_passed_on(connection: Connection) -> None:
    case = await add_case(connection)
    assert await _escalate(connection, case)
    for holder, count in ((ANNA, 0), (BEN, 1)):
        found = await claims.claim(
            connection, holder=holder, count=2, now=later(minutes=2), expires_at=later(minutes=9), is_senior=True
        )
        assert len(found) == count


async def test_a_case_that_has_moved_on_is_not_passed_on(connection: Connection) -> None:
    case = await add_case(connection)
    escalation = Escalation(at=NOON, by=ANNA)
    assert not await cases.escalate(connection, case.id, generation=7, escalation=escalation)
    assert (await _get(connection, case)).escalation is None


async def test_an_erased_note_leaves_that_it_was_passed_on(connection: Connection) -> None:
    case = await add_case(connection)
    assert await _escalate(connection, case)
    await cases.erase_notes(connection, case.comment_id)
    assert (await _get(connection, case)).escalation == Escalation(at=later(minutes=1), by=ANNA)


async def test_why_cases_were_opened_is_told_of_many(connection: Connection) -> None:
    found = [await add_case(connection) for _ in range(2)]
    assert await cases.causes_of(connection, [*(one.id for one in found), CaseId("none")]) == {
        one.id: Cause.BORDERLINE for one in found
    }
    assert await cases.causes_of(connection, []) == {}


async def test_what_others_passed_on_stands_first_in_a_seniors_list_page_by_page(connection: Connection) -> None:
    weights = (0.1, 0.9, 0.3, 0.8, 0.2)
    one, two, three, four, five = [await add_case(connection, weight=weight) for weight in weights]
    for case, by in ((one, ANNA), (three, ANNA), (five, BEN)):
        assert await _escalate(connection, case, by=by)
    as_of = later(minutes=2)
    expected = [three.id, one.id, two.id, four.id, five.id]

    assert case_ids(await cases.list_open(connection, as_of=as_of, limit=9, senior=BEN)) == expected
    seen: list[CaseId] = []
    after = None
    while page := await cases.list_open(connection, as_of=as_of, limit=1, senior=BEN, after=after):
        (file,) = page
        seen.append(file.case.id)
        is_first = file.case.id in (one.id, three.id)
        after = Place(urgency=file.urgency, case_id=file.case.id, is_first=is_first)
    assert seen == expected
    assert case_ids(await cases.list_open(connection, as_of=as_of, limit=9)) == [
        two.id,
        four.id,
        three.id,
        five.id,
        one.id,
    ]


async def test_the_list_is_sorted_from_one_index_alone(sqlite_database: SqliteDatabase) -> None:
    asked = {**cases.fitting((), EVERYTHING), "as_of_ms": 1, "senior": "x", "limit": 9}
    async with sqlite_database.read() as connection:
        plan = await connection.all(
            f"EXPLAIN QUERY PLAN {cases.LIST_OPEN}", after_place=1, after_urgency=0.0, after_id=None, **asked
        )
    details = [row["detail"] for row in plan]
    assert "SCAN cases USING COVERING INDEX cases_waiting" in details, details
