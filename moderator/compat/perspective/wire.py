"""What Perspective's clients send and are answered, and how a body becomes it.

As Google reads JSON: unknown members are passed over, null means absent, a number may stand in quotes, and a member may
have its name with underscores.
"""

import re
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from moderator.compat.perspective.errors import Refusal

PROBABILITY: Final = "PROBABILITY"
MAX_TEXT_BYTES: Final = 20_480
MAX_BODY_BYTES: Final = 2 * 1024 * 1024  # A context, which is not read here, may be an article.

T = TypeVar("T", bound=Struct)


class TextEntry(Struct):
    """A text and its kind."""

    text: str | None = None
    type: str | int | None = None


class ArticleAndParent(Struct):
    """A context of two texts."""


class Context(Struct, rename="camel"):
    """What a comment was written under; two shapes, never both. None of it is scored or kept."""

    entries: list[TextEntry] | None = None
    article_and_parent_comment: ArticleAndParent | None = None


class AttributeParameters(Struct, rename="camel"):
    """What is wanted of an attribute's score."""

    score_type: str | int | None = None
    score_threshold: float | None = None


class ScoreIn(Struct):
    """A score that somebody suggests."""

    value: float | None = None
    type: str | int | None = None


class SpanScoreIn(Struct):
    """The same for a part of the text."""

    score: ScoreIn | None = None


class AttributeScoresIn(Struct, rename="camel"):
    """What somebody suggests for an attribute: for the text, for parts of it, or both."""

    summary_score: ScoreIn | None = None
    span_scores: list[SpanScoreIn] | None = None


class AnalyzeIn(Struct, rename="camel"):
    """A text to score. `doNotStore`, `sessionId` and `communityId` need no place: nothing is ever stored."""

    comment: TextEntry | None = None
    context: Context | None = None
    requested_attributes: dict[str, AttributeParameters | None] | None = None
    languages: list[str] | None = None
    span_annotations: bool | None = None
    drop_unsupported_attributes: bool | None = None
    client_token: str | None = None


class SuggestIn(Struct, rename="camel"):
    """Scores that a text should have had."""

    comment: TextEntry | None = None
    context: Context | None = None
    attribute_scores: dict[str, AttributeScoresIn | None] | None = None
    languages: list[str] | None = None
    client_token: str | None = None


class Score(Struct):
    """A score: a calibrated probability."""

    value: float
    type: str = PROBABILITY


class SpanScore(Struct):
    """The score of a part of the text: UTF-16 code units, end exclusive."""

    begin: int
    end: int
    score: Score


class AttributeScores(Struct, rename="camel"):
    """The scores of one attribute."""

    span_scores: list[SpanScore]
    summary_score: Score


class AnalyzeOut(Struct, rename="camel", omit_defaults=True):
    """The answer to AnalyzeIn."""

    attribute_scores: dict[str, AttributeScores]
    languages: list[str]
    detected_languages: list[str] = []
    client_token: str | None = None


class SuggestOut(Struct, rename="camel", omit_defaults=True):
    """The answer to SuggestIn."""

    client_token: str | None = None
    detected_languages: list[str] = []
    requested_languages: list[str] = []


_UNDERSCORED: Final = {
    msgspec.json.encode(field.name): msgspec.json.encode(field.encode_name)
    for struct in (Context, AttributeParameters, AttributeScoresIn, AnalyzeIn, SuggestIn)
    for field in msgspec.structs.fields(struct)
    if field.name != field.encode_name
}
# Only a member's name has a colon behind its closing quote.
_MEMBER: Final = re.compile(b"(?:" + b"|".join(map(re.escape, _UNDERSCORED)) + rb")(?=\s*:)")
# Every escape, so that a backslash is never taken for another one's.
_ESCAPE: Final = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F].{2}|\\.")


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Return a body as what a decoder makes of it.

    Half of a surrogate pair, which is left where a client cuts an emoji in two, becomes U+FFFD: it has as many code
    units, and to refuse the text would let through whatever stands before it. An empty body is an empty object.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it is not JSON, or not of this shape.
    """
    body = _MEMBER.sub(lambda found: _UNDERSCORED[found[0]], body) or b"{}"
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(_whole, body)
        if mended == body:
            raise
        return decoder.decode(mended)


def _whole(found: re.Match[bytes]) -> bytes:
    escape = found[0]
    return rb"\ufffd" if len(escape) == 6 else escape


def text_of(comment: TextEntry | None, context: Context | None) -> str:
    """Return the text of a comment, in its context.

    Raises:
        Refusal: there is none, it is too long, it is not plain text, or the context has two shapes at once.
    """
    text = (comment.text if comment else None) or ""
    kind = comment.type if comment else None
    if not text.strip():
        raise Refusal("Comment must be non-empty.", "COMMENT_EMPTY")
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise too_long()
    if kind in ("HTML", 2):
        raise Refusal("Currently, only 'PLAIN_TEXT' comments are supported")
    if kind not in (None, "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED", 0, 1):
        raise Refusal("Unknown text type")
    if context and context.entries and context.article_and_parent_comment:
        raise Refusal("Context can have either entries or article_and_parent_comment, but both fields were populated.")
    return text


def too_long() -> Refusal:
    """Return the error of a text over its cap."""
    return Refusal("Comment text too long.", "COMMENT_TOO_LONG")


def check_type(score_type: str | int | None, attribute: str) -> None:
    """Raise Refusal unless a score is wanted, or given, as a probability."""
    if score_type not in (None, PROBABILITY, "SCORE_TYPE_UNSPECIFIED", 0, 1):
        raise Refusal(f"Requested score type {score_type} is not supported by attribute {attribute}")
