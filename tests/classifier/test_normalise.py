"""One spelling for the many ways to write a word."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderator.classifier.normalise import normalise

any_text = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Hello, WORLD!", "hello world"),
        ("  a\n\n\tb  ", "a b"),
        ("don't", "don t"),
        ("see https://example.eu/a?b=c#d now", "see xxurl now"),
        ("see www.example.eu", "see xxurl"),
        ("see example.com/path", "see xxurl"),
        ("mail me@example.eu", "mail xxemail"),
        ("@anna said", "xxuser said"),
        ("call +49 30 1234 56789", "call xxphone"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("zero\u200bwidth", "zerowidth"),
        ("so\u00adft", "soft"),
        ("st\u0336r\u0336i\u0336k\u0336e", "strike"),
        ("cäfé", "cafe"),
        ("\u0441ор\u0443", "сору"),
        ("p\u0430ypal", "paypal"),
        ("1d10t", "idiot"),
        ("m0r0n", "moron"),
        ("s p a c e d out", "spaced out"),
        ("d.o.t.t.e.d", "dotted"),
        ("sooooo coooool", "so col"),
        ("1diot assho1e 4ss mor0n", "idiot asshole ass moron"),
        ("3rd 20km mp3 h2o xxxx", "3rd 20km mp3 h2o xx"),
        ("f**k", "fk"),
        ("it is 2026 now", "it is 2026 now"),
        ("covid19 and g20", "covid19 and g20"),
        ("😀👍", "😀 👍"),
        ("Straße", "strasse"),
        ("", ""),
        ("!!!", ""),
    ],
)
def test_a_text_has_its_plain_form(written: str, plain: str) -> None:
    assert normalise(written) == plain


@given(any_text)
@example("a\u0301\u0323")
@example("ΑΣ ΟΣ")
@example("İstanbul")
@example("\ud800 lone")
@example("1 2 3 4 5 6 7 8 9 0")
@example("a1 b")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(any_text)
def test_the_plain_form_has_single_spaces_and_no_capitals(text: str) -> None:
    plain = normalise(text)
    assert "  " not in plain
    assert plain == plain.strip()


def seconds_for(text: str) -> float:
    """Return the best of three: what else runs on the machine only ever adds."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        normalise(text)
        times.append(time.perf_counter() - started)
    return min(times)


def is_linear(piece: str) -> bool:
    """Return whether four times the text takes about four times as long, and not the sixteen of a square.

    A neighbour on the machine may spoil a measurement, hardly three in a row.
    """
    short, long = ((piece * length)[:length] for length in (5_000, 20_000))
    seconds_for(short)
    return any(seconds_for(long) < 10 * seconds_for(short) + 0.002 for _ in range(3))


# The two traps: a name that may go on for ever before the sign that makes it a match (`@`, a dot, a digit), tried again
# from each of its letters; and a run that two parts of one pattern may share between them.
LONG_BEFORE_ITS_SIGN = ("a", "a.", "a-", "-.a", "a+", "_", "1", "é", "中", "а", "aа", "а1", "a_b", "٣")
SHARED_BETWEEN_PARTS = ("a b ", "1 ", "1 1", "*a", "a*", "a**", ". ", "..a", "a1", "$a", "0@0", "1!", "a!|", "3а*")
OTHERS = ("a@", "@a.b", "@", "www.", "http://", "a\u0301", "\u0301", "\u200b", "😀", "ﷺ", "aaab", " ", "a" * 63 + ".")


@pytest.mark.parametrize("piece", [*LONG_BEFORE_ITS_SIGN, *SHARED_BETWEEN_PARTS, *OTHERS])
def test_four_times_the_text_takes_about_four_times_as_long(piece: str) -> None:
    assert is_linear(piece)


hostile_pieces = st.one_of(
    st.text("ab1@.-_*!|$ /:w+а\u0301\u200b", min_size=1, max_size=5),
    st.text(st.characters(codec=None), min_size=1, max_size=4),
)


@settings(max_examples=25)
@given(hostile_pieces, hostile_pieces)
def test_no_text_of_repeated_pieces_takes_the_square_of_its_length(first: str, second: str) -> None:
    assert is_linear(first)
    assert is_linear(first * 50 + second)


@given(hostile_pieces, st.integers(1, 400), any_text)
def test_normalising_a_hostile_text_twice_changes_nothing(piece: str, times: int, end: str) -> None:
    once = normalise(piece * times + end)
    assert normalise(once) == once


@pytest.mark.parametrize("first", [0x0, 0x10000, 0xE0000])
def test_every_code_point_normalises_to_what_stays(first: int) -> None:
    """Of the planes that have more than ideographs or nothing."""
    for code in range(first, first + 0x10000):
        once = normalise(f"a{chr(code)}b {chr(code)}")
        assert normalise(once) == once, hex(code)
