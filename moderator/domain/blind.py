"""Which cases are decided without the machine: checks on it, and others that keep a check from being recognised."""

from hashlib import sha256
from typing import Final

from moderator.domain.review import Cause

ONE_IN: Final = 10
# Drawn by the text, not by the case: comments with the same text stand beside each other in the queue, and the score
# of one would tell that of the other. Nobody gains by being drawn: a person decides either way.
_KEY: Final = b"decided without the machine\n"


def is_blind(cause: Cause, text: str) -> bool:
    """Return whether an open case shows nothing of what the machine thinks.

    Every check does, and one in ten of the borderline cases: who meets a blind case cannot know which of the two it is.
    """
    if cause is Cause.BORDERLINE:
        plain = " ".join(text.casefold().split())
        return int.from_bytes(sha256(_KEY + plain.encode("utf-8", "surrogatepass")).digest()[:8]) % ONE_IN == 0
    return cause is Cause.SAMPLE
