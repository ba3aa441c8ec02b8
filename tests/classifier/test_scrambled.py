"""Swapped letters, in the model that ships: what is rare depends on what it has seen."""

from pathlib import Path

import pytest

from moderator.classifier import registry
from moderator.classifier.model import Model
from moderator.classifier.scorer import Scorer
from moderator.classifier.scrambled import scrambles_words
from moderator.domain.scoring import Signal


@pytest.fixture(scope="module")
def model() -> Model:
    found = registry.load_current(Path(__file__).parents[2] / "models")
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "You are a cmolpete idoit and evreybody konws it.",
        "Waht a sutpid atricle by a pahtetic joruanlist.",
        "These poeple are dsigusting, trehw them out, all of tehm.",
    ],
)
def test_swapped_letters_are_seen(model: Model, text: str) -> None:
    assert scrambles_words(model, text)
    scored = Scorer(model).score(text)
    assert scored is not None
    assert Signal.OBFUSCATED in scored.signals


@pytest.mark.parametrize(
    "text",
    [
        "You are a complete idiot and everybody knows it.",
        "I recieved the letter yesterday, thank you for explaining the treaty so well.",  # One typing error is none.
        "Die Kommission hat gestern über die Sanktionen gesprochen, und niemand war überrascht.",
        "Le Parlement européen votera jeudi sur la proposition de la Commission.",
        "A Comissão Europeia discutiu ontem as sanções contra a Rússia.",
        "Вчера в Брюсселе обсуждали новые санкции и цены на газ.",
        "Krzysztof Wiśniewski, Przemysław and Agnieszka Szczepańska were interviewed.",
        "",
        "ok",
    ],
)
def test_ordinary_spelling_is_not(model: Model, text: str) -> None:
    assert not scrambles_words(model, text)
