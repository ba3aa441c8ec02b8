"""Counts for the numbers page: volume, waiting, rulings, agreement, and what people made of the machine's verdicts."""

from datetime import timedelta

import pytest

from moderator.domain.comments import Comment
from moderator.domain.ids import CommentId, ReportId, SiteId
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode, Source
from moderator.domain.workbench import Ballot
from moderator.storage import cases, decisions, numbers, reports
from moderator.storage.database import Connection
from moderator.storage.numbers import Agreement, Seen, Voices, Waited
from moderator.storage.reports import Report
from tests.builders import A_SITE, NOON
from tests.storage.rows import ANNA, ANOTHER_SITE, BEN, a_decision, add_case, add_comment, later

pytestmark = pytest.mark.anyio

BOTH = [A_SITE, ANOTHER_SITE]
TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)


async def _rule(connection: Connection, comment_id: CommentId, *words: str, **changed: object) -> None:
    """Add decisions of moderators, in order: `Anna approve`, `Ben hold`."""
    made = []
    for word in words:
        name, action = word.split()
        reason = ReasonCode.SPAM if action == "reject" else None
        person = {"Anna": ANNA, "Ben": BEN}[name]
        fields = {"source": Source.MODERATOR, "person_id": person, "action": Action(action), "reason": reason}
        made.append(a_decision(comment_id, **{**fields, **changed}))
    await decisions.append(connection, made)


async def test_what_came_in_is_counted_by_day_and_verdict(connection: Connection) -> None:
    midnight = later(hours=-12)
    for verdict, at in (
        (Action.APPROVE, NOON),
        (Action.APPROVE, midnight),
        (Action.REJECT, midnight - timedelta(milliseconds=1)),
        (Action.HOLD, later(hours=11, minutes=59)),
        (Action.HOLD, later(days=-2)),
        (Action.HOLD, later(hours=12)),
    ):
        await add_comment(connection, verdict=verdict, received_at=at)
    await add_comment(connection, verdict=Action.APPROVE, site_id=ANOTHER_SITE)

    found = await numbers.volume(connection, BOTH, [YESTERDAY, TODAY])

    assert found == {
        YESTERDAY: {Action.APPROVE: 0, Action.HOLD: 0, Action.REJECT: 1},
        TODAY: {Action.APPROVE: 3, Action.HOLD: 1, Action.REJECT: 0},
    }
    assert (await numbers.volume(connection, [A_SITE], [TODAY]))[TODAY][Action.APPROVE] == 2
    assert (await numbers.volume(connection, [], [TODAY]))[TODAY][Action.APPROVE] == 0


async def test_waiting_is_told_by_nearest_rank(connection: Connection) -> None:
    for minutes in (*range(1, 10), 100):
        case = await add_case(connection)
        assert await cases.close(connection, case.id, generation=0, now=later(minutes=minutes))
    await add_case(connection)
    old = await add_case(connection, opened_at=later(days=-3))
    assert await cases.close(connection, old.id, generation=0, now=later(days=-2))
    foreign = await add_case(connection, site_id=ANOTHER_SITE)
    assert await cases.close(connection, foreign.id, generation=0, now=later(days=1))

    found = await numbers.waited(connection, [A_SITE], NOON)

    assert found == Waited(cases=10, median=timedelta(minutes=5), ninetieth=timedelta(minutes=9))
    assert (await numbers.waited(connection, BOTH, NOON)).cases == 11
    assert await numbers.waited(connection, [], NOON) == Waited(cases=0, median=None, ninetieth=None)


async def test_one_case_is_its_own_median(connection: Connection) -> None:
    case = await add_case(connection)
    assert await cases.close(connection, case.id, generation=0, now=later(minutes=3))

    three = timedelta(minutes=3)
    assert await numbers.waited(connection, BOTH, NOON) == Waited(cases=1, median=three, ninetieth=three)


async def test_rulings_are_counted_by_person_day_and_reason(connection: Connection) -> None:
    comments = [await add_comment(connection) for _ in range(3)]
    await _rule(connection, comments[0].id, "Anna reject", "Anna hold", "Anna approve")
    await _rule(connection, comments[1].id, "Anna reject")
    await _rule(connection, comments[2].id, "Ben reject", decided_at=later(days=-1), reason=ReasonCode.INSULT)
    await _rule(connection, comments[2].id, "Ben approve", decided_at=later(days=-2))
    await decisions.append(connection, [a_decision(comments[0].id)])

    found = await numbers.rulings(connection, BOTH, later(days=-1))

    assert {(one.person_id, one.day, one.action, one.reason, one.number) for one in found} == {
        (ANNA, TODAY, Action.REJECT, ReasonCode.SPAM, 2),
        (ANNA, TODAY, Action.HOLD, None, 1),
        (ANNA, TODAY, Action.APPROVE, None, 1),
        (BEN, YESTERDAY, Action.REJECT, ReasonCode.INSULT, 1),
    }
    assert await numbers.rulings(connection, [ANOTHER_SITE], NOON) == []
    assert await numbers.rulings(connection, [], NOON) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {}),
        (("Anna approve",), {}),
        (("Anna approve", "Anna hold", "Anna reject"), {}),
        (("Anna approve", "Ben approve"), {ANNA: Agreement(seconds=1, agreed=1)}),
        (("Anna approve", "Ben reject"), {ANNA: Agreement(seconds=1, agreed=0)}),
        (("Anna approve", "Ben hold"), {ANNA: Agreement(seconds=1, agreed=0)}),
        (("Anna approve", "Ben hold", "Ben approve"), {ANNA: Agreement(seconds=1, agreed=0)}),
        (("Anna approve", "Anna hold", "Ben approve"), {}),
        (
            ("Anna reject", "Ben reject", "Anna approve"),
            {ANNA: Agreement(seconds=1, agreed=1), BEN: Agreement(seconds=1, agreed=0)},
        ),
    ],
)
async def test_agreement_is_the_next_word_of_somebody_else(
    connection: Connection, words: tuple[str, ...], expected: object
) -> None:
    comment = await add_comment(connection)
    await _rule(connection, comment.id, *words)
    other = await add_comment(connection)
    await _rule(connection, other.id, "Ben approve", decided_at=later(days=-9))
    await _rule(connection, other.id, "Anna approve")

    assert await numbers.agreement(connection, BOTH, NOON) == expected


async def test_agreement_sums_over_comments_and_leaves_out_the_machine(connection: Connection) -> None:
    for second in ("approve", "reject"):
        comment = await add_comment(connection)
        await _rule(connection, comment.id, "Anna approve")
        await decisions.append(connection, [a_decision(comment.id)])
        await _rule(connection, comment.id, f"Ben {second}")

    assert await numbers.agreement(connection, BOTH, NOON) == {ANNA: Agreement(seconds=2, agreed=1)}


async def _judged(connection: Connection, verdict: Action, *words: str, **changed: object) -> Comment:
    comment = await add_comment(connection, verdict=verdict)
    await _rule(connection, comment.id, *words, **changed)
    return comment


async def test_what_people_made_of_verdicts_is_their_newest_word(connection: Connection) -> None:
    await _judged(connection, Action.APPROVE, "Anna reject")
    await _judged(connection, Action.APPROVE, "Anna reject", "Ben approve")
    await _judged(connection, Action.APPROVE, "Anna reject", "Ben hold")
    await _judged(connection, Action.HOLD, "Anna reject")
    await _judged(connection, Action.HOLD, "Anna approve")
    await _judged(connection, Action.REJECT, "Anna approve", decided_at=later(days=-1))

    assert await numbers.seen(connection, BOTH, NOON) == {
        Action.APPROVE: Seen(approved=1, rejected=1),
        Action.HOLD: Seen(approved=1, rejected=1),
        Action.REJECT: Seen(),
    }


async def test_what_was_drawn_by_chance_counts_for_what_was_not(connection: Connection) -> None:
    await _judged(connection, Action.APPROVE, "Anna reject", inclusion_probability=0.25)
    await _judged(connection, Action.APPROVE, "Anna approve", inclusion_probability=0.5)
    await _judged(connection, Action.REJECT, "Anna reject", inclusion_probability=0.5)
    await _judged(connection, Action.REJECT, "Anna approve")

    found = await numbers.seen(connection, BOTH, NOON)

    assert found[Action.APPROVE] == Seen(
        approved=1, rejected=1, drawn=Ballot(rulings=2, weight=6.0, squares=20.0, wrong=4.0)
    )
    assert found[Action.REJECT] == Seen(
        approved=1, rejected=1, drawn=Ballot(rulings=1, weight=2.0, squares=4.0, wrong=0.0)
    )


APPEAL = """
INSERT INTO appeals (id, site_id, comment_id, decision_id, text, created_ms)
VALUES (:id, :site_id, :comment_id, :decision_id, 'Why?', :created_ms)
"""


async def test_reports_and_appeals_are_counted(connection: Connection) -> None:
    comment = await add_comment(connection)
    for number, (at, is_muted) in enumerate([(NOON, False), (NOON, True), (later(days=-1), False)]):
        report = Report(
            id=ReportId(f"report-{number}"),
            site_id=A_SITE,
            comment_id=comment.id,
            reason=None,
            note=None,
            is_muted=is_muted,
            case_id=None,
            created_at=at,
        )
        await reports.add(connection, report)
    decision = a_decision(comment.id)
    await decisions.append(connection, [decision])
    for days in (0, -1):
        await connection.execute(
            APPEAL,
            id=f"appeal{days}",
            site_id=A_SITE,
            comment_id=comment.id,
            decision_id=decision.id,
            created_ms=int(later(days=days).timestamp() * 1000),
        )

    assert await numbers.voices(connection, BOTH, NOON) == Voices(reports=2, muted=1, appeals=1)
    assert await numbers.voices(connection, [SiteId("site-")], NOON) == Voices(reports=0, muted=0, appeals=0)
