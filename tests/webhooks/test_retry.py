"""When to try again, when to rest: values in, values out."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.webhooks.retry import MAX_ATTEMPTS, Answer, next_attempt_at, parse_retry_after, rest_until
from tests.builders import NOON

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=seconds) for seconds in (1, 60, 3_600, 86_400))


def test_ten_attempts_are_spread_over_three_days() -> None:
    pauses = [at - NOON for at in (next_attempt_at(made, now=NOON) for made in range(1, 10)) if at is not None]

    assert pauses == [
        5 * SECOND,
        5 * MINUTE,
        30 * MINUTE,
        *(hours * HOUR for hours in (2, 5, 10, 14, 20, 24)),
    ]
    assert sum(pauses, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert next_attempt_at(MAX_ATTEMPTS, now=NOON) is None


@given(
    attempts=st.integers(min_value=0, max_value=20),
    jitter=st.floats(min_value=0, max_value=1),
    retry_after=st.none() | st.timedeltas(min_value=timedelta(), max_value=DAY),
)
def test_jitter_and_retry_after_only_put_an_attempt_off(
    attempts: int, jitter: float, retry_after: timedelta | None
) -> None:
    plain = next_attempt_at(attempts, now=NOON)
    moved = next_attempt_at(attempts, now=NOON, jitter=jitter, retry_after=retry_after)

    assert (plain is None) == (moved is None) == (attempts >= MAX_ATTEMPTS)
    if plain is not None and moved is not None:
        assert plain <= moved <= NOON + max((plain - NOON) * 1.1 + SECOND, retry_after or timedelta())
        assert retry_after is None or moved >= NOON + retry_after


@pytest.mark.parametrize(
    ("status", "is_success", "asks_for_rest"),
    [
        *((status, True, False) for status in (200, 201, 202, 204, 299)),
        *((status, False, False) for status in (100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 410, 422, 500)),
        *((status, False, True) for status in (429, 502, 503, 504, None)),
    ],
)
def test_only_2xx_is_success_and_only_an_absent_endpoint_rests(
    status: int | None, is_success: bool, asks_for_rest: bool
) -> None:
    answer = Answer(status=status)

    assert answer.is_success is is_success
    assert answer.asks_for_rest is asks_for_rest
    assert answer.is_farewell is (status == 410)


def test_an_absent_endpoint_rests_until_the_next_attempt_but_no_longer_than_five_minutes() -> None:
    absent = Answer(fault="timeout")

    assert rest_until(absent, now=NOON, next_attempt=NOON + 5 * SECOND) == NOON + 5 * SECOND
    assert rest_until(absent, now=NOON, next_attempt=NOON + 14 * HOUR) == NOON + 5 * MINUTE
    assert rest_until(absent, now=NOON, next_attempt=None) == NOON + 5 * MINUTE
    assert rest_until(Answer(status=500), now=NOON, next_attempt=NOON + 5 * SECOND) is None


def test_an_endpoint_that_names_a_time_rests_until_then() -> None:
    busy = Answer(status=429, retry_after=HOUR)
    next_attempt = next_attempt_at(1, now=NOON, retry_after=busy.retry_after)

    assert next_attempt == NOON + HOUR
    assert rest_until(busy, now=NOON, next_attempt=next_attempt) == NOON + HOUR
    assert rest_until(busy, now=NOON, next_attempt=None) == NOON + HOUR


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("120", 2 * MINUTE),
        ("0", timedelta()),
        ("999999999999999999999999", DAY),
        ("-5", None),
        ("1.5", None),
        ("١٢", None),
        ("soon", None),
        (format_datetime(NOON + HOUR, usegmt=True), HOUR),
        (format_datetime((NOON + HOUR).replace(tzinfo=None)), HOUR),
        (format_datetime(NOON - HOUR, usegmt=True), timedelta()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date_up_to_a_day(value: str | None, expected: timedelta | None) -> None:
    assert parse_retry_after(value, now=NOON) == expected
