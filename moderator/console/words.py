"""What the console says: reasons with their keys, causes, codes, numbers and times as people read them.

Numbers and dates are written by Babel's locale data (CLDR), with a space before the per cent sign in every language.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from babel.dates import format_date, format_skeleton
from babel.numbers import NumberPattern, parse_pattern

from moderator.console.language import gettext, locale, marked, ngettext
from moderator.domain.policy import Action
from moderator.domain.reasons import DEFAULT_REASONS, ReasonCode, SiteReason
from moderator.domain.review import Cause, Decision
from moderator.storage.bulk import Batch

CHOICES: Final = DEFAULT_REASONS  # What keys reject for where a site does not word its own.
CAUSES: Final = {
    Cause.BORDERLINE: marked("The machine was not sure."),
    Cause.SAMPLE: marked("A check on the machine."),
    Cause.SECOND: marked("A second opinion was asked for."),
    Cause.REPORT: marked("A reader reported it."),
    Cause.APPEAL: marked("Its author complained about the decision."),
    Cause.UNDONE: marked("A decision was taken back."),
    Cause.CAMPAIGN: marked("Many like it came from several authors or stand under several articles."),
    Cause.DISAGREEMENT: marked("Two people decided differently."),
}
ACTS: Final = {Action.APPROVE: marked("approved"), Action.HOLD: marked("held"), Action.REJECT: marked("rejected")}
TOLD: Final = {
    "moved": marked(
        "That case had moved on: somebody else decided it, or your time with it was over. Nothing was changed."
    ),
    "skipped": marked("Skipped: the case is back in the queue for your colleagues."),
    "passed": marked("Passed on: a senior colleague decides this one."),
    "undone": marked("Taken back: the comment is held again, and its case is yours."),
    "opinion_undone": marked("Taken back: the case is yours once more. The comment stands as it did."),
    "stands": marked("That decision cannot be taken back any more: a newer one stands, or the comment was erased."),
}
# Codes of the domain, which the database and the API know too. Others are shown as they are, without underscores.
NAMES: Final = {
    # Labels.
    "toxic": marked("toxic"),
    "severe_toxic": marked("severe toxic"),
    "obscene": marked("obscene"),
    "threat": marked("threat"),
    "insult": marked("insult"),
    "identity_attack": marked("identity attack"),
    "sexual_explicit": marked("sexual explicit"),
    "spam": marked("spam"),
    # Signals.
    "obfuscated": marked("obfuscated"),
    "unreadable": marked("unreadable"),
    "diluted": marked("diluted"),
    "unsupported_language": marked("unsupported language"),
    # Levels of caution.
    "cautious": marked("cautious"),
    "balanced": marked("balanced"),
    "permissive": marked("permissive"),
    # Rules.
    "score": marked("score"),
    "signal": marked("signal"),
    "unscored": marked("unscored"),
    "rate": marked("rate"),
    "links": marked("links"),
    "blocked_domain": marked("blocked domain"),
    "suspect_link": marked("suspect link"),
    "banned_phrase": marked("banned phrase"),
    "suspect_phrase": marked("suspect phrase"),
    "duplicate": marked("duplicate"),
    "campaign": marked("campaign"),
    "newcomer": marked("newcomer"),
    "personal_data": marked("personal data"),
    "honeypot": marked("honeypot"),
    "too_fast": marked("too fast"),
    "hold_all": marked("hold all"),
    "drift": marked("drift"),
    "uncertified": marked("uncertified"),
    # Why people reject or report.
    "hate": marked("hate"),
    "sexual": marked("sexual"),
    "misinformation": marked("misinformation"),
    "illegal": marked("illegal"),
    "off_topic": marked("off topic"),
    "house_rule": marked("house rule"),
    "other": marked("other"),
    # Causes of cases.
    "borderline": marked("borderline"),
    "sample": marked("sample"),
    "second": marked("second opinion"),
    "disagreement": marked("disagreement"),
    "report": marked("report"),
    "appeal": marked("appeal"),
    "undone": marked("undone"),
    # Actions and statuses.
    "approve": marked("approve"),
    "hold": marked("hold"),
    "reject": marked("reject"),
    "approved": marked("approved"),
    "held": marked("held"),
    "rejected": marked("rejected"),
    # Personal data.
    "email": marked("email"),
    "phone": marked("phone"),
    "iban": marked("iban"),
    "card": marked("card"),
    "national_id": marked("national id"),
    # Grounds, roles, states and keys.
    "terms": marked("terms"),
    "law": marked("law"),
    "moderator": marked("moderator"),
    "senior": marked("senior"),
    "admin": marked("admin"),
    "open": marked("open"),
    "closed": marked("closed"),
    "withdrawn": marked("withdrawn"),
    "policy": marked("policy"),
    "person": marked("person"),
    "site": marked("site"),
    "secret": marked("secret"),
    "public": marked("public"),
    "akismet": marked("akismet"),
    # Fields of forms.
    "action": marked("action"),
    "name": marked("name"),
    "note": marked("note"),
    "password": marked("password"),
    "reason": marked("reason"),
    "text": marked("text"),
    # Members of a policy.
    "caution": marked("caution"),
    "thresholds": marked("thresholds"),
    "sections": marked("sections"),
    "link_limit": marked("link limit"),
    "banned_phrases": marked("banned phrases"),
    "suspect_phrases": marked("suspect phrases"),
    "banned_patterns": marked("banned patterns"),
    "suspect_patterns": marked("suspect patterns"),
    "trusted_domains": marked("trusted domains"),
    "blocked_domains": marked("blocked domains"),
    "suspect_domains": marked("suspect domains"),
    "hold_doubtful_links": marked("hold doubtful links"),
    "duplicate_limit": marked("duplicate limit"),
    "campaign_limit": marked("campaign limit"),
    "campaign_hours": marked("campaign hours"),
    "newcomer_comments": marked("newcomer comments"),
    "hold_signals": marked("hold signals"),
    "hold_personal_data": marked("hold personal data"),
    "honeypot_action": marked("honeypot action"),
    "fastest_seconds": marked("fastest seconds"),
    "hold_everything": marked("hold everything"),
    "audit_share": marked("audit share"),
    "certified_rejects": marked("certified rejects"),
    "second_review_share": marked("second review share"),
}
_WHOLE: Final = parse_pattern("#,##0")
_WHOLE_PERCENT: Final = parse_pattern("#,##0 %")
_TENTH_PERCENT: Final = parse_pattern("#,##0.0 %")
_FIGURE: Final = parse_pattern("#,##0.##############")
_THREE_DECIMALS: Final = parse_pattern("0.000")
_COUNTED: Final = 100


def reason_name(reason: ReasonCode | None) -> str:
    """Return a reason's code in the page's language; nothing for none."""
    return words(reason) if reason is not None else ""


def choice_name(choice: SiteReason) -> str:
    """Return a reason as its button says it: in the site's own words, or in the house's."""
    return reason_name(choice.reason) if choice in DEFAULT_REASONS else choice.name


def because(decision: Decision | Batch) -> str:
    """Return why somebody decided: in the site's own words where it has some; nothing without a reason."""
    return decision.site_reason or reason_name(decision.reason)


def words(name: str) -> str:
    """Return a code as people read it."""
    return gettext(NAMES.get(name) or str(name).replace("_", " "))


def _written(value: float | Decimal, pattern: NumberPattern) -> str:
    written: str = pattern.apply(value, locale())
    return written


def number(value: int) -> str:
    """Return a whole number: `12,345`."""
    return _written(value, _WHOLE)


def signed(value: float) -> str:
    """Return by how much something changed: `+1,234`, `−0.012`."""
    pattern = _WHOLE if isinstance(value, int) else _THREE_DECIMALS
    return f"{'−' if value < 0 else '+'}{_written(abs(value), pattern)}"


def figure(value: float) -> str:
    """Return a threshold, or another figure of which six digits say enough: `0.0044`."""
    return _written(Decimal(f"{value:g}"), _FIGURE)


def decimal(value: float) -> str:
    """Return a measure with three decimals: `0.971`."""
    return _written(value, _THREE_DECIMALS)


def percent(share: float) -> str:
    """Return a share (0 to 1) without claiming to be sure: `<1 %`, `43 %`, `>99 %`."""
    if 0 < share < 0.005:
        return gettext("<1 %")
    if 0.995 <= share < 1:
        return gettext(">99 %")
    return _written(share, _WHOLE_PERCENT)


def share(part: float) -> str:
    """Return a share (0 to 1) to a tenth of a per cent: `0.4 %`, `12.0 %`."""
    return _written(part, _TENTH_PERCENT)


def clock(moment: datetime) -> str:
    """Return a moment to the minute: `23 Nov 2026, 10:00 UTC`."""
    return f"{format_skeleton('yMMMd', moment, locale=locale())}, {moment:%H:%M} UTC"


def day(moment: datetime) -> str:
    """Return a day in full: `Thursday, 26 November 2026`."""
    return format_date(moment, "full", locale=locale())


def iso(moment: datetime) -> str:
    """Return a moment as machines read it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def span_of(passed: timedelta) -> str:
    """Return how long something took or lasts, roughly: `under a minute`, `12 min`, `3 h`, `5 days`."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return gettext("under a minute")
    if minutes < 60:
        return gettext("%(minutes)s min") % {"minutes": minutes}
    if minutes < 48 * 60:
        return gettext("%(hours)s h") % {"hours": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": number(days)}


def ago(passed: timedelta) -> str:
    """Return how long since something happened, roughly: `12 min ago`."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return gettext("under a minute ago")
    if minutes < 60:
        return gettext("%(minutes)s min ago") % {"minutes": minutes}
    if minutes < 48 * 60:
        return gettext("%(hours)s h ago") % {"hours": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": number(days)}


def count(counted: int) -> str:
    """Return a count of an author's comments, or of a campaign's; counting stops at a hundred."""
    return gettext("%(number)s or more") % {"number": _COUNTED} if counted >= _COUNTED else number(counted)
