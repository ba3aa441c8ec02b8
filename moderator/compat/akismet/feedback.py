"""The site's own people say what a comment is: a decision of theirs where the comment is known here, else a label."""

from moderator.compat.akismet import standing
from moderator.compat.akismet.wire import Sent
from moderator.domain.comments import MAX_TEXT_CHARACTERS
from moderator.domain.feedback import Provenance
from moderator.domain.ids import SiteId
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.usecases import teaching


async def take(services: Services, site_id: SiteId, sent: Sent, *, is_spam: bool) -> None:
    """Let a client's word count: it confirms or overturns what was decided, and teaches.

    A test teaches nothing; nor does a comment without a text, or one that is too long to be one here.
    """
    if sent.is_test or sent.forced is not None:
        return
    found = await standing.find(services, site_id, sent)
    if found is not None:
        await teaching.overrule(
            services,
            site_id,
            found.comment.id,
            action=Action.REJECT if is_spam else Action.APPROVE,
            reason=ReasonCode.SPAM if is_spam else None,
            labels={Label.SPAM: 1.0} if is_spam else _cleared(found.outcome),
        )
    elif sent.content.strip() and len(sent.content) <= MAX_TEXT_CHARACTERS:
        labels = {Label.SPAM: 1.0 if is_spam else 0.0}
        await teaching.suggest(
            services, site_id, sent.content, labels, provenance=Provenance.SITE_STAFF, lang=sent.lang
        )


def _cleared(outcome: Outcome) -> dict[Label, float]:
    """Return the labels that ham contradicts: spam, and whatever spoke against the comment."""
    accused = (reason.label for reason in outcome.reasons if reason.label is not None)
    return dict.fromkeys((Label.SPAM, *accused), 0.0)
