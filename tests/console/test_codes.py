"""The text character by character: what is hidden or disguised is named, the rest counted, and all of it is short."""

import pytest

from moderator.console.codes import MOST_CHARACTERS, MOST_OTHERS, MOST_WORDS, codes_of
from moderator.console.text import line_count, web_address


def test_plain_text_has_nothing_to_tell() -> None:
    assert codes_of("The summit ended.\n\tNothing new.").is_plain
    assert codes_of("").is_plain


@pytest.mark.parametrize(
    ("word", "reading", "codes"),
    [
        ("раyраl", "paypal", ["U+0440", "U+0430", "U+0079", "U+0440", "U+0430", "U+006C"]),
        ("id\u200biot", "idiot", ["U+200B"]),
        ("\u202egnorw\u202c", "gnorw", ["U+202E", "U+202C"]),
        ("ｉdiot", "idiot", ["U+FF49"]),
        ("𝐢diot", "idiot", ["U+1D422"]),
        ("cafe\u0301", "café", ["U+0301"]),
        ("bell\x07", "bell", ["U+0007"]),
    ],
)
def test_a_disguised_word_is_told_with_its_reading(word: str, reading: str, codes: list[str]) -> None:
    found = codes_of(f"An {word} here, and {word} again")
    (one,) = found.words
    assert (one.text, one.reading, one.times) == (word, reading, 2)
    assert [character.code for character in one.characters] == codes
    assert found.others == []


def test_what_turns_the_direction_is_marked_and_named() -> None:
    (word,) = codes_of("a\u202eb\x07").words
    assert [(one.name, one.is_turning) for one in word.characters] == [
        ("RIGHT-TO-LEFT OVERRIDE", True),
        ("control character", False),
    ]


def test_honest_words_of_other_languages_are_only_counted() -> None:
    found = codes_of("Für Größe, Ärger über Straße … über Россия и γλώσσα, 👩‍👩‍👧 ok")
    assert found.words == []
    assert [(one.text, one.times) for one in found.others if one.text in "üößÄ"] == [
        ("ü", 3),
        ("ö", 1),
        ("ß", 2),
        ("Ä", 1),
    ]
    assert found.others[0].name == "LATIN SMALL LETTER U WITH DIAERESIS"


def test_a_long_text_is_cut_and_says_how_much_is_missing() -> None:
    text = " ".join(f"раypal{number}" for number in range(1_500)) + " " + "".join(map(chr, range(0x4E00, 0x5E00)))
    found = codes_of(text)
    assert (len(found.words), found.more_words) == (MOST_WORDS, 1_500 - MOST_WORDS)
    assert (len(found.others), found.more_others) == (MOST_OTHERS, 0x1000 - MOST_OTHERS)
    (word,) = codes_of("а\u200b" * 10_000).words
    assert (len(word.characters), word.more) == (MOST_CHARACTERS, 20_000 - MOST_CHARACTERS)
    assert len(word.text) <= 80
    assert len(word.reading or "") <= 80


@pytest.mark.parametrize(
    "address",
    ["https://news.example/summit?a=1&b=2", "HTTP://news.example", "http://münchen.example/straße", "https://[::1]/x"],
)
def test_an_address_of_the_web_may_be_opened(address: str) -> None:
    assert web_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//news.example/",
        "news.example",
        "https://",
        "https:///path",
        "https://bank.example@evil.example/",
        "https://news.example/\u202efdp",
        "https://news.example/ x",
        "https://news.example\\@evil.example",
        'https://news.example/"onclick=x',
        "https://news.example/\x00",
        "https://" + "x" * 2_001,
    ],
)
def test_any_other_address_is_words(address: str | None) -> None:
    assert web_address(address) is None


def test_lines_are_counted_as_a_page_shows_them() -> None:
    assert [line_count(text) for text in ("", "one", "one\n\ntwo", "x" * 81, "x" * 160)] == [1, 1, 3, 2, 2]
