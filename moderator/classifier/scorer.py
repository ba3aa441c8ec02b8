"""Scores texts with one model. Another model is another scorer: who keeps his has one model to the end.

The one place between the rest of the service and whatever reads a text. A second scorer, slower and asked about
borderline comments only, would stand here: beside `_model`, its probabilities averaged into `Scored.scores` and its
version added to `Scored.model`, so that policy, storage and training need not know of it.
"""

from collections.abc import Mapping, Sequence

from moderator.classifier.evasion import hides_letters, is_unreadable
from moderator.classifier.explain import explain
from moderator.classifier.glued import glues_words
from moderator.classifier.language import find_language, load_detector, primary
from moderator.classifier.model import Model
from moderator.classifier.passages import has_worse_passage
from moderator.classifier.scrambled import scrambles_words
from moderator.domain.scoring import Label, Scored, Signal, Span


class Scorer:
    """Scores with a model. Without one every score is None, and people decide."""

    def __init__(self, model: Model | None) -> None:
        self._model = model
        _prepare(model)

    @property
    def model(self) -> Model | None:
        """The model."""
        return self._model

    @property
    def version(self) -> str | None:
        """The version of the model."""
        return self._model.version if self._model else None

    def score(self, text: str, lang: str | None = None) -> Scored | None:
        """Return the scores of a text, or None without a model.

        Args:
            lang: the language (BCP 47) that the site says the text is in. When it does not say, the text's own words do
                where they are enough.
        """
        model = self._model
        if model is None:
            return None
        scores, is_strange = model.read(text)
        return _scored(model, text, lang, scores.tolist(), is_strange)

    def score_many(self, texts: Sequence[str], langs: Sequence[str | None] = ()) -> list[Scored | None]:
        """Return `score` of each text, in about half the time.

        Args:
            langs: the language of each, when the site says; nothing for none of them.
        """
        model = self._model
        if model is None:
            return [None] * len(texts)
        scores, are_strange = model.read_many(texts)
        return [
            _scored(model, text, lang, own, is_strange)
            for text, lang, own, is_strange in zip(
                texts, langs or [None] * len(texts), scores.tolist(), are_strange.tolist(), strict=True
            )
        ]

    def scores_many(self, texts: Sequence[str]) -> list[Mapping[Label, float]]:
        """Return the scores alone that `score_many` gives each text; without a model, none for any.

        For whoever applies no policy: language and signals take as long again as the scores.
        """
        model = self._model
        if model is None:
            return [{} for _ in texts]
        # A batch of one takes twice as long as one text.
        found = [model.scores(texts[0])] if len(texts) == 1 else model.scores_many(texts)
        return [dict(zip(model.labels, own.tolist(), strict=True)) for own in found]

    def explain(self, text: str, labels: Sequence[Label]) -> tuple[Span, ...]:
        """Return the words of a text that drove the scores of some labels, in the order of the text."""
        return explain(self._model, text, labels) if self._model else ()

    def house_rules(self, text: str) -> float | None:
        """Return how likely the site's people reject a text, whatever their reason; None where nothing taught that."""
        rules = self._model.house_rules if self._model else None
        return rules(text) if rules else None


def _scored(model: Model, text: str, lang: str | None, scores: Sequence[float], is_strange: bool) -> Scored:
    by_label = dict(zip(model.labels, scores, strict=True))
    language = primary(lang) if lang else find_language(text) if model.languages else None
    signals = _signals(model, text, language, is_strange)
    return Scored(scores=by_label, model=model.version, signals=signals, language=language)


def _prepare(model: Model | None) -> None:
    """Read now what the first text would wait for."""
    if model is not None and model.languages:
        load_detector()


def _signals(model: Model, text: str, language: str | None, is_strange: bool) -> tuple[Signal, ...]:
    is_foreign = bool(language and model.languages and language not in model.languages)
    signals = []
    # What is ordinary spelling in a language that the model does not know, it cannot tell.
    if hides_letters(text) or (not is_foreign and (glues_words(model, text) or scrambles_words(model, text))):
        signals.append(Signal.OBFUSCATED)
    if is_strange or is_unreadable(text, model.scripts):
        signals.append(Signal.UNREADABLE)
    if has_worse_passage(model, text):
        signals.append(Signal.DILUTED)
    if is_foreign:
        signals.append(Signal.UNSUPPORTED_LANGUAGE)
    return tuple(signals)
