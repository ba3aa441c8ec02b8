"""What becomes of a version that passed the gate: nothing yet, a trial on live comments, or use at once."""

from datetime import datetime
from enum import StrEnum, auto
from pathlib import Path

from moderator.classifier import registry
from moderator.classifier.pointers import Trial
from moderator.domain.ids import SiteId
from moderator.storage.columns import to_ms


class Promotion(StrEnum):
    """How far a run goes by itself (`MODERATOR_PROMOTION`)."""

    OFF = "off"
    SHADOW = "shadow"  # on trial, and the service puts it to use when it has stood that
    TRIAL = "trial"  # on trial, and nothing follows by itself
    ON = "on"


class Became(StrEnum):
    """What became of a version."""

    NOTHING = auto()
    SHADOWED = auto()
    ACTIVATED = auto()


def promote(models: Path, version: str, site: SiteId | None, wanted: Promotion, now: datetime) -> Became:
    """Put a version to use, or on trial. A running service takes it up, and records it.

    A version that is in use already needs no trial, and one that is on trial does not begin anew.
    """
    if wanted is Promotion.ON:
        registry.activate(models, version, site)
        return Became.ACTIVATED
    if wanted is Promotion.OFF or registry.version_used_by(models, site) == version:
        return Became.NOTHING
    earlier = registry.find_trial(models, site)
    promotes = wanted is Promotion.SHADOW
    if earlier is None or (earlier.version, earlier.promotes) != (version, promotes):
        registry.start_trial(models, Trial(version=version, started_ms=to_ms(now), promotes=promotes), site)
    return Became.SHADOWED
