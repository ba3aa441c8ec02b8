"""A candidate that no longer reads through hidden letters is refused; an equal one is not."""

from tests.training.changed import changed, tiny
from training.attacked import TEXTS, check

_FIRST = ("you are a total moron", "shut up you clown", "what a pathetic loser", "buy cheap pills now")
_LAST = ("today", "as always", "my friend", "really", "in the end", "and so on", "indeed")
ABUSE = [f"{first} {last}" for first in _FIRST for last in _LAST]


def test_an_equal_candidate_passes() -> None:
    _, champion, _ = tiny()
    line = check(champion, champion, ABUSE)
    assert (line.passed, line.value) == (True, 0)


def test_a_candidate_that_pleasant_words_silence_is_refused() -> None:
    """The attack that pads a text with pleasant sentences is one of those that a model can come to fall for."""
    _, champion, _ = tiny()
    weak = changed("beautiful", "wonderful", "morning coffee", "lovely", "friends", "library", "river", by=-3.0)
    line = check(champion, weak, ABUSE)
    assert not line.passed, line
    assert "(padding)" in line.detail


def test_with_too_few_texts_the_line_passes_and_says_why() -> None:
    _, champion, _ = tiny()
    line = check(champion, champion, [*ABUSE[:5], "The minister explains the budget."])
    assert (line.passed, line.value) == (True, None)
    assert "only 5 texts" in line.detail


def test_it_attacks_so_many_and_no_more() -> None:
    _, champion, _ = tiny()
    many = [f"{text} {number}" for text in ABUSE for number in range(6)]
    assert f"of {TEXTS} texts" in check(champion, champion, many).detail
