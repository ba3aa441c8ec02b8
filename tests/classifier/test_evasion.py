"""Signs of hidden letters: what nobody does by accident, and nothing else."""

import pytest

from moderator.classifier.evasion import (
    LEEWAY_LATIN,
    RAREST_LATIN,
    RAREST_OTHER,
    SHORTEST_GIBBERISH,
    hides_letters,
    is_gibberish,
    is_unreadable,
)

KNOWN = frozenset({"LATIN", "CYRILLIC"})


@pytest.mark.parametrize(
    "text",
    [
        "f u c k this",
        "f.u.c.k this",
        "i-d-i-o-t",
        "id\u200biot",
        "idi\u2060ot",
        "p\u0430ypal",
        "\u0441ock",
        "s\u0336\u0337\u0338h",
        "stup1d wank3rs",
        "i\u202ediot",
    ],
)
def test_hidden_letters_are_seen(text: str) -> None:
    assert hides_letters(text)


@pytest.mark.parametrize(
    "text",
    [
        "An ordinary comment.",
        "N.A.T.O. and the U.S.A. agree.",
        "Vitamins A B C D are fine.",
        "I am a b-boy, e.g. i.e. etc.",
        "so\u00adft hyphens from a web page",
        "😀\u200d🔥 family 👨\u200d👩\u200d👧",
        "Владимир Путин said this",
        "я и Europe",
        "naïve café, Straße",
        "می\u200cخواهم",
        "covid19, h2o and g20",
        "Over 30,000 people! It cost $5m in 2019.",
        "y a-t-il un pilote",
        "",
    ],
)
def test_ordinary_writing_is_no_sign(text: str) -> None:
    assert not hides_letters(text)


@pytest.mark.parametrize("text", ["你好，世界", "これは日本語です", "مرحبا بالعالم", "שלום עולם x"])
def test_letters_that_the_model_hardly_knows_are_unreadable(text: str) -> None:
    assert is_unreadable(text, KNOWN)


@pytest.mark.parametrize("text", ["plain", "Привет, мир", "The word 世界 means world", "123 !!!", "😀", "naïve", ""])
def test_known_letters_are_readable(text: str) -> None:
    assert not is_unreadable(text, KNOWN)


def test_a_model_that_names_no_scripts_finds_everything_readable() -> None:
    assert not is_unreadable("你好", frozenset())


@pytest.mark.parametrize(
    ("plain", "rarity", "is_strange"),
    [
        ("qw as zx er df cv ty gh bn ui", RAREST_LATIN, False),
        ("qw as zx er df cv ty gh bn ui", RAREST_LATIN + 0.1 * LEEWAY_LATIN + 0.001, True),
        ("qwaszxer dfcvtygh", RAREST_LATIN + 0.5 * LEEWAY_LATIN - 0.001, False),
        ("qwaszxer dfcvtygh", RAREST_LATIN + 0.5 * LEEWAY_LATIN + 0.001, True),
        ("q" * (SHORTEST_GIBBERISH - 1), 1.0, False),
        ("в лесу родилась елочка в лесу она росла", RAREST_OTHER, False),
        ("фыва олдж йцук ячсм", 0.9, True),
        ("qwaszx erdfcv tyghbn \U0001f600", 0.6, True),
    ],
)
def test_the_fewer_words_the_rarer_they_may_be(plain: str, rarity: float, is_strange: bool) -> None:
    assert is_gibberish(plain, rarity) is is_strange
