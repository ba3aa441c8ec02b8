"""The shapes of models: the versions on disk, which is in use where, and the trials beside it."""

from datetime import datetime
from typing import Self

from msgspec import Struct

from moderator.api.schemas import Short
from moderator.domain.policy import Action
from moderator.storage.shadow import Comparison


class ScopeIn(Struct, forbid_unknown_fields=True):
    """Whose model is meant: a site's own, by the site's id, or without one that of all sites."""

    site: Short | None = None


class ModelOut(Struct):
    """A model version on disk. `sites` use it while the others use the current one."""

    version: str
    is_current: bool
    created: str | None = None
    labels: list[str] = []
    sites: list[str] = []


class TurnOut(Struct):
    """How many comments had one verdict and would have had the other."""

    before: Action
    after: Action
    comments: int


class TrialOut(Struct):
    """A version that scores what comes in beside the one in use (`against`); `flips` verdicts would be others.

    `site` is absent (null) for a trial on all sites that have no version of their own. `ended` and `ending` are null
    while it lasts; `promotes` says that it is put to use when it stands the trial.
    """

    version: str
    site: str | None
    against: str
    started: datetime
    promotes: bool
    comments: int
    flips: int
    dropped: int
    verdicts: list[TurnOut]
    ended: datetime | None = None
    ending: str | None = None

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """Return a comparison as it is sent."""
        run = found.run
        return cls(
            version=run.version,
            site=run.scope,
            against=run.against,
            started=run.started,
            promotes=run.promotes,
            comments=found.comments,
            flips=found.flips,
            dropped=run.dropped,
            verdicts=[
                TurnOut(before=before, after=after, comments=number)
                for (before, after), number in sorted(found.verdicts.items())
            ],
            ended=run.ended,
            ending=run.ending,
        )


class ModelsOut(Struct):
    """Every model version, the one in use, and the newest trials."""

    current: str | None
    models: list[ModelOut]
    trials: list[TrialOut] = []


class ActivatedOut(Struct):
    """The model that is in use now, by `site` or, when that is null, by all sites that have none of their own.

    For a site that went back to what all sites use, `current` is `shared`.
    """

    current: str
    previous: str | None
    site: str | None = None
