"""Comments as received, found again, counted and erased."""

from dataclasses import replace
from datetime import timedelta

import pytest

from moderator.domain.comments import Article, Author, Comment, Status
from moderator.domain.errors import NotFound
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.policy import Action, Facts
from moderator.domain.scoring import Label, Signal, Span
from moderator.storage import cases, comments
from moderator.storage.columns import to_ms
from moderator.storage.comments import FactsQuestion, Record
from moderator.storage.database import MAX_ROWS_PER_STATEMENT, Connection
from tests.builders import A_SITE, NOON, a_case, a_comment, an_outcome
from tests.storage.rows import ANOTHER_SITE, add_comment, later

pytestmark = pytest.mark.anyio

ANNA = Author(id="7", name="Anna", email="anna@example.org", url="https://anna.example")
FULL = Comment(
    id=CommentId("comment-full"),
    site_id=A_SITE,
    text="Große Worte.",
    received_at=NOON,
    external_id="wp-1",
    article=Article(url="https://news.example/a", title="A – B", section="politics"),
    author=replace(ANNA, ip="192.0.2.7", user_agent="Firefox"),
    parent_id="comment-0",
    posted_at=NOON - timedelta(seconds=3),
    lang="de",
)


async def test_a_comment_comes_back_without_its_address_and_browser(connection: Connection) -> None:
    outcome = replace(
        an_outcome(FULL, verdict=Action.HOLD, case="case-1"),
        spans=(Span(start=0, end=5, label=Label.INSULT, weight=0.5),),
        signals=(Signal.OBFUSCATED,),
        scores={Label.SPAM: 0.25, Label.INSULT: 0.1 + 0.2},
    )
    record = Record(comment=FULL, outcome=outcome, fingerprint="f", text_hash="t", author_network="192.0.2.0")
    await comments.add(connection, [record])
    stored = await comments.get(connection, A_SITE, FULL.id)
    assert stored.comment == replace(FULL, author=ANNA)
    assert stored.outcome == replace(outcome, case=None)  # No such case is open.
    assert (stored.fingerprint, stored.is_erased) == ("f", False)


@pytest.mark.parametrize(
    "text", ["100 % :name %s %(x)s {values}", 'O\'Brien "said" \\n', "😀 \u202eright to left", "a\nb\tc", "x" * 20_000]
)
async def test_every_text_comes_back_as_it_came(connection: Connection, text: str) -> None:
    comment = await add_comment(connection, a_comment(text))
    assert (await comments.get(connection, A_SITE, comment.id)).comment.text == text


async def test_many_comments_are_new_at_once_and_none_of_them_a_second_time(connection: Connection) -> None:
    many = [a_comment(external_id=f"wp-{n}") for n in range(MAX_ROWS_PER_STATEMENT * 2 + 3)]
    records = [Record(comment=comment, outcome=an_outcome(comment)) for comment in many]
    assert await comments.add(connection, records) == {comment.id for comment in many}
    assert await comments.add(connection, records) == set()


async def test_an_external_id_stands_for_one_comment_of_a_site(connection: Connection) -> None:
    first = await add_comment(connection, a_comment("First.", external_id="wp-1"))
    again = a_comment("Again.", external_id="wp-1")
    elsewhere = a_comment("Elsewhere.", external_id="wp-1", site_id=ANOTHER_SITE)
    nameless = [a_comment("One."), a_comment("Two.")]
    records = [Record(comment=comment, outcome=an_outcome(comment)) for comment in (again, elsewhere, *nameless)]
    assert await comments.add(connection, records) == {comment.id for comment in (elsewhere, *nameless)}
    found = await comments.find_by_external_id(connection, A_SITE, "wp-1")
    assert found is not None
    assert found.comment.id == first.id
    assert await comments.find_by_external_id(connection, A_SITE, "wp-2") is None


async def test_another_sites_comment_is_not_found(connection: Connection) -> None:
    comment = await add_comment(connection)
    with pytest.raises(NotFound):
        await comments.get(connection, ANOTHER_SITE, comment.id)
    assert (await comments.get_anywhere(connection, comment.id)).comment.id == comment.id
    with pytest.raises(NotFound):
        await comments.get_anywhere(connection, CommentId("comment-none"))


async def test_the_outcome_names_the_open_case_and_no_closed_one(connection: Connection) -> None:
    comment = await add_comment(connection, verdict=Action.HOLD)
    case = a_case(comment)
    await cases.open_many(connection, [case])
    assert (await comments.get(connection, A_SITE, comment.id)).outcome.case == case.id
    await cases.close(connection, case.id, generation=0, now=NOON)
    assert (await comments.get(connection, A_SITE, comment.id)).outcome.case is None


async def test_a_repeated_request_reads_the_first_answer_whatever_came_after(connection: Connection) -> None:
    comment = a_comment(external_id="wp-1")
    outcome = an_outcome(comment, verdict=Action.HOLD, case="case-1")
    await comments.add(connection, [Record(comment=comment, outcome=outcome)])
    await comments.add_idempotency_key(
        connection, site_id=A_SITE, key="key", fingerprint="f", comment_id=comment.id, now_ms=0
    )
    await comments.set_status(connection, comment.id, Status.REJECTED)
    by_id = await comments.find_by_external_id(connection, A_SITE, "wp-1")
    by_key = await comments.find_by_idempotency_key(connection, A_SITE, "key")
    assert by_id is not None
    assert by_id.outcome == outcome
    assert by_key == ("f", by_id)
    assert (await comments.get(connection, A_SITE, comment.id)).outcome.status is Status.REJECTED


async def test_an_idempotency_key_belongs_to_its_site_and_is_forgotten_with_age(connection: Connection) -> None:
    comment = await add_comment(connection)

    async def add(key: str, now_ms: int, site_id: SiteId = A_SITE) -> bool:
        return await comments.add_idempotency_key(
            connection,
            site_id=site_id,
            key=key,
            fingerprint="f",
            comment_id=comment.id,
            now_ms=now_ms,
        )

    assert await add("old", 1_000)
    assert not await add("old", 2_000)
    assert await add("old", 2_000, ANOTHER_SITE)
    await comments.forget_idempotency_keys(connection, 2_000)
    assert await comments.find_by_idempotency_key(connection, A_SITE, "old") is None
    assert await comments.find_by_idempotency_key(connection, ANOTHER_SITE, "old") is not None


def _question(author: Author | None = ANNA, text_hash: str | None = "t", since_ms: int = 0) -> FactsQuestion:
    return FactsQuestion(
        site_id=A_SITE, author_key=author.key if author else None, text_hash=text_hash, since_ms=since_ms
    )


async def test_facts_count_an_authors_record_and_a_texts_repetitions_on_one_site(connection: Connection) -> None:
    for verdict in (Action.APPROVE, Action.APPROVE, Action.REJECT, Action.HOLD):
        await add_comment(connection, author=ANNA, verdict=verdict, text_hash="t")
    await add_comment(connection, author=ANNA, site_id=ANOTHER_SITE, text_hash="t")
    await add_comment(connection, author=Author(id="8"), text_hash="t", received_at=later(minutes=-10))
    questions = [
        _question(),
        _question(since_ms=to_ms(NOON)),
        _question(Author(id="8"), text_hash="other"),
        _question(None, None),
    ]
    assert await comments.author_facts(connection, questions) == [
        Facts(author_approved=2, author_rejected=1, duplicates=5),
        Facts(author_approved=2, author_rejected=1, duplicates=4),
        Facts(author_approved=1, author_rejected=0, duplicates=0),
        Facts(author_approved=0, author_rejected=0, duplicates=0),
    ]


async def test_facts_of_strangers_are_empty_and_in_order_however_many_ask(connection: Connection) -> None:
    await add_comment(connection, author=ANNA)
    strangers = [_question(None, None)] * MAX_ROWS_PER_STATEMENT
    facts = await comments.author_facts(connection, [*strangers, _question(), *strangers])
    assert [place for place, fact in enumerate(facts) if fact.author_approved] == [MAX_ROWS_PER_STATEMENT]


async def test_counting_stops_at_a_hundred(connection: Connection) -> None:
    many = [a_comment(author=ANNA) for _ in range(120)]
    await comments.add(connection, [Record(comment=c, outcome=an_outcome(c), text_hash="t") for c in many])
    (facts,) = await comments.author_facts(connection, [_question()])
    assert (facts.author_approved, facts.duplicates) == (100, 100)


async def test_comments_are_counted_by_where_they_stand(connection: Connection) -> None:
    for verdict in (Action.APPROVE, Action.APPROVE, Action.REJECT):
        await add_comment(connection, verdict=verdict)
    await add_comment(connection, site_id=ANOTHER_SITE)
    assert await comments.count_by_status(connection, A_SITE) == {
        Status.APPROVED: 2,
        Status.HELD: 0,
        Status.REJECTED: 1,
    }


async def test_an_erased_comment_keeps_its_skeleton_and_nothing_of_its_author(connection: Connection) -> None:
    outcome = an_outcome(FULL, verdict=Action.HOLD)
    record = Record(comment=FULL, outcome=outcome, fingerprint="f", text_hash="t", author_network="192.0.2.0")
    await comments.add(connection, [record])
    assert await comments.erase(connection, FULL.id, to_ms(NOON))
    assert not await comments.erase(connection, FULL.id, to_ms(NOON))
    stored = await comments.get(connection, A_SITE, FULL.id)
    assert stored.is_erased
    assert (stored.comment.text, stored.comment.author, stored.outcome.reasons) == ("", Author(), ())
    assert (stored.comment.external_id, stored.outcome.scores) == ("wp-1", outcome.scores)
    row = await connection.one("SELECT * FROM comments WHERE id = :id", id=FULL.id)
    assert row is not None
    values = " ".join(str(value) for value in dict(row).values())
    for trace in ("Große", "Anna", "anna", "192.0.2", "insult scored"):
        assert trace not in values
    assert (await comments.author_facts(connection, [_question()]))[0].duplicates == 0


async def test_an_authors_comments_are_found_until_they_are_erased(connection: Connection) -> None:
    first, second = [await add_comment(connection, author=ANNA) for _ in range(2)]
    await add_comment(connection, author=Author(id="8"))
    await add_comment(connection, author=ANNA, site_id=ANOTHER_SITE)
    assert await comments.ids_by_author(connection, A_SITE, "id:7") == [first.id, second.id]
    await comments.erase(connection, first.id, to_ms(NOON))
    assert await comments.ids_by_author(connection, A_SITE, "id:7") == [second.id]


async def test_only_what_stands_approved_is_published_newest_first(connection: Connection) -> None:
    approved = [await add_comment(connection) for _ in range(4)]
    for verdict in (Action.HOLD, Action.REJECT):
        await add_comment(connection, verdict=verdict)
    await add_comment(connection, site_id=ANOTHER_SITE)
    await comments.erase(connection, approved[3].id, to_ms(NOON))
    found = await comments.list_approved(connection, A_SITE, 2)
    assert [stored.comment.id for stored in found] == [approved[2].id, approved[1].id]


async def test_pages_pass_every_comment_once_in_order(connection: Connection) -> None:
    added = [await add_comment(connection, site_id=A_SITE if n % 3 else ANOTHER_SITE) for n in range(7)]
    for site_id, expected in (
        (None, [comment.id for comment in added]),
        (A_SITE, [comment.id for comment in added if comment.site_id == A_SITE]),
    ):
        seen: list[str] = []
        while page := await comments.page(connection, site_id=site_id, after=seen[-1] if seen else "", limit=2):
            seen += [stored.comment.id for stored in page]
        assert seen == expected


async def test_a_sites_id_leads_to_the_comment_as_it_now_stands(connection: Connection) -> None:
    held = replace(a_comment(), external_id="akismet-1")
    await add_comment(connection, held, verdict=Action.HOLD)
    await add_comment(connection, replace(a_comment(site_id=ANOTHER_SITE), external_id="akismet-1"))
    case = a_case(held)
    await cases.open_many(connection, [case])
    found = await comments.find_standing(connection, A_SITE, "akismet-1")
    assert found is not None
    assert (found.comment.id, found.outcome.status, found.outcome.case) == (held.id, Status.HELD, case.id)
    await cases.close_open(connection, held.id, now=NOON)
    await comments.set_status(connection, held.id, Status.APPROVED)
    found = await comments.find_standing(connection, A_SITE, "akismet-1")
    assert found is not None
    assert (found.outcome.verdict, found.outcome.status, found.outcome.case) == (Action.HOLD, Status.APPROVED, None)
    await comments.erase(connection, held.id, to_ms(NOON))
    found = await comments.find_standing(connection, A_SITE, "akismet-1")
    assert found is not None
    assert found.is_erased
    assert await comments.find_standing(connection, A_SITE, "akismet-2") is None


async def test_an_authors_latest_comments_come_newest_first(connection: Connection) -> None:
    sent = [await add_comment(connection, author=ANNA, received_at=later(minutes=n)) for n in (2, 1, 3, 0)]
    await add_comment(connection, author=Author(id="8"))
    await add_comment(connection, author=ANNA, site_id=ANOTHER_SITE)
    await comments.set_status(connection, sent[0].id, Status.REJECTED)
    await comments.erase(connection, sent[2].id, to_ms(NOON))
    found = await comments.list_by_author(connection, A_SITE, "id:7", 2)
    assert [stored.comment.id for stored in found] == [sent[0].id, sent[1].id]
    assert found[0].outcome.status is Status.REJECTED
