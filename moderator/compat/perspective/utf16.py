"""Offsets in UTF-16 code units, as Perspective counts them; Python counts code points."""

from collections.abc import Iterable


def utf16_offsets(text: str, offsets: Iterable[int]) -> list[int]:
    """Return where offsets in a text stand when UTF-16 code units are counted.

    Args:
        offsets: counted in code points, from 0 to the length of the text, none less than the one before.
    """
    if text.isascii() or max(text) <= "\uffff":  # A surrogate that stands alone is one unit, as it is one code point.
        return list(offsets)
    found = []
    at = units = 0
    for offset in offsets:
        units += offset - at + sum(character > "\uffff" for character in text[at:offset])
        found.append(units)
        at = offset
    return found
