"""Identifiers: typed strings that sort by the time they were made."""

import os
import time
from collections.abc import Callable
from typing import NewType

SiteId = NewType("SiteId", str)
CommentId = NewType("CommentId", str)
CaseId = NewType("CaseId", str)
DecisionId = NewType("DecisionId", str)
ReportId = NewType("ReportId", str)
PersonId = NewType("PersonId", str)
SessionId = NewType("SessionId", str)
KeyId = NewType("KeyId", str)
EndpointId = NewType("EndpointId", str)
EventId = NewType("EventId", str)
FeedbackId = NewType("FeedbackId", str)
ExampleId = NewType("ExampleId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread.
_RANDOM_BITS = 80
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]


def now_ms() -> int:
    """Return the wall clock in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def _encode(value: int) -> str:
    """Write a 130-bit number as 26 characters, two at a time."""
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def first_id_at(milliseconds: int) -> str:
    """Return the least id that can be made at a time (milliseconds since 1970, UTC)."""
    return _encode(milliseconds << _RANDOM_BITS)


class IdSource:
    """Makes ids of 26 lower-case characters: 48 bits of time, then 80 random bits that only grow within a millisecond.

    Time-ordered keys keep inserts at the right edge of every index; random ones halve the write rate (measured in
    docs/decisions/0001). Within one process each id is greater than the one before, even when the clock steps back.
    """

    def __init__(
        self,
        clock_ms: Callable[[], int] = now_ms,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._clock_ms = clock_ms
        self._random_bytes = random_bytes
        self._last = 0

    def new(self) -> str:
        """Return the next id."""
        fresh = self._clock_ms() << _RANDOM_BITS
        if fresh > self._last:
            # The top random bit stays clear, so that a busy millisecond can count upwards without an overflow.
            fresh |= int.from_bytes(self._random_bytes(10), "big") >> 1
        else:
            fresh = self._last + 1 + int.from_bytes(self._random_bytes(4), "big")
        self._last = fresh
        return _encode(fresh)
