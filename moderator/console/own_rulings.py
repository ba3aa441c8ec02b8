"""How far a site's own people agree with the scores of the model in use, on the comments that they decided.

One figure for all labels: people say that a comment must go and why, not which scores are right. So the highest score
of a comment stands against whether it was rejected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakKeyDictionary

import anyio

from moderator.domain.ids import SiteId
from moderator.domain.policy import Action
from moderator.domain.reliability import Group, Ruled, group
from moderator.services import Services
from moderator.storage import traffic
from moderator.storage.database import Database
from moderator.storage.traffic import Came

DAYS: Final = 30
MOST_COMMENTS: Final = 50_000
KEPT_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRulings:
    """A site's rulings by score; `drawn` of them were on comments drawn by chance, which count for others, too."""

    site_id: SiteId
    version: str
    read_at: datetime
    until: float  # On the stopwatch.
    rulings: int
    drawn: int
    groups: Sequence[Group]


_kept: Final[WeakKeyDictionary[Database, OwnRulings]] = WeakKeyDictionary()
_turn: Final = anyio.Lock()  # One at a time: reading fifty thousand comments takes about a second.


async def own_rulings(services: Services, site_id: SiteId, version: str) -> OwnRulings:
    """Return what a site's people decided in the last thirty days on comments that a version scored."""
    async with _turn:
        found = _kept.get(services.database)
        if found is None or (found.site_id, found.version) != (site_id, version) or found.until <= services.monotonic():
            found = _kept[services.database] = await _read(services, site_id, version)
    return found


async def _read(services: Services, site_id: SiteId, version: str) -> OwnRulings:
    now, ruled, drawn = services.now(), list[Ruled](), 0
    async for page in traffic.scored_since(services.database, site_id, now - timedelta(days=DAYS), most=MOST_COMMENTS):
        for came in page:
            one = _ruled(came) if came.model == version else None
            if one is not None:
                ruled.append(one)
                drawn += came.past.probability is not None
    return OwnRulings(
        site_id=site_id,
        version=version,
        read_at=now,
        until=services.monotonic() + KEPT_SECONDS,
        rulings=len(ruled),
        drawn=drawn,
        groups=group(ruled),
    )


def _ruled(came: Came) -> Ruled | None:
    """Return what a person decided about a comment; None when nobody did, or took it back."""
    past = came.past
    scores = [score for score in past.scores if score is not None]
    if past.ruling not in (Action.APPROVE, Action.REJECT) or not scores:
        return None
    weight = 1 / past.probability if past.probability else 1.0
    return Ruled(score=max(scores), is_rejected=past.ruling is Action.REJECT, weight=weight)
