"""What certifies does not teach: audits of the last month, and a tenth of what was held."""

from dataclasses import replace
from datetime import timedelta

import pytest

from moderator.domain.audits import is_drawn
from moderator.domain.golden import GoldenExample, Wanted
from moderator.domain.ids import CommentId, DecisionId, ExampleId
from moderator.domain.policy import Action
from moderator.domain.review import Decision, ReasonCode, Source
from moderator.storage import decisions, golden
from moderator.storage.database import Connection, Database
from moderator.storage.lessons import Judged
from tests.builders import A_SITE, NOON, a_comment
from tests.storage.rows import ANNA, ANOTHER_SITE, a_decision, add_comment, add_people, add_sites
from training.evidence import HELD_SHARE, Evidence, gather, probability_of

pytestmark = pytest.mark.anyio

DRAWN = next(f"c{number}" for number in range(999) if is_drawn(CommentId(f"c{number}"), A_SITE, 0.1))
UNDRAWN = next(f"c{number}" for number in range(999) if not is_drawn(CommentId(f"c{number}"), A_SITE, 0.1))


def _judged(name: str, *, verdict: Action | None, action: Action = Action.APPROVE, days: float = 0) -> Judged:
    """Return a comment that the machine decided about (None: held it), and then a moderator."""
    comment_id = CommentId(name)
    history: list[Decision] = []
    if verdict is not None:
        history.append(a_decision(comment_id, action=verdict, inclusion_probability=0.1))
    history.append(
        a_decision(
            comment_id,
            source=Source.MODERATOR,
            action=action,
            person_id=ANNA,
            reason=ReasonCode.SPAM if action is Action.REJECT else None,
        )
    )
    return Judged(
        comment_id=comment_id, site_id=A_SITE, text="Good day.", lang=None, section=None, author=None, campaign=None,
        received_at=NOON - timedelta(days=days), history=history,
    )  # fmt: skip


def _evidence() -> Evidence:
    return Evidence(certifies_since=NOON - timedelta(days=30))


async def test_a_drawn_verdict_certifies_and_one_that_was_not_drawn_teaches() -> None:
    evidence = _evidence()
    assert evidence.withholds(_judged(DRAWN, verdict=Action.APPROVE, action=Action.REJECT))
    assert not evidence.withholds(_judged(UNDRAWN, verdict=Action.APPROVE))
    (audit,) = evidence.audits
    assert (audit.id, audit.is_rejected, audit.probability) == (DRAWN, True, 0.1)


async def test_after_a_month_it_teaches() -> None:
    assert not _evidence().withholds(_judged(DRAWN, verdict=Action.APPROVE, days=31))


async def test_where_nothing_is_audited_nothing_is_withheld() -> None:
    assert not Evidence().withholds(_judged(DRAWN, verdict=Action.APPROVE))


async def test_what_nobody_ruled_on_certifies_nothing() -> None:
    judged = _judged(DRAWN, verdict=Action.APPROVE)
    assert not _evidence().withholds(replace(judged, history=judged.history[:1]))


async def test_a_tenth_of_what_was_held_certifies_always_the_same() -> None:
    held = [_judged(f"comment-{number}", verdict=None) for number in range(2_000)]
    found = [probability_of(one) for one in held]
    assert set(found) == {None, HELD_SHARE}
    assert sum(one is not None for one in found) == pytest.approx(200, abs=45)
    assert found == [probability_of(one) for one in held]


async def _fill(connection: Connection, *, audited: bool) -> None:
    await add_sites(connection)
    await add_people(connection)
    for number in range(3):
        at = NOON - timedelta(days=5 * (2 - number))
        comment = await add_comment(connection, a_comment(f"Number {number}", comment_id=f"c{number}", received_at=at))
        ruling = a_decision(
            comment.id, source=Source.MODERATOR, person_id=ANNA, id=DecisionId(f"d{number}"), decided_at=at,
            inclusion_probability=0.02 if audited else None,
        )  # fmt: skip
        await decisions.append(connection, [ruling])
    for name, site_id in (("all", None), ("own", A_SITE), ("foreign", ANOTHER_SITE)):
        await golden.add(
            connection,
            GoldenExample(id=ExampleId(name), site_id=site_id, text=f"For {name}.", wanted=Wanted.ALLOW, added_at=NOON),
        )


async def test_it_is_read_from_the_database(database: Database) -> None:
    async with database.transaction() as connection:
        await _fill(connection, audited=True)
        found = await gather(connection, A_SITE)
        assert {one.id for one in found.recent} == {"c1", "c2"}
        assert [one.id for one in found.examples] == ["all", "own"]
        assert found.certifies_since is not None


async def test_without_audits_or_comments_there_is_little_to_read(database: Database) -> None:
    async with database.transaction() as connection:
        assert await gather(connection, None) == Evidence(examples=[])
        await _fill(connection, audited=False)
        assert (await gather(connection, None)).certifies_since is None
