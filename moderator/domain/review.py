"""Cases that wait for people, claims on them, and the decisions that end them: the legal moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from moderator.domain.comments import Status
from moderator.domain.errors import CaseClosed, ClaimLost, Fault, InvalidInput
from moderator.domain.ids import CaseId, CommentId, DecisionId, PersonId, SiteId
from moderator.domain.policy import Action
from moderator.domain.reasons import Ground as Ground
from moderator.domain.reasons import ReasonCode as ReasonCode
from moderator.domain.scoring import Label, Scored

MAX_NOTE_CHARACTERS = 2_000


class Cause(StrEnum):
    """Why a comment waits for a person."""

    BORDERLINE = "borderline"
    SAMPLE = "sample"
    REPORT = "report"
    APPEAL = "appeal"
    UNDONE = "undone"
    CAMPAIGN = "campaign"
    SECOND = "second"  # a second opinion on what another person decided
    DISAGREEMENT = "disagreement"  # two people decided differently


class CaseState(StrEnum):
    """A case is open until a decision closes it, or until its comment is erased."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Source(StrEnum):
    """Who decided."""

    POLICY = "policy"
    MODERATOR = "moderator"
    SITE = "site"  # the site's own people, in their own tool


class Detection(StrEnum):
    """What brought the comment to a decision (DSA, Art. 17(3)(b))."""

    POLICY = "policy"  # the machine, on the site's own initiative
    REPORT = "report"  # a reader's report or notice
    PERSON = "person"  # somebody on the site's staff


class Automation(StrEnum):
    """How far a machine decided (DSA, Art. 17(3)(c); the Transparency Database's three values)."""

    FULLY = "fully"
    PARTIALLY = "partially"
    NOT_AUTOMATED = "not_automated"


STATUS_AFTER: Mapping[Action, Status] = MappingProxyType(
    {Action.APPROVE: Status.APPROVED, Action.HOLD: Status.HELD, Action.REJECT: Status.REJECTED}
)

# How bad it would be to leave such a comment unseen, 0 to 1: a judgement, not a measurement. A threat may need the
# police within minutes; spam only annoys.
SEVERITY: Mapping[Label, float] = MappingProxyType(
    {
        Label.THREAT: 1.0,
        Label.SEVERE_TOXIC: 0.9,
        Label.IDENTITY_ATTACK: 0.8,
        Label.SEXUAL_EXPLICIT: 0.7,
        Label.TOXIC: 0.5,
        Label.INSULT: 0.5,
        Label.OBSCENE: 0.4,
        Label.SPAM: 0.3,
    }
)
UNSCORED_WEIGHT = 0.5
REPORTED_WEIGHT = 0.6
LEAST_WEIGHT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A time-limited exclusive hold on a case."""

    holder: PersonId
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A case was passed on to a senior colleague: when, by whom, and what they said about it."""

    at: datetime
    by: PersonId
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A comment waiting for a person.

    `generation` only grows: with each claim, release and expiry. A decision names the generation it saw, so a
    moderator who slept past the claim cannot overwrite somebody else's work. `weight` is severity × confidence, 0 to 1.
    Cases of comments that are alike carry the same `campaign`, the id of the first of these comments. The `barred` may
    not decide it, and it is not shown to them: up to two who have said already what they think.
    """

    id: CaseId
    site_id: SiteId
    comment_id: CommentId
    cause: Cause
    state: CaseState
    weight: float
    opened_at: datetime
    generation: int
    claim: Claim | None = None
    campaign: CommentId | None = None
    escalation: Escalation | None = None
    barred: tuple[PersonId, ...] = ()

    def check_may_decide(self, person: PersonId, generation: int | None, now: datetime) -> None:
        """Raise unless this person may decide the case as they saw it.

        A free case may be decided by anybody who saw its current generation; a claimed one only by the holder, in time.
        Without a generation, only the holder may.

        Raises:
            CaseClosed: somebody decided it, or the comment was erased.
            ClaimLost: the claim expired, was released, or belongs to somebody else.
        """
        if self.state is not CaseState.OPEN:
            raise CaseClosed("This case is closed already.")
        if generation is not None and self.generation != generation:
            raise ClaimLost("This case has moved on since you saw it; claim it again.")
        if self.claim is None:
            if generation is None:
                raise ClaimLost("You hold no claim on this case; claim it, or name the generation that you saw.")
            return
        if self.claim.holder != person:
            raise ClaimLost("Somebody else holds this case.")
        if self.claim.expires_at <= now:
            raise ClaimLost("Your claim on this case has expired; claim it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The recorded outcome for a comment. Append-only; the newest holds.

    `undoes` names the decision that this one takes back. `inclusion_probability` of a verdict is how likely it was to
    be drawn for a check; a person's decision has it when the comment was drawn, and training and published rates weight
    by its inverse. `site_reason` is the reason as the site words it, `ground_reference` the clause or paragraph that it
    names.
    """

    id: DecisionId
    site_id: SiteId
    comment_id: CommentId
    source: Source
    action: Action
    detection: Detection
    automation: Automation
    decided_at: datetime
    case_id: CaseId | None = None
    person_id: PersonId | None = None
    reason: ReasonCode | None = None
    note: str | None = None
    ground: Ground | None = None
    ground_reference: str | None = None
    site_reason: str | None = None
    policy_version: int | None = None
    model_version: str | None = None
    undoes: DecisionId | None = None
    inclusion_probability: float | None = None

    def __post_init__(self) -> None:
        if (self.source is Source.MODERATOR) != (self.person_id is not None):
            raise ValueError("a moderator's decision names the person, another's does not")
        if self.source is not Source.POLICY and self.action is Action.REJECT and self.reason is None:
            raise ValueError("a rejection by a person needs a reason")


def is_same(one: Decision, other: Decision) -> bool:
    """Return whether two decisions say the same to a site and its author."""
    return (one.action, one.reason, one.ground, one.ground_reference, one.site_reason) == (
        other.action,
        other.reason,
        other.ground,
        other.ground_reference,
        other.site_reason,
    )


def check_ruling(action: Action, reason: ReasonCode | None, note: str | None) -> None:
    """Raise `InvalidInput` unless a person may decide so: approve, or reject with a reason."""
    faults = []
    if action is Action.HOLD:
        faults.append(Fault(pointer="/action", detail="must be approve or reject; release the case to leave it held"))
    if action is Action.REJECT and reason is None:
        faults.append(Fault(pointer="/reason", detail="a rejection needs a reason"))
    faults += _note_faults(note)
    if faults:
        raise InvalidInput(*faults)


def check_note(note: str | None) -> None:
    """Raise `InvalidInput` when a note is too long."""
    if faults := _note_faults(note):
        raise InvalidInput(*faults)


def _note_faults(note: str | None) -> list[Fault]:
    is_long = note is not None and len(note) > MAX_NOTE_CHARACTERS
    return [Fault(pointer="/note", detail=f"at most {MAX_NOTE_CHARACTERS} characters")] if is_long else []


def weigh(scored: Scored | None) -> float:
    """Return how much a case weighs in the queue: the largest severity × confidence over the labels."""
    if scored is None:
        return UNSCORED_WEIGHT
    return (
        max([SEVERITY[label] * score for label, score in scored.scores.items()], default=LEAST_WEIGHT) or LEAST_WEIGHT
    )
