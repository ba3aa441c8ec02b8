"""Finds contact details and personal numbers in a text, and masks them. What is done about them, the policy says.

It looks for the form and then for the checksum or the numbering plan, so that years, prices, article numbers and
document numbers pass. What stands inside a web address is left alone. Every pattern is bounded, the text is cut at
`LONGEST_CHARACTERS` and at most `CANDIDATES` candidates of a kind are checked: the work is linear whatever is sent.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from moderator.domain.scoring import PersonalData

LONGEST_CHARACTERS: Final = 20_000
CANDIDATES: Final = 50
MASK: Final = "•"
# Shorter numbers are years, prices and ages; no phone number worth hiding and no identity number has fewer digits.
_FEWEST_DIGITS: Final = 7
_UNMASKED: Final = 2


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of the original text: `start` and `end` count Unicode code points, end exclusive."""

    kind: PersonalData
    start: int
    end: int


# One start for each run of letters: the look-behind makes it linear. No part can match what ends it.
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+@(?:[\w-]{1,63}+\.){1,5}(?:xn--[a-z0-9-]{1,59}|[^\W\d_]{2,24})(?![\w-])",
    re.IGNORECASE,
)
# Seven digits close to each other; a codice fiscale has letters between them.
_CLUSTER = re.compile(r"[0-9](?:\W{0,3}+[0-9]){6}|[A-Za-z]{6}[0-9]{2}[A-Za-z][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z]")
# What holds digits and is nobody's: web addresses, IP addresses, dates, documents such as 2023/0046(COD) and
# 2016/679, spans of years, amounts of money. A Belgian identity number begins with a date, too: 85.07.30-033.28.
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ELSEWHERE = re.compile(
    r"[a-z][a-z0-9+.-]{1,11}://[^\s<>\"]++|\bwww\.[^\s<>\"]++"
    r"|(?<![\w@.-])(?:[\w-]{1,63}+\.){1,5}[a-z]{2,24}/[^\s<>\"]*+"
    rf"|(?<![0-9.]){_OCTET}(?:\.{_OCTET}){{3}}(?!\.?[0-9])"
    r"|(?<![0-9])(?<![0-9][./])[0-9]{1,2}([./]) ?[0-9]{1,2}\1 ?(?:[0-9]{2}){1,2}(?!\1?[0-9]|-[0-9]{3}\.[0-9]{2})"
    r"|(?<![0-9])(?<![0-9]-)[0-9]{1,2}-[0-9]{1,2}-(?:[0-9]{2}){1,2}(?!-?[0-9])"
    r"|(?<![0-9])(?:1[5-9]|20)[0-9]{2}([./-])[0-9]{2}\2[0-9]{2}(?!\2?[0-9])"
    r"|(?<![0-9.,])0[.,][0-9]+(?![.,]?[0-9])"
    r"|(?<![0-9])(?:19|20)[0-9]{2}/[0-9]{1,4}(?![0-9])"
    r"|(?<![0-9])(?:1[5-9]|20)[0-9]{2} ?[-–/] ?(?:1[5-9]|20)[0-9]{2}(?![0-9])"
    r"|[€$£¥] ?[0-9]{1,15}(?:[ .,\u00a0\u202f][0-9]{2,3}(?![0-9])){0,8}"
    r"|(?<![\w+.,])[0-9]{1,3}(?:[ .,\u00a0\u202f][0-9]{3}){1,8}+[ \u00a0\u202f]?"
    r"(?:[€$£¥%]|(?:euro?s?|usd|gbp|pln|zł)\b)",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}[0-9]{2}(?:[ \u00a0-]?[A-Za-z0-9]){11,30}+")
_SHORTEST_IBAN: Final = 15
_CARD = re.compile(
    r"(?<![\w+])(?:[0-9]{13,19}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{3})?"
    r"|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5})(?!\w)"
)
# Issuers' first digits and their lengths (ISO/IEC 7812): Visa, Mastercard, American Express, Diners, JCB, Discover,
# UnionPay, Maestro. Luhn alone lets every tenth long number pass.
_ISSUED = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}"
    r"|35[0-9]{14}|6[0-9]{15}|62[0-9]{15,17}|(?:50|5[6-8]|6[37])[0-9]{11,17}"
)
# Seven digits and more with little between them. The matcher finds the number in it, or more than one.
_PHONE = re.compile(r"(?<![\w+])\+?\(?[0-9](?:[ ().\-–/\u00a0\u202f]{0,3}+[0-9]){6,40}+")
_PHONE_TRIES: Final = 8
_REGION_OF: Final = {
    "en": "GB",
    "de": "DE",
    "fr": "FR",
    "es": "ES",
    "pt": "PT",
    "ru": "RU",
    "nl": "NL",
    "pl": "PL",
    "it": "IT",
}
# Groups of three that end in zeros are somebody's millions, not somebody's number.
_FIGURE = re.compile(r"[0-9]{1,3}(?:[ .\u00a0\u202f]?[0-9]{3})*[ .\u00a0\u202f]?000")


@dataclass(frozen=True, slots=True)
class _Identity:
    """A country's identity number: its form, the module of python-stdnum that checks it, and the word it needs."""

    form: re.Pattern[str]
    check: str
    word: re.Pattern[str] | None = None


# Only numbers that a chance sequence hardly ever passes. Dutch numbers have nothing but a weak checksum: every eleventh
# figure of nine digits would pass, so a word must introduce them.
_IDENTITIES: Final = (
    _Identity(
        re.compile(r"(?<![\w+])[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}(?!\w)"),
        "fr.nir",
    ),
    _Identity(
        re.compile(r"(?<!\w)[A-Za-z]{6}[0-9]{2}[A-Za-z][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z](?!\w)"), "it.codicefiscale"
    ),
    _Identity(re.compile(r"(?<![\w+])[0-9]{2}[. ]?[0-9]{2}[. ]?[0-9]{2}[- ]?[0-9]{3}[. ]?[0-9]{2}(?!\w)"), "be.nn"),
    _Identity(re.compile(r"(?<![\w+])[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}(?!\w)"), "de.idnr"),
    _Identity(re.compile(r"(?<![\w+])[0-9]{11}(?!\w)"), "pl.pesel"),
    _Identity(re.compile(r"(?<![\w+])[0-9]{8}-?[A-Za-z](?!\w)"), "es.dni"),
    _Identity(re.compile(r"(?<!\w)[XYZxyz]-?[0-9]{7}-?[A-Za-z](?!\w)"), "es.nie"),
    _Identity(
        re.compile(r"(?<![\w+])(?:[0-9]{9}|[0-9]{4}[. ][0-9]{2}[. ][0-9]{3})(?!\w)"),
        "nl.bsn",
        re.compile(r"\b(?:bsn|burgerservicenummer|sofinummer)\b", re.IGNORECASE),
    ),
)
_WORD_DISTANCE: Final = 40


def looks_personal(text: str) -> bool:
    """Return whether it is worth a closer look. About a microsecond for an ordinary text; nothing is imported.

    Digits of other scripts than 0 to 9 are not counted: a text that writes its numbers with them passes.
    """
    if "@" in text and _EMAIL.search(text[:LONGEST_CHARACTERS]):
        return True
    # Ten counts in C are several times as quick as one pattern that looks at every character.
    count = text.count
    digits = (
        count("0")
        + count("1")
        + count("2")
        + count("3")
        + count("4")
        + count("5")
        + count("6")
        + count("7")
        + count("8")
        + count("9")
    )
    return digits >= _FEWEST_DIGITS and _CLUSTER.search(text[:LONGEST_CHARACTERS]) is not None


def find_personal(text: str, lang: str | None = None) -> tuple[Found, ...]:
    """Return the contact details and personal numbers of a text, in its order, not overlapping.

    May take some milliseconds, and more the first time, when it loads the numbering plans: `looks_personal` says
    whether that is worth a thread.

    Args:
        lang: the language (BCP 47) of the text, when known. Phone numbers without a country code are looked for as
            they are written where it is spoken; without it only numbers with one are found.
    """
    if not looks_personal(text):
        return ()
    # A line break belongs to no number, so nothing is found across what is left out; places stay the same.
    shown = _ELSEWHERE.sub(lambda match: "\n" * len(match[0]), text[:LONGEST_CHARACTERS])
    found: list[Found] = []
    for kind, places in (
        (PersonalData.EMAIL, _emails(shown)),
        (PersonalData.IBAN, _ibans(shown)),
        (PersonalData.CARD, _cards(shown)),
        (PersonalData.NATIONAL_ID, _identities(shown)),
        (PersonalData.PHONE, _phones(shown, _region(lang))),
    ):
        for start, end in places:
            if all(end <= other.start or other.end <= start for other in found):
                found.append(Found(kind, start, end))
    return tuple(sorted(found, key=lambda one: one.start))


def mask(text: str, found: Sequence[Found]) -> str:
    """Return the text with the letters and digits of what was found hidden but for the last two of each.

    The length and all that stands between the letters and digits stay, so that places in the text still hold.
    """
    masked = list(text)
    for one in found:
        places = [at for at in range(one.start, min(one.end, len(text))) if text[at].isalnum()]
        for at in places[:-_UNMASKED]:
            masked[at] = MASK
    return "".join(masked)


_Place = tuple[int, int]


def _candidates(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return islice(pattern.finditer(text), CANDIDATES)


def _emails(text: str) -> Iterator[_Place]:
    return (match.span() for match in _candidates(_EMAIL, text))


def _ibans(text: str) -> Iterator[_Place]:
    """Find account numbers. Words may follow in the same breath: the longest beginning that is one counts."""
    is_iban = _check("iban")
    for match in _candidates(_IBAN, text):
        start, end = match.span()
        while end - start >= _SHORTEST_IBAN:
            if text[end - 1].isalnum() and not text[end : end + 1].isalnum() and is_iban(text[start:end]):
                yield start, end
                break
            end -= 1


def _cards(text: str) -> Iterator[_Place]:
    for match in _candidates(_CARD, text):
        digits = match[0].replace(" ", "").replace("-", "")
        if _ISSUED.fullmatch(digits) and len(set(digits)) > 1 and _check("luhn")(digits):
            yield match.span()


def _identities(text: str) -> Iterator[_Place]:
    for identity in _IDENTITIES:
        for match in _candidates(identity.form, text):
            before = text[max(match.start() - _WORD_DISTANCE, 0) : match.start()]
            if (identity.word is None or identity.word.search(before)) and _check(identity.check)(match[0]):
                yield match.span()


@cache
def _check(name: str) -> Callable[[str], bool]:
    """Return a checksum of python-stdnum, loaded when the first candidate asks for it."""
    from importlib import import_module

    def is_valid(number: str) -> bool:
        return bool(module.is_valid(number))

    module = import_module(f"stdnum.{name}")
    return is_valid


def _region(lang: str | None) -> str | None:
    """Return whose numbering plan to try: the region that the language tag names, else the language's own."""
    if not lang:
        return None
    language, *more = lang.split("-")
    return next((tag.upper() for tag in more if len(tag) == 2), _REGION_OF.get(language.lower()))


def _phones(text: str, region: str | None) -> Iterator[_Place]:
    for candidate in _candidates(_PHONE, text):
        if region is None and "+" not in candidate[0]:
            continue
        # A character on each side lets the matcher see a letter or a sign of money that belongs to the number.
        first = max(candidate.start() - 1, 0)
        for start, end in _phones_in(text[first : candidate.end() + 1], region):
            yield first + start, first + end


def _phones_in(window: str, region: str | None) -> Iterator[_Place]:
    # Loading takes 20 ms and some megabytes: texts without a candidate do not pay for it.
    from phonenumbers import Leniency, PhoneNumberMatcher

    for match in PhoneNumberMatcher(window, region, leniency=Leniency.VALID, max_tries=_PHONE_TRIES):
        if sum(map(str.isdigit, match.raw_string)) >= _FEWEST_DIGITS and not _FIGURE.fullmatch(match.raw_string):
            yield match.start, match.end
