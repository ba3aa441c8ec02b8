"""Golden examples: what may be one, and when it is judged rightly."""

import pytest

from moderator.domain.errors import InvalidInput
from moderator.domain.golden import MAX_EXAMPLE_CHARACTERS, GoldenExample, Wanted, check_example, is_held
from moderator.domain.ids import ExampleId
from moderator.domain.scoring import Label, Threshold
from tests.builders import NOON


@pytest.mark.parametrize("text", ["", " \n", "x" * (MAX_EXAMPLE_CHARACTERS + 1)])
def test_what_says_nothing_or_too_much_is_no_example(text: str) -> None:
    with pytest.raises(InvalidInput):
        check_example(text)


def test_a_sentence_is_one() -> None:
    check_example("Well said.")


@pytest.mark.parametrize(("wanted", "held", "right"), [
    (Wanted.ALLOW, False, True), (Wanted.ALLOW, True, False), (Wanted.BLOCK, True, True), (Wanted.BLOCK, False, False),
])  # fmt: skip
def test_right_is_what_is_wanted(wanted: Wanted, held: bool, right: bool) -> None:
    example = GoldenExample(id=ExampleId("e"), site_id=None, text="x", wanted=wanted, added_at=NOON)
    assert example.is_right(is_held=held) is right


def test_a_text_is_held_from_the_threshold_on() -> None:
    thresholds = {Label.TOXIC: Threshold.hold_only(0.5), Label.SPAM: Threshold.hold_only(0.9)}
    assert is_held({Label.TOXIC: 0.5}, thresholds)
    assert not is_held({Label.TOXIC: 0.49, Label.SPAM: 0.8}, thresholds)
    assert not is_held({}, thresholds)
