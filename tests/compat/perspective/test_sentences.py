"""Cutting a text into its sentences."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.compat.perspective.sentences import MOST_SENTENCES, sentences

PIECES = st.lists(
    st.sampled_from(["a", "Word", " ", "\n", ".", "!", "?", "…", '"', "’", ")", "👍", "é", "\u2028", "3.14"])
)


def parts(text: str) -> list[str]:
    return [text[begin:end] for begin, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who is an idiot here? Sorry, I like your name.", ["Who is an idiot here?", "Sorry, I like your name."]),
        ("One line\n\nand another", ["One line", "and another"]),
        ("It costs 3.14 at news.example today", ["It costs 3.14 at news.example today"]),
        ("He said “No!” and left... Why?!", ["He said “No!”", "and left...", "Why?!"]),
        ("  No end  ", ["No end"]),
        ("... !", ["...", "!"]),
        (" \n ", []),
        ("", []),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@given(PIECES.map("".join))
def test_sentences_stand_in_order_and_leave_out_white_space_alone(text: str) -> None:
    found = sentences(text)

    borders = [0, *(offset for part in found for offset in part), len(text)]
    assert borders == sorted(borders)
    assert all(part and part == part.strip() for part in parts(text))
    assert "".join("".join(parts(text)).split()) == "".join(text.split())


@pytest.mark.parametrize("count", [1, MOST_SENTENCES - 1, MOST_SENTENCES, MOST_SENTENCES + 1, 1_000, 6_666])
def test_a_text_is_never_cut_into_more_pieces_than_are_scored(count: int) -> None:
    text = "a. " * count

    found = sentences(text)

    assert len(found) == count if count <= MOST_SENTENCES else 0.5 * MOST_SENTENCES <= len(found) <= MOST_SENTENCES
    assert (found[0][0], found[-1][1]) == (0, len(text) - 1)


@pytest.mark.parametrize("text", ["." * 20_000, ".'" * 10_000, "!" + '"' * 20_000, "a." * 10_000, "\n" * 20_000])
def test_a_long_row_of_stops_takes_no_time(text: str) -> None:
    started = time.perf_counter()
    sentences(text)

    assert time.perf_counter() - started < 0.5  # Square time would take several seconds.
