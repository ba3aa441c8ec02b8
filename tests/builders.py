"""Valid things with defaults: a test names only what it is about."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

from moderator.domain.blind import is_blind
from moderator.domain.campaigns import Signature
from moderator.domain.comments import Article, Author, Comment, Status
from moderator.domain.ids import CaseId, CommentId, SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action, Policy, Reason, Rule
from moderator.domain.review import Case, CaseState, Cause
from moderator.domain.scoring import Label, Scored, Signal, Threshold

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
A_SITE = SiteId("site-1")
_numbers = count(1)


def a_comment(
    text: str = "The summit ended without an agreement on gas prices.",
    *,
    comment_id: str | None = None,
    site_id: SiteId = A_SITE,
    external_id: str | None = None,
    section: str | None = None,
    author: Author | None = None,
    received_at: datetime = NOON,
    article: Article | None = None,
) -> Comment:
    """Return a comment on an article about EU politics."""
    return Comment(
        id=CommentId(comment_id or f"comment-{next(_numbers):06}"),
        site_id=site_id,
        text=text,
        received_at=received_at,
        external_id=external_id,
        article=article or Article(url="https://news.example/summit", title="The summit", section=section),
        author=author or Author(),
    )


def scores(**changed: float) -> Mapping[Label, float]:
    """Return low scores for every label but those named."""
    return {label: changed.get(label, 0.01) for label in Label}


def a_scored(*, signals: tuple[Signal, ...] = (), model: str = "test-model", **changed: float) -> Scored:
    """Return the scores of an ordinary comment but for the labels named."""
    return Scored(scores=scores(**changed), model=model, signals=signals)


def a_policy(**changed: object) -> Policy:
    """Return a policy that holds from 0.5 and rejects from 0.9 on every label."""
    thresholds = {label: Threshold(hold_at=0.5, reject_at=0.9) for label in Label}
    return Policy(**{"version": 1, "thresholds": thresholds, **changed})  # type: ignore[arg-type]


def an_outcome(comment: Comment, *, verdict: Action = Action.APPROVE, case: str | None = None) -> Outcome:
    """Return an outcome for a comment, with a reason where the verdict needs one."""
    status = {Action.APPROVE: Status.APPROVED, Action.HOLD: Status.HELD, Action.REJECT: Status.REJECTED}[verdict]
    reason = Reason(
        code=Rule.SCORE, action=verdict, detail="insult scored 0.60", label=Label.INSULT, score=0.6, threshold=0.5
    )
    return Outcome(
        comment_id=comment.id,
        external_id=comment.external_id,
        verdict=verdict,
        status=status,
        scores=scores(insult=0.6),
        reasons=() if verdict is Action.APPROVE else (reason,),
        spans=(),
        signals=(),
        model="test-model",
        policy=1,
        case=CaseId(case) if case else None,
    )


def a_case(comment: Comment, *, case_id: str | None = None, weight: float = 0.5, opened_at: datetime = NOON) -> Case:
    """Return an open borderline case for a comment."""
    return Case(
        id=CaseId(case_id or f"case-{next(_numbers):06}"),
        site_id=comment.site_id,
        comment_id=comment.id,
        cause=Cause.BORDERLINE,
        state=CaseState.OPEN,
        weight=weight,
        opened_at=opened_at,
        generation=0,
    )


def a_blind_text(words: str = "What an idiot") -> str:
    """Return a text that is decided without the machine when it waits because of its scores."""
    return next(text for number in count(1) if is_blind(Cause.BORDERLINE, text := f"{words}, number {number}."))


def sighted(text: str) -> str:
    """Return a text, with a word more where it would be decided without the machine."""
    while is_blind(Cause.BORDERLINE, text):
        text += " Indeed."
    return text


def a_signature(*keys: int, sketch: str = "00" * 64) -> Signature:
    """Return a signature with these keys, up to three; the others are nobody else's."""
    own = [next(_numbers) + 1_000_000 for _ in range(3)]
    first, second, third = (*keys, *own)[:3]
    return Signature(keys=(first, second, third), sketch=sketch)
