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
_LEET = re.compile(r"(?<![a-z0-9@$!|])[a-z0-9@$!|]*[a-z][013457@$!|]+[a-z][a-z0-9@$|]*")
_LEET_CYRILLIC = re.compile(r"(?<=[а-яё])[0346@](?=[а-яё])")
_DOLLAR = re.compile(r"(?<![^\s(])\$(?=[a-z]{2})")
_LETTER = r"[^\W\d_]"
_APART = re.compile(rf"(?<![^ ]){_LETTER}(?: {_LETTER}){{2,}}(?![^ ])")
_RUN = re.compile(r"([^ ])\1{2,}")
_SPACES = re.compile(r" {2,}")
# Cheap signs that a dearer pattern is worth its while: each begins with a character that is rare in plain prose.
_DOT_INSIDE = re.compile(r"\.[^\W\d_]{2}")
_LEET_INSIDE = re.compile(r"[013457@$!|](?<=[a-z].)[013457@$!|]*[a-z]")
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
    return match[0].translate(LEET)


def _unleet_cyrillic(match: re.Match[str]) -> str:
    return match[0].translate(LEET_CYRILLIC)


def _join(match: re.Match[str]) -> str:
    return fold_word(unicodedata.normalize("NFC", match[0].replace(" ", "")))


def _twice(match: re.Match[str]) -> str:
    return match[1] * 2


def fold_characters(text: str) -> str:
    """Fold compatibility forms, case and decoration; drop what cannot be seen."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    folded = unicodedata.normalize("NFKC", folded.translate(FOLD))
    return folded.casefold() if not folded.islower() else folded


Step = tuple[re.Pattern[str], Replacement]
_STEP_STARS: Step = (_STARS, lambda _: "")
_STEP_DOLLAR: Step = (_DOLLAR, lambda _: "s")
_STEP_LEET: Step = (_LEET, _unleet)
_STEP_MIXED: Step = (_WORD, _fold_mixed)
_STEP_LEET_CYRILLIC: Step = (_LEET_CYRILLIC, _unleet_cyrillic)
_UNMASK = (_STEP_STARS, _STEP_DOLLAR, _STEP_LEET, _STEP_LEET_CYRILLIC)


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
    if not text.isascii() and _MIXABLE.search(text):
        # What one step uncovers another may need, so they take turns.
        return [*steps, _STEP_MIXED, *_UNMASK, _STEP_MIXED, *_UNMASK, _STEP_MIXED]
    if "*" in text:
        steps.append(_STEP_STARS)
    if "$" in text:
        steps.append(_STEP_DOLLAR)
    if steps or _LEET_INSIDE.search(text):
        steps.append(_STEP_LEET)
    return steps


def clean(text: str) -> str:
    """Blank everything that is neither word nor symbol."""
    return text.translate(CLEAN_ASCII) if text.isascii() else text.translate(CLEAN)


STEPS_AFTER_CLEANING: tuple[Step, ...] = ((_APART, _join), (_RUN, _twice), (_PHONE, _put("xxphone")))


def read(text: str) -> Reading:
    """Return the normalised text and whether letters were spelled apart."""
    folded = text.lower() if text.isascii() else fold_characters(text)
    for pattern, replacement in steps_before_cleaning(folded):
        folded = pattern.sub(replacement, folded)
    plain = " ".join(clean(folded).split())
    times = 0
    if _TWO_APART.search(f" {plain} "):
        plain, times = _APART.subn(_join, plain)
    plain = _RUN.sub(_twice, plain)
    if _DIGITS.search(plain):
        plain = " ".join(_PHONE.sub(_put("xxphone"), plain).split())
    return Reading(plain, times > 0)


def normalise(text: str) -> str:
    """Return the plain form of a text. Never raises, lone surrogates included."""
    return read(text).text
