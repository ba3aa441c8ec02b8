"""Which words drove a score: nothing is lost on the way from the n-grams to the text that its author wrote."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderator.classifier.explain import evidence, explain
from moderator.classifier.features import columns
from moderator.classifier.model import Model
from moderator.classifier.normalise import normalise
from moderator.domain.scoring import Label
from tests.classifier.test_batch import random_model

some_words = st.lists(st.sampled_from(["you", "a", "clown", "мир", "😀", "no", "no"]), min_size=1, max_size=12).map(
    " ".join
)


@given(st.one_of(some_words, st.text(st.characters(codec=None), min_size=1, max_size=80)))
@example("a")
@example("no no no no")
def test_the_parts_of_all_words_add_up_to_the_logit_without_the_intercept(text: str) -> None:
    model, plain = random_model(), normalise(text)
    if not plain:
        return
    added = evidence(model, plain)
    assert added.shape == (len(plain.split(" ")), len(model.labels))
    logit = model.logits(columns(plain)) - model.logits(columns(""))
    assert added.sum(axis=0) == pytest.approx(logit, abs=2e-3)


@pytest.mark.parametrize(
    "disguised",
    [
        "clown",
        "CLOWN",
        "cl0wn",
        "c l o w n",
        "c.l.o.w.n",
        "clooooown",
        "ｃｌｏｗｎ",
        "c\u200bl\u200bo\u200bwn",
        "cl\u00adown",
        "c\u0336l\u0336o\u0336w\u0336n\u0336",
        "clo\u0301\u0323wn",
        "cl\u043ewn",
        "𝓬𝓵𝓸𝔀𝓷",
    ],
)
@pytest.mark.parametrize(
    "before", ["", "😀👍🏽 ", "e\u0301te\u0301 ", "שלום עולם ", "مرحبا ", "\u202eשלום\u202c ", "ﬁn ½ "]
)
def test_a_span_has_the_very_letters_that_its_author_wrote(model: Model, before: str, disguised: str) -> None:
    text = f"{before}you pathetic {disguised}, שלום 😀"
    spans = explain(model, text, [Label.INSULT])
    assert disguised in {text[span.start : span.end] for span in spans}
    assert all(span.end <= len(text) for span in spans)
    assert sum(span.weight for span in spans) <= 1 + 1e-6


@given(st.text(st.characters(codec=None), max_size=120))
def test_spans_of_any_text_lie_within_it_and_do_not_overlap(text: str) -> None:
    spans = explain(random_model(), text, [Label.TOXIC])
    ends = [0]
    for span in spans:
        assert ends[-1] <= span.start < span.end <= len(text)
        assert 0 < span.weight <= 1
        ends.append(span.end)


def test_weights_are_shares_of_the_evidence_that_speaks_for_the_label() -> None:
    model, text = random_model(), "you a clown and seven other words"
    by_word = dict(zip(text.split(), evidence(model, text)[:, 0].tolist(), strict=True))
    positive = sum(value for value in by_word.values() if value > 0)
    spans = {text[one.start : one.end]: one.weight for one in explain(model, text, [model.labels[0]])}
    assert spans
    assert spans == pytest.approx({word: by_word[word] / positive for word in spans})
    assert np.isfinite(list(spans.values())).all()
