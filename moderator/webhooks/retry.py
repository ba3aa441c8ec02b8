"""When to try again, and when to leave an endpoint alone. Pure: what came of an attempt goes in, a time comes out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# After each failed attempt, the pause before the next: the example schedule of Standard Webhooks 1.0.0.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
MAX_ATTEMPTS = len(PAUSES) + 1
JITTER = 0.1
MAX_RETRY_AFTER = timedelta(hours=24)
MAX_REST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an attempt: a status, or a constant word for why there is none."""

    status: int | None = None
    fault: str = ""
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """Tell whether the endpoint took the event. A redirect is not a success (Standard Webhooks 1.0.0)."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_farewell(self) -> bool:
        """Tell whether the endpoint wants no more events."""
        return self.status == 410

    @property
    def asks_for_rest(self) -> bool:
        """Tell whether the endpoint as a whole is away or overworked, rather than at odds with this event."""
        return self.status in (None, 429, 502, 503, 504)


def next_attempt_at(
    attempts: int, *, now: datetime, jitter: float = 0.0, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when to try again after so many attempts, or None: give up.

    `jitter` (0 to 1) adds up to a tenth, so that what failed together does not come back together. `retry_after`
    puts the next attempt off and never brings it forward.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    pause = PAUSES[max(attempts, 1) - 1] * (1 + JITTER * jitter)
    return now + max(pause, retry_after or pause)


def rest_until(answer: Answer, *, now: datetime, next_attempt: datetime | None) -> datetime | None:
    """Return until when an endpoint is left alone after an answer, or None: it can go on.

    While it does not answer, its other events would only collect failed attempts. Five minutes at most, unless it
    asked for longer, so that a recovered endpoint soon hears what is new.
    """
    if not answer.asks_for_rest:
        return None
    latest = now + max(MAX_REST, answer.retry_after or MAX_REST)
    return latest if next_attempt is None else min(latest, next_attempt)


def parse_retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """Return the pause that a Retry-After header asks for, seconds or a date (RFC 9110, 10.2.3), up to a day."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), MAX_RETRY_AFTER)
