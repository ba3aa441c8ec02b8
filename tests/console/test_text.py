"""A text in pieces: nothing lost, nothing hidden."""

from hypothesis import given
from hypothesis import strategies as st

from moderator.console.text import pieces
from moderator.domain.scoring import Label, Span


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


def test_an_empty_text_has_no_pieces() -> None:
    assert pieces("") == []
