"""What Coral is told: our outcome as a status, flags and a reason from its own lists.

An answer without a status lets Coral's later phases speak; any status, NONE and APPROVED among them, is the last word
and passes over a site's own pre-moderation. So nothing is said of a comment that we approve.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

from moderator.domain.decisions import reason_of
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action, Reason, Rule, Verdict
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Label


class Flag(Struct):
    """What Coral's people see on a comment."""

    actionType: str  # noqa: N815 — Coral's words, here and below.
    reason: str


class RejectionReason(Struct, omit_defaults=True):
    """Why a comment was rejected, as its author is told where Coral's DSA features are on."""

    code: str
    customReason: str | None = None  # noqa: N815


class ModerationAction(Struct):
    """The entry in a comment's history."""

    status: str
    rejectionReason: RejectionReason  # noqa: N815


class PhaseAnswer(Struct, omit_defaults=True):
    """An answer of ours. Empty, it is no opinion."""

    status: str | None = None
    actions: list[Flag] = []
    moderationAction: ModerationAction | None = None  # noqa: N815


TOXIC: Final = Flag(actionType="FLAG", reason="COMMENT_DETECTED_TOXIC")
SPAM: Final = Flag(actionType="FLAG", reason="COMMENT_DETECTED_SPAM")
_SPAM_RULES: Final = frozenset({Rule.LINKS, Rule.BLOCKED_DOMAIN, Rule.SUSPECT_LINK, Rule.DUPLICATE, Rule.CAMPAIGN})
# Codes that are not here are OTHER. The policy rejects for some of them only; the table in docs/compat.md is the same.
CODES: Final[Mapping[ReasonCode, str]] = MappingProxyType(
    {
        ReasonCode.SPAM: "SPAM",
        ReasonCode.INSULT: "ABUSIVE",
        ReasonCode.HATE: "HATE_SPEECH",
        ReasonCode.THREAT: "HARASSMENT_BULLYING",
        ReasonCode.SEXUAL: "OFFENSIVE",
        ReasonCode.OBSCENE: "OFFENSIVE",
        ReasonCode.MISINFORMATION: "MISINFORMATION",
        ReasonCode.ILLEGAL: "ILLEGAL_CONTENT",
        ReasonCode.OFF_TOPIC: "IRRELEVANT_CONTENT",
        ReasonCode.DUPLICATE: "SPAM",
    }
)
_CODES_OF_RULES: Final[Mapping[Rule, str]] = MappingProxyType(
    {Rule.BANNED_PHRASE: "BANNED_WORD", Rule.BLOCKED_DOMAIN: "SPAM"}
)
# Coral's form asks for words of one's own beside OTHER, so it is given some. They say nothing of scores.
_OTHER: Final = RejectionReason(code="OTHER", customReason="This site's rules")
NO_OPINION: Final = PhaseAnswer()
# A text that is too long for us would go unread if nothing were said.
TOO_LONG: Final = PhaseAnswer(status="PREMOD")
ENCODER: Final = msgspec.json.Encoder()


def answer_to(outcome: Outcome) -> PhaseAnswer:
    """Return what Coral is told of a comment as first judged."""
    if outcome.verdict is Action.APPROVE:
        return NO_OPINION
    flags = _flags(outcome.reasons)
    if outcome.verdict is Action.HOLD:
        # With a flag as Coral's own filters withhold a comment; without one as it holds those of new commenters.
        return PhaseAnswer(status="SYSTEM_WITHHELD" if flags else "PREMOD", actions=flags)
    action = ModerationAction(status="REJECTED", rejectionReason=_rejection_reason(outcome))
    return PhaseAnswer(status="REJECTED", actions=flags, moderationAction=action)


def _flags(reasons: Iterable[Reason]) -> list[Flag]:
    """Return a flag for each kind of harm, in Coral's two words; rules that speak of neither give none."""
    kinds = [
        SPAM if reason.label is Label.SPAM or reason.code in _SPAM_RULES else TOXIC
        for reason in reasons
        if reason.label is not None or reason.code in _SPAM_RULES
    ]
    return [flag for flag in (TOXIC, SPAM) if flag in kinds]


def _rejection_reason(outcome: Outcome) -> RejectionReason:
    """Return why, from Coral's list. There is always a code: without one Coral would say OTHER."""
    first = next((reason.code for reason in outcome.reasons if reason.action is Action.REJECT), None)
    code = _CODES_OF_RULES.get(first) if first else None
    if code is None:
        reason = reason_of(Verdict(action=outcome.verdict, reasons=outcome.reasons))
        code = CODES.get(reason) if reason else None
    return RejectionReason(code=code) if code else _OTHER
