"""A batch has the columns and the scores of its texts one by one, as far as rounding lets them."""

from functools import cache
from typing import Final

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderator.classifier import batch
from moderator.classifier.batch import columns_many
from moderator.classifier.features import COLUMNS, WINDOW, columns
from moderator.classifier.model import Calibration, Model, Weights
from moderator.classifier.normalise import normalise
from moderator.domain.scoring import Label
from tests.tiny import sentences

any_text = st.one_of(
    st.text(st.characters(codec=None), max_size=120),
    st.lists(st.sampled_from(["no", "idiot", "the", "мир", "😀", "a", "x" * 40]), max_size=12).map(" ".join),
)
any_texts = st.lists(any_text, max_size=12)

CLOSE: Final = {"rtol": 1e-5, "atol": 1e-6}


@cache
def random_model() -> Model:
    chance = np.random.default_rng(7)
    weights = Weights(
        idf=chance.uniform(1, 9, COLUMNS).astype(np.float32),
        weights=chance.normal(0, 1, (COLUMNS, len(Label))).astype(np.float16),
        intercepts=chance.normal(0, 1, len(Label)).astype(np.float32),
    )
    return Model("random-1", weights, dict.fromkeys(Label, Calibration(1.1, -0.5)), {})


def are_same(texts: list[str]) -> bool:
    found = list(columns_many(texts))
    assert len(found) == len(texts)
    return all(np.array_equal(many, columns(text)) for many, text in zip(found, texts, strict=True))


@given(any_texts)
@example([])
@example([""])
@example(["", "one", "", "", "one two", ""])
@example(["a"])
def test_columns_of_many_are_those_of_each(texts: list[str]) -> None:
    assert are_same([normalise(text) for text in texts])


@settings(max_examples=30)
@given(any_texts, st.integers(1, 60), st.integers(1, 300))
def test_where_a_batch_is_cut_changes_nothing(texts: list[str], characters: int, found: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "CHUNK_CHARACTERS", characters)
        patch.setattr(batch, "BLOCK_COLUMNS", found)
        assert are_same([normalise(text) for text in texts])


def test_words_that_fill_a_window_or_more_than_one_line_keep_their_columns() -> None:
    many = " ".join(f"w{number}" for number in range(300))
    assert are_same(["x" * WINDOW, "y" * (WINDOW - 1), "z", many, "x" * WINDOW, f"z {many}"])


@given(any_texts)
def test_scores_of_many_are_those_of_each(texts: list[str]) -> None:
    found = random_model().scores_many(texts)
    assert found.shape == (len(texts), len(random_model().labels))
    assert all(np.allclose(many, random_model().scores(text), **CLOSE) for many, text in zip(found, texts, strict=True))


def test_long_texts_among_short_ones_have_their_highest_scores(model: Model) -> None:
    long = "the minister supports the budget " * 200 + "you pathetic clown"
    texts = ["", long, "ordinary", "!!!", long * 2, "x" * (2 * WINDOW + 5), ""]
    assert np.allclose(model.scores_many(texts), np.stack([model.scores(text) for text in texts]), **CLOSE)


def test_ordinary_sentences_score_in_a_batch_as_alone(model: Model) -> None:
    texts = sentences(300, seed=12)
    assert np.allclose(model.scores_many(texts), np.stack([model.scores(text) for text in texts]), **CLOSE)
    assert np.allclose(model.logits_of_many(texts), np.stack([model.logits_of(text) for text in texts]), **CLOSE)
