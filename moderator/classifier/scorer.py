"""Scores texts with the model in use, which may be swapped while others score."""

from collections.abc import Sequence

from moderator.classifier.evasion import hides_letters, is_unreadable
from moderator.classifier.explain import explain
from moderator.classifier.language import find_language, load_detector, primary
from moderator.classifier.model import Model
from moderator.domain.scoring import Label, Scored, Signal, Span


class Scorer:
    """Holds the model in use. Without one every score is None, and people decide."""

    def __init__(self, model: Model | None) -> None:
        self._model = model
        _prepare(model)

    @property
    def model(self) -> Model | None:
        """The model in use."""
        return self._model

    @property
    def version(self) -> str | None:
        """The version of the model in use."""
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
        scores = dict(zip(model.labels, model.scores(text).tolist(), strict=True))
        language = primary(lang) if lang else find_language(text) if model.languages else None
        signals = _signals(model, text, language)
        return Scored(scores=scores, model=model.version, signals=signals, language=language)

    def score_many(self, texts: Sequence[str], langs: Sequence[str | None] | None = None) -> list[Scored | None]:
        """Return `score` of each text, each in its language where `langs` are given."""
        return [self.score(text, lang) for text, lang in zip(texts, langs or [None] * len(texts), strict=True)]

    def explain(self, text: str, labels: Sequence[Label]) -> tuple[Span, ...]:
        """Return the words of a text that drove the scores of some labels, in the order of the text."""
        return explain(self._model, text, labels) if self._model else ()

    def swap(self, model: Model) -> None:
        """Use another model from the next text on."""
        _prepare(model)
        self._model = model


def _prepare(model: Model | None) -> None:
    """Read now what the first text would wait for."""
    if model is not None and model.languages:
        load_detector()


def _signals(model: Model, text: str, language: str | None) -> tuple[Signal, ...]:
    signals = []
    if hides_letters(text):
        signals.append(Signal.OBFUSCATED)
    if is_unreadable(text, model.scripts):
        signals.append(Signal.UNREADABLE)
    if language and model.languages and language not in model.languages:
        signals.append(Signal.UNSUPPORTED_LANGUAGE)
    return tuple(signals)
