"""Scores texts with the model in use, which may be swapped while others score."""

from collections.abc import Sequence

from moderator.classifier.evasion import hides_letters, is_unreadable
from moderator.classifier.explain import explain
from moderator.classifier.glued import glues_words
from moderator.classifier.model import Model
from moderator.domain.scoring import Label, Scored, Signal, Span


class Scorer:
    """Holds the model in use. Without one every score is None, and people decide."""

    def __init__(self, model: Model | None) -> None:
        self._model = model

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
            lang: the language (BCP 47) that the site says the text is in, when it says.
        """
        model = self._model
        if model is None:
            return None
        found, is_strange = model.read(text)
        scores = dict(zip(model.labels, found.tolist(), strict=True))
        return Scored(scores=scores, model=model.version, signals=_signals(model, text, lang, is_strange))

    def score_many(self, texts: Sequence[str]) -> list[Scored | None]:
        """Return `score` of each text."""
        return [self.score(text) for text in texts]

    def explain(self, text: str, labels: Sequence[Label]) -> tuple[Span, ...]:
        """Return the words of a text that drove the scores of some labels, in the order of the text."""
        return explain(self._model, text, labels) if self._model else ()

    def swap(self, model: Model) -> None:
        """Use another model from the next text on."""
        self._model = model


def _signals(model: Model, text: str, lang: str | None, is_strange: bool) -> tuple[Signal, ...]:
    signals = []
    if hides_letters(text) or glues_words(model, text):
        signals.append(Signal.OBFUSCATED)
    if is_strange or is_unreadable(text, model.scripts):
        signals.append(Signal.UNREADABLE)
    if lang and model.languages and lang.partition("-")[0].lower() not in model.languages:
        signals.append(Signal.UNSUPPORTED_LANGUAGE)
    return tuple(signals)
