"""The columns of a text, against the definition written out with plain integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.classifier import features
from moderator.classifier.features import CHARACTERS, COLUMNS, ORDERS, WINDOW, columns, hashed, windows
from moderator.classifier.normalise import normalise

MASK = (1 << 64) - 1
plain_texts = st.text(st.characters(codec=None), max_size=200).map(normalise)


def by_hand(text: str) -> set[int]:
    """The definition: each n-gram's hash is a polynomial over its code points, times a key; its top bits the column."""

    def polynomial(piece: str) -> int:
        return sum(ord(letter) * pow(features.BASE, place, 1 << 64) for place, letter in enumerate(piece)) & MASK

    def mix(code: int) -> int:
        first = code * features.LETTER_KEYS[0] & MASK
        return (first ^ (first >> features.LETTER_SHIFT)) * features.LETTER_KEYS[1]

    def column(value: int, bits: int) -> int:
        return (value & MASK) >> (64 - bits)

    found = set()
    words = text.split(" ") if text else []
    for position, word in enumerate(words):
        padded = f" {word} "
        for key, order in zip(features.ORDER_KEYS, ORDERS, strict=True):
            for start in range(len(padded) - order + 1):
                found.add(column(polynomial(padded[start : start + order]) * key, features.CHARACTER_BITS))
        first = polynomial(word)
        found.add(CHARACTERS + column(first * features.WORD_KEY, features.WORD_BITS))
        if len(word) >= features.FEWEST_LETTERS:
            letters = [mix(ord(letter)) for letter in word]
            edges = ord(word[0]) * features.EDGE_KEYS[0] + ord(word[-1]) * features.EDGE_KEYS[1]
            found.add(CHARACTERS + column(sum(letters) + edges, features.WORD_BITS))
        if position + 1 < len(words):
            second = polynomial(words[position + 1])
            mixed = (second ^ (second >> features.PAIR_SHIFT)) & MASK
            pair = first * features.PAIR_KEYS[0] + mixed * features.PAIR_KEYS[1]
            found.add(CHARACTERS + column(pair, features.WORD_BITS))
    return found


@given(plain_texts)
def test_columns_are_those_of_the_definition(text: str) -> None:
    assert set(columns(text).tolist()) == by_hand(text)


@pytest.mark.parametrize(
    "text", ["a", "ab", "a b", "the kremlin and europe", "привет мир", "😀", "x" * WINDOW, "wo rd " * 300 + "end"]
)
def test_columns_of_particular_texts_are_those_of_the_definition(text: str) -> None:
    text = text[:WINDOW].strip()
    assert set(columns(text).tolist()) == by_hand(text)


@given(plain_texts)
def test_columns_ascend_and_stand_once(text: str) -> None:
    found = columns(text)
    assert (np.diff(found.astype(np.int64)) > 0).all()
    assert not found.size or found[-1] < COLUMNS


def test_an_empty_text_has_no_columns() -> None:
    assert columns("").size == 0


def test_a_pair_of_words_has_an_order() -> None:
    assert set(columns("dog bites man").tolist()) != set(columns("man bites dog").tolist())


def test_a_text_is_hashed_with_its_repeats() -> None:
    found = hashed("never no never")
    assert found.present.sum() == found.characters.size
    assert found.spans.tolist() == [6, 3, 6]
    assert found.words[0] == found.words[2] != found.words[1]
    assert found.long_words.tolist() == [0, 2]


def test_each_column_belongs_to_a_word() -> None:
    found = hashed("never no never")
    owners = found.owners(np.arange(3))
    assert owners.size == found.alone.size == found.columns.size - 2  # There are two pairs of words.
    for number, word in enumerate(("never", "no", "never")):
        assert set(found.alone[owners == number].tolist()) == by_hand(word)


def test_swapped_letters_leave_a_skeleton() -> None:
    plain, swapped, other = (hashed(word).skeletons.tolist() for word in ("idiots", "idoits", "oddity"))
    assert plain == swapped != other
    assert hashed("idiots").words[0] != hashed("idoits").words[0]
    assert hashed("form").skeletons.size == 0


@given(st.lists(st.text("ab", min_size=1, max_size=900), max_size=12).map(" ".join))
def test_windows_cover_every_word_and_are_never_too_long(text: str) -> None:
    parts = list(windows(text))
    assert all(0 < len(part) <= WINDOW and text[begin : begin + len(part)] == part for begin, part in parts)
    assert " ".join(part for _, part in parts) == text


def test_a_word_longer_than_a_window_is_cut() -> None:
    assert [len(part) for _, part in windows("x" * (2 * WINDOW + 5))] == [WINDOW, WINDOW, 5]
