"""Whatever JSON is sent is a request, or one of the errors that have an answer."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from moderator.compat.openai.errors import ERRORS
from moderator.compat.openai.schemas import DECODER, MAX_INPUTS
from moderator.domain.comments import MAX_TEXT_CHARACTERS

TEXTS = st.text(max_size=20, alphabet=st.characters(exclude_categories=("Cs",)))
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
ANYTHING = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(("text", "image_url", "audio")) | VALUES},
    optional={"text": ANYTHING, "image_url": st.fixed_dictionaries({"url": ANYTHING}) | ANYTHING},
)
INPUTS = TEXTS | st.lists(TEXTS | PARTS | ANYTHING, max_size=5) | ANYTHING


@given(st.fixed_dictionaries({}, optional={"input": INPUTS, "model": TEXTS | ANYTHING, "user": ANYTHING}) | ANYTHING)
def test_whatever_is_sent_has_an_answer(asked: Any) -> None:
    body = json.dumps(asked, ensure_ascii=False).encode()
    try:
        texts = DECODER.decode(body).texts()
    except tuple(ERRORS.keys() - {Exception}):
        return
    assert 1 <= len(texts) <= MAX_INPUTS
    assert all(len(text) <= MAX_TEXT_CHARACTERS for text in texts)


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_a_list_of_texts_is_taken_as_it_is(texts: list[str]) -> None:
    assert DECODER.decode(json.dumps({"input": texts}).encode()).texts() == texts
