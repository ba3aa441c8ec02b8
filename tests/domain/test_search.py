"""What people type is cut into words and phrases, and found again in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.search import MAX_TERMS, Term, parse, places


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("gas", [Term(words=("gas",))]),
        ("gas  prices gas", [Term(words=("gas",)), Term(words=("prices",))]),
        ("gas-prices", [Term(words=("gas", "prices"))]),
        ('"no agreement" Brussels', [Term(words=("no", "agreement")), Term(words=("Brussels",))]),
        ('"never closed', [Term(words=("never", "closed"))]),
        ("klima*", [Term(words=("klima",), is_prefix=True)]),
        ('"the heads of gov"*', [Term(words=("the", "heads", "of", "gov"), is_prefix=True)]),
        ("«Привет»", [Term(words=("Привет",))]),
        ('* " "" - … AND', [Term(words=("AND",))]),
        ("😀 ' \x00", []),
        ("", []),
    ],
)
def test_words_phrases_and_beginnings_are_told_apart(typed: str, terms: list[Term]) -> None:
    assert list(parse(typed)) == terms


def test_a_question_has_an_end() -> None:
    assert len(parse(" ".join(f"w{number}" for number in range(1_000)))) == MAX_TERMS


def test_terms_are_found_where_they_stand_as_whole_words() -> None:
    text = "Gas, GAS-prices and gasoline; the gas prices."
    assert [text[start:end] for start, end in places(text, parse("gas"))] == ["Gas", "GAS", "gas"]
    assert [text[start:end] for start, end in places(text, parse('"gas prices" gas'))] == [
        "Gas",
        "GAS-prices",
        "gas prices",
    ]
    assert [text[start:end] for start, end in places(text, parse("gas*"))] == ["Gas", "GAS", "gasoline", "gas"]
    assert places(text, ()) == []


@given(st.text(), st.text())
def test_any_text_is_a_question_and_its_places_lie_in_order(typed: str, text: str) -> None:
    ends = [0]
    for start, end in places(text, parse(typed)):
        assert ends[-1] <= start < end <= len(text)
        ends.append(end)


@given(st.lists(st.from_regex(r"[a-zäöüßа-я0-9]{1,8}", fullmatch=True), min_size=1, max_size=5))
def test_a_text_is_found_by_its_own_words(words: list[str]) -> None:
    text = " ".join(words)
    assert places(text, parse(f'"{text}"')) == [(0, len(text))]
