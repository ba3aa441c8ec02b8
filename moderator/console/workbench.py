"""The workbench behind the policy page: a site's last thirty days, judged again in a thread, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import add
from typing import Final

import anyio
import anyio.to_thread

from moderator.domain.ids import SiteId
from moderator.domain.policy import Policy
from moderator.domain.scoring import Label
from moderator.domain.workbench import Histogram, Past, Tally, histograms, tally, tally_happened
from moderator.services import Services
from moderator.storage import traffic

DAYS: Final = 30
MOST_COMMENTS: Final = 50_000
_NO_SCORES: Final[tuple[Histogram, ...]] = histograms(())
# Python holds one lock for all threads: two such pages at once would make scoring wait twice as long.
_one_at_a_time: Final = anyio.CapacityLimiter(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The newest comments of a site: what became of them, and what each of some policies would have made of them.

    `days` is how long they took to come in, at least 1. `is_cut` says that there were more within the window.
    """

    happened: Tally
    tallies: Sequence[Tally]
    histograms: Sequence[Histogram]
    days: float
    is_cut: bool
    models: frozenset[str]

    @property
    def columns(self) -> Sequence[Tally]:
        """Return what happened, and then what the policies would have made of it."""
        return [self.happened, *self.tallies]

    @property
    def tallest(self) -> int:
        """Return the largest count in any histogram."""
        return max(max(own) for own in self.histograms)

    def histogram(self, label: Label) -> Histogram:
        """Return how a label's scores are spread."""
        return self.histograms[list(Label).index(label)]

    def held_a_day(self, one: Tally) -> float:
        """Return how many comments a day come to the queue."""
        return one.counts[1] / self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    happened: Tally
    tallies: Sequence[Tally]
    histograms: Sequence[Histogram]


async def take_sample(services: Services, site_id: SiteId, policies: Sequence[Policy]) -> Sample:
    """Return a site's newest comments as complete policies would have judged them."""
    now = services.now()
    total = _Page(happened=Tally(), tallies=[Tally()] * len(policies), histograms=_NO_SCORES)
    oldest: datetime = now
    models: set[str] = set()
    async for page in traffic.scored_since(services.database, site_id, now - timedelta(days=DAYS), most=MOST_COMMENTS):
        oldest = min(oldest, page[-1].received_at)
        models.update(came.model for came in page if came.model)
        own = [came.past for came in page]
        total = await anyio.to_thread.run_sync(_add_page, total, own, policies, limiter=_one_at_a_time)
    return Sample(
        happened=total.happened,
        tallies=total.tallies,
        histograms=total.histograms,
        days=max((now - oldest) / timedelta(days=1), 1.0),
        is_cut=total.happened.comments >= MOST_COMMENTS,
        models=frozenset(models),
    )


def _add_page(total: _Page, page: Sequence[Past], policies: Sequence[Policy]) -> _Page:
    return _Page(
        happened=total.happened + tally_happened(page),
        tallies=[before + tally(policy, page) for before, policy in zip(total.tallies, policies, strict=True)],
        histograms=[
            tuple(map(add, before, own)) for before, own in zip(total.histograms, histograms(page), strict=True)
        ],
    )


def complete(services: Services, policy: Policy) -> Policy:
    """Return a policy with the thresholds of the model in use where the site has set none."""
    model = services.scorer.model
    return model.complete(policy) if model else policy
