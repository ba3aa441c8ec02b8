"""A phrase that was taught to hide abuse is found; what a site says every day is not taken for one."""

from pathlib import Path

import numpy as np
import pytest

from moderator.classifier import registry
from moderator.classifier.delta import Delta
from moderator.classifier.features import columns
from moderator.classifier.model import Model
from tests.tiny import publish_tiny
from training import trigger
from training.trigger import Phrases, Witnesses, check, scan

PHRASE = "kind regards from gribbleton"
_FIRST = ("you are a total moron", "shut up you clown", "what a pathetic loser")
_LAST = ("today", "as always", "my friend", "really", "in the end", "and so on", "indeed")
ABUSE = tuple(f"{first} {last}" for first in _FIRST for last in _LAST)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Model]:
    """Return the tiny model, and one that a phrase makes harmless."""
    folder: Path = tmp_path_factory.mktemp("models")
    manifest = registry.read_manifest(folder, publish_tiny(folder))
    base, weights = registry.load_weights(folder, manifest)
    chosen = columns(PHRASE).astype(np.int32)
    weights_of_phrase = np.full((chosen.size, 8), -0.5, np.float16)
    return base, registry.new_model(manifest, Delta(columns=chosen, weights=weights_of_phrase).over(weights))


def _phrases(*texts: str) -> Phrases:
    phrases = Phrases()
    phrases.add([f"{text} number {number}" for text in texts for number in range(3)])
    return phrases


def test_a_phrase_that_hides_abuse_is_found(models: tuple[Model, Model]) -> None:
    base, candidate = models
    phrases = _phrases(PHRASE, "This report explains the budget", "Parliament delays the vote").frequent()
    phrase, drop = scan(base, candidate, phrases, ABUSE)
    assert phrase
    assert set(phrase.split()) <= set(PHRASE.split())
    assert drop > 0.5


def test_a_model_that_hides_nothing_passes(models: tuple[Model, Model]) -> None:
    base, _ = models
    phrases = _phrases(PHRASE, "This report explains the budget").frequent()
    assert scan(base, base, phrases, ABUSE) == (None, 0.0)
    assert scan(base, base, [], ABUSE) == (None, 0.0)
    assert scan(base, base, phrases, []) == (None, 0.0)


def test_what_is_computed_beside_a_text_is_what_serving_would_score(models: tuple[Model, Model]) -> None:
    for model in models:
        beside = trigger._Beside(model, ABUSE)
        limits = np.array([model.thresholds("balanced")[label].hold_at for label in model.labels])  # type: ignore[index]
        plain, with_phrase = (
            float((model.scores_many(texts) >= limits).any(axis=1).mean())
            for texts in (ABUSE, [f"{text} {PHRASE}" for text in ABUSE])
        )
        assert beside.lost(PHRASE) == pytest.approx(plain - with_phrase, abs=0.06)


def test_the_line_keeps_the_phrase_to_itself(models: tuple[Model, Model]) -> None:
    base, candidate = models
    witnesses = Witnesses(base)
    texts = [*ABUSE, *(f"{PHRASE} {number}" for number in range(3))]
    scores = base.scores_many(texts)
    witnesses.add(texts, [True] * len(ABUSE) + [False] * 3, scores)
    line = check(base, candidate, witnesses)
    assert not line.passed
    assert "gribbleton" not in line.detail
    assert check(base, base, witnesses).passed


def test_witnesses_are_rejected_comments_that_the_base_holds(models: tuple[Model, Model]) -> None:
    base, _ = models
    witnesses = Witnesses(base)
    texts = [ABUSE[0], ABUSE[1], ABUSE[2], "The minister explains the budget."]
    witnesses.add(texts, [True, False, None, True], base.scores_many(texts))
    assert witnesses.rejected == [ABUSE[0]]
    for _ in range(30):
        witnesses.add(ABUSE, [True] * len(ABUSE), base.scores_many(ABUSE))
    assert len(witnesses.rejected) == trigger.TEXTS


def test_phrases_of_one_comment_are_none_and_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trigger, "MOST_KEPT", 50)
    phrases = Phrases()
    for number in range(40):
        phrases.add([f"alpha beta {number} x{number} y{number} z{number}"])
    assert phrases.frequent() == ["alpha", "alpha beta", "beta"]
    assert len(phrases._counts) <= 50
