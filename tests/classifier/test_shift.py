"""Which words a version weighs otherwise than another one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from moderator.classifier import registry
from moderator.classifier.delta import Delta
from moderator.classifier.features import columns
from moderator.classifier.model import Calibration, Model, Weights
from moderator.classifier.shift import FEWEST_COMMENTS, LEAST_CHANGE, MOST_EXAMPLES, shifts
from moderator.domain.ids import CommentId
from moderator.domain.scoring import Label

CALM = "The minister explains the budget"


@dataclass(frozen=True, slots=True)
class Base:
    model: Model
    weights: Weights
    calibration: dict[Label, Calibration]

    def having(self, changes: dict[str, float], *, stretch: float = 1.0) -> Model:
        """Return the model after words gained or lost weight for `toxic`, under a calibration that is as steep."""
        weights = self.weights
        for word, amount in changes.items():
            chosen = columns(word).astype(np.int32)
            change = np.zeros((chosen.size, len(self.calibration)), np.float16)
            change[:, 0] = amount
            weights = Delta(columns=chosen, weights=change).over(weights)
        steeper = {label: Calibration(one.slope * stretch, one.offset) for label, one in self.calibration.items()}
        return Model("after", weights, steeper, {})


@pytest.fixture
def base(models: Path) -> Base:
    manifest = registry.read_manifest(models, registry.current_version(models) or "")
    model, weights = registry.load_weights(models, manifest)
    return Base(
        model, weights, {label: Calibration(one.slope, one.offset) for label, one in manifest.calibration.items()}
    )


def _same(base: Base, stretch: float = 1.0) -> dict[Label, float]:
    return dict.fromkeys(base.calibration, stretch)


def _texts(*texts: str) -> list[tuple[CommentId, str]]:
    return [(CommentId(f"comment-{number}"), text) for number, text in enumerate(texts)]


def test_words_that_rose_and_fell_are_found_with_where_they_stand(base: Base) -> None:
    after = base.having({"snollygoster": 3.0, "budget": -3.0})
    found = shifts(
        base.model, after, _same(base), _texts("What a snollygoster", CALM, "SNOLLYGOSTER again", CALM + " twice"), 5
    )
    risen, fallen = found[0], found[-1]
    assert (risen.word, risen.label, risen.comments) == ("snollygoster", Label.TOXIC, 2)
    assert risen.examples == ("comment-0", "comment-2")
    assert (fallen.word, fallen.label) == ("budget", Label.TOXIC)
    assert risen.change > LEAST_CHANGE > 0 > fallen.change


def test_a_new_calibration_alone_moves_no_word(base: Base) -> None:
    steeper = base.having({}, stretch=3.0)
    texts = _texts("you total moron", CALM, "you total moron, again")
    assert shifts(base.model, steeper, _same(base, 3.0), texts, 5) == []
    assert shifts(base.model, steeper, _same(base), texts, 5)  # Taken for learning, it would move every word.


def test_a_word_of_one_comment_says_nothing(base: Base) -> None:
    after = base.having({"zqxjkv": 3.0})
    assert FEWEST_COMMENTS == 2
    assert shifts(base.model, after, _same(base), _texts("zqxjkv zqxjkv", CALM, CALM), 5) == []
    assert shifts(base.model, after, _same(base), _texts("zqxjkv", CALM, "zqxjkv"), 5)


def test_examples_and_words_have_an_end(base: Base) -> None:
    after = base.having({"snollygoster": 3.0, "fopdoodle": 2.0})
    texts = _texts(*["snollygoster and fopdoodle"] * 6)
    (found,) = shifts(base.model, after, _same(base), texts, 1)
    assert (found.word, found.comments, len(found.examples)) == ("snollygoster", 6, MOST_EXAMPLES)


def test_texts_without_a_word_are_passed_over(base: Base) -> None:
    assert shifts(base.model, base.having({"snollygoster": 3.0}), _same(base), _texts("", "!!!", "  "), 5) == []
