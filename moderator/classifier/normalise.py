"""Text to the plain form that features are made of: one spelling for the many ways to write a word.

The result holds words and symbols with single spaces between them. Punctuation and case go, because some sources of the
training texts come without, and style must not be the label. The work is linear in the length of the text: every
pattern is anchored or bounded. Normalising twice changes nothing. What readers see and what is stored is untouched.

Every step after the first works on characters by one pattern and one replacement, so that `align` can replay the steps
and remember where each character came from.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from moderator.classifier.letters import (
    CLEAN,
    CLEAN_ASCII,
    FOLD,
    LEET,
    LEET_CYRILLIC,
    LOOKS_CYRILLIC,
    LOOKS_LATIN,
    TO_CYRILLIC,
    TO_LATIN,
)

_TLDS = (
    "com|net|org|info|biz|ru|su|io|co|me|tv|cc|xyz|top|club|online|site|shop|store|link|live|vip|pro|app|dev|ai|gg|"
    "click|icu|win|bet|uk|de|fr|es|it|nl|pl|pt|br|ua|us|ca|au|in|eu|ly|to|be|ch|at|cn|jp|рф"
)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.ASCII)
_DOMAIN = re.compile(rf"(?<![\w.@-])[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,3}}\.(?:{_TLDS})(?![\w-])(?:/[^\s<>\"]*)?")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_USER = re.compile(r"(?<!\w)@\w{1,64}")
_PHONE = re.compile(r"(?<![^ ])[0-9](?: ?[0-9]){8,14}(?![^ ])")
_FOREIGN = "\u0370-\u03ff\u0400-\u052f"
_MIXABLE = re.compile(rf"[{_FOREIGN}]")
_WORD = re.compile(rf"[a-z0-9{_FOREIGN}]+")
_STARS = re.compile(rf"(?<=[a-z{_FOREIGN}])\*{{1,4}}(?=[a-z{_FOREIGN}])")
# A token with a sign in it. Only a token's first place is tried, and the letters before the sign are not given back:
# else a text of one long word would take the square of its length.
_LEET = re.compile(r"(?<![^\W_])(?<![@$!|])[^\W_0-9]*+[0-9@$!|](?:[^\W_]|[@$!|])*")
_LEET_PART = re.compile(r"(?<![^\W_])[a-z0-9]{2,}(?![^\W_])")
_VOWELS_OR_NONE = ("a", "e", "i", "o", "u", "")
_SIGNS = "0123456789@$!|"
_MEASURE = re.compile(
    r"[0-9]+(?:[a-z]|st|nd|rd|th|am|pm|km|kg|mm|cm|px|gb|mb|ft|hrs?|min|ii|yrs?|yo|bn|mph|kmh|mg|lbs?|pc|oz|ml)"
)
_LEET_CYRILLIC = re.compile(r"(?<=[а-яё])[0346@](?=[а-яё])")
_LETTER = r"[^\W\d_]"
_APART = re.compile(rf"(?<![^ ]){_LETTER}(?: {_LETTER}){{2,}}(?![^ ])")
_RUN = re.compile(r"([^ ])\1\1+")
_SPACES = re.compile(r" {2,}")
# Cheap signs that a dearer pattern is worth its while: each begins with a character that is rare in plain prose.
_DOT_INSIDE = re.compile(r"\.[^\W\d_]{2}")
_LEET_INSIDE = re.compile(r"[0-9@$!|](?:(?=[a-z])|(?<=[a-z][0-9@$]))")
_MIXED_INSIDE = re.compile(rf"[{_FOREIGN}](?:(?=[a-z0-9@])|(?<=[a-z0-9@].))")
_TWO_APART = re.compile(rf" {_LETTER} {_LETTER} ")
_DIGITS = re.compile(r"[0-9](?: ?[0-9]){8}")

Replacement = Callable[[re.Match[str]], str]


class Reading(NamedTuple):
    """A normalised text, and whether letters were found spelled apart in it."""

    text: str
    joined: bool


def _put(word: str) -> Replacement:
    return lambda _: f" {word} "


def _fold_mixed(match: re.Match[str]) -> str:
    return fold_word(match[0])


def fold_word(word: str) -> str:
    """Give a word that mixes alphabets the one it pretends to have; a word that truly mixes them is left alone."""
    foreign = [letter for letter in word if "\u0370" <= letter <= "\u052f"]
    latin = [letter for letter in word if "a" <= letter <= "z"]
    if not foreign or not latin:
        return word
    if LOOKS_LATIN.issuperset(foreign):
        return word.translate(TO_LATIN)
    if LOOKS_CYRILLIC.issuperset(latin):
        return word.translate(TO_CYRILLIC)
    return word


def _unleet(match: re.Match[str]) -> str:
    token = match[0]
    word = token.rstrip("!|")
    if token.isascii() and _is_leet(word):
        return _spell(word) + token[len(word) :]
    # What cleaning will part is judged in parts, so that normalising twice changes nothing.
    return token if token.isalnum() else _LEET_PART.sub(_unleet_part, token)


def _unleet_part(match: re.Match[str]) -> str:
    return _spell(match[0]) if _is_leet(match[0]) else match[0]


def _is_leet(word: str) -> bool:
    """Return whether signs stand for letters: within a word, or one beside it; not in 3rd, 20km, mp3, $5m or h2o."""
    rest = word.lstrip(_SIGNS)
    core = rest.rstrip(_SIGNS)
    before, after = len(word) - len(rest), len(rest) - len(core)
    if not core or (not before + after and core.isalpha()) or "2" in word or "6" in word or _MEASURE.fullmatch(word):
        return False
    if not core.isalpha() or before == after == 1:
        return True
    if not after:
        return (before == 1 and len(core) > 1) or (before == 2 and not word[:2].isdigit() and len(core) > 1)
    return not before and ((after == 1 and len(core) > 2) or not rest[len(core) :].strip("$@"))


def _spell(word: str) -> str:
    """Write letters for signs. What looks like both i and l is l after a vowel and before a first vowel."""
    spelled = ""
    plain = word.translate(LEET)
    for place, letter in enumerate(plain):
        if letter not in "1!|":
            spelled += letter
        elif spelled[-1:] in _VOWELS_OR_NONE:
            follows = plain[place + 1 : place + 2]
            spelled += "l" if spelled or follows in _VOWELS_OR_NONE[:-1] else "i"
        else:
            spelled += "l" if spelled[-1] == "l" and spelled[-2:-1] in _VOWELS_OR_NONE[:-1] else "i"
    return spelled


def _unleet_cyrillic(match: re.Match[str]) -> str:
    return match[0].translate(LEET_CYRILLIC)


def _join(match: re.Match[str]) -> str:
    return fold_word(unicodedata.normalize("NFC", match[0].replace(" ", "")))


def _shorten(match: re.Match[str]) -> str:
    """One letter is left of a run within a word; two of a run that is a word (xxx, www) and of digits."""
    text, letter = match.string, match[1]
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    return letter if letter.isalpha() and (before.isalpha() or after.isalpha()) else letter * 2


def _may_have_run(text: str) -> bool:
    """Return whether a character may stand three times in a row; sure of it in ASCII, where it is cheap to know.

    Each byte is compared with its neighbour at once, as two long numbers: two zeros in a row are three equal bytes. The
    pattern itself takes ten times as long, and most comments have no run.
    """
    if not text.isascii():
        return True
    number = int.from_bytes(text.encode(), "little")
    return b"\0\0" in (number ^ (number >> 8)).to_bytes(len(text), "little")


def fold_characters(text: str) -> str:
    """Fold compatibility forms, case and decoration; drop what cannot be seen."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    folded = unicodedata.normalize("NFKC", folded.translate(FOLD))
    return folded.casefold() if not folded.islower() else folded


Step = tuple[re.Pattern[str], Replacement]
_STEP_STARS: Step = (_STARS, lambda _: "")
_STEP_LEET: Step = (_LEET, _unleet)
_STEP_MIXED: Step = (_WORD, _fold_mixed)
_STEP_LEET_CYRILLIC: Step = (_LEET_CYRILLIC, _unleet_cyrillic)
_UNMASK = (_STEP_STARS, _STEP_LEET, _STEP_LEET_CYRILLIC)


def steps_before_cleaning(text: str) -> list[Step]:
    """Return the steps that a folded text needs, in order. Most comments need none."""
    steps: list[Step] = []
    if "@" in text:
        steps.append((_EMAIL, _put("xxemail")))
    if "//" in text or "www." in text:
        steps.append((_URL, _put("xxurl")))
    if _DOT_INSIDE.search(text):
        steps.append((_DOMAIN, _put("xxurl")))
    if "@" in text:
        steps.append((_USER, _put("xxuser")))
    has_stars, has_leet = "*" in text, _LEET_INSIDE.search(text)
    if not text.isascii() and _MIXABLE.search(text) and (has_stars or has_leet or _MIXED_INSIDE.search(text)):
        # What one step uncovers another may need, so they take turns.
        return [*steps, _STEP_MIXED, *_UNMASK, _STEP_MIXED, *_UNMASK, _STEP_MIXED, *_UNMASK]
    if has_stars:
        steps.append(_STEP_STARS)
    if has_leet:
        steps.append(_STEP_LEET)
    return steps


def clean(text: str) -> str:
    """Blank everything that is neither word nor symbol."""
    return text.translate(CLEAN_ASCII) if text.isascii() else text.translate(CLEAN)


STEPS_AFTER_CLEANING: tuple[Step, ...] = ((_APART, _join), (_RUN, _shorten), (_PHONE, _put("xxphone")))


def read(text: str) -> Reading:
    """Return the normalised text and whether letters were spelled apart."""
    folded = text.lower() if text.isascii() else fold_characters(text)
    for pattern, replacement in steps_before_cleaning(folded):
        folded = pattern.sub(replacement, folded)
    plain = " ".join(clean(folded).split())
    times = 0
    if _TWO_APART.search(f" {plain} "):
        plain, times = _APART.subn(_join, plain)
    if _may_have_run(plain):
        plain = _RUN.sub(_shorten, plain)
    if _DIGITS.search(plain):
        plain = " ".join(_PHONE.sub(_put("xxphone"), plain).split())
    return Reading(plain, times > 0)


# A comment is scored and then signed (moderator/sketch.py): the second of them finds the text that the first read.
@lru_cache(maxsize=2)
def normalise(text: str) -> str:
    """Return the plain form of a text. Never raises, lone surrogates included."""
    return read(text).text
