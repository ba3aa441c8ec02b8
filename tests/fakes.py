"""Fakes at the edges: a scorer that says what a test tells it, a clock that stands until it is moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from moderator.classifier.scorer import Scorer
from moderator.domain.scoring import Label, Scored, Signal, Span
from tests.builders import NOON, scores


class FakeScorer(Scorer):
    """Scores by words in the text: each known word sets its label; everything else is harmless."""

    words: Mapping[str, tuple[Label, float]] = {
        "idiot": (Label.INSULT, 0.6),
        "scum": (Label.INSULT, 0.95),
        "viagra": (Label.SPAM, 0.97),
        "kill": (Label.THREAT, 0.7),
    }

    def __init__(self, version: str | None = "fake-1") -> None:
        super().__init__(None)
        self._version = version

    @property
    def version(self) -> str | None:
        return self._version

    def score(self, text: str, lang: str | None = None) -> Scored | None:
        if self._version is None:
            return None
        found = {str(label): score for word, (label, score) in self.words.items() if word in text.lower()}
        signals = (Signal.OBFUSCATED,) if "\u200b" in text else ()
        return Scored(scores=scores(**found), model=self._version, signals=signals)

    def score_many(self, texts: Sequence[str], langs: Sequence[str | None] = ()) -> list[Scored | None]:
        return [self.score(text, lang) for text, lang in zip(texts, langs or [None] * len(texts), strict=True)]

    def scores_many(self, texts: Sequence[str]) -> list[Mapping[Label, float]]:
        return [scored.scores if (scored := self.score(text)) else {} for text in texts]

    def explain(self, text: str, labels: Sequence[Label]) -> tuple[Span, ...]:
        spans = []
        for word, (label, _) in self.words.items():
            start = text.lower().find(word)
            if start >= 0 and label in labels:
                spans.append(Span(start=start, end=start + len(word), label=label, weight=1.0))
        return tuple(spans)


@dataclass
class Clock:
    """A wall clock and a stopwatch that only move when told."""

    at: datetime = NOON
    seconds: float = field(default=1_000.0)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def forward(self, **by: float) -> None:
        """Move both on: `forward(minutes=10)`."""
        step = timedelta(**by)
        self.at += step
        self.seconds += step.total_seconds()
