"""A comment character by character, where that says something: what is hidden, disguised, or beyond ASCII."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moderator.classifier.normalise import fold_word
from moderator.console.text import kinds_of

MOST_WORDS: Final = 40
MOST_CHARACTERS: Final = 24  # Of one word.
MOST_OTHERS: Final = 60
LONGEST_WORD: Final = 80
_WORD = re.compile(r"[^ \t\r\n]+")
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """A character with its number and name; `is_turning`: it may change the direction of what follows."""

    text: str
    code: str
    name: str
    is_turning: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word with something hidden or disguised in it, and how it reads without (None: the same).

    `more` of its characters are not listed; `times` says how often it stands in the text.
    """

    text: str
    reading: str | None
    characters: Sequence[Character]
    more: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The suspicious words of a text, and its other characters beyond ASCII; `more` of each are not listed."""

    words: Sequence[Word]
    more_words: int
    others: Sequence[Character]
    more_others: int

    @property
    def is_plain(self) -> bool:
        """Whether every character is plain ASCII."""
        return not self.words and not self.others


def codes_of(text: str) -> Codes:
    """Return what stands in a text beyond plain ASCII, in the order of its first places. The work is linear."""
    kinds = kinds_of(text)
    words: Counter[str] = Counter()
    marks: dict[str, set[int]] = {}
    others: Counter[str] = Counter()
    for match in _WORD.finditer(text):
        word, start = match[0], match.start()
        odd = {place - start for place in range(start, match.end()) if kinds[place] != "seen"}
        if odd or _is_disguised(word):
            words[word] += 1
            marks.setdefault(word, odd)
        elif not word.isascii():
            others.update(letter for letter in word if letter > "\x7f")
    return Codes(
        words=[_word(word, marks[word], times) for word, times in list(words.items())[:MOST_WORDS]],
        more_words=max(0, len(words) - MOST_WORDS),
        others=[_character(letter, times) for letter, times in list(others.items())[:MOST_OTHERS]],
        more_others=max(0, len(others) - MOST_OTHERS),
    )


def _is_disguised(word: str) -> bool:
    """Return whether letters stand in another form than people type: full width, bold, in parts."""
    if word.isascii():
        return False
    if unicodedata.normalize("NFC", word) != word:
        return True
    return any(letter.isalpha() and unicodedata.normalize("NFKC", letter) != letter for letter in word)


def _word(word: str, marked: set[int], times: int) -> Word:
    found = [letter for place, letter in enumerate(word) if letter > "\x7f" or place in marked]
    reading = _reading(word)
    return Word(
        text=word[:LONGEST_WORD],
        reading=reading[:LONGEST_WORD] if reading != word else None,
        characters=[_character(letter) for letter in found[:MOST_CHARACTERS]],
        more=max(0, len(found) - MOST_CHARACTERS),
        times=times,
    )


def _reading(word: str) -> str:
    """Return a word without what is hidden in it, in the letters that it pretends to have."""
    seen = unicodedata.normalize(
        "NFKC", "".join(letter for letter, kind in zip(word, kinds_of(word), strict=True) if kind != "hidden")
    )
    plain = "".join(map(fold_word, re.split(r"(\W+)", seen.casefold())))
    return plain if plain != seen.casefold() else seen


def _character(letter: str, times: int = 1) -> Character:
    return Character(
        text=letter,
        code=f"U+{ord(letter):04X}",
        name=unicodedata.name(letter, "control character" if unicodedata.category(letter) == "Cc" else "unnamed"),
        is_turning=letter in _TURNING,
        times=times,
    )
