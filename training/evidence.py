"""What the gate looks at besides what was learned from: a week's comments, the sites' examples and policies, audits.

It is read from the same snapshot, stays in memory, and none of it is kept. Audits are withheld from learning for as
long as they may certify: what fitted a version proves nothing about it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from moderator.domain.audits import drawn_probability
from moderator.domain.golden import GoldenExample
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.policy import Action, Policy
from moderator.domain.review import Source
from moderator.domain.teaching import ruling_of
from moderator.storage import golden, policies, recent
from moderator.storage.database import Connection
from moderator.storage.lessons import Judged
from moderator.storage.recent import Recent

WEEK: Final = timedelta(days=7)
MOST_RECENT: Final = 5_000
CERTIFYING: Final = timedelta(days=30)  # As long as a certificate lasts. Older audits teach like any other decision.
# Of held comments, which people decide about anyway, so many certify: a version may let pass what the last one held.
HELD_SHARE: Final = 0.1
_DRAWS: Final = 2**64


class Audited(NamedTuple):
    """A comment that certifies: whether people rejected it, and how likely a comment of its kind was to be here."""

    id: CommentId
    site_id: SiteId
    text: str
    is_rejected: bool
    probability: float


@dataclass(slots=True)
class Evidence:
    """What was read. `certifies_since` is None where nothing was audited, and then nothing is withheld."""

    recent: Sequence[Recent] = ()
    examples: Sequence[GoldenExample] = ()
    policies: Mapping[SiteId, Policy] = field(default_factory=dict)
    certifies_since: datetime | None = None
    audits: list[Audited] = field(default_factory=list)

    def withholds(self, judged: Judged) -> bool:
        """Return whether a comment certifies instead of teaching; if so, it is kept here."""
        if self.certifies_since is None or judged.received_at < self.certifies_since:
            return False
        probability, ruling = probability_of(judged), ruling_of(judged.history)
        if probability is None or ruling is None:
            return False
        is_rejected = ruling.action is Action.REJECT
        self.audits.append(Audited(judged.comment_id, judged.site_id, judged.text, is_rejected, probability))
        return True


def probability_of(judged: Judged) -> float | None:
    """Return how likely a comment was to certify, if it does; None if it teaches."""
    if any(decision.source is Source.POLICY for decision in judged.history):
        return drawn_probability(judged.history)
    return HELD_SHARE if draw(f"certify {judged.comment_id}") < HELD_SHARE else None


def draw(key: str) -> float:
    """Return a number from 0 to 1 that is always the same for a key."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) / _DRAWS


async def gather(connection: Connection, site_id: SiteId | None) -> Evidence:
    """Read what the gate looks at, of one site or of all; audits come with the lessons.

    A site that learns for itself is measured by its own examples and by those of every site.
    """
    newest = await recent.newest_at(connection, site_id)
    examples = await golden.list_examples(connection, site_id)
    if newest is None:
        return Evidence(examples=examples)
    since = newest - CERTIFYING
    return Evidence(
        recent=await recent.drawn(connection, site_id, since=newest - WEEK, most=MOST_RECENT),
        examples=examples,
        policies=await policies.list_current(connection),
        certifies_since=since if await recent.has_audits(connection, site_id, since) else None,
    )
