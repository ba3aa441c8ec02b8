"""What a moderator's decision teaches: which labels it speaks of, and when it has to wait for a second opinion.

A label that a decision does not speak of is unknown, never 0. Only people's decisions teach: the machine's own verdicts
would teach it what it thinks already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from types import MappingProxyType
from typing import Final

from moderator.domain.ids import DecisionId, PersonId
from moderator.domain.opinions import Opinion, find_dissent, standing
from moderator.domain.policy import Action
from moderator.domain.review import Decision, ReasonCode, Source
from moderator.domain.scoring import Label

# "This site rejects it", for whatever reason: a label of one site's decisions alone, which no policy holds for.
HOUSE_RULES: Final = "house_rules"

# What people give as a reason is coarser than the labels: an insult is an insult and thereby toxic, whether it was a
# severe one they did not say. A sexual or obscene comment need not be hostile, so `toxic` stays unknown there.
LABELS_OF_REASON: Final[Mapping[ReasonCode, tuple[Label, ...]]] = MappingProxyType(
    {
        ReasonCode.SPAM: (Label.SPAM,),
        ReasonCode.INSULT: (Label.INSULT, Label.TOXIC),
        ReasonCode.HATE: (Label.IDENTITY_ATTACK, Label.TOXIC),
        ReasonCode.THREAT: (Label.THREAT, Label.TOXIC),
        ReasonCode.SEXUAL: (Label.SEXUAL_EXPLICIT,),
        ReasonCode.OBSCENE: (Label.OBSCENE,),
    }
)
_NOTHING_WRONG: Final[Mapping[str, float]] = MappingProxyType({**dict.fromkeys(Label, 0.0), HOUSE_RULES: 0.0})

# The share of a news site's comments that has a label: what scores are calibrated to, and what being sure is beside.
PRIORS: Final[Mapping[Label, float]] = MappingProxyType(
    {
        Label.TOXIC: 0.05,
        Label.SEVERE_TOXIC: 0.005,
        Label.OBSCENE: 0.02,
        Label.THREAT: 0.005,
        Label.INSULT: 0.03,
        Label.IDENTITY_ATTACK: 0.02,
        Label.SEXUAL_EXPLICIT: 0.005,
        Label.SPAM: 0.05,
    }
)
SURE: Final = 0.95  # A model that is as sure as this is contradicted by two people, not by one.
_LEAST_ODDS: Final = log((1 - SURE) / SURE)


def labels_taught(action: Action, reason: ReasonCode | None) -> Mapping[str, float]:
    """Return what a decision says of each label that it speaks of, 0 or 1; a hold says nothing.

    An approval says that nothing is wrong, of every label: who approves has seen the whole comment, and were only the
    labels meant that the machine had flagged, the others would learn from rejections alone. A rejection says what its
    reason says and that the house rules were broken; what else may be wrong with the comment it leaves open.
    """
    if action is Action.APPROVE:
        return _NOTHING_WRONG
    if action is Action.REJECT:
        named = LABELS_OF_REASON.get(reason, ()) if reason else ()
        return {**dict.fromkeys(named, 1.0), HOUSE_RULES: 1.0}
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What people say of a comment as it now stands, and how many of them say the same.

    Disputed: a second opinion says the opposite, and nobody has settled it yet.
    """

    decision: DecisionId
    action: Action
    reason: ReasonCode | None
    person: PersonId
    decided_at: datetime
    people: int
    probability: float | None
    is_disputed: bool = False

    @property
    def labels(self) -> Mapping[str, float]:
        """What it teaches."""
        return labels_taught(self.action, self.reason)


def ruling_of(history: Sequence[Decision], opinions: Sequence[Opinion] = ()) -> Ruling | None:
    """Return what the decisions on a comment, the oldest first, teach; None when no moderator's decision holds.

    Second opinions teach nothing by themselves: one that says the same supports the decision. A decision that was
    undone teaches nothing and supports no other, nor does an opinion that was taken back. What the site's own people
    overruled is no moderator's word any more; theirs comes as feedback.
    """
    if not history:
        return None
    newest = history[-1]
    if newest.source is not Source.MODERATOR or newest.action is Action.HOLD or newest.person_id is None:
        return None
    undone = {decision.undoes for decision in history}
    agreeing = {
        decision.person_id
        for decision in (*history, *(one.said for one in standing(opinions)))
        if decision.source is Source.MODERATOR
        and decision.id not in undone
        and decision.action is newest.action
        and labels_taught(decision.action, decision.reason) == labels_taught(newest.action, newest.reason)
    }
    return Ruling(
        decision=newest.id,
        action=newest.action,
        reason=newest.reason,
        person=newest.person_id,
        decided_at=newest.decided_at,
        people=len(agreeing),
        probability=newest.inclusion_probability,
        is_disputed=find_dissent(history, opinions) is not None,
    )


def contradicts(value: float, score: float, prior: float) -> bool:
    """Return whether a label's value (0 to 1) says the opposite of a score that was sure.

    Sure of harm is a score above 0.95. Sure of harmlessness is relative: nearly every comment scores below 0.05 for a
    label that one comment in two hundred has. There the text itself must speak against the label as strongly, nineteen
    to one, beside the share of comments (`prior`) that has it.
    """
    if value < 0.5:
        return score > SURE
    if score <= 0.0:
        return True
    return score < 1.0 and _log_odds(score) - _log_odds(prior) < _LEAST_ODDS


def is_contrary(values: Mapping[str, float], scores: Mapping[Label, float]) -> bool:
    """Return whether what somebody says of labels (0 to 1, by name) contradicts scores that were sure.

    A rejection names several labels, one of which may be a stretch; it is contrary when it is so in all of them.
    """
    known = [label for label in scores if label.value in values]
    contrary = {label: contradicts(values[label.value], scores[label], PRIORS[label]) for label in known}
    harmful = [label for label in known if values[label.value] >= 0.5]
    is_harmful_against_all = bool(harmful) and all(contrary[label] for label in harmful)
    return is_harmful_against_all or any(contrary[label] for label in known if label not in harmful)


def _log_odds(share: float) -> float:
    return log(share / (1 - share))
