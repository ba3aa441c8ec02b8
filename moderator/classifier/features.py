"""Normalised text to hashed n-grams, in a few dozen NumPy calls.

A text is the set of its n-grams in two blocks: characters (2 to 5 in a row, within a word and the spaces round it) and
words (1 and 2 in a row, and the skeleton of each longer word: its first and last letter, and all its letters in any
order, so that swapped letters change little). An n-gram's hash is a polynomial over its code points modulo 2**64, so
that prefix sums give the hashes of all n-grams at once; multiplied by an odd constant of its kind, its top bits are its
column. A skeleton's hash is a sum over its letters' own hashes.
`tests/classifier/test_features.py` has the same definition written out with plain integers.

Serving and training share this module, and a model names the `SCHEMA` it was trained with: whatever changes a column of
any text must change that name.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

SCHEMA: Final = "ngrams-2"
CHARACTER_BITS: Final = 18
WORD_BITS: Final = 18
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
LETTER_KEYS: Final = (0xA5EE_F167_803B_4161, 0xA27A_267A_1C4A_7F47)
LETTER_SHIFT: Final = 29
EDGE_KEYS: Final = (0xD8A0_2494_5922_7041, 0xED83_D469_BBAE_AD8F)
FEWEST_LETTERS: Final = 5  # A shorter word has no skeleton: it has hardly any letters to swap.

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
_LETTER_FIRST, _LETTER_SECOND = (np.array(key, np.uint64) for key in LETTER_KEYS)
_LETTER_MIX = np.array(LETTER_SHIFT, np.uint64)
_EDGE_FIRST, _EDGE_LAST = (np.array(key, np.uint64) for key in EDGE_KEYS)
_SPACE = np.array(32, np.uint8)
_CHARACTER_SHIFT = np.array(64 - CHARACTER_BITS, np.uint64)
_WORD_SHIFT = np.array(64 - WORD_BITS, np.uint64)
_WORD_OFFSET = np.array(CHARACTERS, np.uint64)

Columns = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
CodePoints = NDArray[np.uint8] | NDArray[np.uint32]
Number = TypeVar("Number", bound=np.integer)
NONE: Final[Columns] = np.empty(0, np.uint32)


def code_points(text: str) -> CodePoints:
    """Return the code points of a text, lone surrogates included."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


class Hashed(NamedTuple):
    """The n-grams of a text, repeats included."""

    columns: Columns  # Of characters in the order of `present`, then of words, of skeletons, of pairs of words.
    present: NDArray[np.bool_]  # For each order and start in the text between two spaces: is there such an n-gram?
    spans: NDArray[np.intp]  # How many starts belong to each word: one for each letter, one for the space before.
    long_words: NDArray[np.intp]  # The numbers of the words that have a skeleton.
    polynomials: Hashes  # Those of the words: not yet columns.

    @property
    def characters(self) -> Columns:
        """The columns of the n-grams of characters."""
        return self.columns[: self._begin_of_words]

    @property
    def words(self) -> Columns:
        """The column of each word."""
        return self.columns[self._begin_of_words :][: self.spans.size]

    @property
    def skeletons(self) -> Columns:
        """The column of the skeleton of each of `long_words`."""
        return self.columns[self._begin_of_words + self.spans.size :][: self.long_words.size]

    @property
    def alone(self) -> Columns:
        """The columns without those of pairs of words."""
        return self.columns[: self.columns.size - self.spans.size + 1]

    def owners(self, of_words: NDArray[Number]) -> NDArray[Number]:
        """Return for each column of `alone` what belongs to its word, given that for each word."""
        of_starts = np.empty(self.present.shape, of_words.dtype)
        of_starts[:] = of_words.repeat(self.spans)
        return np.concatenate((of_starts[self.present], of_words, of_words.take(self.long_words)))

    @property
    def _begin_of_words(self) -> int:
        return self.columns.size - 2 * self.spans.size - self.long_words.size + 1


# What takes the time here is the number of calls, some 2 µs each, and not what they work on. So numbers go where there
# is room already, and NumPy's functions in Python, such as `diff`, are avoided: 60 µs where it had been 90, for 350
# characters.
@lru_cache(maxsize=2)  # Scores and signals ask for the same text, one after the other. Nobody changes what they get.
def hashed(text: str) -> Hashed:
    """Return the n-grams of a normalised text of at most `WINDOW` characters."""
    codes = code_points(f" {text} ")
    length = codes.size
    sums = np.zeros(length + ORDERS[-1], np.uint64)
    inner = sums[1 : length + 1]
    np.multiply(codes, _POWERS[:length], out=inner)
    np.add.accumulate(inner, out=inner)
    spaces = (codes == _SPACE).nonzero()[0]
    before, after = spaces[:-1], spaces[1:]
    spans = after - before

    starts = length - 1
    room = after.repeat(spans)
    room -= _POSITIONS[:starts]
    present = room >= _LONGEST
    grams = np.ndarray((len(ORDERS), starts), np.uint64, sums.data, 8 * ORDERS[0], (8, 8)) - sums[:starts]
    grams *= _KEYED[:, :starts]
    characters = grams[present]
    characters >>= _CHARACTER_SHIFT

    begins = before + 1
    words = sums.take(after)
    words -= sums.take(begins)
    words *= _INVERSES.take(begins)
    long_words = (spans > FEWEST_LETTERS).nonzero()[0]
    skeletons = _skeletons(codes, begins.take(long_words), after.take(long_words) - 1)
    of_words = _as_columns(np.concatenate((words * _WORD_KEY, skeletons, _pairs(words))))
    columns = np.concatenate((characters.astype(np.uint32), of_words))
    return Hashed(columns, present, spans, long_words, words)


def _skeletons(codes: CodePoints, first: NDArray[np.intp], last: NDArray[np.intp]) -> Hashes:
    """Return the hash of the skeleton of each word, from the places of its first letters and its last ones."""
    letters = codes * _LETTER_FIRST
    letters ^= letters >> _LETTER_MIX
    letters *= _LETTER_SECOND
    np.add.accumulate(letters, out=letters)
    skeletons = letters.take(last)
    skeletons -= letters.take(first - 1)
    skeletons += codes.take(first) * _EDGE_FIRST
    skeletons += codes.take(last) * _EDGE_LAST
    return skeletons


def _pairs(words: Hashes) -> Hashes:
    seconds = words[1:]
    mixed = seconds >> _MIX
    mixed ^= seconds
    mixed *= _SECOND_KEY
    mixed += words[:-1] * _FIRST_KEY
    return mixed


def pair_columns(words: Hashes) -> Columns:
    """Return the column of each word and the one after it, from the words' polynomials."""
    return _as_columns(_pairs(words))


def _as_columns(hashes: Hashes) -> Columns:
    hashes >>= _WORD_SHIFT
    hashes += _WORD_OFFSET
    return hashes.astype(np.uint32)


def columns(text: str) -> Columns:
    """Return the columns of a normalised text of at most `WINDOW` characters: ascending, each once."""
    return ascending(hashed(text).columns.copy()) if text else NONE


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
