"""Word from outside the console: a site's own people overrule or confirm, and clients suggest labels."""

from collections.abc import Mapping

from moderator.domain.comments import MAX_TEXT_CHARACTERS, Status
from moderator.domain.decisions import About, new_decision
from moderator.domain.errors import Fault, InvalidInput, NotFound, TooLarge
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.feedback import Feedback, Provenance
from moderator.domain.ids import CommentId, DecisionId, FeedbackId, SiteId
from moderator.domain.policy import Action
from moderator.domain.review import STATUS_AFTER, ReasonCode, Source
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.storage import cases, comments, feedback, reports
from moderator.storage.audit import Actor
from moderator.storage.comments import Stored
from moderator.storage.database import Connection
from moderator.usecases.recording import record


async def suggest(
    services: Services,
    site_id: SiteId,
    text: str,
    labels: Mapping[Label, float],
    *,
    provenance: Provenance = Provenance.SUGGESTION,
    lang: str | None = None,
) -> None:
    """Keep what somebody says of a text: how much of each label (0 to 1) is in it. It decides nothing.

    Raises:
        InvalidInput: there is no text, or no label.
        TooLarge: the text is longer than a comment may be.
    """
    if not text.strip() or not labels:
        raise InvalidInput(Fault(pointer="/text" if labels else "/labels", detail="must not be empty"))
    if len(text) > MAX_TEXT_CHARACTERS:
        raise TooLarge(Fault(pointer="/text", detail=f"at most {MAX_TEXT_CHARACTERS} characters"))
    async with services.database.transaction() as connection:
        await _teach(services, connection, site_id, labels, provenance, text=text, lang=lang)


async def overrule(
    services: Services,
    site_id: SiteId,
    comment_id: CommentId,
    *,
    action: Action,
    reason: ReasonCode | None = None,
    labels: Mapping[Label, float],
) -> Status:
    """Take it that a site's own people have decided on a comment, and return where it stands.

    What they confirm stays as it is decided; what they overturn gets a decision of theirs, which a moderator can undo.
    Either way it teaches the `labels`, with less weight than a moderator's word.

    Raises:
        NotFound: this site has no such comment, or it was erased.
    """
    async with services.database.transaction() as connection:
        stored = await comments.get(connection, site_id, comment_id)
        if stored.is_erased:
            raise NotFound("There is no such comment.")
        if stored.outcome.status is not STATUS_AFTER[action]:
            await _overturn(services, connection, stored, action, reason)
        await _teach(
            services,
            connection,
            site_id,
            labels,
            Provenance.SITE_STAFF,
            text=stored.comment.text,
            lang=stored.comment.lang,
            comment_id=comment_id,
        )
    return STATUS_AFTER[action]


async def _overturn(
    services: Services, connection: Connection, stored: Stored, action: Action, reason: ReasonCode | None
) -> None:
    """Record the site's decision; a case that waits here is closed with it, whoever holds it."""
    now = services.now()
    comment_id, site_id = stored.comment.id, stored.comment.site_id
    decision = new_decision(
        DecisionId(services.ids.new()),
        About(
            site_id=site_id,
            comment_id=comment_id,
            policy_version=stored.outcome.policy,
            model_version=stored.outcome.model,
        ),
        source=Source.SITE,
        action=action,
        at=now,
        reason=reason,
        case_id=stored.outcome.case,
    )
    await cases.close_open(connection, comment_id, now=now)
    await reports.answer(connection, comment_id, decision_id=decision.id, now=now)
    actor = Actor(kind=ActorKind.SITE, id=site_id)
    await record(services, connection, actor, decision, AuditAction.COMMENT_OVERRULED)


async def _teach(
    services: Services,
    connection: Connection,
    site_id: SiteId,
    labels: Mapping[Label, float],
    provenance: Provenance,
    *,
    text: str,
    lang: str | None,
    comment_id: CommentId | None = None,
) -> None:
    for label, value in labels.items():
        given = Feedback(
            id=FeedbackId(services.ids.new()),
            site_id=site_id,
            label=label,
            value=value,
            provenance=provenance,
            given_at=services.now(),
            comment_id=comment_id,
            text=text if comment_id is None else None,
            lang=lang,
        )
        await feedback.add(connection, given, text=text)
