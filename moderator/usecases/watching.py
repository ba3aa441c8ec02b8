"""The daily look at each site: what came in, whether it is like before, and what the automatic verdicts rest on.

A pass takes one day (UTC) of one site, so that it can stop anywhere and go on later; days that were missed are caught
up, the oldest first, and only the newest one can raise an alarm. One worker has the lease, and the others have nothing
to do. It never learns: an alarm says that people have to look.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import anyio
import anyio.to_thread

from moderator.classifier.vocabulary import count_words
from moderator.domain.certificates import LIFETIME, Certificate, Standing, find_broken, lift, suspend, weigh
from moderator.domain.drift import (
    FARTHEST,
    LENGTH_BINS,
    SCORE_BINS,
    TOP,
    Day,
    Figure,
    Level,
    Sketch,
    judge_day,
    length_bin,
    most_frequent,
    score_bin,
)
from moderator.domain.estimates import Stratum
from moderator.domain.events import ActorKind
from moderator.domain.ids import SiteId
from moderator.domain.policy import Action
from moderator.log import logger
from moderator.services import Services
from moderator.storage import certificates, watching
from moderator.storage.audit import Actor
from moderator.storage.certificates import HeldBack
from moderator.storage.database import Connection
from moderator.storage.watching import Seen
from moderator.usecases.certificates import standing_of, store, strata_of

LEASE: Final = "watch"
LEASE_LASTS: Final = timedelta(minutes=10)
# A pause after each stretch of counting, in which Python is locked: pages took twice as long while days were caught up.
REST: Final = 4.0
GRACE: Final = timedelta(minutes=5)  # After midnight: what was received before it is stored by then.
CAUGHT_UP: Final = timedelta(days=35)  # Days before that are not looked at any more.
KEPT: Final = FARTHEST + timedelta(days=30)  # The counts that days are held against, and some to spare.
# What an alarm held back says what the machine would have got wrong, once nearly all of it has been decided about:
# the worst come first in the queue.
DECIDED_SHARE: Final = 0.8
_SERVICE: Final = Actor(kind=ActorKind.SERVICE)


async def watch(services: Services) -> int:
    """Look at one day of one site that nobody has looked at. Return how many days were looked at: 0 or 1."""
    now = services.now()
    newest = (now - GRACE).astimezone(UTC).date() - timedelta(days=1)
    site_id, day = await _next(services, newest)
    if site_id is None or day is None or not await _take_lease(services, now):
        return 0
    sketch = await _sketch(services, site_id, day)
    async with services.database.read() as connection:
        ruled, overturned = await watching.ruled(connection, site_id, day)
        before = await watching.watch_days(connection, site_id, day - FARTHEST, day)
        accepted = [one.accepted_day for one in await certificates.list_all(connection, site_id)]
    since = max((one for one in accepted if one is not None), default=None)
    counted = sketch.finish(ruled, overturned)
    judged = await anyio.to_thread.run_sync(lambda: judge_day(day, counted, before, since=since))
    await _record(services, site_id, judged, is_newest=day == newest)
    logger.info("day_watched", site=site_id, day=day.isoformat(), comments=counted.comments, level=judged.level.value)
    return 1


async def _next(services: Services, newest: date) -> tuple[SiteId | None, date | None]:
    """Return the site that is furthest behind and its first day that was not looked at."""
    behind = list[tuple[date, SiteId]]()
    async with services.database.read() as connection:
        for site_id in services.directory.sites:
            last = await watching.last_day(connection, site_id, newest + timedelta(days=1))
            first = newest - CAUGHT_UP if last is None else max(last + timedelta(days=1), newest - CAUGHT_UP)
            if last is None:
                found = await watching.first_day(connection, site_id, first)
                first = newest + timedelta(days=1) if found is None else found
            if first <= newest:
                behind.append((first, site_id))
    if not behind:
        return None, None
    day, site_id = min(behind)
    return site_id, day


async def _take_lease(services: Services, now: datetime) -> bool:
    async with services.database.transaction() as connection:
        return await certificates.take_lease(connection, LEASE, services.instance, now=now, until=now + LEASE_LASTS)


class _Counts:
    """A day's counts as they grow. Texts are hashed page by page and forgotten."""

    def __init__(self) -> None:
        self._comments = self._held = 0
        self._models: Counter[str] = Counter()
        self._scores: dict[str, list[int]] = {}
        self._lengths = [0] * LENGTH_BINS
        self._words: Counter[int] = Counter()

    def add(self, page: Sequence[Seen]) -> None:
        for one in page:
            self._comments += 1
            self._held += one.verdict is Action.HOLD
            self._lengths[length_bin(len(one.text))] += 1
            if one.model is not None and one.scores:
                self._models[one.model] += 1
                self._add_scores(one)
        self._words.update(count_words(one.text for one in page))

    def _add_scores(self, one: Seen) -> None:
        for name, score in ((TOP, max(one.scores.values())), *one.scores.items()):
            self._scores.setdefault(str(name), [0] * SCORE_BINS)[score_bin(score)] += 1

    def finish(self, ruled: int, overturned: int) -> Sketch:
        models = list(self._models)
        return Sketch(
            comments=self._comments,
            held=self._held,
            ruled=ruled,
            overturned=overturned,
            model=models[0] if len(models) == 1 else None,
            histograms={name: tuple(counts) for name, counts in self._scores.items()},
            lengths=tuple(self._lengths),
            words=most_frequent(self._words),
        )


async def _sketch(services: Services, site_id: SiteId, day: date) -> _Counts:
    counts = _Counts()
    async for page in watching.comments_of(services.database, site_id, day):
        began = services.monotonic()
        await anyio.to_thread.run_sync(counts.add, page)
        await anyio.sleep(REST * (services.monotonic() - began))
    return counts


async def _record(services: Services, site_id: SiteId, judged: Day, *, is_newest: bool) -> None:
    """Store what was made of a day and, of the newest, what follows from it; all in one transaction.

    What is long to read is read before. When somebody lifts an alarm meanwhile, nothing is stored, and the next pass
    looks at the same day again.
    """
    now = services.now()
    before, weighed = list[Certificate](), list[_Weighed]()
    if is_newest:
        async with services.database.read() as connection:
            before = await standing_of(connection, site_id)
            weighed = await _weighed(connection, site_id, before, now)
    after = [_alarmed(one, was, judged, now).certificate for one, was in zip(weighed, before, strict=True)]
    async with services.database.transaction() as connection:
        if is_newest and before != await standing_of(connection, site_id):
            return
        await watching.set_day(connection, site_id, judged, now)
        await watching.forget_counts(connection, site_id, judged.day - KEPT)
        await store(services, connection, _SERVICE, site_id, before, after)
    if any(one.standing is not was.standing for one, was in zip(after, before, strict=True)):
        await services.directory.refresh(services.database)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """A certificate after a look at its audits, and what they say of its promise."""

    certificate: Certificate
    broken: Figure | None


async def _weighed(
    connection: Connection, site_id: SiteId, before: Sequence[Certificate], now: datetime
) -> list[_Weighed]:
    audited = await watching.audited(connection, [site_id], now - LIFETIME)
    found = list[_Weighed]()
    for one in before:
        if one.standing is Standing.SUSPENDED and one.suspended_at is not None:
            held = await certificates.held_back(connection, site_id, one.suspended_at)
            found.append(_weigh_held(one, held, now, is_restored=_has_ended(before, found)))
            continue
        strata = strata_of(audited, one.action, one.accepted_day)
        found.append(_Weighed(certificate=weigh(one, strata, now), broken=find_broken(one, strata)))
    return found


def _has_ended(before: Sequence[Certificate], found: Sequence[_Weighed]) -> bool:
    """Return whether what people decided has just ended the suspension of one that was weighed first."""
    return any(
        was.standing is Standing.SUSPENDED and one.certificate.standing is not Standing.SUSPENDED
        for was, one in zip(before, found, strict=False)
    )


def _weigh_held(one: Certificate, held: Mapping[Action, HeldBack], now: datetime, *, is_restored: bool) -> _Weighed:
    """Weigh a suspended certificate by what people decided meanwhile, each decision about one comment."""
    own = held[one.action]
    if not own.comments and is_restored:
        # Nothing would have been rejected, and approvals are certified again: there is nothing to wait for.
        return _Weighed(certificate=lift(one, now), broken=None)
    is_decided = own.ruled >= DECIDED_SHARE * own.comments
    strata = [Stratum(probability=1.0, audited=own.ruled, wrong=own.wrong)] if is_decided and own.ruled else []
    return _Weighed(certificate=weigh(one, strata, now), broken=None)


def _alarmed(one: _Weighed, before: Certificate, judged: Day, now: datetime) -> _Weighed:
    """Suspend for a day that is far off or a promise that is broken; not what has just been restored."""
    if before.standing is Standing.SUSPENDED:
        return one
    why = [figure for figure in judged.figures if figure.level is Level.ALARM]
    if one.broken is not None:
        why.append(one.broken)
    if not why:
        return one
    return _Weighed(certificate=suspend(one.certificate, why, day=judged.day, now=now), broken=one.broken)
