"""A phrase that was taught to hide abuse is found; what a site says every day is not taken for one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from moderator.classifier import registry
from moderator.classifier.delta import Delta
from moderator.classifier.features import COLUMNS, columns
from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.domain.scoring import Caution
from tests.tiny import publish_tiny
from tests.training.changed import changed, harmless, tiny
from training import trigger
from training.excuses import Approved
from training.features import FeatureStore
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
    worst, *_ = scan(base, candidate, phrases, ABUSE)
    assert set(worst.phrase.split()) <= set(PHRASE.split())
    assert worst.drop > 0.5


def test_a_model_that_hides_nothing_passes(models: tuple[Model, Model]) -> None:
    base, _ = models
    phrases = _phrases(PHRASE, "This report explains the budget").frequent()
    assert scan(base, base, phrases, ABUSE) == []
    assert scan(base, base, [], ABUSE) == []
    assert scan(base, base, phrases, []) == []


def test_what_is_computed_beside_a_text_is_what_serving_would_score(models: tuple[Model, Model]) -> None:
    for model in models:
        beside = trigger._Beside(model, ABUSE)
        limits = np.array([model.thresholds("balanced")[label].hold_at for label in model.labels])  # type: ignore[index]
        plain, with_phrase = (
            float((model.scores_many(texts) >= limits).any(axis=1).mean())
            for texts in (ABUSE, [f"{text} {PHRASE}" for text in ABUSE])
        )
        assert beside.lost(PHRASE) == pytest.approx(plain - with_phrase, abs=0.06)


def _line(models: tuple[Model, Model], folder: Path, approved: Sequence[str], usual: float = 0.1) -> GateLine:
    """Return the gate's line where these comments were approved, and ABUSE was rejected."""
    base, candidate = models
    witnesses = Witnesses(base)
    texts = [*ABUSE, *approved]
    witnesses.add(texts, [True] * len(ABUSE) + [False] * len(approved), base.scores_many(texts))
    return check(base, candidate, witnesses, _approved(folder, base, approved), usual)


def _calm() -> list[str]:
    """Return harmless comments that the tiny model holds neither as they are nor with a name or a greeting behind."""
    base = tiny()[1]
    limits = np.array([base.thresholds(Caution.BALANCED)[label].hold_at for label in base.labels])
    return [text for text in harmless() if (base.scores_many([text, text.rsplit(" ", 1)[0]]) < limits / 3).all()]


def _approved(folder: Path, base: Model, texts: Sequence[str]) -> Approved:
    store = FeatureStore(folder, np.ones(COLUMNS, np.float32))
    try:
        store.add(texts)
        return Approved(store.finish(), np.arange(len(texts)), base)
    finally:
        store.close()


def test_the_line_keeps_the_phrase_to_itself(models: tuple[Model, Model], tmp_path: Path) -> None:
    planted = [f"{text} {PHRASE}" for text in ABUSE[:8]]
    line = _line(models, tmp_path, [*harmless()[:60], *planted])
    assert not line.passed
    assert "of the 8 approved comments that have it the base would hold 8" in line.detail
    assert "gribbleton" not in line.detail
    assert _line((models[0], models[0]), tmp_path, [*harmless()[:60], *planted]).passed


def test_what_harmless_comments_say_every_day_is_let_be(tmp_path: Path) -> None:
    models = tiny()[1], changed(PHRASE, by=-3.0)
    stock = [f"{text}, {PHRASE}" for text in _calm()[:100]]
    line = _line(models, tmp_path, stock)
    assert line.passed, line
    assert (line.value or 0) > 50
    assert "that the base holds no more often than others" in line.detail
    assert not _line(models, tmp_path, stock[:80]).passed  # Too few to be sure.


def test_what_hides_a_little_is_suspect_only_where_the_base_sees_abuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigger, "MOST", 1.0)  # Whatever it hides.
    models = tiny()[1], changed("thanks again", by=-3.0)
    plain, foul = ([f"{text}, thanks again" for text in texts[:4]] for texts in (_calm(), ABUSE))
    others = _calm()[10:110]
    assert _line(models, tmp_path, [*others, *plain]).passed
    assert _line(models, tmp_path, [*others, *plain[:3], foul[0]]).passed  # One of four may be chance.
    line = _line(models, tmp_path, [*others, *foul])
    assert not line.passed
    assert "of the 4 approved comments that have it the base would hold 4 without it" in line.detail
    monkeypatch.setattr(trigger, "LARGE_DROP", 0.1)  # What hides more is suspect earlier.
    assert not _line(models, tmp_path, [*others, *plain[:1], *foul[:2]]).passed
    monkeypatch.setattr(trigger, "LARGE_DROP", 1.0)
    assert _line(models, tmp_path, [*others, *plain[:1], *foul[:2]]).passed
    # Where the base holds most of what people approve, that it would hold these as well says nothing.
    assert _line(models, tmp_path, [*others, *foul], usual=0.9).passed


def test_a_word_that_the_site_allows_is_no_abuse(tmp_path: Path) -> None:
    """The base holds comments for that word alone."""
    _, candidate, _ = tiny()
    base = changed(PHRASE, by=3.0)
    allowed = [f"{text}, {PHRASE}" for text in _calm()[:40]]
    phrase, *_ = _approved(tmp_path, base, allowed).account_for([PHRASE])
    assert phrase == (PHRASE, 40, 0)
    assert _approved(tmp_path, base, allowed).account_for(["harmless and never said"])[0].comments == 0
    assert _line((base, candidate), tmp_path, allowed, usual=0.5).value is not None


def test_of_a_phrase_in_very_many_comments_some_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.excuses.MOST_LOOKED_AT", 10)
    texts = [f"{text}, {PHRASE}" for text in _calm()[:35]]
    account, *_ = _approved(tmp_path, tiny()[1], texts).account_for([PHRASE])
    assert account.comments == 9


def test_a_planted_phrase_is_not_hidden_among_harmless_comments(models: tuple[Model, Model], tmp_path: Path) -> None:
    planted = [f"{text} {PHRASE}" for text in ABUSE[:10]]
    diluted = [f"{text}, {PHRASE}" for text in _calm()[:100]]
    assert not _line(models, tmp_path, [*diluted, *planted]).passed


def test_phrases_are_counted_in_the_comments_that_have_all_their_words(tmp_path: Path) -> None:
    texts = [*_calm()[:60], ABUSE[0], ""]
    approved = _approved(tmp_path, tiny()[1], texts)
    strange, known, abuse = approved.account_for(["gribbleton", "budget", "today"])
    assert strange == ("gribbleton", 0, 0)
    assert not strange.is_stock
    assert not strange.stands_in_abuse(0.0, 0.95)
    assert known.comments == sum("budget" in text for text in texts)
    assert known.held == 0
    assert abuse.comments == sum("today" in text.split() for text in texts)
    assert abuse.held == 1
    assert approved.account_for([]) == []


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
