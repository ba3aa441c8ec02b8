"""What automatic verdicts rest on: earned by audits, lost with time, suspended by an alarm, restored by either."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from moderator.domain.certificates import LIFETIME, Certificate, Standing, find_broken, lift, suspend, weigh
from moderator.domain.drift import Figure, Level
from moderator.domain.estimates import Stratum
from moderator.domain.policy import Action
from tests.builders import A_SITE, NOON

DAY = date(2026, 11, 23)
FIGURE = Figure(measure="words", value=0.5, usual=0.1, limit=0.35, level=Level.ALARM)
NEW = Certificate(site_id=A_SITE, action=Action.APPROVE)


def audits(audited: int, wrong: int = 0) -> list[Stratum]:
    return [Stratum(probability=0.02, audited=audited, wrong=wrong)]


VALID = weigh(NEW, audits(149), NOON)
SUSPENDED = suspend(VALID, [FIGURE], day=DAY, now=NOON)


def test_enough_audits_without_a_mistake_earn_it() -> None:
    assert (VALID.standing, VALID.earned_at, VALID.expires_at) == (Standing.VALID, NOON, NOON + LIFETIME)
    assert (VALID.audited, VALID.needed) == (149, 0)
    assert VALID.bound <= VALID.promise == 0.02


def test_fewer_say_how_many_more() -> None:
    short = weigh(NEW, audits(100), NOON)

    assert (short.standing, short.audited, short.needed) == (Standing.NONE, 100, 49)
    assert weigh(NEW, [], NOON).needed == 149


def test_rejections_have_a_promise_of_their_own() -> None:
    rejects = Certificate(site_id=A_SITE, action=Action.REJECT)

    assert weigh(rejects, audits(59), NOON).standing is Standing.VALID
    assert weigh(rejects, audits(58), NOON).needed == 1


def test_renewal_moves_the_end_and_not_the_beginning() -> None:
    later = NOON + timedelta(days=10)

    again = weigh(VALID, audits(200), later)

    assert (again.earned_at, again.expires_at) == (NOON, later + LIFETIME)


def test_without_renewal_it_lasts_thirty_days() -> None:
    end = NOON + LIFETIME

    assert weigh(VALID, audits(100), end - timedelta(seconds=1)).standing is Standing.VALID
    expired = weigh(VALID, audits(100), end)
    assert expired.standing is Standing.EXPIRED
    assert weigh(expired, audits(10), end).standing is Standing.EXPIRED
    assert weigh(expired, audits(149), end).earned_at == end


def test_an_alarm_suspends_and_a_later_one_changes_nothing() -> None:
    assert (SUSPENDED.standing, SUSPENDED.suspended_at, SUSPENDED.alarm_day) == (Standing.SUSPENDED, NOON, DAY)
    assert SUSPENDED.why == (FIGURE,)
    assert suspend(SUSPENDED, [], day=DAY + timedelta(days=1), now=NOON) == SUSPENDED


@pytest.mark.parametrize(
    ("before", "days", "after"),
    [(VALID, 1, Standing.VALID), (VALID, 30, Standing.EXPIRED), (NEW, 1, Standing.NONE)],
)
def test_lifted_it_is_what_it_would_have_been(before: Certificate, days: int, after: Standing) -> None:
    then = NOON + timedelta(days=days)

    lifted = lift(suspend(before, [FIGURE], day=DAY, now=NOON), then)

    assert lifted.standing is after
    assert (lifted.suspended_at, lifted.alarm_day, lifted.why, lifted.accepted_day) == (None, None, (), then.date())


def test_only_what_is_suspended_is_lifted() -> None:
    assert lift(VALID, NOON) == VALID


def test_what_people_decided_meanwhile_restores_it() -> None:
    later = NOON + timedelta(days=3)

    few = weigh(SUSPENDED, [Stratum(probability=1.0, audited=148, wrong=0)], later)
    enough = weigh(SUSPENDED, [Stratum(probability=1.0, audited=149, wrong=0)], later)

    assert (few.standing, few.needed) == (Standing.SUSPENDED, 1)
    assert (enough.standing, enough.earned_at, enough.expires_at) == (Standing.VALID, later, later + LIFETIME)
    assert (enough.alarm_day, enough.accepted_day, enough.why) == (None, later.date(), ())


def test_a_suspended_one_does_not_expire_meanwhile() -> None:
    assert weigh(SUSPENDED, [], NOON + 2 * LIFETIME).standing is Standing.SUSPENDED


def test_a_promise_is_broken_where_that_is_sure() -> None:
    assert find_broken(NEW, []) is None
    assert find_broken(NEW, audits(200, 5)) is None
    broken = find_broken(replace(NEW, action=Action.REJECT), audits(200, 40))
    assert broken is not None
    assert (broken.measure, broken.value, broken.limit, broken.level) == ("audit.reject", 0.2, 0.05, Level.ALARM)
    assert broken.limit < broken.usual < broken.value
