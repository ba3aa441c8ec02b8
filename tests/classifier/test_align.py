"""Where each character of the plain form came from."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderator.classifier.align import align
from moderator.classifier.normalise import normalise

any_text = st.text(st.characters(codec=None), max_size=200)


@given(any_text)
@example("a b c d e")
@example("st\u0336r\u0336")
@example("ｆｕｌｌ ½ ﬁn")
@example("see https://example.eu, me@example.eu and @you")
def test_an_aligned_text_is_the_normalised_text_with_an_origin_for_each_character(text: str) -> None:
    aligned = align(text)
    if aligned is not None:
        assert aligned.text == normalise(text)
        assert len(aligned.origins) == len(aligned.text)
        assert all(0 <= origin.start < origin.end <= len(text) for origin in aligned.origins)
        starts = [origin.start for origin in aligned.origins]
        assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("text", "word", "original"),
    [
        ("You are an Idiot.", "idiot", "Idiot"),
        ("such an 1d10t here", "idiot", "1d10t"),
        ("go to https://example.eu/x now", "xxurl", "https://example.eu/x"),
        ("s p a c e d out", "spaced", "s p a c e d"),
        ("zero\u200bwidth", "zerowidth", "zero\u200bwidth"),
        ("Ä  Straße", "strasse", "Straße"),
        ("😀 soooo  good", "so", "soooo"),
        ("p\u0430ypal", "paypal", "p\u0430ypal"),
    ],
)
def test_a_word_leads_back_to_what_its_author_wrote(text: str, word: str, original: str) -> None:
    aligned = align(text)
    assert aligned is not None
    begin = aligned.text.index(word)
    origins = aligned.origins[begin : begin + len(word)]
    assert text[min(one.start for one in origins) : max(one.end for one in origins)] == original
