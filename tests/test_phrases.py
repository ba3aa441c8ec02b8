"""Phrases and patterns, as written and in disguise: found where they stand, and nowhere else."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator import phrases
from moderator.domain.errors import InvalidInput
from moderator.domain.findings import FoundPhrase
from moderator.phrases import Forms, Matcher, check_lists, compile_pattern, matcher


def find(text: str, *found: str, patterns: tuple[str, ...] = ()) -> FoundPhrase | None:
    return Matcher(found, patterns).find(Forms(text))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("ass", "what an\n ASS!"),
        ("Foo  bar", "They said foo\tBAR again"),
        ("C++", "I write c++ all day"),
        ("50 % „off“", "now 50 % „OFF“ here"),
        ("xxx", "for xxx only"),
        ("kkk", "the KKK"),
        ("café", "the cafe\u0301 there"),
        ("straße", "die STRASSE"),
        ("idiot", "\ud800 idiot"),
    ],
)
def test_a_phrase_is_found_as_whole_words_without_regard_to_case(phrase: str, text: str) -> None:
    found = find(text, phrase)

    assert found is not None
    assert not found.is_disguised
    assert not found.is_pattern


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("idiot", "you 1d1ot"),
        ("idiot", "you id\u200biot"),
        ("idiot", "i d i o t"),
        ("idiot", "i. d. i. o. t."),
        ("idiot", "ｉｄｉｏｔ"),
        ("idiot", "\u0456d\u0456ot"),
        ("idiot", "i\u0336d\u0336i\u0336o\u0336t\u0336"),
        ("idiot", "höra, hora, 1diot"),
        ("foo bar", "f0o.bar"),
        ("don't feed", "d0n’t feed"),
        ("a whole people", "a wh0le people"),
    ],
)
def test_a_disguised_phrase_is_found_and_called_by_its_name(phrase: str, text: str) -> None:
    assert find(text, phrase) == FoundPhrase(words=phrase, is_disguised=True)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("ass", "a class act"),
        ("hora", "att höra dig"),
        ("schwul", "es ist schwül"),
        ("die jews", "People die. Jews and others."),
        ("foo bar", "foo, bar"),
        ("C++", "C is a language"),
        ("50 %", "50 people"),
        ("88", "888"),
        ("xxx", "xx"),
        ("kkk", "kkkkkk"),
        ("!!!", "well !"),
        ("b7", "be it"),
        ("foo bar", ""),
    ],
)
def test_what_only_looks_like_a_phrase_is_none(phrase: str, text: str) -> None:
    assert find(text, phrase) is None


@pytest.mark.parametrize(
    ("pattern", "text", "is_disguised"),
    [
        (r"via[g9]r.", "VIAGRA", False),
        (r"\bcheap\s+pills\b", "cheap \n pills", False),
        (r"straße", "STRAßE", False),
        (r"via[g9]r.", "v1agra", True),
        (r"\bcheap\s+pills\b", "ch3ap p\u200bills", True),
        (r"(?P<a>x)y(?P<b>z)", "axyz", False),
        ("^first", "first of all", False),
    ],
)
def test_a_pattern_is_found_as_written_and_in_disguise(pattern: str, text: str, is_disguised: bool) -> None:
    found = find(text, patterns=(r"nothing like (?P<a>that)", pattern))

    assert found == FoundPhrase(words=pattern, is_pattern=True, is_disguised=is_disguised)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("hora", "att höra"), (r"cheap\s+pills", "cheap, pills"), (r"\bass\b", "class"), (r"^\w+$", "Yes!")],
)
def test_accents_and_punctuation_disguise_nothing(pattern: str, text: str) -> None:
    assert find(text, patterns=(pattern,)) is None


def test_a_pattern_of_single_bytes_breaks_nothing() -> None:
    assert find("\u0456d\u0456ot äöü", patterns=(r"\C\C\xb6",)) is None


def test_a_text_whose_characters_cannot_be_told_apart_counts_as_disguised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "align", lambda _text: None)

    assert find("1diot", "idiot") == FoundPhrase(words="idiot", is_disguised=True)


def test_empty_lists_need_no_matcher() -> None:
    assert matcher((), ()) is None
    assert matcher(("a phrase",), ()) is matcher(("a phrase",), ())
    assert Matcher((), ()).find(Forms("anything")) is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(a", "not an RE2 pattern: missing ): (a"),
        ("a)(b", "not an RE2 pattern: unexpected )"),
        ("(?=x)", "not an RE2 pattern: invalid perl operator: (?="),
        (r"(a)\1", r"not an RE2 pattern: invalid escape sequence: \1"),
        ("a{1001}", "not an RE2 pattern: invalid repetition size: {1001}"),
        (r"\pL{900}", "not an RE2 pattern: pattern too large"),
        (r"[a-zäöü]{900}", "steps long when compiled; at most 2000"),
        ("\ud800", "not an RE2 pattern: 'utf-8' codec"),
        ("x" * 501, "at most 500 characters, not 501"),
        ("a*", "matches nothing at all, and so every text"),
        ("", "matches nothing at all, and so every text"),
        (r"\b", "matches nothing at all, and so every text"),
    ],
)
def test_a_wrong_pattern_is_refused_in_the_words_of_re2(pattern: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_pattern(pattern)

    assert words in refused.value.faults[0].detail


def test_every_fault_of_the_lists_is_told_with_its_place() -> None:
    faults = check_lists("banned", ["fine", "x" * 201], ["fine", "(a", "b)"])

    assert [fault.pointer for fault in faults] == ["/banned_phrases/1", "/banned_patterns/1", "/banned_patterns/2"]
    assert check_lists("suspect", ["a"] * 2_001, ["b"] * 101)[0].detail == "at most 2000, not 2001"
    assert check_lists("suspect", [], ["b"] * 101)[0].pointer == "/suspect_patterns"
    assert check_lists("suspect", ["a"], ["b"]) == []


def test_many_large_patterns_are_looked_for_one_by_one() -> None:
    large = tuple(f"{letter}[a-zäöüß]{{110}}" for letter in "bcdfghjklmnpqrstvwxyz" * 4)
    assert phrases._compile_any(large) is None
    assert Matcher((), (*large, "idiot")).find(Forms("An idiot.")) == FoundPhrase(words="idiot", is_pattern=True)


def test_re2_is_loaded_only_for_a_site_with_patterns() -> None:
    script = (
        "import sys; from moderator.usecases import moderate; from moderator.phrases import Forms, matcher\n"
        "matcher(('a phrase',), ()).find(Forms('text')); print('re2' in sys.modules)\n"
        "matcher((), ('a pattern',)).find(Forms('text')); print('re2' in sys.modules)"
    )

    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert told.split() == ["False", "True"]


HOSTILE = ["(a+)+$", "(a|a)*b", "(.*a){20}", "a?" * 25 + "a" * 25, r"(\w+\s?)*!"]


@settings(max_examples=30, deadline=2_000)
@given(pattern=st.sampled_from([*HOSTILE[:4], r"(\pN+\s?)+!"]), letter=st.sampled_from("ab 1é\u200b"))
def test_no_pattern_makes_a_long_text_slow(pattern: str, letter: str) -> None:
    """What takes a backtracking engine longer than the universe has lasted takes RE2 milliseconds."""
    find(letter * 20_000 + "c", patterns=(pattern,))


@given(
    text=st.text(st.sampled_from("idiot1!0. \u0456ö\u200b")) | st.text(st.characters(codec=None)),
    phrase=st.sampled_from(["idiot", "foo bar", "ö", "1", "a b c", "xxx"]),
)
def test_any_text_is_taken_and_a_phrase_put_into_it_is_found(text: str, phrase: str) -> None:
    find(text, phrase, patterns=("id+iot", r"\pL1"))

    assert find(f"{text} {phrase} {text}", phrase) is not None


def test_hits_that_are_no_disguise_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    aligned: list[str] = []

    def align(text: str) -> None:
        aligned.append(text)
        return real(text)  # type: ignore[return-value]

    real = phrases.align
    monkeypatch.setattr(phrases, "align", align)

    assert find("att höra " * 1_000, "hora", patterns=("hora",)) is None
    assert len(aligned) == 1
