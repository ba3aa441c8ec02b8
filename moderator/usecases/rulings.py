"""What a person decides about a case, and the decision that is recorded of it."""

from dataclasses import dataclass
from datetime import datetime

from moderator.domain.blind import is_blind
from moderator.domain.decisions import About, new_decision
from moderator.domain.ids import DecisionId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.reasons import SiteReason
from moderator.domain.review import Automation, Cause, Decision, Detection, ReasonCode, Source
from moderator.services import Services
from moderator.storage.case_files import CaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a person decides: `own` is the reason as the site words it, where they named one."""

    action: Action
    reason: ReasonCode | None = None
    own: SiteReason | None = None
    note: str | None = None


def decision_of(
    services: Services,
    person: Person,
    file: CaseFile,
    ruling: Ruling,
    *,
    now: datetime,
    has_seen_scores: bool,
    probability: float | None,
) -> Decision:
    """Return what is recorded of a ruling on a case.

    Args:
        has_seen_scores: whether the person saw the scores even of a blind case.
        probability: how likely the comment was to be drawn; None where it was not drawn.
    """
    case, own = file.case, ruling.own
    is_unseen = is_blind(case.cause, file.comment.text) and not has_seen_scores
    return new_decision(
        DecisionId(services.ids.new()),
        About(
            site_id=case.site_id,
            comment_id=case.comment_id,
            policy_version=file.outcome.policy,
            model_version=file.outcome.model,
        ),
        source=Source.MODERATOR,
        action=ruling.action,
        at=now,
        reason=ruling.reason,
        own=own,
        site_reason=own.name if own and services.site(case.site_id).settings.has_own_reasons else None,
        note=ruling.note,
        person_id=person.id,
        case_id=case.id,
        detection=_DETECTIONS.get(case.cause, Detection.POLICY),
        automation=Automation.NOT_AUTOMATED if is_unseen else Automation.PARTIALLY,
        probability=probability,
    )


_DETECTIONS = {
    Cause.REPORT: Detection.REPORT,
    Cause.SECOND: Detection.PERSON,
    Cause.DISAGREEMENT: Detection.PERSON,
}
