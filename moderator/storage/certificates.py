"""What each site's automatic verdicts rest on, what an alarm held back, and who may look at a site just now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.certificates import Certificate, Standing
from moderator.domain.ids import SiteId, first_id_at
from moderator.domain.policy import Action, Rule
from moderator.storage.columns import from_ms_or_none, reasons_from_json, to_ms
from moderator.storage.database import Connection, Row, Value
from moderator.storage.watching import day_of, figures_from_json, figures_to_json, number_of

CERTIFICATES = """
SELECT * FROM certificates WHERE CAST(:site_id AS TEXT) IS NULL OR site_id = :site_id ORDER BY site_id, action
"""


async def list_all(connection: Connection, site_id: SiteId | None = None) -> list[Certificate]:
    """Return what the automatic verdicts of a site, or of all, rest on. A site that was never watched has none."""
    return [_certificate(row) for row in await connection.all(CERTIFICATES, site_id=site_id)]


SET_CERTIFICATE = """
INSERT INTO certificates (site_id, action, state, bound, audited, needed, earned_ms, expires_ms, suspended_ms,
    alarm_day, accepted_day, why)
VALUES (:site_id, :action, :state, :bound, :audited, :needed, :earned_ms, :expires_ms, :suspended_ms, :alarm_day,
    :accepted_day, :why)
ON CONFLICT (site_id, action) DO UPDATE SET state = excluded.state, bound = excluded.bound,
    audited = excluded.audited, needed = excluded.needed, earned_ms = excluded.earned_ms,
    expires_ms = excluded.expires_ms, suspended_ms = excluded.suspended_ms, alarm_day = excluded.alarm_day,
    accepted_day = excluded.accepted_day, why = excluded.why
"""


async def set_one(connection: Connection, certificate: Certificate) -> None:
    """Store what a site's automatic verdicts of a kind rest on."""
    one = certificate
    await connection.execute(
        SET_CERTIFICATE,
        site_id=one.site_id,
        action=one.action,
        state=one.standing,
        bound=one.bound,
        audited=one.audited,
        needed=one.needed,
        earned_ms=_ms(one.earned_at),
        expires_ms=_ms(one.expires_at),
        suspended_ms=_ms(one.suspended_at),
        alarm_day=None if one.alarm_day is None else number_of(one.alarm_day),
        accepted_day=None if one.accepted_day is None else number_of(one.accepted_day),
        why=figures_to_json(one.why),
    )


TAKE_LEASE = """
INSERT INTO leases (name, holder, until_ms) VALUES (:name, :holder, :until_ms)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
WHERE leases.until_ms <= :now_ms OR leases.holder = excluded.holder
RETURNING holder
"""


async def take_lease(connection: Connection, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Take or keep the right to do something alone until a moment. Return whether it is this holder's now."""
    row = await connection.one(TAKE_LEASE, name=name, holder=holder, now_ms=to_ms(now), until_ms=to_ms(until))
    return row is not None


# What an alarm held back, and what people decided about it since: the same question as an audit's, asked of everything.
HELD_BACK = """
SELECT comments.reasons, (
    SELECT own.action FROM decisions AS own WHERE own.comment_id = comments.id AND own.source = 'moderator'
    ORDER BY own.id DESC LIMIT 1) AS ruling
FROM comments
WHERE comments.id >= :oldest AND comments.site_id = :site_id AND comments.verdict = 'hold'
    AND comments.reasons LIKE :coded AND comments.erased_ms IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Comments that an alarm alone kept from an automatic verdict: how many, and what people decided about them."""

    comments: int = 0
    ruled: int = 0
    wrong: int = 0


async def held_back(connection: Connection, site_id: SiteId, since: datetime) -> Mapping[Action, HeldBack]:
    """Return for approvals and rejections what an alarm has held back since a moment."""
    found = {Action.APPROVE: HeldBack(), Action.REJECT: HeldBack()}
    rows = await connection.all(
        HELD_BACK, site_id=site_id, oldest=first_id_at(to_ms(since)), coded=f'%"code":"{Rule.DRIFT}"%'
    )
    for row in rows:
        others = [reason.action for reason in reasons_from_json(row["reasons"]) if reason.code is not Rule.DRIFT]
        would_be = Action.REJECT if Action.REJECT in others else Action.APPROVE
        if would_be is Action.APPROVE and others:
            continue  # It would have been held anyway.
        before, ruling = found[would_be], row["ruling"]
        is_ruled = ruling is not None and ruling != Action.HOLD
        found[would_be] = HeldBack(
            comments=before.comments + 1,
            ruled=before.ruled + is_ruled,
            wrong=before.wrong + (is_ruled and ruling != would_be),
        )
    return found


def _ms(moment: datetime | None) -> Value:
    return None if moment is None else to_ms(moment)


def _certificate(row: Row) -> Certificate:
    return Certificate(
        site_id=SiteId(row["site_id"]),
        action=Action(row["action"]),
        standing=Standing(row["state"]),
        bound=float(row["bound"]),
        audited=int(row["audited"]),
        needed=None if row["needed"] is None else int(row["needed"]),
        earned_at=from_ms_or_none(row["earned_ms"]),
        expires_at=from_ms_or_none(row["expires_ms"]),
        suspended_at=from_ms_or_none(row["suspended_ms"]),
        alarm_day=None if row["alarm_day"] is None else day_of(int(row["alarm_day"])),
        accepted_day=None if row["accepted_day"] is None else day_of(int(row["accepted_day"])),
        why=figures_from_json(row["why"]),
    )
