"""The shapes of the moderations API, lenient: members that we do not know are passed over."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from moderator.domain.comments import MAX_TEXT_CHARACTERS
from moderator.domain.errors import Fault, InvalidInput

MAX_INPUTS = 1_000


class TextPart(Struct, tag_field="type", tag="text"):
    """A part of an input that is scored."""

    text: str


class Picture(Struct):
    """Where a picture is, or the picture itself as a data: address. Nobody looks at it here."""

    url: str


class ImagePart(Struct, tag_field="type", tag="image_url"):
    """A part of an input that is not scored."""

    image_url: Picture


class ModerationIn(Struct):
    """What is asked: one text, several, or one comment in parts."""

    input: str | list[str | TextPart | ImagePart]
    model: Annotated[str, Meta(max_length=100)] | None = None

    def texts(self) -> list[str]:
        """Return the texts to score, one for each result. Raises InvalidInput for what cannot be scored."""
        if isinstance(self.input, str):
            texts = [self.input]
        elif len(self.input) > MAX_INPUTS:
            raise _fault("/input", f"at most {MAX_INPUTS} items, not {len(self.input)}")
        else:
            texts = [part for part in self.input if isinstance(part, str)]
            if len(texts) != len(self.input):
                texts = [self._joined()]
            elif not texts:
                raise _fault("/input", "must not be empty")
        for n, text in enumerate(texts):
            if len(text) > MAX_TEXT_CHARACTERS:
                pointer = f"/input/{n}" if len(texts) > 1 else "/input"
                raise _fault(pointer, f"at most {MAX_TEXT_CHARACTERS} characters, not {len(text)}")
        return texts

    def _joined(self) -> str:
        """Return the text of an input in parts: its texts, a line for each."""
        if any(isinstance(part, str) for part in self.input):
            raise _fault("/input", "must be all texts or all parts")
        texts = [part.text for part in self.input if isinstance(part, TextPart)]
        if not texts:
            # Zeros would say that a picture which nobody has looked at is harmless.
            raise _fault("/input", "images are not scored here: give a text part")
        return "\n".join(texts)


def _fault(pointer: str, detail: str) -> InvalidInput:
    return InvalidInput(Fault(pointer=pointer, detail=detail))


class ResultOut(Struct):
    """What is said of one text. Categories that are not scored have no input types, false and 0."""

    flagged: bool
    categories: Mapping[str, bool]
    category_scores: Mapping[str, float]
    category_applied_input_types: Mapping[str, list[str]]


class ModerationOut(Struct):
    """The answer: a result for each text, in order."""

    id: str
    model: str
    results: list[ResultOut]


class ErrorBody(Struct):
    """What is wrong. `param` names the member of the request, `code` is for programs."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorOut(Struct):
    """The body of every answer that is an error."""

    error: ErrorBody


DECODER = msgspec.json.Decoder(ModerationIn)
ENCODER = msgspec.json.Encoder()
