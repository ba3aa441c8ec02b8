"""Readers' text as people may safely see it: words that drove a score marked, disguises shown, personal data masked."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from moderator.domain.scoring import Label, Span
from moderator.personal import Found, mask

_SHORT_NAMES = {
    "\u00ad": "SHY",
    "\u034f": "CGJ",
    "\u061c": "ALM",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u2028": "LS",
    "\u2029": "PS",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
}
# Letters, marks and symbols that draw nothing, though their category says otherwise: fillers, the empty Braille
# pattern, the grapheme joiner and the variation selectors (UAX #44, Default_Ignorable_Code_Point).
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_EMOJI_JOINERS: Final = "\u200d\ufe0f"
_UNSEEN: Final = frozenset(("Cf", "Cc", "Cs", "Co", "Zl", "Zp"))
# Alphabets with letters that look like each other's. A word of two of them is a disguise, or a typing error.
_LOOK_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_WORD = re.compile(r"[^\W\d_]{2,}")
_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f\"<>\\\\]{1,2000}", re.IGNORECASE)
FOLDED_LINES: Final = 25
_LINE_CHARACTERS: Final = 80  # About what a line of the page holds.
_LINK = re.compile(r"https?://[^\s<>\"'“”«»]{1,2000}", re.IGNORECASE)
_AFTER_LINK: Final = ".,;:!?…)]}"
STRONG_SHARE = 0.25  # From here on a word is marked strongly.

# Nothing here is hidden or a disguise. A page of the queue has three hundred such texts.
_PLAIN = re.compile(r"[\t\n\r -~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text: plain, a marked word, a hidden character (`hidden` is then its short name), or a disguise.

    `is_alien`: letters of another alphabet than the rest of their word. `masked` is what to show first in place of
    personal data, of the same length; None elsewhere. `is_found`: somebody searched for it.
    """

    text: str
    label: Label | None = None
    weight: float = 0.0
    hidden: str | None = None
    is_alien: bool = False
    masked: str | None = None
    title: str = ""
    is_found: bool = False

    @property
    def is_strong(self) -> bool:
        """Whether the stretch carries a large share of a label's evidence."""
        return self.weight >= STRONG_SHARE


def pieces(
    text: str, spans: Sequence[Span] = (), personal: Sequence[Found] = (), found: Sequence[tuple[int, int]] = ()
) -> list[Piece]:
    """Cut a text into pieces that join to the whole. Where spans overlap, the weightiest shows.

    Personal data has no marks: it is masked whatever it scored. `found` has start and end of what was searched for.
    """
    if not (spans or personal or found) and _PLAIN.fullmatch(text):
        return [Piece(text=text)] if text else []
    marks: list[Span | None] = [None] * len(text)
    for span in sorted(spans, key=lambda one: one.weight):
        end = min(span.end, len(text))
        marks[span.start : end] = [span] * (end - span.start)
    kinds = kinds_of(text)
    titles = _hide(personal, marks, kinds)
    masked = mask(text, personal) if personal else text
    hits = bytearray(len(text))
    for start, end in found:
        hits[start:end] = b"\1" * (end - start)
    cut: list[Piece] = []
    for (mark, kind, is_found), positions in groupby(
        range(len(text)), key=lambda at: (marks[at], kinds[at], bool(hits[at]) and kinds[at] not in titles)
    ):
        places = list(positions)
        stretch = text[places[0] : places[-1] + 1]
        if kind == "hidden":
            cut += [_hidden(character) for character in stretch]
        elif kind in titles:
            cut.append(Piece(text=stretch, masked=masked[places[0] : places[-1] + 1], title=titles[kind]))
        else:
            cut.append(_seen(stretch, mark, is_alien=kind == "alien", is_found=is_found))
    return cut


def kinds_of(text: str) -> list[str]:
    """Return for each character whether it is seen, hidden, or alien: of another alphabet than its word."""
    kinds = [_kind(text, position) for position in range(len(text))]
    for position in _aliens(text):
        kinds[position] = "alien"
    return kinds


def _hide(personal: Sequence[Found], marks: list[Span | None], kinds: list[str]) -> dict[str, str]:
    """Make one kind of each stretch of personal data, without marks; return what it is called. Hidden stays hidden."""
    titles = {}
    for number, one in enumerate(personal):
        titles[kind := f"personal {number}"] = (
            f"{one.kind.replace('_', ' ')}, masked: point at it or go to it to read it"
        )
        for position in range(one.start, min(one.end, len(kinds))):
            marks[position] = None
            if kinds[position] != "hidden":
                kinds[position] = kind
    return titles


def _seen(stretch: str, span: Span | None, *, is_alien: bool, is_found: bool) -> Piece:
    label, weight = (span.label, span.weight) if span else (None, 0.0)
    titles = [f"{label.replace('_', ' ')}, {weight:.0%} of the evidence"] if label else []
    if is_alien:
        titles.insert(0, f"looks like another letter: U+{ord(stretch[0]):04X} {unicodedata.name(stretch[0], '')}")
    return Piece(
        text=stretch, label=label, weight=weight, is_alien=is_alien, title="; ".join(titles), is_found=is_found
    )


def _hidden(character: str) -> Piece:
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "unnamed")
    return Piece(text=character, hidden=_SHORT_NAMES.get(character, code), title=f"{code} {name}")


def _kind(text: str, position: int) -> str:
    """Return whether a character is seen, or hidden: it draws nothing but may change how others look.

    Line breaks and tabs are fine, and so are the joiners inside an emoji: there they do what they are for.
    """
    character = text[position]
    if character < "\x7f":
        return "hidden" if character < " " and character not in "\n\t\r" else "seen"
    if unicodedata.category(character) not in _UNSEEN and not _BLANK.match(character):
        return "seen"
    return "seen" if character in _EMOJI_JOINERS and _joins_emoji(text, position) else "hidden"


def _joins_emoji(text: str, position: int) -> bool:
    before, after = text[max(position - 1, 0) : position], text[position + 1 : position + 2]
    if not before:
        return False
    return before == "\ufe0f" or after == "\u20e3" or unicodedata.category(before) in ("So", "Sk", "Sm")


def _aliens(text: str) -> list[int]:
    """Return where letters stand in words of another alphabet that has letters of the same looks."""
    if text.isascii():
        return []
    found = []
    for word in _WORD.finditer(text):
        if word[0].isascii():
            continue
        scripts = [_script(letter) for letter in word[0]]
        known = [script for script in scripts if script]
        main = max(sorted(set(known)), key=known.count, default="")
        found += [word.start() + at for at, script in enumerate(scripts) if script and script != main]
    return found


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return next((script for script in _LOOK_ALIKE if name.startswith(script + " ")), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of a published text; `is_link` when it is an address that may become a link."""

    text: str
    is_link: bool = False


def linked(text: str) -> list[Run]:
    """Cut a published text into words and http(s) links. Characters that reorder or hide the rest are left out."""
    shown = "".join(piece.text for piece in pieces(text) if not piece.hidden)
    runs: list[Run] = []
    end = 0
    for match in _LINK.finditer(shown):
        address = match[0].rstrip(_AFTER_LINK)
        runs += [Run(text=shown[end : match.start()]), Run(text=address, is_link=True)]
        end = match.start() + len(address)
    return [run for run in (*runs, Run(text=shown[end:])) if run.text]


def web_address(address: str | None) -> str | None:
    """Return an address that may be opened: one of the web, without what would hide where it leads; else None."""
    if address is None or not _WEB_ADDRESS.fullmatch(address) or any(piece.hidden for piece in pieces(address)):
        return None
    host = address.split("/")[2]
    return address if host and "@" not in host else None


def line_count(text: str) -> int:
    """Return about how many lines a text takes on a page."""
    return sum(max(1, -(-len(line) // _LINE_CHARACTERS)) for line in text.splitlines()) or 1


def excerpt_of(text: str, characters: int) -> str:
    """Return how a text begins, in one line."""
    line = " ".join(text[: 4 * characters].split())
    return line if len(line) <= characters and len(text) <= 4 * characters else line[:characters].rstrip() + "…"
