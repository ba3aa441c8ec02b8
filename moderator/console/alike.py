"""Cases of one campaign: beside the case in hand, and together in the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final

from moderator.console.language import gettext
from moderator.console.said import campaign_size
from moderator.domain.ids import CaseId, PersonId
from moderator.domain.queue import Urgency, explain
from moderator.services import Services
from moderator.storage import cases, signatures
from moderator.storage.case_files import CaseFile
from moderator.storage.database import Connection

MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """How large the campaign is that a case belongs to, in words, and its other open cases, the oldest first."""

    size: str
    others: Sequence[CaseFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case in the queue, the `place`th of `of` that are alike; 1 of 1 stands alone."""

    file: CaseFile
    place: int
    of: int

    @property
    def is_blind(self) -> bool:
        """Whether what the machine thinks of it is hidden."""
        return self.file.is_blind

    @property
    def urgency(self) -> Urgency | None:
        """Return why it stands here; None for a blind case, whose number would tell its score."""
        file = self.file
        if self.is_blind:
            return None
        return explain(
            weight=file.case.weight,
            urgency=file.urgency,
            label=file.label,
            scores=file.outcome.scores,
            cause=file.case.cause,
        )


async def find_alike(
    services: Services, connection: Connection, file: CaseFile, *, reader: PersonId | None
) -> Alike | None:
    """Return what is like a case's comment; None when nothing in its site's window is, and no other case waits."""
    case, now = file.case, services.now()
    if case.campaign is None:
        return None
    hours = services.policy_for(case.site_id).campaign_hours
    campaign = await signatures.measure(connection, case.campaign, now - timedelta(hours=hours))
    others = await cases.list_of_campaign(
        connection, case.campaign, but=case.id, now=now, limit=MOST_SHOWN, reader=reader
    )
    if campaign.comments > 1:
        size = gettext("%(size)s, as of now.") % {"size": campaign_size(campaign, hours)}
        return Alike(size=size, others=others)
    return Alike(size="", others=others) if others else None


def together(files: Sequence[CaseFile]) -> list[Row]:
    """Return the queue with the cases of each campaign behind the first of them."""
    groups: dict[str | CaseId, list[CaseFile]] = {}
    for file in files:
        groups.setdefault(file.case.campaign or file.case.id, []).append(file)
    return list(
        chain.from_iterable(
            [Row(file=file, place=place, of=len(group)) for place, file in enumerate(group, start=1)]
            for group in groups.values()
        )
    )
