"""Texts with a known verdict under the tests' policy. Each call makes another text, since what is repeated is answered
from memory."""

from itertools import count

_numbers = count(1)


def ham() -> str:
    """Return a text that is approved."""
    return f"The minister explains the budget. The Commission supports the railway. This is letter {next(_numbers)}."


def spam() -> str:
    """Return a text that is rejected on its score, which is blatant."""
    return f"buy cheap pills at http://pills.example, earn money fast http://win.example {next(_numbers)}"


def held() -> str:
    """Return a text that waits for a person."""
    return f"The mayor, I have it on good authority, delays the vote. This is letter {next(_numbers)}."
