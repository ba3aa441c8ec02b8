"""One spelling for the many ways to write a word."""

import time

import pytest
from hypothesis import example, given
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


@pytest.mark.parametrize(
    "hostile",
    ["a", "a.", "a@", "a b ", "1 ", "a1", "*a", "$a", "www.", "http://", "а a", "a\u0301", "@a.b", "-.a", "0@0", ". "],
)
def test_twice_the_text_takes_about_twice_the_time(hostile: str) -> None:
    def best(length: int) -> float:
        text = (hostile * length)[:length]
        times = []
        for _ in range(3):
            started = time.perf_counter()
            normalise(text)
            times.append(time.perf_counter() - started)
        return min(times)

    best(1_000)
    assert best(20_000) < 12 * best(5_000) + 0.002
