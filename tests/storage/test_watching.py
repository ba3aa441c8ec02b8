"""Audited verdicts, watched days, certificates and leases, as they are kept."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from moderator.domain.certificates import Certificate, Standing
from moderator.domain.comments import Comment
from moderator.domain.drift import Day, Figure, Level, Sketch
from moderator.domain.estimates import Audited, Stratum
from moderator.domain.ids import IdSource
from moderator.domain.policy import Action, Reason, Rule
from moderator.domain.review import ReasonCode, Source
from moderator.storage import certificates, comments, decisions, watching
from moderator.storage.comments import Record
from moderator.storage.database import Connection, Database
from tests.builders import A_SITE, NOON, a_comment, an_outcome
from tests.storage.rows import ANNA, ANOTHER_SITE, a_decision, add_comment, later

pytestmark = pytest.mark.anyio

BOTH = [A_SITE, ANOTHER_SITE]
TODAY = NOON.date()


async def rule(connection: Connection, comment: Comment, action: Action, **changed: object) -> None:
    reason = ReasonCode.INSULT if action is Action.REJECT else None
    fields = {"source": Source.MODERATOR, "person_id": ANNA, "action": action, "reason": reason, **changed}
    fields["site_id"] = comment.site_id
    await decisions.append(connection, [a_decision(comment.id, **fields)])


async def test_what_was_drawn_is_counted_by_verdict_day_and_probability(connection: Connection) -> None:
    for verdict, action, chance, at in (
        (Action.APPROVE, Action.APPROVE, 0.02, NOON),
        (Action.APPROVE, Action.REJECT, 0.02, NOON),
        (Action.APPROVE, Action.APPROVE, 0.02, later(days=1)),
        (Action.APPROVE, Action.APPROVE, 0.1, NOON),
        (Action.REJECT, Action.APPROVE, 0.02, NOON),
        (Action.APPROVE, Action.REJECT, None, NOON),  # not drawn: a reader reported it
        (Action.HOLD, Action.REJECT, None, NOON),
        (Action.APPROVE, Action.REJECT, 0.02, later(days=-2)),  # before the period
        (Action.APPROVE, Action.HOLD, 0.02, NOON),  # taken back: nobody has ruled
    ):
        comment = await add_comment(connection, verdict=verdict)
        await rule(connection, comment, action, inclusion_probability=chance, decided_at=at)
    foreign = await add_comment(connection, site_id=ANOTHER_SITE)
    await rule(connection, foreign, Action.APPROVE, inclusion_probability=1.0)

    found = await watching.audited(connection, [A_SITE], later(days=-1))

    def own(verdict: Action, day: date, chance: float, audited: int, wrong: int) -> Audited:
        stratum = Stratum(probability=chance, audited=audited, wrong=wrong)
        return Audited(site_id=A_SITE, verdict=verdict, day=day, stratum=stratum)

    assert found == [
        own(Action.APPROVE, TODAY, 0.02, 2, 1),
        own(Action.REJECT, TODAY, 0.02, 1, 1),
        own(Action.APPROVE, TODAY, 0.1, 1, 0),
        own(Action.APPROVE, TODAY + timedelta(days=1), 0.02, 1, 0),
    ]
    assert len(await watching.audited(connection, BOTH, later(days=-1))) == 5
    assert await watching.audited(connection, [], later(days=-1)) == []


async def test_only_the_newest_ruling_counts(connection: Connection) -> None:
    comment = await add_comment(connection)
    await rule(connection, comment, Action.REJECT, inclusion_probability=0.02)
    await rule(connection, comment, Action.APPROVE, inclusion_probability=0.02)

    (found,) = await watching.audited(connection, [A_SITE], NOON)

    assert (found.stratum.audited, found.stratum.wrong) == (1, 0)


async def test_what_people_decided_about_automatic_verdicts_is_counted_by_day(connection: Connection) -> None:
    for verdict, action, at in (
        (Action.APPROVE, Action.REJECT, NOON),
        (Action.APPROVE, Action.APPROVE, later(hours=11)),
        (Action.REJECT, Action.APPROVE, later(hours=-12)),
        (Action.HOLD, Action.APPROVE, NOON),
        (Action.APPROVE, Action.REJECT, later(hours=12)),
    ):
        await rule(connection, await add_comment(connection, verdict=verdict), action, decided_at=at)

    assert await watching.ruled(connection, A_SITE, TODAY) == (3, 2)
    assert await watching.ruled(connection, ANOTHER_SITE, TODAY) == (0, 0)


DRIFT = Reason(code=Rule.DRIFT, action=Action.HOLD, detail="The numbers have moved.")
SCORE = Reason(code=Rule.SCORE, action=Action.HOLD, detail="insult")


async def test_what_an_alarm_held_back_is_told_by_what_it_would_have_been(connection: Connection) -> None:
    new_id = IdSource(clock_ms=lambda: int(NOON.timestamp() * 1000)).new
    for reasons, ruling in (
        ([DRIFT], Action.APPROVE),
        ([DRIFT], Action.REJECT),
        ([DRIFT], None),
        ([DRIFT, SCORE], Action.REJECT),  # held anyway
        ([DRIFT, replace(SCORE, action=Action.REJECT)], Action.REJECT),
        ([SCORE], Action.REJECT),
    ):
        comment = a_comment(comment_id=new_id())
        outcome = replace(an_outcome(comment, verdict=Action.HOLD), reasons=tuple(reasons))
        await comments.add(connection, [Record(comment=comment, outcome=outcome)])
        if ruling is not None:
            await rule(connection, comment, ruling)

    found = await certificates.held_back(connection, A_SITE, NOON)

    assert found == {
        Action.APPROVE: certificates.HeldBack(comments=3, ruled=2, wrong=1),
        Action.REJECT: certificates.HeldBack(comments=1, ruled=1, wrong=0),
    }
    assert (await certificates.held_back(connection, A_SITE, later(seconds=1)))[Action.APPROVE].comments == 0


async def test_a_days_comments_come_in_pages(peopled: Database) -> None:
    begin = later(hours=-12)
    texts = []
    async with peopled.transaction() as connection:
        for number, at in enumerate(
            (begin, NOON, later(hours=11.99), begin - timedelta(milliseconds=1), later(days=1))
        ):
            new_id = IdSource(clock_ms=lambda at=at: int(at.timestamp() * 1000)).new  # type: ignore[misc]
            comment = a_comment(f"Number {number}.", comment_id=new_id(), received_at=at)
            await add_comment(connection, comment, verdict=Action.HOLD)
            texts.append(comment.text)
        assert await watching.first_day(connection, A_SITE, TODAY) == TODAY
        assert await watching.first_day(connection, A_SITE, TODAY - timedelta(days=9)) == TODAY - timedelta(days=1)
        assert await watching.first_day(connection, ANOTHER_SITE, TODAY) is None

    pages = [page async for page in watching.comments_of(peopled, A_SITE, TODAY, page_rows=2)]

    assert [[one.text for one in page] for page in pages] == [texts[:2], texts[2:3]]
    first = pages[0][0]
    assert (first.verdict, first.model, first.scores["insult"]) == (Action.HOLD, "test-model", 0.6)  # type: ignore[index]


FIGURE = Figure(measure="words", value=0.5, usual=0.1, limit=0.35, level=Level.ALARM)
SKETCH = Sketch(
    comments=300,
    held=30,
    ruled=12,
    overturned=1,
    model="base-1",
    histograms={"top": (1, 2, 3), "score.spam": (6, 0, 0)},
    lengths=(0, 6),
    words={262_150: 9, 300_000: 5},
)


async def test_a_day_is_kept_as_it_was_judged(connection: Connection) -> None:
    day = Day(day=TODAY, sketch=SKETCH, level=Level.ALARM, figures=(FIGURE,))
    await watching.set_day(connection, A_SITE, Day(day=TODAY, sketch=Sketch()), NOON)
    await watching.set_day(connection, A_SITE, day, NOON)
    await watching.set_day(connection, ANOTHER_SITE, Day(day=TODAY, sketch=Sketch()), NOON)

    assert await watching.watch_days(connection, A_SITE, TODAY) == [day]
    assert await watching.watch_days(connection, A_SITE, TODAY - timedelta(days=1), TODAY) == []
    (shown,) = await watching.watch_figures(connection, A_SITE, TODAY)
    assert (shown.level, shown.figures, shown.sketch.comments) == (Level.ALARM, (FIGURE,), 300)
    assert await watching.last_day(connection, A_SITE, TODAY + timedelta(days=1)) == TODAY
    assert await watching.last_day(connection, A_SITE, TODAY) is None


async def test_old_counts_go_and_what_was_made_of_them_stays(connection: Connection) -> None:
    day = Day(day=TODAY, sketch=SKETCH, level=Level.QUIET, figures=(FIGURE,))
    await watching.set_day(connection, A_SITE, day, NOON)

    await watching.forget_counts(connection, A_SITE, TODAY)
    (before,) = await watching.watch_days(connection, A_SITE, TODAY)
    await watching.forget_counts(connection, A_SITE, TODAY + timedelta(days=1))
    (after,) = await watching.watch_days(connection, A_SITE, TODAY)

    assert before == day
    assert after == replace(day, sketch=replace(SKETCH, histograms={}, lengths=(), words={}))


async def test_a_certificate_is_kept_and_replaced(connection: Connection) -> None:
    plain = Certificate(site_id=A_SITE, action=Action.REJECT, needed=59)
    full = Certificate(
        site_id=A_SITE,
        action=Action.APPROVE,
        standing=Standing.SUSPENDED,
        bound=0.019,
        audited=150,
        needed=0,
        earned_at=NOON,
        expires_at=later(days=30),
        suspended_at=later(days=2),
        alarm_day=TODAY,
        accepted_day=TODAY - timedelta(days=40),
        why=(FIGURE,),
    )
    await certificates.set_one(connection, plain)
    await certificates.set_one(connection, replace(full, standing=Standing.NONE, why=()))
    await certificates.set_one(connection, full)
    await certificates.set_one(connection, replace(plain, site_id=ANOTHER_SITE))

    assert await certificates.list_all(connection, A_SITE) == [full, plain]
    assert [one.site_id for one in await certificates.list_all(connection)] == [A_SITE, A_SITE, ANOTHER_SITE]


async def test_one_holder_at_a_time_has_a_lease_until_it_runs_out(connection: Connection) -> None:
    def take(holder: str, minutes: int) -> object:
        return certificates.take_lease(
            connection, "watch", holder, now=later(minutes=minutes), until=later(minutes=minutes + 10)
        )

    assert await take("one", 0)  # type: ignore[misc]
    assert not await take("two", 9)  # type: ignore[misc]
    assert await take("one", 9)  # type: ignore[misc]
    assert not await take("two", 18)  # type: ignore[misc]
    assert await take("two", 19)  # type: ignore[misc]
