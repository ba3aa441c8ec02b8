"""Stand-in until the classifier lands: keep the interface."""

from collections.abc import Sequence

from moderator.classifier.model import Model
from moderator.domain.scoring import Label, Scored, Span


class Scorer:
    """Scores texts with the model in use."""

    def __init__(self, model: Model | None) -> None:
        self._model = model

    @property
    def model(self) -> Model | None:
        return self._model

    @property
    def version(self) -> str | None:
        return self._model.version if self._model else None

    def score(self, text: str, lang: str | None = None) -> Scored | None:
        return None

    def score_many(self, texts: Sequence[str]) -> list[Scored | None]:
        return [self.score(text) for text in texts]

    def explain(self, text: str, labels: Sequence[Label]) -> tuple[Span, ...]:
        return ()

    def swap(self, model: Model) -> None:
        self._model = model
