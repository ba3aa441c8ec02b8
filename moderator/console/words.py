"""What the console says: reasons with their keys, causes, numbers and times in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moderator.domain.policy import Action, Reason, Rule
from moderator.domain.review import Cause, ReasonCode


@dataclass(frozen=True, slots=True)
class Choice:
    """A reason to reject for, and the key that does it."""

    reason: ReasonCode
    key: str


CHOICES: Final = tuple(
    Choice(reason, key)
    for key, reason in {
        "1": ReasonCode.SPAM,
        "2": ReasonCode.INSULT,
        "3": ReasonCode.HATE,
        "4": ReasonCode.THREAT,
        "5": ReasonCode.SEXUAL,
        "6": ReasonCode.OBSCENE,
        "7": ReasonCode.PERSONAL_DATA,
        "8": ReasonCode.MISINFORMATION,
        "9": ReasonCode.ILLEGAL,
        "0": ReasonCode.OFF_TOPIC,
        "D": ReasonCode.DUPLICATE,
        "H": ReasonCode.HOUSE_RULE,
        "O": ReasonCode.OTHER,
    }.items()
)
CAUSES: Final = {
    Cause.BORDERLINE: "The machine was not sure.",
    Cause.SAMPLE: "A check on the machine: what it thinks is not shown, so that it does not sway you.",
    Cause.REPORT: "A reader reported it.",
    Cause.APPEAL: "Its author complained about the decision.",
    Cause.UNDONE: "A decision was taken back.",
    Cause.CAMPAIGN: "Many like it came from several authors or stand under several articles.",
}
ACTS: Final = {Action.APPROVE: "approved", Action.HOLD: "held", Action.REJECT: "rejected"}
TOLD: Final = {
    "moved": "That case had moved on: somebody else decided it, or your time with it was over. Nothing was changed.",
    "skipped": "Skipped: the case is back in the queue for your colleagues.",
    "undone": "Taken back: the comment is held again, and its case is yours.",
    "stands": "That decision cannot be taken back any more: a newer one stands, or the comment was erased.",
}


def words(name: str) -> str:
    """Return a code as people read it."""
    return str(name).replace("_", " ")


def brief(reason: Reason) -> str:
    """Return a reason in a few words; of a signal, which could be any of several, what it says."""
    if reason.label is not None and reason.score is not None:
        return f"{words(reason.label)} {percent(reason.score)}"
    return reason.detail.removesuffix(".") if reason.code is Rule.SIGNAL else words(reason.code)


def percent(share: float) -> str:
    """Return a share (0 to 1) without claiming to be sure: `<1 %`, `43 %`, `>99 %`."""
    if 0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1:
        return ">99 %"
    return f"{share * 100:.0f} %"


def share(part: float) -> str:
    """Return a share (0 to 1) to a tenth of a per cent: `0.4 %`, `12.0 %`."""
    return f"{part * 100:.1f} %"


def clock(moment: datetime) -> str:
    """Return a moment to the minute."""
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def iso(moment: datetime) -> str:
    """Return a moment as machines read it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def span_of(passed: timedelta) -> str:
    """Return how long something took or lasts, roughly: `under a minute`, `12 min`, `3 h`, `5 days`."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def count(number: int) -> str:
    """Return a count of an author's comments; counting stops at a hundred."""
    return "100 or more" if number >= 100 else str(number)
