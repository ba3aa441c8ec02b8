"""Clear signs that a text hides its letters from a machine, or is written in letters that the model does not know.

These are signs for the policy, not features: whoever hides letters gets a person's eyes. Only what hardly happens by
accident counts; one word with digits for letters does not, and neither do abbreviations such as N.A.T.O.
"""

import re
import unicodedata
from typing import Final

from moderator.classifier.normalise import fold_word

# A soft hyphen inside a word is what copying from a web page leaves: alone it is no sign.
_HIDING: Final = re.compile(
    "[A-Za-z\u0400-\u04ff][\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+[a-z\u0400-\u04ff]"
)
_FOREIGN: Final = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_WORD: Final = re.compile("[A-Za-z\u0370-\u03ff\u0400-\u052f]{2,}")
_APART: Final = re.compile(r"(?<![^\W_])[^\W\d_]([.\-_*·] ?| {1,2})[^\W\d_](?:\1[^\W\d_]){2,}(?![^\W_])")
# A class of two ranges costs a fraction of "letter", and the longer pattern looks again at what this finds.
_APART_SIGN: Final = re.compile(r"[.\-_*· ]\w[.\-_*· ]{1,2}\w[.\-_*· ]")
_OVERRIDE: Final = re.compile("[\u202d\u202e]")  # Nobody types these: they show letters in another order.
_LEET: Final = re.compile(
    r"(?<![\w@$!|./:#&=?%+-])[A-Za-z0-9@$!|]*[A-Za-z][013457@$|8!]{1,2}[A-Za-z][A-Za-z0-9@$|!]*(?![./:=&-]?\w)"
)
_LEET_SIGN: Final = re.compile(r"[013457@$|8!](?<=[A-Za-z].)[013457@$|8!]?[A-Za-z]")  # Begins with what is rare.
_NO_LEET: Final = re.compile("[0-9a-f]{5,}|[a-z]{1,2}[0-9][a-z]{1,2}|[^0-9@$|]*")  # Hashes, h2o, a forgotten space.
LEET_WORDS: Final = 2
_STACKED: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{3}")
_OTHER: Final = re.compile("[^\\W\\d_\u0000-\u024f\u1e00-\u1eff]")

KNOWN_SHARE: Final = 0.5
# How rare a text's n-grams may be (see `Model`), the more the fewer its words: a name alone is rare, ten words are not.
# Of clean texts in eight languages 0.13 % lie above; of typing at random 97 % from three words on.
SHORTEST_GIBBERISH: Final = 10
RAREST_LATIN: Final = 0.40
RAREST_OTHER: Final = 0.65
LEEWAY_LATIN: Final = 0.36
LEEWAY_OTHER: Final = 0.30


def hides_letters(text: str) -> bool:
    """Return whether a text mixes alphabets within words, hides or turns letters, or spells apart or in digits."""
    if _APART_SIGN.search(text) and any(_is_spelled_apart(match[0]) for match in _APART.finditer(text)):
        return True
    if _has_leet_signs(text) and _LEET_SIGN.search(text) and _leet_words(text) >= LEET_WORDS:
        return True
    if text.isascii():
        return False
    if _HIDING.search(text) or _OVERRIDE.search(text) or _STACKED.search(text):
        return True
    return bool(_FOREIGN.search(text)) and any(_is_mixed(match[0].casefold()) for match in _WORD.finditer(text))


def _has_leet_signs(text: str) -> bool:
    # Each search is one call of memchr: together they cost a fortieth of the pattern (measured).
    return (
        "0" in text
        or "1" in text
        or "3" in text
        or "4" in text
        or "5" in text
        or "7" in text
        or "8" in text
        or "@" in text
        or "$" in text
        or "|" in text
        or "!" in text
    )


def _leet_words(text: str) -> int:
    """Count the different words with digits for letters within them. Names in capitals (B2B, F16A) are none."""
    words = (match[0].strip("0123456789!|") for match in _LEET.finditer(text))
    return len({word.lower() for word in words if _LEET_SIGN.search(word) and not _is_code(word)})


def _is_code(word: str) -> bool:
    letters = sum(letter.isalpha() for letter in word)
    return word.isupper() or 2 * letters < len(word) or bool(_NO_LEET.fullmatch(word.lower()))


def _is_spelled_apart(stretch: str) -> bool:
    letters = [letter for letter in stretch if letter.isalpha()]
    return not all(letter.isupper() for letter in letters)


def _is_mixed(word: str) -> bool:
    return fold_word(word) != word


def script_of(letter: str) -> str:
    """Return the script of a letter as the first word of its Unicode name: LATIN, CYRILLIC, GREEK, CJK, ..."""
    return unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0].split("-", 1)[0]


def is_unreadable(text: str, scripts: frozenset[str]) -> bool:
    """Return whether more than half of a text's letters are of scripts that the model has hardly seen."""
    if text.isascii() or not scripts or not _OTHER.search(text):
        return False
    letters = [letter for letter in text if letter.isalpha()]
    known = sum(script_of(letter) in scripts for letter in letters)
    return known < KNOWN_SHARE * len(letters)


def is_gibberish(plain: str, rarity: float) -> bool:
    """Return whether a normalised text is typing at random, or in a language far from all that the model knows.

    Args:
        rarity: how rare its n-grams of characters are: 1 where they are as rare as chance makes them.
    """
    if rarity <= RAREST_LATIN or len(plain) < SHORTEST_GIBBERISH:
        return False  # Nearly every text.
    words = plain.count(" ") + 1
    # What is not ASCII takes two bytes a letter; accents are folded, so that it is not Latin.
    if not plain.isascii() and len(plain.encode("utf-8", "surrogatepass")) > 1.25 * len(plain):
        return rarity > RAREST_OTHER + LEEWAY_OTHER / words
    return rarity > RAREST_LATIN + LEEWAY_LATIN / words
