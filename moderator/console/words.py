"""What the console says: reasons with their keys, causes, numbers and times in words."""

from datetime import datetime, timedelta
from typing import Final

from moderator.console.language import gettext, marked
from moderator.domain.policy import Action, Reason, Rule
from moderator.domain.reasons import DEFAULT_REASONS, ReasonCode, SiteReason
from moderator.domain.review import Cause, Decision

CHOICES: Final = DEFAULT_REASONS  # What keys reject for where a site does not word its own.
_REASONS: Final = {
    ReasonCode.SPAM: marked("spam"),
    ReasonCode.INSULT: marked("insult"),
    ReasonCode.HATE: marked("hate"),
    ReasonCode.THREAT: marked("threat"),
    ReasonCode.SEXUAL: marked("sexual"),
    ReasonCode.OBSCENE: marked("obscene"),
    ReasonCode.PERSONAL_DATA: marked("personal data"),
    ReasonCode.MISINFORMATION: marked("misinformation"),
    ReasonCode.ILLEGAL: marked("illegal"),
    ReasonCode.OFF_TOPIC: marked("off topic"),
    ReasonCode.DUPLICATE: marked("duplicate"),
    ReasonCode.HOUSE_RULE: marked("house rule"),
    ReasonCode.OTHER: marked("other"),
}
CAUSES: Final = {
    Cause.BORDERLINE: marked("The machine was not sure."),
    Cause.SAMPLE: marked("A check on the machine."),
    Cause.REPORT: marked("A reader reported it."),
    Cause.APPEAL: marked("Its author complained about the decision."),
    Cause.UNDONE: marked("A decision was taken back."),
    Cause.CAMPAIGN: marked("Many like it came from several authors or stand under several articles."),
}
ACTS: Final = {Action.APPROVE: marked("approved"), Action.HOLD: marked("held"), Action.REJECT: marked("rejected")}
TOLD: Final = {
    "moved": marked(
        "That case had moved on: somebody else decided it, or your time with it was over. Nothing was changed."
    ),
    "skipped": marked("Skipped: the case is back in the queue for your colleagues."),
    "passed": marked("Passed on: a senior colleague decides this one."),
    "undone": marked("Taken back: the comment is held again, and its case is yours."),
    "stands": marked("That decision cannot be taken back any more: a newer one stands, or the comment was erased."),
}


def reason_name(reason: ReasonCode | None) -> str:
    """Return a reason's code in the page's language; nothing for none."""
    return gettext(_REASONS[reason]) if reason is not None else ""


def choice_name(choice: SiteReason) -> str:
    """Return a reason as its button says it: in the site's own words, or in the house's."""
    return reason_name(choice.reason) if choice in DEFAULT_REASONS else choice.name


def because(decision: Decision) -> str:
    """Return why somebody decided: in the site's own words where it has some; nothing without a reason."""
    return decision.site_reason or reason_name(decision.reason)


def words(name: str) -> str:
    """Return a code as people read it."""
    return str(name).replace("_", " ")


def brief(reason: Reason) -> str:
    """Return a reason in a few words; of a signal, which could be any of several, what it says."""
    if reason.label is not None and reason.score is not None:
        return f"{words(reason.label)} {percent(reason.score)}"
    return reason.detail.removesuffix(".") if reason.code is Rule.SIGNAL else words(reason.code)


def told(reason: Reason) -> str:
    """Return what the machine said, with the label as people read it."""
    return reason.detail if reason.label is None else reason.detail.replace(reason.label, words(reason.label), 1)


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
