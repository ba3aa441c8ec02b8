"""A text in pieces: nothing lost, nothing hidden."""

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.console.text import excerpt_of, linked, pieces
from moderator.console.words import percent, span_of
from moderator.domain.scoring import Label, PersonalData, Span
from moderator.personal import Found


def _span(start: int, end: int, weight: float = 0.5, label: Label = Label.INSULT) -> Span:
    return Span(start=start, end=end, label=label, weight=weight)


@given(
    st.text(st.characters(codec=None), max_size=60),
    st.lists(st.tuples(st.integers(0, 70), st.integers(1, 20), st.floats(0, 1))),
)
def test_the_pieces_of_a_text_join_to_the_whole(text: str, places: list[tuple[int, int, float]]) -> None:
    spans = [_span(start, start + length, weight) for start, length, weight in places]
    assert "".join(piece.text for piece in pieces(text, spans)) == text


def test_words_of_spans_are_marked_with_their_label() -> None:
    found = pieces("You idiot!", [_span(4, 9)])
    assert [(piece.text, piece.label) for piece in found] == [("You ", None), ("idiot", Label.INSULT), ("!", None)]
    assert found[1].is_strong
    assert found[1].title == "insult, 50% of the evidence"


def test_where_spans_overlap_the_weightiest_shows() -> None:
    found = pieces("abcd", [_span(0, 4, 0.1), _span(1, 3, 0.9, Label.THREAT)])
    assert [(piece.text, piece.label) for piece in found] == [
        ("a", Label.INSULT),
        ("bc", Label.THREAT),
        ("d", Label.INSULT),
    ]


def test_hidden_characters_are_named() -> None:
    found = pieces("a\u202eb\u200bc\n\td\U000e0041")
    assert [piece.hidden for piece in found] == [None, "RLO", None, "ZWSP", None, "U+E0041"]
    assert found[1].title == "U+202E RIGHT-TO-LEFT OVERRIDE"


def test_personal_data_is_masked_whatever_else_stands_there() -> None:
    text = "Idiot: anna@n\u0435ws.example\u200b"
    at = text.index("anna")
    found = pieces(text, [_span(0, 12)], [Found(PersonalData.EMAIL, at, len(text))])
    assert [(piece.text, piece.label, piece.masked, piece.hidden) for piece in found] == [
        ("Idiot: ", Label.INSULT, None, None),
        (text[at:-1], None, "••••@••••.•••••le", None),
        ("\u200b", None, None, "ZWSP"),
    ]
    assert found[1].title.startswith("email, masked")


def test_an_empty_text_has_no_pieces() -> None:
    assert pieces("") == []
    assert linked("") == []


@pytest.mark.parametrize("character", "\u200b\u200d\u2028\u034f\u3164\u2800\ufe0f\ufeff\u061c\x00\x7f\ue000\ud800")
def test_what_draws_nothing_inside_a_word_is_shown(character: str) -> None:
    assert [piece.hidden is not None for piece in pieces(f"id{character}iot")] == [False, True, False]


def test_a_joiner_that_joins_nothing_is_shown() -> None:
    assert [piece.hidden for piece in pieces("\ufe0fa\u200d")] == ["U+FE0F", None, "ZWJ"]


@pytest.mark.parametrize("text", ["👩‍👩‍👧", "👍🏽", "❤️‍🔥", "1️⃣", "☺️", "a\tb\r\nc", "naïve café", "«Ça va ?»", "नमस्ते"])
def test_emoji_and_ordinary_writing_stay_as_they_are(text: str) -> None:
    assert [piece.text for piece in pieces(text)] == [text]
    assert not pieces(text)[0].is_alien


def test_letters_of_a_foreign_alphabet_in_a_word_are_marked() -> None:
    found = pieces("p\u0430ypal and \u041c\u043e\u0441\u043a\u0432\u0430")
    assert [(piece.text, piece.is_alien) for piece in found] == [
        ("p", False),
        ("\u0430", True),
        ("ypal and \u041c\u043e\u0441\u043a\u0432\u0430", False),
    ]
    assert found[1].title == "looks like another letter: U+0430 CYRILLIC SMALL LETTER A"


def test_a_disguised_word_keeps_its_label() -> None:
    found = pieces("idi\u043et", [_span(0, 5)])
    assert [(piece.text, piece.is_alien, piece.label) for piece in found] == [
        ("idi", False, Label.INSULT),
        ("\u043e", True, Label.INSULT),
        ("t", False, Label.INSULT),
    ]
    assert "insult" in found[1].title


def test_a_long_text_is_cut_quickly() -> None:
    text = "\u200bа" * 10_000
    started = time.perf_counter()
    assert "".join(piece.text for piece in pieces(text)) == text
    assert time.perf_counter() - started < 1.0


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_a_published_text_is_whole_but_for_what_is_hidden(text: str) -> None:
    shown = "".join(piece.text for piece in pieces(text) if not piece.hidden)
    assert "".join(run.text for run in linked(text)) == shown


def test_only_web_addresses_become_links() -> None:
    found = linked('See https://a.example/x?y=1, (http://b.example/) or javascript:alert(1) or "https://c.example".')
    assert [run.text for run in found if run.is_link] == [
        "https://a.example/x?y=1",
        "http://b.example/",
        "https://c.example",
    ]


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0 %"), (0.001, "<1 %"), (0.43, "43 %"), (0.994, "99 %"), (0.999, ">99 %"), (1.0, "100 %")],
)
def test_a_share_is_never_surer_than_it_is(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        ({"seconds": 59}, "under a minute"),
        ({"minutes": 12}, "12 min"),
        ({"hours": 47}, "47 h"),
        ({"days": 3}, "3 days"),
    ],
)
def test_times_are_rough(passed: dict[str, int], said: str) -> None:
    assert span_of(timedelta(**passed)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("Short.", "Short."), ("Two\n\nlines", "Two lines"), ("words " * 5, "words word…"), ("\n" * 99 + "late", "…")],
)
def test_an_excerpt_is_one_short_line(text: str, said: str) -> None:
    assert excerpt_of(text, 10) == said
