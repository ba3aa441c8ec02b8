"""The workbench behind the policy page: a site's last thirty days, judged again in a thread.

Reading fifty thousand comments takes about a second, judging them again a fifth of one. Who tries thresholds presses
often, so what was read is kept for two minutes, for one site and packed: some 5 MiB.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import isnan, nan
from operator import add
from typing import Any, Final
from weakref import WeakKeyDictionary

import anyio
import anyio.to_thread

from moderator.domain.ids import SiteId
from moderator.domain.policy import Action, Policy
from moderator.domain.scoring import Label
from moderator.domain.workbench import Histogram, Past, Tally, histograms, tally, tally_happened
from moderator.services import Services
from moderator.storage import traffic
from moderator.storage.database import Database
from moderator.storage.traffic import Came

DAYS: Final = 30
MOST_COMMENTS: Final = 50_000
KEPT_SECONDS: Final = 120.0
_LABELS: Final = len(Label)


@dataclass(slots=True, kw_only=True)
class Traffic:
    """The newest comments of a site, packed, and what does not depend on thresholds.

    `by_rules` counts those that the site's other rules held or rejected, whatever they score. `days` is how long they
    took to come in, at least 1. `is_cut` says that there were more within the window.
    """

    site_id: SiteId
    read_at: datetime
    until: float  # On the stopwatch.
    happened: Tally = field(default_factory=Tally)
    histograms: Sequence[Histogram] = histograms(())
    by_rules: int = 0
    models: set[str] = field(default_factory=set)
    days: float = 1.0
    is_cut: bool = False
    _scores: Any = field(default_factory=lambda: array("d"))  # array.array takes no parameter at run time.
    _others: list[tuple[Any, ...]] = field(default_factory=list)
    _known: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    _judged: tuple[Policy, Tally] | None = None

    def add(self, page: Sequence[Came]) -> None:
        """Take in a page of comments, the newest first."""
        pasts = [came.past for came in page]
        self.happened += tally_happened(pasts)
        self.histograms = [
            tuple(map(add, before, own)) for before, own in zip(self.histograms, histograms(pasts), strict=True)
        ]
        self.by_rules += sum(past.other is not Action.APPROVE for past in pasts)
        self.models.update(came.model for came in page if came.model)
        self.days = max((self.read_at - page[-1].received_at) / timedelta(days=1), 1.0)
        for past in pasts:
            has_gaps = None in past.scores
            self._scores.extend([nan if score is None else score for score in past.scores] if has_gaps else past.scores)
            other = (has_gaps, past.verdict, past.other, past.section, past.language, past.ruling, past.probability)
            self._others.append(self._known.setdefault(other, other))

    def judge_again(self, policy: Policy) -> Tally:
        """Return what a policy makes of the comments, and remember it."""
        if self._judged is None or self._judged[0] != policy:
            self._judged = (policy, tally(policy, self))
        return self._judged[1]

    def __iter__(self) -> Iterator[Past]:
        start = 0
        for has_gaps, verdict, other, section, language, ruling, probability in self._others:
            scores = self._scores[start : start + _LABELS]
            start += _LABELS
            yield Past(
                scores=tuple([None if isnan(score) else score for score in scores] if has_gaps else scores),
                verdict=verdict,
                other=other,
                section=section,
                language=language,
                ruling=ruling,
                probability=probability,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The newest comments of a site, and what each of some policies would have made of them."""

    traffic: Traffic
    tallies: Sequence[Tally]

    @property
    def happened(self) -> Tally:
        """Return what became of them."""
        return self.traffic.happened

    @property
    def columns(self) -> Sequence[Tally]:
        """Return what happened, and then what the policies would have made of it."""
        return [self.happened, *self.tallies]

    @property
    def tallest(self) -> int:
        """Return the largest count in any histogram."""
        return max(max(own) for own in self.traffic.histograms)

    def held_a_day(self, one: Tally) -> float:
        """Return how many comments a day come to the queue."""
        return one.counts[1] / self.traffic.days


_kept: Final[WeakKeyDictionary[Database, Traffic]] = WeakKeyDictionary()
# One at a time: a second page that wants the same comments then finds them, and one thread at most contends with
# scoring for Python's lock.
_turn: Final = anyio.Lock()


async def take_sample(services: Services, site_id: SiteId, policies: Sequence[Policy]) -> Sample:
    """Return a site's newest comments as complete policies would have judged them."""
    async with _turn:
        found = _kept.get(services.database)
        if found is None or found.site_id != site_id or found.until <= services.monotonic():
            _kept.pop(services.database, None)
            found = _kept[services.database] = await _read(services, site_id)
        tallies = await anyio.to_thread.run_sync(_judge, found, policies)
    return Sample(traffic=found, tallies=tallies)


async def _read(services: Services, site_id: SiteId) -> Traffic:
    now = services.now()
    found = Traffic(site_id=site_id, read_at=now, until=services.monotonic() + KEPT_SECONDS)
    since = now - timedelta(days=DAYS)
    async for page in traffic.scored_since(services.database, site_id, since, most=MOST_COMMENTS):
        await anyio.to_thread.run_sync(found.add, page)
    found.is_cut = found.happened.comments >= MOST_COMMENTS
    return found


def _judge(found: Traffic, policies: Sequence[Policy]) -> list[Tally]:
    """Return what each policy makes of the comments. The first is the current one, which every press asks for."""
    return [found.judge_again(policies[0]), *(tally(policy, found) for policy in policies[1:])]


def complete(services: Services, site_id: SiteId, policy: Policy) -> Policy:
    """Return a policy as the site's model and certificates make it.

    It has the model's thresholds where the site has set none, and asks for no certificate that the site has.
    """
    if policy.certified_rejects and Action.REJECT in services.directory.certified.get(site_id, ()):
        policy = replace(policy, certified_rejects=False)
    model = services.scorer_of(site_id).model
    return model.complete(policy) if model else policy
