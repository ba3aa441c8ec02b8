"""How a decision is made out: what follows, for its ground and its origin, from who decides and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from moderator.domain.ids import CaseId, CommentId, DecisionId, PersonId, SiteId
from moderator.domain.policy import Action, Rule, Verdict
from moderator.domain.reasons import Ground, ReasonCode, SiteReason
from moderator.domain.review import Automation, Decision, Detection, Source
from moderator.domain.scoring import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The comment that a decision is about, and the policy and the model that it stands under."""

    site_id: SiteId
    comment_id: CommentId
    policy_version: int | None
    model_version: str | None


_HOW: Mapping[Source, tuple[Detection, Automation]] = MappingProxyType(
    {
        Source.POLICY: (Detection.POLICY, Automation.FULLY),
        Source.MODERATOR: (Detection.PERSON, Automation.NOT_AUTOMATED),
        Source.SITE: (Detection.PERSON, Automation.NOT_AUTOMATED),
    }
)


def new_decision(
    decision_id: DecisionId,
    about: About,
    *,
    source: Source,
    action: Action,
    at: datetime,
    reason: ReasonCode | None = None,
    own: SiteReason | None = None,
    site_reason: str | None = None,
    note: str | None = None,
    person_id: PersonId | None = None,
    case_id: CaseId | None = None,
    detection: Detection | None = None,
    automation: Automation | None = None,
    probability: float | None = None,
    undoes: DecisionId | None = None,
) -> Decision:
    """Return a decision with what follows from who decides and why.

    Args:
        own: the reason as the site words it, which says the ground and the reference; without it the code says the
            ground. Only a rejection rests on one.
        site_reason: its name, where it stands on the site's own list.
        detection, automation: where they are not what they always are for this source.
        probability: how likely the comment was, or is, to be drawn for a check; None where it cannot be.
    """
    usual_detection, usual_automation = _HOW[source]
    grounds = own if action is Action.REJECT else None
    return Decision(
        id=decision_id,
        site_id=about.site_id,
        comment_id=about.comment_id,
        case_id=case_id,
        source=source,
        action=action,
        person_id=person_id,
        reason=reason,
        note=note,
        ground=grounds.ground if grounds else ground_of(action, reason),
        ground_reference=grounds.reference if grounds else None,
        site_reason=site_reason,
        detection=detection or usual_detection,
        automation=automation or usual_automation,
        policy_version=about.policy_version,
        model_version=about.model_version,
        undoes=undoes,
        inclusion_probability=probability,
        decided_at=at,
    )


def taking_back(decision: Decision, decision_id: DecisionId, *, by: PersonId, at: datetime) -> Decision:
    """Return the decision that takes another one back: the comment is held, as it was before anybody had decided."""
    about = About(
        site_id=decision.site_id,
        comment_id=decision.comment_id,
        policy_version=decision.policy_version,
        model_version=decision.model_version,
    )
    return new_decision(
        decision_id, about, source=Source.MODERATOR, action=Action.HOLD, at=at, person_id=by, undoes=decision.id
    )


def ground_of(action: Action, reason: ReasonCode | None) -> Ground | None:
    """Return what a restriction rests on: the law if the reason says so, else the site's terms.

    None for what is no rejection: nothing is restricted.
    """
    if action is not Action.REJECT:
        return None
    return Ground.LAW if reason is ReasonCode.ILLEGAL else Ground.TERMS


_REASON_OF_LABEL: Mapping[Label, ReasonCode] = MappingProxyType(
    {
        Label.TOXIC: ReasonCode.INSULT,
        Label.SEVERE_TOXIC: ReasonCode.INSULT,
        Label.INSULT: ReasonCode.INSULT,
        Label.OBSCENE: ReasonCode.OBSCENE,
        Label.THREAT: ReasonCode.THREAT,
        Label.IDENTITY_ATTACK: ReasonCode.HATE,
        Label.SEXUAL_EXPLICIT: ReasonCode.SEXUAL,
        Label.SPAM: ReasonCode.SPAM,
    }
)


def reason_of(verdict: Verdict) -> ReasonCode | None:
    """Return the reason code of the policy's own rejection, for the statement of reasons; None when it approves."""
    for reason in verdict.reasons:
        if reason.action is Action.REJECT:
            if reason.label:
                return _REASON_OF_LABEL[reason.label]
            return ReasonCode.SPAM if reason.code is Rule.HONEYPOT else ReasonCode.HOUSE_RULE
    return None
