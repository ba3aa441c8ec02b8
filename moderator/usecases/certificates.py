"""What a site's automatic verdicts rest on: read, stored and told of, lifted by whoever has looked."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from moderator.domain.certificates import Certificate, Standing, lift
from moderator.domain.errors import Conflict
from moderator.domain.estimates import Audited, Estimate, Stratum, estimate, merged
from moderator.domain.events import ActorKind, AuditAction, EventName
from moderator.domain.ids import EventId, SiteId
from moderator.domain.policy import Action
from moderator.services import Services
from moderator.storage import certificates, outbox, sites, watching
from moderator.storage.audit import Actor
from moderator.storage.database import Connection
from moderator.storage.outbox import Event
from moderator.usecases.acts import audit_act

VERDICTS: Final = (Action.APPROVE, Action.REJECT)
_NEWS: Final = timedelta(days=7)  # What was judged before that is no measurement of now.


async def standing_of(connection: Connection, site_id: SiteId) -> list[Certificate]:
    """Return what a site's approvals and its rejections rest on, watched or not, in the order of `VERDICTS`."""
    found = {one.action: one for one in await certificates.list_all(connection, site_id)}
    return [found.get(action) or Certificate(site_id=site_id, action=action) for action in VERDICTS]


def strata_of(audited: Iterable[Audited], verdict: Action, since: date | None) -> Sequence[Stratum]:
    """Return the strata of a verdict, of audits decided since a day if one is named."""
    return merged(one.stratum for one in audited if one.verdict is verdict and (since is None or one.day >= since))


async def store(
    services: Services,
    connection: Connection,
    actor: Actor,
    site_id: SiteId,
    before: Sequence[Certificate],
    after: Sequence[Certificate],
) -> None:
    """Store certificates and tell of each change: to the audit log, to the site's webhooks, to every worker."""
    changes: dict[AuditAction, list[Certificate]] = {}
    for was, now in zip(before, after, strict=True):
        await certificates.set_one(connection, now)
        act = _act_of(was.standing, now.standing)
        if act is not None:
            changes.setdefault(act, []).append(now)
    for act, changed in changes.items():
        verdicts = ",".join(one.action for one in changed)
        measures = ",".join(dict.fromkeys(figure.measure for one in changed for figure in one.why)) or None
        await audit_act(
            services, connection, actor, act, "site", site_id, site_id, verdicts=verdicts, measures=measures
        )
        if act in _EVENTS:
            await outbox.enqueue(connection, _event(services, actor, site_id, act, changed))
    if changes:
        await sites.touch_directory(connection)


def _act_of(was: Standing, now: Standing) -> AuditAction | None:
    if was is now:
        return None
    if now is Standing.SUSPENDED:
        return AuditAction.AUTOMATION_SUSPENDED
    if was is Standing.SUSPENDED:
        return AuditAction.AUTOMATION_RESTORED
    return AuditAction.CERTIFICATE_EARNED if now is Standing.VALID else AuditAction.CERTIFICATE_EXPIRED


_EVENTS: Final[Mapping[AuditAction, EventName]] = {
    AuditAction.AUTOMATION_SUSPENDED: EventName.AUTOMATION_SUSPENDED,
    AuditAction.AUTOMATION_RESTORED: EventName.AUTOMATION_RESTORED,
}


def _event(
    services: Services, actor: Actor, site_id: SiteId, act: AuditAction, changed: Sequence[Certificate]
) -> Event:
    payload: dict[str, object] = {"site": site_id, "verdicts": [str(one.action) for one in changed]}
    if act is AuditAction.AUTOMATION_SUSPENDED:
        figures = {figure.measure: figure for one in changed for figure in one.why}
        payload["day"] = min(one.alarm_day for one in changed if one.alarm_day is not None).isoformat()
        payload["held"] = services.settings.on_drift == "hold"
        payload["measures"] = [
            {"measure": one.measure, "value": round(one.value, 4), "usual": round(one.usual, 4)}
            for one in figures.values()
        ]
    else:
        payload["by"] = "audits" if actor.kind is ActorKind.SERVICE else str(actor.kind)
    return Event(
        id=EventId(services.ids.new()),
        site_id=site_id,
        name=_EVENTS[act],
        comment_id=None,
        payload=payload,
        created_at=services.now(),
    )


async def lift_alarm(services: Services, actor: Actor, site_id: SiteId) -> Sequence[Certificate]:
    """Let a site's automatic verdicts be given again: somebody has looked. Return what they rest on now.

    From this day on, days are held against one another anew and audits count anew: what it was about is how things are.

    Raises:
        NotFound: no such site.
        Conflict: nothing is suspended there.
    """
    services.site(site_id)
    async with services.database.transaction() as connection:
        before = await standing_of(connection, site_id)
        if all(one.standing is not Standing.SUSPENDED for one in before):
            raise Conflict("Nothing is suspended on this site.")
        after = [lift(one, services.now()) for one in before]
        await store(services, connection, actor, site_id, before, after)
    await services.directory.refresh(services.database)
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What an operator's monitoring asks of all sites together.

    `distances` has for each measure how far beyond the usual the site that is farthest off is, on its newest judged
    day; `bounds` the highest bound of errors among sites with audits, 1 without any.
    """

    distances: Mapping[str, float]
    bounds: Mapping[Action, float]
    standings: Mapping[tuple[Action, Standing], int]


async def watched(connection: Connection, now: datetime) -> Watched:
    """Return where things stand, as the newest pass over each site left them."""
    found = await certificates.list_all(connection)
    bounds = {
        verdict: max((one.bound for one in found if one.action is verdict and one.audited), default=1.0)
        for verdict in VERDICTS
    }
    counted = Counter((one.action, one.standing) for one in found)
    distances: dict[str, float] = {}
    for figure in await watching.newest_figures(connection, (now - _NEWS).astimezone(UTC).date()):
        distances[figure.measure] = max(distances.get(figure.measure, 0.0), abs(figure.value - figure.usual))
    return Watched(
        distances=distances,
        bounds=bounds,
        standings={(verdict, standing): counted[verdict, standing] for verdict in VERDICTS for standing in Standing},
    )


async def estimates(
    connection: Connection, sites_asked: Sequence[SiteId], since: datetime
) -> Mapping[Action, Estimate]:
    """Return how often the machine errs in what it approves and what it rejects, by audits decided since a moment."""
    audited = await watching.audited(connection, sites_asked, since)
    return {verdict: estimate(strata_of(audited, verdict, None)) for verdict in VERDICTS}
