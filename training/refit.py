"""A full refit: a new base version from labelled files and decisions together, for when the base itself has aged.

It costs what a base costs, minutes instead of seconds, and what decisions teach stays in its weights: an erased comment
leaves with the next refit only. Its rival at the gate is the present base, corrected by the same older decisions: what
a usual run would have made of them. The newest fifth tests both and teaches neither; the next usual run learns from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.delta import Delta
from moderator.domain.errors import ModelRefused
from moderator.domain.teaching import HOUSE_RULES
from training.base import Prepared, prepare_base
from training.corpora import Row
from training.learned import Candidate
from training.lessons import LABELS, MODERATORS, Lessons
from training.progress import Progress
from training.trial import Floats, Trial, margins_of

WEIGHT: Final = (
    2.0  # Of a decision, beside 0.2 to 2 of a row of the labelled files: it is this site's own, and checked.
)


@dataclass(frozen=True, slots=True)
class RefitTrial(Trial):
    """A trial of a new base against a usual run. `logits` are the new base's, `usual` is the other one's trial."""

    logits: Floats
    usual: Trial

    @property
    def rival(self) -> str:
        """What the new base is compared with, in words."""
        return "the present base and the same decisions"

    def tested_logits(self, rows: NDArray[np.int64]) -> Floats:
        """Return the new base's logits of some rows."""
        return self.logits[rows]

    def tested_margins(self, rows: NDArray[np.int64]) -> Floats:
        """Return how far above its threshold the worst label of each row is."""
        return margins_of(self.candidate.model, self.logits[rows])

    def base_logits(self, rows: NDArray[np.int64]) -> Floats:
        """Return the logits of a usual run."""
        return self.usual.tested_logits(rows) if self.usual.tested else self.usual.base_logits(rows)

    def calibrated_logits(self, rows: NDArray[np.int64]) -> Floats:
        """Return the logits of a usual run, which is calibrated already."""
        return self.base_logits(rows)

    def base_margins(self, rows: NDArray[np.int64]) -> Floats:
        """Return the margins of a usual run."""
        return self.usual.tested_margins(rows) if self.usual.tested else self.usual.base_margins(rows)


def prepare(
    corpus: Path, usual: Trial, texts: Mapping[str, str], now: datetime, progress: Progress, jobs: int
) -> tuple[Prepared, RefitTrial]:
    """Fit a base to labelled files and the older decisions, and return it with its trial.

    Args:
        texts: those of the lessons, by their ids.

    Raises:
        BadData: the labelled files are missing, damaged or too few.
        ModelRefused: they do not know the labels of the base in use.
    """
    lessons = usual.lessons
    rows = rows_of(lessons, usual.split.fit, texts)
    prepared = prepare_base(corpus, now, progress, jobs=jobs, more=rows, fingerprint=lessons.fingerprint)
    labels, model = usual.base.model.labels, prepared.model
    if model.labels != labels:
        raise ModelRefused(f"The labelled files teach {', '.join(model.labels)}; the base in use has other labels.")
    logits = model.logits_of_many([texts[one] for one in lessons.ids]).astype(np.float64)
    nothing = Delta(columns=np.empty(0, np.int32), weights=np.empty((0, len(labels)), np.float16))
    candidate = Candidate(prepared.version, nothing, model, prepared.describe([]))
    trial = RefitTrial(usual.base, usual.champion, None, candidate, lessons, usual.split, usual.tested, logits, usual)
    return prepared, trial


def rows_of(lessons: Lessons, chosen: NDArray[np.int64], texts: Mapping[str, str]) -> list[Row]:
    """Return decisions as labelled rows, each with its weight after all caps; what waits teaches nothing."""
    weights = lessons.weights()
    found = []
    for row in chosen.tolist():
        known = {
            label: float(lessons.values[row, column])
            for column, label in enumerate(LABELS)
            if label != HOUSE_RULES and not np.isnan(lessons.values[row, column])
        }
        if known and weights[row] > 0:
            number = lessons.ids[row]
            found.append(
                Row(
                    id=f"{MODERATORS}:{number}",
                    source=MODERATORS,
                    lang="",
                    domain="site",
                    text=texts[number],
                    split="train",
                    labels=known,
                    weight=WEIGHT * float(weights[row]),
                )
            )
    return found
