"""Which cases are decided without the machine: checks on it and on people, and others that hide which those are."""

from hashlib import sha256
from typing import Final

from moderator.domain.review import Cause

CHECKS: Final = frozenset({Cause.SAMPLE, Cause.SECOND})
ONE_IN: Final = 10
# Drawn by the text, not by the case: comments with the same text stand beside each other in the queue, and the score
# of one would tell that of the other. Nobody gains by being drawn: a person decides either way.
_KEY: Final = b"decided without the machine\n"


def is_blind(cause: Cause, text: str) -> bool:
    """Return whether an open case shows nothing of what the machine thinks.

    Every check on the machine or on a decision does, and one in ten of the borderline cases: who meets a blind case
    cannot know which it is.
    """
    if cause is Cause.BORDERLINE:
        plain = " ".join(text.casefold().split())
        return int.from_bytes(sha256(_KEY + plain.encode("utf-8", "surrogatepass")).digest()[:8]) % ONE_IN == 0
    return cause in CHECKS


def shown_cause(cause: Cause) -> Cause:
    """Return the cause that an open case is known by: a check passes for a borderline case."""
    return Cause.BORDERLINE if cause in CHECKS else cause
