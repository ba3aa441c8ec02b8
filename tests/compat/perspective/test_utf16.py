"""Offsets in UTF-16 code units, against the encoder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.compat.perspective.utf16 import utf16_offsets

# Emoji with modifiers and joiners, combining marks, letters beyond the first plane, surrogates that stand alone.
CHARACTERS = st.one_of(
    st.characters(),
    st.sampled_from("a \n👍🏽👩‍👩‍👧𝔘é\u0301\u200d\ufe0f\ud83d\ude00\ud800\udfff\U0010ffff"),
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.text(CHARACTERS), st.data())
def test_offsets_are_those_of_the_encoder(text: str, data: st.DataObject) -> None:
    offsets = sorted(data.draw(st.lists(st.integers(min_value=0, max_value=len(text)))))

    assert utf16_offsets(text, offsets) == [units(text[:offset]) for offset in offsets]


@given(st.text(st.characters(max_codepoint=0xFFFF)))
def test_in_the_first_plane_both_counts_are_one(text: str) -> None:
    assert utf16_offsets(text, range(len(text) + 1)) == list(range(len(text) + 1))


@pytest.mark.parametrize(
    ("text", "end"), [("", 0), ("Hi", 2), ("é", 1), ("e\u0301", 2), ("👍", 2), ("👍🏽", 4), ("👩‍👧", 5), ("\ud83d", 1)]
)
def test_lengths_of_what_looks_like_one_character(text: str, end: int) -> None:
    assert utf16_offsets(text, [0, len(text)]) == [0, end]
