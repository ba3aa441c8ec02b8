"""Which languages a request is about: those that it names, else the one that the text shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from moderator.classifier.language import find_language, primary
from moderator.classifier.scorer import Scorer
from moderator.compat.perspective.errors import Refusal

UNDETERMINED: Final = "und"  # BCP 47's own word for a language that nobody knows.


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """The languages as they are answered. `requested` is empty when none were named; only then is one `detected`.

    To detect costs more than to score (measured), and where a client has named a language nothing depends on it.
    """

    requested: Sequence[str]
    detected: Sequence[str]

    @classmethod
    def of(cls, scorer: Scorer, text: str, named: Sequence[str]) -> Self:
        """Return the languages of a text.

        A text too short or too odd to tell is in `und`. Perspective refused such a text (LANGUAGE_DETECTION_FAILED);
        here it is scored: clients take any error for leave to publish, and "You idiot!" is too short to tell.
        """
        requested = [language for language in named if language != UNDETERMINED]
        if requested:
            return cls(requested=requested, detected=())
        model = scorer.model
        found = find_language(text) if model is not None and model.languages else None
        return cls(requested=(), detected=(found or UNDETERMINED,))

    @property
    def effective(self) -> Sequence[str]:
        """The languages that the answer is for."""
        return self.requested or self.detected

    @property
    def first(self) -> str | None:
        """The first one's primary code (`pt` of `pt-BR`), for the record; None where nobody knows it."""
        code = primary(self.effective[0])
        is_code = code.isascii() and code.isalpha() and len(code) <= 3 and code != UNDETERMINED
        return code if is_code else None

    def are_supported(self, scorer: Scorer) -> bool:
        """Return whether the model was taught all of them."""
        model = scorer.model
        if model is None or not model.languages:
            return True
        return all(code == UNDETERMINED or primary(code) in model.languages for code in self.effective)

    def refusal(self, attribute: str) -> Refusal:
        """Return the error that a model does not know the languages; it names one attribute, as clients expect."""
        which = "requestedLanguages" if self.requested else "detectedLanguages"
        languages = list(self.effective)
        return Refusal(
            f"Attribute {attribute} does not support request languages: {', '.join(languages)}",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            languageNotSupportedByAttributeError={which: languages, "attribute": attribute},
        )
