"""From lessons to a correction of each label: what is known of it, how strongly it may move, and how far it moved."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import joblib
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from moderator.classifier.manifest import TaughtLabel
from moderator.domain.scoring import Label
from moderator.domain.teaching import HOUSE_RULES
from training import anchored
from training.anchored import Examples, Fitted
from training.lessons import LABELS, Lessons
from training.progress import Progress
from training.split import folds

SEED: Final = 20_261_126
CHOOSING_ROWS: Final = 4_000  # More rows choose no better strength, and take longer.
# Before a site has said what it rejects, it rejects what is toxic or spam.
HOUSE_CENTRE: Final[Mapping[Label, float]] = {Label.TOXIC: 0.5, Label.SPAM: 0.5}


class Taught(NamedTuple):
    """What was learned of a label."""

    fitted: Fitted
    summary: TaughtLabel


def examples_of(lessons: Lessons, label: str, weights: NDArray[np.float64]) -> Examples:
    """Return what the rows say of a label, each with its weight and its source's trust."""
    column = LABELS.index(label)
    values = lessons.values[:, column].astype(np.float64)
    is_known = ~np.isnan(values)
    return Examples(np.where(is_known, values, 0.0), np.where(is_known, lessons.trusts[:, column] * weights, 0.0))


def base_of(lessons: Lessons, labels: Sequence[Label], label: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the base's logits from which a label starts, shape (rows, logits), and the slope of each at the start."""
    if label == HOUSE_RULES:
        return lessons.logits.astype(np.float64), np.array([HOUSE_CENTRE.get(one, 0.0) for one in labels])
    column = [one.value for one in labels].index(label)
    return lessons.logits[:, [column]].astype(np.float64), np.ones(1)


def choose_strengths(
    lessons: Lessons, labels: Sequence[Label], rows: NDArray[np.int64], weights: NDArray[np.float64],
    progress: Progress, jobs: int,
) -> dict[str, float]:  # fmt: skip
    """Return the strength of each label that has enough examples among some rows, by cross-validation on them."""
    inside = np.zeros(len(lessons))
    inside[rows] = weights[rows]
    wanted = []
    for label in (*(one.value for one in labels), HOUSE_RULES):
        examples = examples_of(lessons, label, inside)
        if examples.is_rich:
            wanted.append((label, examples, _choosing(examples)))

    def choose(label: str, examples: Examples, chosen: NDArray[np.int64]) -> tuple[str, float]:
        base, centre = base_of(lessons, labels, label)
        part, columns = _occurring(csr_matrix(lessons.features.matrix[chosen]))
        found = anchored.cross_validate(
            part, lessons.features.scales[columns], examples.only(chosen), base[chosen], centre,
            folds(lessons.authors[chosen], lessons.clusters[chosen], SEED),
        )  # fmt: skip
        return label, found

    tasks = (joblib.delayed(choose)(*one) for one in wanted)
    found: dict[str, float] = {}
    # Threads: SciPy's products let the interpreter go, and what they multiply is mapped from files without a name.
    for label, strength in joblib.Parallel(n_jobs=jobs, prefer="threads", return_as="generator_unordered")(tasks):
        found[label] = strength
        progress("choose", len(found), len(wanted))
    return found


def fit_all(
    lessons: Lessons, labels: Sequence[Label], rows: NDArray[np.int64], weights: NDArray[np.float64],
    strengths: Mapping[str, float], progress: Progress, jobs: int,
) -> dict[str, Taught]:  # fmt: skip
    """Fit each label to some of the rows."""
    inside = np.zeros(len(lessons))
    inside[rows] = weights[rows]
    names = (*(one.value for one in labels), HOUSE_RULES)

    def fit(label: str) -> tuple[str, Taught]:
        examples = examples_of(lessons, label, inside)
        base, centre = base_of(lessons, labels, label)
        fitted = anchored.fit(
            lessons.features.matrix, lessons.features.scales, examples, base, centre, strengths.get(label, 0.0)
        )
        return label, Taught(fitted, _summary(examples, fitted))

    found: dict[str, Taught] = {}
    for label, taught in joblib.Parallel(n_jobs=jobs, prefer="threads", return_as="generator_unordered")(
        joblib.delayed(fit)(label) for label in names
    ):
        found[label] = taught
        progress("fit", len(found), len(names))
    return {label: found[label] for label in names}


def _choosing(examples: Examples) -> NDArray[np.int64]:
    """Return the rows that choose a label's strength: all, or at random, of positives at most half."""
    known = np.flatnonzero(examples.weights > 0)
    if known.size <= CHOOSING_ROWS:
        return known
    chance = np.random.default_rng(SEED)
    positive = examples.values[known] >= 0.5
    chosen = [
        chance.choice(of_class, min(of_class.size, most), replace=False)
        for of_class, most in (
            (known[positive], CHOOSING_ROWS // 2),
            (known[~positive], CHOOSING_ROWS - min(CHOOSING_ROWS // 2, int(positive.sum()))),
        )
    ]
    return np.sort(np.concatenate(chosen))


def _occurring(matrix: csr_matrix) -> tuple[csr_matrix, NDArray[np.int64]]:
    """Return a matrix over the columns that occur in it, and which those are."""
    columns, places = np.unique(matrix.indices, return_inverse=True)
    found = csr_matrix(
        (matrix.data, places.astype(np.int32), matrix.indptr), shape=(matrix.shape[0], columns.size), copy=False
    )
    return found, columns.astype(np.int64)


def _summary(examples: Examples, fitted: Fitted) -> TaughtLabel:
    if not examples.has_both_classes:
        moves = "nothing"
    elif not examples.is_rich:
        moves = "intercept"
    else:
        moves = "weights" if fitted.strength else "calibration"
    return TaughtLabel(rows=examples.rows, positives=examples.positives, moves=moves, strength=fitted.strength)
