"""What people type to find comments: words, "a phrase", a beginning*. Any text is a question; none is a mistake."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_CHARACTERS: Final = 500
MAX_TERMS: Final = 32  # SQLite refuses a question of more than 256, and PostgreSQL a word of more than 2,046 bytes.

# What stands between words, in questions and in texts: the migration for PostgreSQL has the same list, because its own
# parser would make one word of an address, of gas-prices and of «quoted.
BETWEEN_WORDS: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~“”„‟‘’‚‛«»‹›…–—―·•¡¿\u00a0\u202f"
_BLANKS = str.maketrans(dict.fromkeys([*map(chr, range(32)), *BETWEEN_WORDS], " "))
_PARTS = re.compile(r'"([^"]*)"?(\*?)|([^\s"]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words that stand together in this order; with `is_prefix` the last one may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False


def parse(text: str) -> tuple[Term, ...]:
    """Return what must all stand in a comment; nothing when there is no word in `text`."""
    text = text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode()
    found = []
    for phrase, star, word in _PARTS.findall(text):
        words = tuple(one for one in (phrase or word).translate(_BLANKS).split() if any(map(str.isalnum, one)))
        if words:
            found.append(Term(words=words, is_prefix=bool(star) or word.endswith("*")))
    return tuple(dict.fromkeys(found))[:MAX_TERMS]


def places(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Return where (start and end) the terms stand in a text, in order; none overlaps another."""
    if not terms:
        return []
    # Of two terms that begin together the longer one counts.
    patterns = sorted((_pattern(term) for term in terms), key=len, reverse=True)
    return [match.span() for match in re.finditer("|".join(patterns), text, re.IGNORECASE)]


def _pattern(term: Term) -> str:
    words = r"[\W_]+".join(re.escape(word) for word in term.words)
    return rf"(?<![^\W_]){words}" + (r"[^\W_]*" if term.is_prefix else r"(?![^\W_])")
