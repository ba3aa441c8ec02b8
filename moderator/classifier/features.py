"""Normalised text to hashed n-grams, in a few dozen NumPy calls.

A text is the set of its n-grams in two blocks: characters (2 to 5 in a row, within a word and the spaces round it) and
words (1 and 2 in a row). An n-gram's hash is a polynomial over its code points modulo 2**64, so that prefix sums give
the hashes of all n-grams at once; multiplied by an odd constant of its kind, its top bits are its column.
`tests/classifier/test_features.py` has the same definition written out with plain integers.

Serving and training share this module, and a model names the `SCHEMA` it was trained with: whatever changes a column of
any text must change that name.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

SCHEMA: Final = "ngrams-2"
CHARACTER_BITS: Final = 18
WORD_BITS: Final = 17
CHARACTERS: Final = 1 << CHARACTER_BITS  # Columns from here on belong to words.
COLUMNS: Final = CHARACTERS + (1 << WORD_BITS)
ORDERS: Final = (2, 3, 4, 5)
WINDOW: Final = 2_000
LENGTH_POWER: Final = 0.8
"""A block is divided by this power of its length. With 1, one insult in a long comment would hardly count; with 0,
every long comment would look extreme."""

BASE: Final = 0x8F14_6C5D_3A97_E0B5
ORDER_KEYS: Final = (0xB5C9_1F37_68AD_42E3, 0x5D83_A4E6_9C17_F2BB, 0xE2A7_3B5F_D184_6C69, 0x3C6E_F592_07DB_A8D5)
WORD_KEY: Final = 0x97E3_58B1_4CDA_2F67
PAIR_KEYS: Final = (0xC4D9_0E73_B1A6_857F, 0x6AF1_93D5_2E8C_7B4D)
PAIR_SHIFT: Final = 31

_LENGTH = WINDOW + 2 + max(ORDERS)


def _powers(base: int) -> NDArray[np.uint64]:
    factors = np.full(_LENGTH, base, np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)


_POWERS = _powers(BASE)
_INVERSES = _powers(pow(BASE, -1, 1 << 64))
_KEYED = np.stack([_INVERSES * np.uint64(key) for key in ORDER_KEYS])
_LONGEST = np.array(ORDERS).reshape(-1, 1) - 1
_POSITIONS = np.arange(_LENGTH)
# Arrays of no dimension: with short operands they cost half of what NumPy's scalars do.
_WORD_KEY = np.array(WORD_KEY, np.uint64)
_FIRST_KEY, _SECOND_KEY = (np.array(key, np.uint64) for key in PAIR_KEYS)
_MIX = np.array(PAIR_SHIFT, np.uint64)
_SPACE = np.array(32, np.uint8)
_CHARACTER_SHIFT = np.array(64 - CHARACTER_BITS, np.uint64)
_WORD_SHIFT = np.array(64 - WORD_BITS, np.uint64)
_WORD_OFFSET = np.array(CHARACTERS, np.uint64)

Columns = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
Number = TypeVar("Number", bound=np.integer)
NONE: Final[Columns] = np.empty(0, np.uint32)


def code_points(text: str) -> NDArray[np.uint8] | NDArray[np.uint32]:
    """Return the code points of a text, lone surrogates included."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


class Hashed(NamedTuple):
    """The n-grams of a text, repeats included."""

    characters: Columns  # Those of characters, in the order of `present`.
    present: NDArray[np.bool_]  # For each order and start in the text between two spaces: is there such an n-gram?
    spaces: NDArray[np.intp]  # Positions of the spaces in the text between two spaces.
    words: Hashes  # The polynomial of each word: not yet a column.


def hashed(text: str) -> Hashed:
    """Return the n-grams of a normalised text of at most `WINDOW` characters."""
    codes = code_points(f" {text} ")
    length = codes.size
    sums = np.zeros(length + max(ORDERS), np.uint64)
    np.add.accumulate(codes * _POWERS[:length], out=sums[1 : length + 1])
    spaces = (codes == _SPACE).nonzero()[0]

    starts = length - 1
    room = spaces[1:].repeat(spaces[1:] - spaces[:-1])
    room -= _POSITIONS[:starts]
    present = room >= _LONGEST
    grams = np.ndarray((len(ORDERS), starts), np.uint64, sums.data, 8 * ORDERS[0], (8, 8)) - sums[:starts]
    grams *= _KEYED[:, :starts]
    grams >>= _CHARACTER_SHIFT

    begins = spaces[:-1] + 1
    words = sums[spaces[1:]] - sums[begins]
    words *= _INVERSES[begins]
    return Hashed(grams[present].astype(np.uint32), present, spaces, words)


def word_columns(words: Hashes) -> Columns:
    """Return the column of each word."""
    keyed = words * _WORD_KEY
    keyed >>= _WORD_SHIFT
    keyed += _WORD_OFFSET
    return keyed.astype(np.uint32)


def pair_columns(words: Hashes) -> Columns:
    """Return the column of each word and the one after it."""
    seconds = words[1:]
    mixed = seconds >> _MIX
    mixed ^= seconds
    mixed *= _SECOND_KEY
    pairs = words[:-1] * _FIRST_KEY
    pairs += mixed
    pairs >>= _WORD_SHIFT
    pairs += _WORD_OFFSET
    return pairs.astype(np.uint32)


def occurrences(text: str) -> tuple[Columns, Columns, NDArray[np.bool_], NDArray[np.intp]]:
    """Return the columns of every n-gram of a normalised text of at most `WINDOW` characters, repeats included.

    The first array has the n-grams of characters in the order of the third, which says for each order and start in the
    text between two spaces whether such an n-gram is there. The second has the words, then the pairs of words; the
    fourth the positions of the spaces in the text between two spaces.
    """
    characters, present, spaces, words = hashed(text)
    return characters, np.concatenate((word_columns(words), pair_columns(words))), present, spaces


def columns(text: str) -> Columns:
    """Return the columns of a normalised text of at most `WINDOW` characters: ascending, each once."""
    if not text:
        return NONE
    characters, _, _, words = hashed(text)
    return ascending(np.concatenate((characters, word_columns(words), pair_columns(words))))


def ascending(found: NDArray[Number]) -> NDArray[Number]:
    """Sort numbers in place, and return each once."""
    found.sort()
    first = np.empty(found.size, np.bool_)
    first[:1] = True
    np.not_equal(found[1:], found[:-1], out=first[1:])
    return found[first]


def windows(text: str) -> Iterator[tuple[int, str]]:
    """Cut a normalised text into stretches of at most `WINDOW` characters, at spaces where there are any.

    Yields where each begins, and its text. An empty text has none.
    """
    begin = 0
    while len(text) - begin > WINDOW:
        end = text.rfind(" ", begin, begin + WINDOW + 1)
        cut = end if end > begin else begin + WINDOW
        yield begin, text[begin:cut]
        begin = cut + 1 if end > begin else cut
    if begin < len(text):
        yield begin, text[begin:]
