"""A comment's text as a moderator sees it: words that drove a score marked, hidden characters made visible."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from moderator.domain.scoring import Label, Span

_SHORT_NAMES = {
    "\u00ad": "SHY",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
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
STRONG_SHARE = 0.25  # From here on a word is marked strongly.


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text: plain, a marked word, or a hidden character (`hidden` is then its short name)."""

    text: str
    label: Label | None = None
    weight: float = 0.0
    hidden: str | None = None
    title: str = ""

    @property
    def is_strong(self) -> bool:
        """Whether the stretch carries a large share of a label's evidence."""
        return self.weight >= STRONG_SHARE


def pieces(text: str, spans: Sequence[Span] = ()) -> list[Piece]:
    """Cut a text into pieces that join to the whole. Where spans overlap, the weightiest shows."""
    marks: list[Span | None] = [None] * len(text)
    for span in sorted(spans, key=lambda one: one.weight):
        end = min(span.end, len(text))
        marks[span.start : end] = [span] * (end - span.start)
    found: list[Piece] = []
    start = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or marks[position] is not marks[start]:
            found += _visible(text[start:position], marks[start])
            start = position
    return found


def _visible(stretch: str, span: Span | None) -> list[Piece]:
    label, weight = (span.label, span.weight) if span else (None, 0.0)
    title = f"{label.replace('_', ' ')}, {weight:.0%} of the evidence" if label else ""
    found: list[Piece] = []
    plain = ""
    for character in stretch:
        if not _is_hidden(character):
            plain += character
            continue
        if plain:
            found.append(Piece(text=plain, label=label, weight=weight, title=title))
        plain = ""
        name = unicodedata.name(character, "unnamed")
        code = f"U+{ord(character):04X}"
        found.append(Piece(text=character, hidden=_SHORT_NAMES.get(character, code), title=f"{code} {name}"))
    if plain:
        found.append(Piece(text=plain, label=label, weight=weight, title=title))
    return found


def _is_hidden(character: str) -> bool:
    """Return whether a character cannot be seen but may change how others look. Line breaks and tabs are fine."""
    return unicodedata.category(character) in ("Cf", "Cc", "Cs", "Co") and character not in "\n\t\r"
