"""What the gate has before it: a candidate, the version in use, the decisions held out; and how they are compared."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.domain.scoring import Caution, Label
from moderator.domain.teaching import HOUSE_RULES
from training.caps import NOBODY
from training.learned import Base, Candidate
from training.lessons import LABELS, Lessons
from training.split import Split
from training.teach import Taught, base_of

RESAMPLES: Final = 2_000
SEED: Final = 20_261_126
ROWS_AT_A_TIME: Final = 4_000  # Of the features, of which a copy is made in memory.

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a check may look at.

    `tested` was fitted on the older decisions alone and speaks for the method; `candidate` was fitted on all of them
    and is what would be published.
    """

    base: Base
    champion: Model
    since_champion: int | None
    candidate: Candidate
    lessons: Lessons
    split: Split
    tested: Mapping[str, Taught]

    @property
    def rival(self) -> str:
        """What `base_logits` and `base_margins` are of, in words."""
        return "the base"

    @property
    def newer(self) -> NDArray[np.int64] | None:
        """The decisions held out that the version in use has not seen; None where it is the base, which saw none."""
        if self.since_champion is None:
            return None
        found: NDArray[np.int64] = self.split.test[self.lessons.times[self.split.test] > self.since_champion]
        return found

    @property
    def labels(self) -> Sequence[Label]:
        """The base's labels."""
        return self.base.manifest.labels

    def tested_logits(self, rows: NDArray[np.int64]) -> Floats:
        """Return the tested correction's logits of some rows, shape (rows, labels)."""
        found = [np.empty((0, len(self.labels)))]
        for begin in range(0, rows.size, ROWS_AT_A_TIME):
            part = rows[begin : begin + ROWS_AT_A_TIME]
            matrix, scales = self.lessons.features.matrix[part], self.lessons.features.scales
            own = []
            for label in self.labels:
                base, _ = base_of(self.lessons, self.labels, label.value)
                own.append(self.tested[label.value].fitted.logits(matrix, scales, base[part]))
            found.append(np.stack(own, axis=1))
        return np.concatenate(found)

    def tested_margins(self, rows: NDArray[np.int64]) -> Floats:
        """Return the `margins` of the tested correction, whose thresholds move with its calibration."""
        slopes, offsets = self._platts()
        return _worst((self.tested_logits(rows) - offsets) / slopes, _limits(self.base.model, self.labels))

    def base_logits(self, rows: NDArray[np.int64]) -> Floats:
        """Return the base's logits of some rows."""
        return self.lessons.logits[rows].astype(np.float64)

    def calibrated_logits(self, rows: NDArray[np.int64]) -> Floats:
        """Return the base's logits of some rows as the tested correction calibrates them, without what it learned."""
        slopes, offsets = self._platts()
        return self.base_logits(rows) * slopes + offsets

    @property
    def moves_weights(self) -> bool:
        """Whether the tested correction is more than a calibration."""
        return any(self.tested[label.value].fitted.delta.any() for label in self.labels)

    def _platts(self) -> tuple[Floats, Floats]:
        platts = [self.tested[label.value].fitted.platt for label in self.labels]
        return np.array([float(platt.slopes[0]) for platt in platts]), np.array([platt.offset for platt in platts])

    def base_margins(self, rows: NDArray[np.int64]) -> Floats:
        """Return how far above its threshold (balanced) the worst label of each row is: from 0 on it is held."""
        return _worst(self.base_logits(rows), _limits(self.base.model, self.labels))

    def champion_logits(self, rows: NDArray[np.int64]) -> Floats:
        """Return the champion's logits of some rows."""
        matrix, columns = self.lessons.features.matrix, self.lessons.features.columns
        borders = matrix.indptr
        own = [np.sort(columns[matrix.indices[borders[row] : borders[row + 1]]]).astype(np.uint32) for row in rows]
        found: Floats = np.stack([self.champion.logits(one) for one in own]).astype(np.float64)
        return found

    def champion_margins(self, rows: NDArray[np.int64]) -> Floats:
        """Return the champion's margins of some rows."""
        return _worst(self.champion_logits(rows), _limits(self.champion, self.labels))


def margins_of(model: Model, logits: Floats) -> Floats:
    """Return how far above a model's thresholds (balanced) the worst label of each row is."""
    return _worst(logits, _limits(model, model.labels))


def _limits(model: Model, labels: Sequence[Label]) -> Floats:
    thresholds = model.thresholds(Caution.BALANCED)
    return np.array([log(own / (1 - own)) if (own := thresholds[label].hold_at) < 1 else inf for label in labels])


def _worst(logits: Floats, limits: Floats) -> Floats:
    found: Floats = (logits - limits).max(axis=1)
    return found


Check = Callable[[Trial], Sequence[GateLine]]


def present(trial: Trial, rows: NDArray[np.int64]) -> Floats:
    """Return weights that leave out what waits for a second opinion."""
    found = np.zeros(len(trial.lessons))
    found[rows] = ~trial.lessons.waits[rows]
    return found


def ruled(trial: Trial, rows: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return whether people rejected a comment, and the rows that say so or the contrary."""
    values = trial.lessons.values[rows, LABELS.index(HOUSE_RULES)]
    is_known = ~np.isnan(values) & ~trial.lessons.waits[rows]
    return values[is_known] >= 0.5, rows[is_known]


def resamples(trial: Trial, rows: NDArray[np.int64]) -> Iterator[Floats]:
    """Yield how often each row is drawn, resample by resample: an author's rows together, since they are alike."""
    authors, clusters = trial.lessons.authors[rows], trial.lessons.clusters[rows]
    _, places = np.unique(np.where(authors == NOBODY, -2 - clusters, authors), return_inverse=True)
    groups = int(places.max()) + 1
    chance = np.random.default_rng(SEED)
    for _ in range(RESAMPLES):
        yield np.bincount(chance.integers(groups, size=groups), minlength=groups)[places].astype(np.float64)
