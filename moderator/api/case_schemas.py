"""The shapes of the review API: cases, claims on them, decisions, and passing on."""

from datetime import UTC, datetime
from typing import Annotated, Self

from msgspec import Meta, Struct

from moderator.api.schemas import ArticleIn, AuthorIn, ReasonOut, Short, SpanOut, scores_out
from moderator.domain.policy import Action
from moderator.domain.review import MAX_NOTE_CHARACTERS, Case, CaseState, Cause, Decision, ReasonCode
from moderator.storage.case_files import CaseFile
from moderator.usecases.review import Decided


class ClaimIn(Struct, forbid_unknown_fields=True):
    """How many cases to claim."""

    count: Annotated[int, Meta(ge=1, le=50)] = 1


class DecisionIn(Struct, forbid_unknown_fields=True):
    """A person's ruling. Without `generation` only the holder of the claim may decide.

    `site_reason` names a reason of the site's own list, which says the code, too.
    """

    action: Action
    reason: ReasonCode | None = None
    site_reason: Short | None = None
    note: Annotated[str, Meta(max_length=MAX_NOTE_CHARACTERS)] | None = None
    generation: int | None = None


class EscalationIn(Struct, forbid_unknown_fields=True):
    """What a senior colleague should know. Without `generation` only the holder of the claim may pass a case on."""

    note: Annotated[str, Meta(max_length=MAX_NOTE_CHARACTERS)] | None = None
    generation: int | None = None


class EscalationOut(Struct):
    """A case was passed on to seniors: when, by whom, with which note."""

    at: datetime
    by: str | None
    note: str | None


class CaseCommentOut(Struct):
    """A comment as a moderator reads it."""

    id: str
    site_id: str
    external_id: str | None
    text: str
    status: str
    article: ArticleIn
    author: AuthorIn
    parent_id: str | None
    posted_at: datetime | None
    received_at: datetime
    lang: str | None


class CaseOut(Struct):
    """A case with all that a moderator reads. `expires_at` and `claimed_by` are null while nobody holds it.

    Cases of comments that are alike have the same `campaign`; null where a comment stands alone.
    """

    id: str
    generation: int
    expires_at: datetime | None
    comment: CaseCommentOut
    scores: dict[str, float]
    reasons: list[ReasonOut]
    spans: list[SpanOut]
    cause: str
    campaign: str | None
    urgency: float
    opened_at: datetime
    claimed_by: str | None
    escalation: EscalationOut | None = None

    @classmethod
    def of(cls, file: CaseFile, claimed_by: str | None, escalated_by: str | None = None) -> Self:
        """Return a case as it is sent; `claimed_by` and `escalated_by` are names."""
        case, comment, outcome = file.case, file.comment, file.outcome
        article, author = comment.article, comment.author
        return cls(
            id=case.id,
            generation=case.generation,
            expires_at=case.claim.expires_at.astimezone(UTC) if case.claim else None,
            comment=CaseCommentOut(
                id=comment.id,
                site_id=comment.site_id,
                external_id=comment.external_id,
                text=comment.text,
                status=outcome.status,
                article=ArticleIn(url=article.url, title=article.title, section=article.section),
                author=AuthorIn(id=author.id, name=author.name, email=author.email, url=author.url),
                parent_id=comment.parent_id,
                posted_at=comment.posted_at,
                received_at=comment.received_at,
                lang=comment.lang,
            ),
            scores=scores_out(outcome.scores),
            reasons=[ReasonOut.of(reason) for reason in outcome.reasons],
            spans=[SpanOut.of(span) for span in outcome.spans],
            cause=_cause(case),
            campaign=case.campaign,
            urgency=round(file.urgency, 4),
            opened_at=case.opened_at,
            claimed_by=claimed_by,
            escalation=EscalationOut(at=case.escalation.at, by=escalated_by, note=case.escalation.note)
            if case.escalation
            else None,
        )


def _cause(case: Case) -> str:
    """Return why a case was opened; one that asks for a second opinion does not say so while it is open."""
    return Cause.BORDERLINE if case.cause is Cause.SECOND and case.state is CaseState.OPEN else case.cause


class CasesOut(Struct):
    """A page of the queue; `next` is the cursor of the next page, null on the last."""

    cases: list[CaseOut]
    next: str | None = None


class ClaimedOut(Struct):
    """The cases that were claimed, the most urgent first."""

    cases: list[CaseOut]


class DecisionOut(Struct):
    """A decision as recorded, where the comment stands after it, and the case that waits now."""

    id: str
    comment: str
    case: str | None
    action: str
    reason: str | None
    note: str | None
    ground: str | None
    ground_reference: str | None
    site_reason: str | None
    source: str
    person: str | None
    undoes: str | None
    decided_at: datetime
    status: str
    reopened: CaseOut | None = None

    @classmethod
    def of(cls, decided: Decided, *, person: str | None) -> Self:
        """Return a decision as it is sent; `person` is the name of whoever decided."""
        decision: Decision = decided.decision
        return cls(
            id=decision.id,
            comment=decision.comment_id,
            case=decision.case_id,
            action=decision.action,
            reason=decision.reason,
            note=decision.note,
            ground=decision.ground,
            ground_reference=decision.ground_reference,
            site_reason=decision.site_reason,
            source=decision.source,
            person=person,
            undoes=decision.undoes,
            decided_at=decision.decided_at,
            status=decided.status,
            reopened=CaseOut.of(decided.case, person) if decided.case else None,
        )
