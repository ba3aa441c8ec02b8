"""Where each character of a normalised text came from in the text that its author wrote."""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from moderator.classifier.normalise import (
    STEPS_AFTER_CLEANING,
    clean,
    fold_characters,
    normalise,
    steps_before_cleaning,
)

_WORDS = re.compile(r"\S+")


class Origin(NamedTuple):
    """A stretch of the original text: code points, end exclusive."""

    start: int
    end: int


class Aligned(NamedTuple):
    """A text, and the origin of each of its characters."""

    text: str
    origins: list[Origin]


def align(text: str) -> Aligned | None:
    """Return the normalised form of a text with the origin of each character.

    None for the rare text whose characters cannot be told apart again: letters composed across their neighbours.
    """
    aligned = _folded(text)
    for pattern, replacement in steps_before_cleaning(aligned.text):
        aligned = _replaced(aligned, pattern, replacement)
    aligned = _single_spaced(_cleaned(aligned))
    for pattern, replacement in STEPS_AFTER_CLEANING:
        aligned = _replaced(aligned, pattern, replacement)
    aligned = _single_spaced(aligned)
    return aligned if aligned.text == normalise(text) else None


def _folded(text: str) -> Aligned:
    """Fold cluster by cluster: a character and the marks that stand on it."""
    if text.isascii():
        return Aligned(text.lower(), list(map(Origin, range(len(text)), range(1, len(text) + 1))))
    pieces: list[str] = []
    origins: list[Origin] = []
    start = 0
    for position in range(1, len(text) + 1):
        if position < len(text) and unicodedata.combining(text[position]):
            continue
        cluster = text[start:position]
        folded = cluster.lower() if cluster.isascii() else fold_characters(cluster)
        pieces.append(folded)
        origins += [Origin(start, position)] * len(folded)
        start = position
    return Aligned("".join(pieces), origins)


def _cleaned(aligned: Aligned) -> Aligned:
    if aligned.text.isascii():
        return Aligned(clean(aligned.text), aligned.origins)
    pieces: list[str] = []
    origins: list[Origin] = []
    for character, origin in zip(aligned.text, aligned.origins, strict=True):
        piece = clean(character)
        pieces.append(piece)
        origins += [origin] * len(piece)
    return Aligned("".join(pieces), origins)


def _single_spaced(aligned: Aligned) -> Aligned:
    text, origins = aligned
    words = [match.span() for match in _WORDS.finditer(text)]
    kept: list[Origin] = []
    for number, (start, end) in enumerate(words):
        if number:
            kept.append(origins[words[number - 1][1]])  # Of several spaces the first.
        kept += origins[start:end]
    return Aligned(" ".join(text[start:end] for start, end in words), kept)


def _replaced(aligned: Aligned, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]) -> Aligned:
    """Replace as `pattern.sub` does. What keeps its length keeps its origins; else all of it comes from all of it."""
    matches = list(pattern.finditer(aligned.text))
    if not matches:
        return aligned
    pieces: list[str] = []
    origins: list[Origin] = []
    done = 0
    for match in matches:
        begin, end = match.span()
        new = replacement(match)
        pieces += (aligned.text[done:begin], new)
        origins += aligned.origins[done:begin]
        old = aligned.origins[begin:end]
        if len(new) == len(old):
            origins += old
        elif old:
            origins += [Origin(old[0].start, old[-1].end)] * len(new)
        done = end
    pieces.append(aligned.text[done:])
    return Aligned("".join(pieces), origins + aligned.origins[done:])
