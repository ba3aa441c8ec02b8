"""What a model says about a text: labels, calibrated scores, and the words that drove them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Label(StrEnum):
    """A kind of harm that the model scores. The order is the order of the model's columns."""

    TOXIC = "toxic"
    SEVERE_TOXIC = "severe_toxic"
    OBSCENE = "obscene"
    THREAT = "threat"
    INSULT = "insult"
    IDENTITY_ATTACK = "identity_attack"
    SEXUAL_EXPLICIT = "sexual_explicit"
    SPAM = "spam"


class Signal(StrEnum):
    """Why the text model's word alone should not publish a text, however low its scores."""

    OBFUSCATED = "obfuscated"  # mixed scripts, hidden characters, letters spelled apart
    UNREADABLE = "unreadable"  # hardly anything the model has seen before
    DILUTED = "diluted"  # a passage that would be held if it stood alone
    UNSUPPORTED_LANGUAGE = "unsupported_language"


class PersonalData(StrEnum):
    """What a text may give away about somebody."""

    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    CARD = "card"
    NATIONAL_ID = "national_id"


class Caution(StrEnum):
    """How much a site leaves to the machine; each model says which thresholds a level means for it."""

    CAUTIOUS = "cautious"
    BALANCED = "balanced"
    PERMISSIVE = "permissive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of the original text and how much it drove a label's score.

    `start` and `end` count Unicode code points, end exclusive. `weight` is the share (0 to 1) of the label's positive
    evidence that stands in the span.
    """

    start: int
    end: int
    label: Label
    weight: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span runs forwards, not from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """All scores of one text: calibrated probabilities from 0 to 1, and the version of the model that gave them.

    `language` (ISO 639) is what the site says or the text shows; None where neither does.
    """

    scores: Mapping[Label, float]
    model: str
    signals: tuple[Signal, ...] = ()
    language: str | None = None

    def __post_init__(self) -> None:
        for label, score in self.scores.items():
            if not 0.0 <= score <= 1.0:
                raise ValueError(f"the score of {label} is {score}, not a probability")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From `hold_at` on a person looks; from `reject_at` on the comment is rejected. 1 < `reject_at` means never."""

    hold_at: float
    reject_at: float

    def __post_init__(self) -> None:
        if not 0.0 < self.hold_at <= self.reject_at:
            raise ValueError(
                f"thresholds must satisfy 0 < hold_at ≤ reject_at, not {self.hold_at} and {self.reject_at}"
            )

    @classmethod
    def hold_only(cls, hold_at: float) -> Self:
        """Return a threshold that never rejects by itself."""
        return cls(hold_at=hold_at, reject_at=2.0)
