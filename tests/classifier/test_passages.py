"""A passage is scored as if it stood alone."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.classifier.features import COLUMNS, columns
from moderator.classifier.model import Calibration, Model, Weights
from moderator.classifier.normalise import normalise
from moderator.classifier.passages import FEWEST_WORDS, STRETCH_WORDS, has_worse_passage, highest_logits
from moderator.domain.scoring import Label
from tests.tiny import sentences

WORDS = sorted({word for text in sentences(50) for word in text.split()} | {"ÄPFEL", "日本", "m0r0n", "😀"})


def _model(passages: dict[Label, float] | None = None) -> Model:
    chance = np.random.default_rng(5)
    weights = Weights(
        idf=chance.uniform(1, 8, COLUMNS).astype(np.float32),
        weights=chance.normal(0, 0.3, (COLUMNS, len(Label))).astype(np.float32),
        intercepts=chance.normal(0, 1, len(Label)).astype(np.float32),
    )
    return Model("random-1", weights, dict.fromkeys(Label, Calibration(1.1, -0.5)), {}, passages=passages or {})


MODEL = _model()


def _slowly(text: str) -> np.ndarray:
    """The definition: each stretch counts an n-gram once; the pair across its end belongs to it."""
    words = normalise(text).split(" ")
    count = len(words) // STRETCH_WORDS
    starts = [number * STRETCH_WORDS for number in range(count)]
    ends = [*starts[1:], len(words)]
    blocks = []
    for start, end in zip(starts, ends, strict=True):
        alone = {int(one) for word in words[start:end] for one in columns(word)}
        pairs = {int(one) for first in range(start, min(end, len(words) - 1)) for one in _pair(words, first)}
        found = np.array(sorted(alone | pairs))
        characters, tokens = found[found < 2**18], found[found >= 2**18]
        blocks.append((MODEL.table[characters].sum(axis=0), MODEL.table[tokens].sum(axis=0)))
    both = [(a[0] + b[0], a[1] + b[1]) for a, b in pairwise(blocks)]
    return MODEL.combine(np.array(both).swapaxes(0, 1)).max(axis=0)


def _pair(words: list[str], first: int) -> set[int]:
    """The columns of two words together that neither has alone."""
    together = {int(one) for one in columns(f"{words[first]} {words[first + 1]}")}
    return together - {int(one) for word in words[first : first + 2] for one in columns(word)}


@settings(max_examples=60)
@given(st.lists(st.sampled_from(WORDS), min_size=FEWEST_WORDS, max_size=70).map(" ".join))
def test_passages_score_as_their_definition_says(text: str) -> None:
    if len(normalise(text).split(" ")) < FEWEST_WORDS:
        return
    found = highest_logits(MODEL, text)
    assert found == pytest.approx(_slowly(text), abs=2e-3)


def test_a_short_text_is_one_passage() -> None:
    assert highest_logits(MODEL, "word " * (FEWEST_WORDS - 1)) is None
    assert highest_logits(MODEL, "") is None
    assert highest_logits(MODEL, "😀 " * 50) is not None


def test_a_long_text_is_looked_at_to_its_end() -> None:
    quiet = "the budget and the railway " * 900
    end = "zebra quagga okapi " * 10
    assert (highest_logits(MODEL, quiet + end) >= highest_logits(MODEL, end + end) - 1e-3).all()  # type: ignore[operator]


def test_only_labels_with_a_limit_are_looked_at() -> None:
    text = " ".join(WORDS[:40])
    score = 1 / (1 + np.exp(-highest_logits(MODEL, text)[0]))  # type: ignore[index]
    assert has_worse_passage(_model({Label.TOXIC: score - 0.001}), text)
    assert not has_worse_passage(_model({Label.TOXIC: min(1.0, score + 0.001)}), text)
    assert not has_worse_passage(MODEL, text)
