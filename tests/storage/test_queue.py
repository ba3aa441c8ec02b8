"""The queue as a whole: filters, counts, who holds what, and what has just changed."""

from dataclasses import replace

import pytest

from moderator.domain.comments import Article, Author
from moderator.domain.ids import CaseId, PersonId
from moderator.domain.policy import Action
from moderator.domain.queue import EVERYTHING, Filter
from moderator.domain.review import Case, Cause, Source
from moderator.domain.scoring import Label
from moderator.storage import cases, claims, decisions, opinions, queue
from moderator.storage.comments import Record, add
from moderator.storage.database import Connection
from moderator.storage.queue import Size
from tests.builders import A_SITE, NOON, a_case, a_comment, an_outcome, scores
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, a_decision, add_case, add_comment, case_ids, later
from tests.storage.test_opinions import an_opinion, ask

pytestmark = pytest.mark.anyio


async def open_case(
    connection: Connection,
    *,
    cause: Cause = Cause.BORDERLINE,
    section: str | None = None,
    lang: str | None = None,
    author: Author | None = None,
    **scored: float,
) -> Case:
    """Store a held comment and open its case."""
    comment = replace(a_comment(author=author, article=Article(section=section)), lang=lang)
    outcome = replace(an_outcome(comment, verdict=Action.HOLD), scores=scores(**scored))
    await add(connection, [Record(comment=comment, outcome=outcome)])
    case = replace(a_case(comment), cause=cause)
    assert await cases.open_many(connection, [case]) == {case.id}
    return case


async def listed(connection: Connection, only: Filter) -> list[CaseId]:
    return case_ids(await cases.list_open(connection, as_of=later(minutes=1), limit=9, only=only))


async def test_a_case_takes_what_it_is_filtered_by_from_its_comment(connection: Connection) -> None:
    threat = await open_case(connection, section="politics", lang="de", threat=0.4, insult=0.6)
    insult = await open_case(connection, section="sport", lang="en", threat=0.2, insult=0.6)
    for only, expected in (
        (EVERYTHING, {threat.id, insult.id}),
        (Filter(label=Label.THREAT), {threat.id}),
        (Filter(label=Label.INSULT), {insult.id}),
        (Filter(section="politics"), {threat.id}),
        (Filter(lang="en"), {insult.id}),
        (Filter(cause=Cause.BORDERLINE, site=A_SITE), {threat.id, insult.id}),
        (Filter(cause=Cause.REPORT), set()),
        (Filter(site=ANOTHER_SITE), set()),
        (Filter(section="politics", lang="en"), set()),
    ):
        assert set(await listed(connection, only)) == expected, only
        assert (await cases.queue_size(connection, (), only)).open == len(expected)


async def test_a_claim_stays_within_its_filter(connection: Connection) -> None:
    await open_case(connection, section="sport", threat=0.9)
    wanted = await open_case(connection, section="politics")
    claimed = await claims.claim(
        connection, holder=ANNA, count=9, now=NOON, expires_at=later(minutes=9), only=Filter(section="politics")
    )
    assert case_ids(claimed) == [wanted.id]


async def test_nobody_finds_a_blind_case_by_what_the_machine_thinks(connection: Connection) -> None:
    blind = await open_case(connection, cause=Cause.SAMPLE, threat=0.9)
    assert await listed(connection, Filter(label=Label.THREAT)) == []
    assert await listed(connection, Filter(cause=Cause.SAMPLE)) == []
    (file,) = await cases.list_open(connection, as_of=NOON, limit=9, only=Filter(cause=Cause.BORDERLINE))
    assert (file.case.id, file.label) == (blind.id, None)
    (group,) = await queue.groups(connection, now=NOON)
    assert (group.label, group.cause) == (None, Cause.BORDERLINE)


async def test_a_comment_without_scores_has_no_label(connection: Connection) -> None:
    comment = a_comment()
    outcome = replace(an_outcome(comment, verdict=Action.HOLD), scores={})
    await add(connection, [Record(comment=comment, outcome=outcome)])
    await cases.open_many(connection, [a_case(comment)])
    (file,) = await cases.list_open(connection, as_of=NOON, limit=9)
    assert file.label is None


@pytest.mark.parametrize("asked", ["id:reader-7", "reader-7", "rita", "RITA"])
async def test_one_authors_cases_are_found_by_key_id_and_name(connection: Connection, asked: str) -> None:
    theirs = await open_case(connection, author=Author(id="reader-7", name="Rita"))
    await open_case(connection, author=Author(id="reader-8", name="Rosa"))
    assert await listed(connection, Filter(author=asked)) == [theirs.id]
    assert [group.cases for group in await queue.groups(connection, now=NOON, author=asked)] == [1]


async def test_an_author_is_found_by_mail_and_a_stranger_by_name(connection: Connection) -> None:
    known = await open_case(connection, author=Author(email="Rita@news.example"))
    stranger = await open_case(connection, author=Author(name="Passer-by"))
    assert await listed(connection, Filter(author="rita@NEWS.example")) == [known.id]
    assert await listed(connection, Filter(author="passer-by")) == [stranger.id]


async def test_groups_count_what_is_alike_and_what_is_held(connection: Connection) -> None:
    for _ in range(3):
        await open_case(connection, section="politics", threat=0.9)
    await add_case(connection, site_id=ANOTHER_SITE)
    await claims.claim(
        connection, holder=ANNA, count=2, now=NOON, expires_at=later(minutes=9), only=Filter(section="politics")
    )
    found = await queue.groups(connection, now=later(minutes=1), sites=[A_SITE])
    assert [(group.section, group.label, group.cases, group.held) for group in found] == [
        ("politics", Label.THREAT, 3, 2)
    ]
    assert found[0].oldest_at == NOON
    assert [group.held for group in await queue.groups(connection, now=later(minutes=9), sites=[A_SITE])] == [0]
    assert len(await queue.groups(connection, now=NOON)) == 2


async def test_who_holds_what_is_known_until_the_claim_ends(connection: Connection) -> None:
    case = await add_case(connection)
    await claims.claim(connection, holder=BEN, count=1, now=NOON, expires_at=later(minutes=9))
    (held,) = await queue.held(connection, now=later(minutes=8))
    assert held == queue.Held(id=case.id, site=A_SITE, holder=BEN)
    assert await queue.held(connection, now=later(minutes=9)) == []


async def test_holding_on_lets_claims_last_longer_and_changes_nothing_else(connection: Connection) -> None:
    mine, expired, theirs = [await add_case(connection, weight=weight) for weight in (0.9, 0.5, 0.1)]
    for holder, minutes in ((ANNA, 10), (ANNA, 2), (BEN, 10)):
        await claims.claim(connection, holder=holder, count=1, now=NOON, expires_at=later(minutes=minutes))
    await claims.hold_on(connection, holder=ANNA, now=later(minutes=3), expires_at=later(minutes=13))
    standing = [(await cases.get(connection, case.id, now=NOON)).case for case in (mine, expired, theirs)]
    assert [case.claim.expires_at if case.claim else None for case in standing] == [
        later(minutes=13),
        later(minutes=2),
        later(minutes=10),
    ]
    assert [case.generation for case in standing] == [1, 1, 1]


async def test_sizes_are_told_for_each_site(connection: Connection) -> None:
    await add_case(connection, opened_at=later(minutes=2))
    await add_case(connection)
    await add_case(connection, site_id=ANOTHER_SITE, opened_at=later(minutes=3))
    assert sorted(await queue.sizes(connection), key=lambda one: one.site) == [
        Size(site=A_SITE, cases=2, oldest_at=NOON),
        Size(site=ANOTHER_SITE, cases=1, oldest_at=later(minutes=3)),
    ]


async def test_what_has_just_been_opened_is_told_the_newest_first(connection: Connection) -> None:
    await add_case(connection)
    second = await add_case(connection, opened_at=later(seconds=1))
    third = await add_case(connection, opened_at=later(seconds=2))
    assert list(await queue.opened_since(connection, NOON, limit=9)) == [third.id, second.id]
    assert list(await queue.opened_since(connection, NOON, limit=1)) == [third.id]


async def test_what_has_just_ended_is_told_with_who_decided(connection: Connection) -> None:
    by_a_person, withdrawn = await add_case(connection), await add_case(connection)
    await cases.close(connection, by_a_person.id, generation=0, now=later(minutes=1))
    await decisions.append(
        connection,
        [a_decision(by_a_person.comment_id, source=Source.MODERATOR, person_id=ANNA, case_id=by_a_person.id)],
    )
    await cases.withdraw(connection, withdrawn.comment_id, later(minutes=2))
    assert await queue.ended_since(connection, NOON, limit=9) == [
        queue.Ended(id=withdrawn.id, site=A_SITE, at=later(minutes=2), person=None),
        queue.Ended(id=by_a_person.id, site=A_SITE, at=later(minutes=1), person=ANNA),
    ]
    assert await queue.ended_since(connection, later(minutes=2), limit=9) == []


async def test_who_is_barred_from_a_case_neither_sees_nor_counts_it(connection: Connection) -> None:
    comment = await add_comment(connection)
    case = replace(a_case(comment), cause=Cause.SECOND, barred=(ANNA, BEN), campaign=comment.id)
    await cases.open_many(connection, [case])
    for reader, number in ((ANNA, 0), (BEN, 0), ("person-cleo", 1), (None, 1)):
        who = None if reader is None else PersonId(reader)
        assert len(await cases.list_open(connection, as_of=NOON, limit=9, reader=who)) == number
        assert (await cases.queue_size(connection, reader=who)).open == number
        assert sum(group.cases for group in await queue.groups(connection, now=NOON, reader=who)) == number
        assert len(await cases.causes_of(connection, [case.id], reader=who)) == number
        alike = await cases.list_of_campaign(
            connection, comment.id, but=CaseId("another"), now=NOON, limit=9, reader=who
        )
        assert len(alike) == number
    (file,) = await cases.list_open(connection, as_of=NOON, limit=9, only=Filter(cause=Cause.BORDERLINE))
    assert (file.case, file.label) == (case, None)
    assert await claims.claim(connection, holder=BEN, count=9, now=NOON, expires_at=later(minutes=9)) == []
    assert not await claims.claim_one(connection, case.id, holder=BEN, now=NOON, expires_at=later(minutes=9))
    (group,) = await queue.groups(connection, now=NOON)
    assert group.cause is Cause.BORDERLINE
    (size,) = await queue.sizes(connection)
    opened = (await queue.opened_since(connection, later(minutes=-1), limit=9))[case.id]
    assert size.barred == opened.barred == {ANNA, BEN}


async def test_a_second_opinion_ends_its_case_by_whoever_gave_it(connection: Connection) -> None:
    review = await ask(connection)
    await cases.close(connection, review.case_id, generation=0, now=later(minutes=1))
    await opinions.give(connection, an_opinion(review))
    (ended,) = await queue.ended_since(connection, NOON, limit=9)
    assert (ended.person, ended.barred) == (BEN, {ANNA})
