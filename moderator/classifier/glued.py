"""Words written without spaces between them, so that a machine sees one that it does not know.

A long run of letters is cut into words that are common in the model's training texts; where they cover most of it, they
were glued. A word counts only when three n-grams say so: the word itself, its beginning and its end beside a space.
Each alone shares its column with chance sequences; German, Dutch and Finnish compounds fall to one of them. What is
common is English first, as the training texts are: elsewhere the rule finds little and accuses nobody.
"""

import re
from collections.abc import Iterator
from typing import Final

from moderator.classifier.features import (
    BASE,
    CHARACTER_BITS,
    CHARACTERS,
    ORDER_KEYS,
    ORDERS,
    WORD_BITS,
    WORD_KEY,
)
from moderator.classifier.model import Model
from moderator.classifier.normalise import fold_characters

SHORTEST_RUN: Final = 18
LONGEST_RUN: Final = 60
MOST_RUNS: Final = 5
LEAST_COVERED: Final = 0.65
FEWEST_WORDS: Final = 3
FEWEST_LONG_WORDS: Final = 2

# A walk from space to space, in C: half a microsecond for an ordinary comment. A hit is only worth a closer look.
_LONG_STRETCH: Final = re.compile(rf"(?:[^ ]{{0,{SHORTEST_RUN - 1}}}+ )*+[^ ]{{{SHORTEST_RUN}}}")
# Not in addresses, hashtags, names of people, paths or code.
_RUN: Final = re.compile(rf"(?<![\w#@/.:&=\-])[^\W\d_]{{{SHORTEST_RUN},}}+(?!\w|[./@:=\-]\w)")
_REPEATED: Final = re.compile(r"(.{1,3})\1{3}")  # hahahahaha, kkkkkk, nonononono

SHORTEST_WORD: Final = 2
LONGEST_WORD: Final = 12
# The highest squared idf of a word's own column and of its columns beside spaces, by the word's length.
_COMMON_WORD: Final = {2: 12.0, 3: 32.0}
_COMMON_EDGE: Final = {2: 20.0, 3: 30.0}
_COMMON_LONG_WORD: Final = 45.0
_COMMON_LONG_EDGE: Final = 40.0
_MASK: Final = (1 << 64) - 1
_POWERS: Final = tuple(pow(BASE, power, 1 << 64) for power in range(LONGEST_WORD))
_SPACE: Final = 32


def glues_words(model: Model, text: str) -> bool:
    """Return whether a text holds a long run of letters that is several common words."""
    if _LONG_STRETCH.match(text) is None:
        return False
    for count, match in enumerate(_RUN.finditer(text)):
        if count == MOST_RUNS:
            break
        run = fold_characters(match[0])[:LONGEST_RUN]
        if not _REPEATED.search(run) and _is_glued(run, words_in(model, run)):
            return True
    return False


def _is_glued(run: str, words: list[str]) -> bool:
    different = set(words)
    long_words = sum(len(word) > 2 for word in different)
    covered = sum(map(len, words))
    return len(different) >= FEWEST_WORDS and long_words >= FEWEST_LONG_WORDS and covered >= LEAST_COVERED * len(run)


def words_in(model: Model, run: str) -> list[str]:
    """Return the common words that cover most of a run of letters, side by side, as few as will do."""
    best = [(0, 0)] * (len(run) + 1)  # Letters covered, then minus the words, up to each place.
    step = [1] * (len(run) + 1)
    codes = [ord(letter) for letter in run]
    for start in range(len(run)):
        if best[start] > best[start + 1]:
            best[start + 1], step[start + 1] = best[start], 1
        for length in _words_at(model, codes, start):
            reached = (best[start][0] + length, best[start][1] - 1)
            if reached > best[start + length]:
                best[start + length], step[start + length] = reached, length
    words = []
    place = len(run)
    while place:
        if step[place] > 1:
            words.append(run[place - step[place] : place])
        place -= step[place]
    return words[::-1]


def _words_at(model: Model, codes: list[int], start: int) -> Iterator[int]:
    """Yield the lengths of the words that the model finds common and that begin at a place."""
    squares = model.table[:, -1]
    polynomial = 0
    for length, code in enumerate(codes[start : start + LONGEST_WORD], 1):
        polynomial = (polynomial + code * _POWERS[length - 1]) & _MASK
        if length < SHORTEST_WORD or squares[word_column(polynomial)] > _COMMON_WORD.get(length, _COMMON_LONG_WORD):
            continue
        most = _COMMON_EDGE.get(length, _COMMON_LONG_EDGE)
        if all(squares[edge] <= most for edge in edge_columns(codes[start : start + length])):
            yield length


def word_column(polynomial: int) -> int:
    """Return the column of a word, given the polynomial over its code points."""
    return CHARACTERS + ((polynomial * WORD_KEY & _MASK) >> (64 - WORD_BITS))


def edge_columns(codes: list[int]) -> tuple[int, int]:
    """Return the columns of a word's first and last n-gram of at most five characters, the space beside it included."""
    spaced = [_SPACE, *codes, _SPACE]
    order = min(len(spaced), ORDERS[-1])
    return _character_column(spaced[:order]), _character_column(spaced[-order:])


def _character_column(codes: list[int]) -> int:
    polynomial = sum(code * _POWERS[place] for place, code in enumerate(codes))
    return (polynomial * ORDER_KEYS[ORDERS.index(len(codes))] & _MASK) >> (64 - CHARACTER_BITS)
