"""The shapes on the wire, strict: unknown members are refused. `to_domain()` and `of()` are the only crossings.

Here: comments, scores, reports and what is asked of the service itself. Cases are in `case_schemas`, models in
`model_schemas`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

import msgspec
from msgspec import Meta, Struct

from moderator.domain.comments import MAX_TEXT_CHARACTERS, Article, Author, Comment
from moderator.domain.errors import Fault, InvalidInput, TooLarge
from moderator.domain.findings import NO_FORM, Form
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Reason
from moderator.domain.review import MAX_NOTE_CHARACTERS, ReasonCode
from moderator.domain.scoring import Label, Span

Short = Annotated[str, Meta(max_length=255)]
Line = Annotated[str, Meta(max_length=2_000)]
Language = Annotated[str, Meta(max_length=35, pattern=r"^[A-Za-z0-9-]*$")]
Moment = Annotated[datetime, Meta(tz=True)]
SCORE_DECIMALS = 4


class ArticleIn(Struct, forbid_unknown_fields=True):
    """What the comment stands under."""

    url: Line | None = None
    title: Line | None = None
    section: Short | None = None


class AuthorIn(Struct, forbid_unknown_fields=True):
    """Who wrote it, as the site knows them. The address and the browser are used for rules and not stored."""

    id: Short | None = None
    name: Line | None = None
    email: Short | None = None
    url: Line | None = None
    ip: Annotated[str, Meta(max_length=64)] | None = None
    user_agent: Line | None = None


class FormIn(Struct, forbid_unknown_fields=True):
    """How the form was filled in: used for rules and not stored. A repeat may say otherwise.

    `honeypot` is the content of a field that people do not see, `seconds` the time between showing and sending it.
    """

    honeypot: Line | None = None
    seconds: Annotated[float, Meta(ge=0, le=1e9)] | None = None

    def to_domain(self) -> Form:
        """Return what rules may know: whether the field was filled in, not with what."""
        return Form(is_trapped=bool(self.honeypot and self.honeypot.strip()), seconds=self.seconds)


class CommentIn(Struct, forbid_unknown_fields=True):
    """A comment as submitted; only `text` is required."""

    text: str
    external_id: Short | None = None
    article: ArticleIn | None = None
    author: AuthorIn | None = None
    parent_id: Short | None = None
    posted_at: Moment | None = None
    lang: Language | None = None
    form: FormIn | None = None

    def to_domain(self, *, comment_id: CommentId, site_id: SiteId, received_at: datetime) -> Comment:
        """Return the comment. Raises InvalidInput for what no site can mean, TooLarge for a text over the cap."""
        article, author = self.article, self.author
        if len(self.text) > MAX_TEXT_CHARACTERS:
            detail = f"at most {MAX_TEXT_CHARACTERS} characters, not {len(self.text)}"
            raise TooLarge(Fault(pointer="/text", detail=detail))
        if not self.text.strip():
            raise InvalidInput(Fault(pointer="/text", detail="must not be blank"))
        check_strings(self)
        return Comment(
            id=comment_id,
            site_id=site_id,
            text=self.text,
            received_at=received_at,
            external_id=self.external_id or None,
            article=Article(url=article.url, title=article.title, section=article.section) if article else _NO_ARTICLE,
            author=Author(
                id=author.id or None,
                name=author.name,
                email=author.email or None,
                url=author.url,
                ip=author.ip or None,
                user_agent=author.user_agent,
            )
            if author
            else _NOBODY,
            parent_id=self.parent_id,
            posted_at=self.posted_at,
            lang=self.lang or None,
            form=self.form.to_domain() if self.form else NO_FORM,
        )


_NO_ARTICLE = Article()
_NOBODY = Author()


def check_strings(found: Struct, pointer: str = "") -> None:
    """Raise InvalidInput for U+0000 in any string: PostgreSQL cannot store it, and C libraries stop at it."""
    for name in found.__struct_fields__:
        value = getattr(found, name)
        if isinstance(value, str):
            if "\x00" in value:
                raise InvalidInput(Fault(pointer=f"{pointer}/{name}", detail="must not contain U+0000"))
        elif isinstance(value, Struct):
            check_strings(value, f"{pointer}/{name}")


class BatchIn(Struct, forbid_unknown_fields=True):
    """Comments to moderate at once; each is decoded by itself, so that a wrong one spoils no other."""

    comments: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=1_000)]


class ScoreIn(Struct, forbid_unknown_fields=True):
    """Texts to score; nothing is stored."""

    texts: Annotated[list[str], Meta(min_length=1, max_length=1_000)]


class ReportIn(Struct, forbid_unknown_fields=True):
    """A reader says that a comment is bad."""

    reason: ReasonCode | None = None
    note: Annotated[str, Meta(max_length=MAX_NOTE_CHARACTERS)] | None = None


class SpanOut(Struct):
    """Where in the text (Unicode code points, end exclusive), for which label, with which share of its evidence."""

    start: int
    end: int
    label: Label
    weight: float

    @classmethod
    def of(cls, span: Span) -> Self:
        """Return a span as it is sent."""
        return cls(start=span.start, end=span.end, label=span.label, weight=round(span.weight, 4))


class ReasonOut(Struct, omit_defaults=True):
    """Why the verdict is what it is; `label`, `score` and `threshold` only where a score gave the reason."""

    code: str
    label: Label | None = None
    score: float | None = None
    threshold: float | None = None
    detail: str = ""

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """Return a reason as it is sent."""
        return cls(
            code=reason.code,
            label=reason.label,
            score=None if reason.score is None else round(reason.score, 4),
            threshold=reason.threshold,
            detail=reason.detail,
        )


class OutcomeOut(Struct):
    """What became of a comment."""

    id: str
    external_id: str | None
    verdict: str
    status: str
    scores: dict[str, float]
    reasons: list[ReasonOut]
    spans: list[SpanOut]
    model: str | None
    policy: int
    case: str | None

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Return an outcome as it is sent."""
        return cls(
            id=outcome.comment_id,
            external_id=outcome.external_id,
            verdict=outcome.verdict,
            status=outcome.status,
            scores=scores_out(outcome.scores),
            reasons=[ReasonOut.of(reason) for reason in outcome.reasons],
            spans=[SpanOut.of(span) for span in outcome.spans],
            model=outcome.model,
            policy=outcome.policy,
            case=outcome.case,
        )


def scores_out(scores: Mapping[Label, float]) -> dict[str, float]:
    """Return scores as they are sent: four decimals."""
    return {label.value: round(score, SCORE_DECIMALS) for label, score in scores.items()}


class PublicOutcomeOut(Struct):
    """What a page may know: no scores, no reasons, nothing to probe."""

    id: str
    status: str
    message: str


class ScoresOut(Struct):
    """The scores of one text, and the words that drove them; empty when no model is loaded.

    `house_rules` is how likely the site's own people reject the text, whatever their reason; absent where the site's
    model has not learned that from their decisions.
    """

    scores: dict[str, float]
    spans: list[SpanOut]
    house_rules: float | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, scores: Mapping[Label, float], spans: tuple[Span, ...], house_rules: float | None) -> Self:
        """Return scores as they are sent."""
        return cls(
            scores=scores_out(scores),
            spans=[SpanOut.of(span) for span in spans],
            house_rules=msgspec.UNSET if house_rules is None else round(house_rules, SCORE_DECIMALS),
        )


class ScoreOut(Struct):
    """The scores of every text, in order."""

    model: str | None
    results: list[ScoresOut]


class ReportOut(Struct):
    """A report as recorded; muted when a person has approved the comment before."""

    id: str
    muted: bool
    case: str | None


class HealthOut(Struct):
    """The process lives."""

    status: str


class ReadyOut(Struct):
    """The database takes writes. Without a model (null) the service is ready, and holds every comment."""

    status: str
    model: str | None
    model_refused: str | None = None
