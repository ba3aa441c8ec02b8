"""Certificates: what a site's automatic verdicts rest on, approving and rejecting apart. A state in, the next one out.

A site begins on the promise of the model that it was given. Once enough of its own audited verdicts of the last thirty
days show that the promise is kept here, with 95 % confidence, it has a certificate, for another thirty days at a time.
An alarm suspends: what the numbers were made from is not what comes in now. Then people decide, until an administrator
has looked and lifts it, or until what they decided meanwhile shows that the machine would have been right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from moderator.domain.drift import Figure, Level
from moderator.domain.estimates import Stratum, estimate, lower_bound, more_needed
from moderator.domain.ids import SiteId
from moderator.domain.policy import Action

LIFETIME: Final = timedelta(days=30)
# Of what is approved, at most so many break the rules; of what is rejected, at most so many do not.
PROMISES: Final[Mapping[Action, float]] = MappingProxyType({Action.APPROVE: 0.02, Action.REJECT: 0.05})
# A broken promise is an alarm. It is asked every day, so that it must be surer than a certificate is.
BROKEN_CONFIDENCE: Final = 0.999


class Standing(StrEnum):
    """What a site's automatic verdicts of one kind rest on; `none` is the promise of the model alone."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a site's automatic approvals, or rejections, rest on.

    `bound` is what errors are below (0 to 1), with 95 % confidence, by `audited` decisions; `needed` more of them
    would certify the promise (None: no number would). `why` has the figures of the alarm of `alarm_day` while it is
    suspended. What was before `accepted_day` counts no more.
    """

    site_id: SiteId
    action: Action
    standing: Standing = Standing.NONE
    bound: float = 1.0
    audited: int = 0
    needed: int | None = None
    earned_at: datetime | None = None
    expires_at: datetime | None = None
    suspended_at: datetime | None = None
    alarm_day: date | None = None
    accepted_day: date | None = None
    why: Sequence[Figure] = ()

    @property
    def promise(self) -> float:
        """Return the share of errors (0 to 1) that it is about."""
        return PROMISES[self.action]


def weigh(certificate: Certificate, strata: Sequence[Stratum], now: datetime) -> Certificate:
    """Return a certificate after a look at audited verdicts of the last thirty days; they may earn or renew it.

    Args:
        strata: for a suspended one, what people decided since then about what the machine would have done alone.
    """
    found = estimate(strata)
    needed = more_needed(strata, certificate.promise)
    measured = replace(certificate, bound=found.bound, audited=found.audited, needed=needed)
    is_suspended = certificate.standing is Standing.SUSPENDED
    if found.audited and found.bound <= certificate.promise:
        renewed = _accepted(measured, now) if is_suspended else measured
        is_new = certificate.standing is not Standing.VALID
        earned_at = now if is_new else certificate.earned_at
        return replace(renewed, standing=Standing.VALID, earned_at=earned_at, expires_at=now + LIFETIME)
    return measured if is_suspended else replace(measured, standing=_aged(measured, now))


def find_broken(certificate: Certificate, strata: Sequence[Stratum]) -> Figure | None:
    """Return how far the rate of errors is above its promise, if it surely is; None if that cannot be said."""
    low = lower_bound(strata, BROKEN_CONFIDENCE)
    if low <= certificate.promise:
        return None
    share = estimate(strata).share or 0.0
    measure = f"audit.{certificate.action}"
    return Figure(measure=measure, value=share, usual=low, limit=certificate.promise, level=Level.ALARM)


def suspend(certificate: Certificate, why: Sequence[Figure], *, day: date, now: datetime) -> Certificate:
    """Return a certificate after an alarm; one that is suspended already keeps the day and the reason of the first."""
    if certificate.standing is Standing.SUSPENDED:
        return certificate
    return replace(certificate, standing=Standing.SUSPENDED, suspended_at=now, alarm_day=day, why=tuple(why))


def lift(certificate: Certificate, now: datetime) -> Certificate:
    """Return a certificate after somebody has looked: it is again what it was, and what was before counts no more."""
    if certificate.standing is not Standing.SUSPENDED:
        return certificate
    accepted = _accepted(certificate, now)
    return replace(accepted, standing=_aged(accepted, now))


def _accepted(certificate: Certificate, now: datetime) -> Certificate:
    today = now.astimezone(UTC).date()
    return replace(certificate, suspended_at=None, alarm_day=None, why=(), accepted_day=today)


def _aged(certificate: Certificate, now: datetime) -> Standing:
    if certificate.expires_at is None:
        return Standing.NONE
    return Standing.VALID if now < certificate.expires_at else Standing.EXPIRED
