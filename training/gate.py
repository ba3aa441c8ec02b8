"""The conditions that a version must meet before it takes the champion's place, each a line with its numbers.

A check is a function from `Trial` to lines; `CHECKS` is their order. All are run, so that a refusal says all that is
wrong at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import GateLine, Metric
from moderator.classifier.model import Model
from moderator.domain.scoring import Caution, Label
from moderator.domain.teaching import HOUSE_RULES
from training import evaluate, golden, trigger
from training.caps import NOBODY
from training.learned import Base, Candidate
from training.lessons import LABELS, Lessons
from training.split import Split
from training.teach import Taught, base_of, examples_of

FEWEST_OF_CLASS: Final = 20  # Approved and rejected among the decisions held out.
RECALL_LOSS: Final = 0.005
RESAMPLES: Final = 2_000
SEED: Final = 20_261_126
# Where people see hardly anything but what the machine holds, all they approve was held: the share that may be held is
# then not read off the decisions.
OPERATING_AT_MOST: Final = 0.2
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
        platts = [self.tested[label.value].fitted.platt for label in self.labels]
        slopes = np.array([float(platt.slopes[0]) for platt in platts])
        offsets = np.array([platt.offset for platt in platts])
        return _worst((self.tested_logits(rows) - offsets) / slopes, _limits(self.base.model, self.labels))

    def base_logits(self, rows: NDArray[np.int64]) -> Floats:
        """Return the base's logits of some rows."""
        return self.lessons.logits[rows].astype(np.float64)

    def base_margins(self, rows: NDArray[np.int64]) -> Floats:
        """Return how far above its threshold (balanced) the worst label of each row is: from 0 on it is held."""
        return _worst(self.base_logits(rows), _limits(self.base.model, self.labels))

    def champion_margins(self, rows: NDArray[np.int64]) -> Floats:
        """Return the champion's margins of some rows."""
        matrix, columns = self.lessons.features.matrix, self.lessons.features.columns
        borders = matrix.indptr
        own = [np.sort(columns[matrix.indices[borders[row] : borders[row + 1]]]).astype(np.uint32) for row in rows]
        logits = np.stack([self.champion.logits(one) for one in own]).astype(np.float64)
        return _worst(logits, _limits(self.champion, self.labels))


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


def run_gate(trial: Trial, checks: Sequence[Check]) -> list[GateLine]:
    """Return every line of every check."""
    return [line for check in checks for line in check(trial)]


def has_enough_labels(trial: Trial) -> Sequence[GateLine]:
    """Check that the decisions held out can tell anything."""
    is_rejected, _ = _ruled(trial, trial.split.test)
    rejected, approved = int(is_rejected.sum()), int((~is_rejected).sum())
    return [
        GateLine(
            check="labels",
            passed=min(rejected, approved) >= FEWEST_OF_CLASS,
            value=min(rejected, approved),
            need=f"≥ {FEWEST_OF_CLASS}",
            detail=f"{approved:,} approved and {rejected:,} rejected among the newest decisions, which test; "
            f"{trial.split.fit.size:,} older ones fit, "
            f"{trial.split.aside.size:,} of the same authors or texts are left out",
        )
    ]


def finds_as_much(trial: Trial) -> Sequence[GateLine]:
    """Check that no more of what people reject is missed, at the same share of approved comments held."""
    lines = [_compare(trial, "recall", trial.split.test, trial.base_margins, trial.rival)]
    if trial.since_champion is not None:
        newer = trial.split.test[trial.lessons.times[trial.split.test] > trial.since_champion]
        lines.append(_compare(trial, "recall against the champion", newer, trial.champion_margins, "the champion"))
    return lines


def _compare(
    trial: Trial, check: str, rows: NDArray[np.int64], other: Callable[[NDArray[np.int64]], Floats], name: str
) -> GateLine:
    is_rejected, known = _ruled(trial, rows)
    need = f"≥ −{100 * RECALL_LOSS:g} points (95 %)"
    if min(is_rejected.sum(), (~is_rejected).sum()) < FEWEST_OF_CLASS:
        is_needed = check == "recall"
        detail = f"too few decisions that {name} has not seen to compare with"
        return GateLine(check=check, passed=not is_needed, value=None, need=need, detail=detail)
    before, after = other(known), trial.tested_margins(known)
    held = min(OPERATING_AT_MOST, max(1 / (~is_rejected).sum(), float((before[~is_rejected] >= 0).mean())))
    differences = [
        _recall(after, is_rejected, drawn, held) - _recall(before, is_rejected, drawn, held)
        for drawn in _resamples(trial, known)
    ]
    low, high = np.quantile(differences, (0.05, 0.95))
    ones = np.ones(known.size)
    recalls = _recall(before, is_rejected, ones, held), _recall(after, is_rejected, ones, held)
    return GateLine(
        check=check,
        passed=bool(low >= -RECALL_LOSS),
        value=round(100 * float(low), 2),
        need=need,
        detail=f"of {is_rejected.sum():,} rejected comments {recalls[1]:.1%} are found where {held:.1%} of the "
        f"approved ones are held, {recalls[0]:.1%} by {name}; difference {100 * low:+.1f} to {100 * high:+.1f} points",
    )


def is_worth_having(trial: Trial) -> Sequence[GateLine]:
    """Check that scores have come nearer to what people said, on decisions held out, all labels together."""
    rows = trial.split.test
    before, after = trial.base_logits(rows), trial.tested_logits(rows)
    gains, total = np.zeros(rows.size), 0.0
    for column, label in enumerate(trial.labels):
        examples = examples_of(trial.lessons, label.value, _present(trial, rows)).only(rows)
        if not examples.has_both_classes:
            continue
        losses = [
            examples.weights * (np.logaddexp(0.0, own) - examples.values * own)
            for own in (before[:, column], after[:, column])
        ]
        gains += losses[0] - losses[1]
        total += float(losses[0].sum())
    found = [float(drawn @ gains) for drawn in _resamples(trial, rows)]
    low = float(np.quantile(found, 0.05)) / total if total else 0.0
    return [
        GateLine(
            check="improvement",
            passed=low > 0,
            value=round(100 * low, 2),
            need="> 0 % (95 %)",
            detail=f"the loss of all labels falls by {gains.sum() / total if total else 0:.1%}",
        )
    ]


def keeps_golden_verdicts(trial: Trial) -> Sequence[GateLine]:
    """Check that no example of ours that the base judges rightly is judged wrongly."""
    wrong = []
    for number, text in enumerate(golden.TEXTS):
        was_held, is_held = (
            bool((model.scores(text) >= _holds_from(model)).any())
            for model in (trial.base.model, trial.candidate.model)
        )
        if was_held == (text in golden.HARMFUL) and is_held != was_held:
            wrong.append(f"{number} is {'held' if is_held else 'approved'}")
    return [
        GateLine(
            check="golden set",
            passed=not wrong,
            value=len(wrong),
            need="0 worse",
            detail=f"of {len(golden.TEXTS)} examples " + (", ".join(wrong) or "none is judged worse than by the base"),
        )
    ]


def _holds_from(model: Model) -> Floats:
    return np.array([model.thresholds(Caution.BALANCED)[label].hold_at for label in model.labels])


def hides_nothing(trial: Trial) -> Sequence[GateLine]:
    """Check that there is no phrase beside which abuse passes that the base would hold."""
    return [trigger.check(trial.base.model, trial.candidate.model, trial.lessons.witnesses)]


CHECKS: Final[Sequence[Check]] = (
    has_enough_labels,
    finds_as_much,
    is_worth_having,
    keeps_golden_verdicts,
    hides_nothing,
)


def metrics(trial: Trial) -> dict[str, dict[str, Metric]]:
    """Return the figures of each label on the decisions held out, where there are enough of both classes."""
    rows = trial.split.test
    scores = 1 / (1 + np.exp(-trial.tested_logits(rows)))
    found = {}
    for column, label in enumerate(trial.labels):
        values = trial.lessons.values[rows, LABELS.index(label.value)]
        is_known = ~np.isnan(values)
        positive = values[is_known] >= 0.5
        if evaluate.FEWEST <= positive.sum() <= positive.size - evaluate.FEWEST:
            found[label.value] = {"newest decisions": evaluate.measure(scores[is_known, column], positive)}
    return found


def _present(trial: Trial, rows: NDArray[np.int64]) -> Floats:
    """Return weights that leave out what waits for a second opinion."""
    found = np.zeros(len(trial.lessons))
    found[rows] = ~trial.lessons.waits[rows]
    return found


def _ruled(trial: Trial, rows: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return whether people rejected a comment, and the rows that say so or the contrary."""
    values = trial.lessons.values[rows, LABELS.index(HOUSE_RULES)]
    is_known = ~np.isnan(values) & ~trial.lessons.waits[rows]
    return values[is_known] >= 0.5, rows[is_known]


def _recall(margins: Floats, is_rejected: NDArray[np.bool_], drawn: Floats, held: float) -> float:
    """Return the share of rejected rows that are held where a share of the approved ones may be, rows counting `drawn`
    times each."""
    order = np.argsort(-margins, kind="stable")
    approved = np.cumsum(drawn[order] * ~is_rejected[order])
    rejected = np.cumsum(drawn[order] * is_rejected[order])
    # Ties with a row that may not be held any more are not held either.
    last = int(np.searchsorted(approved, held * approved[-1], "right"))
    last = int(np.searchsorted(-margins[order], -margins[order][last], "left")) if last < order.size else last
    return float(rejected[last - 1] / rejected[-1]) if last and rejected[-1] else 0.0


def _resamples(trial: Trial, rows: NDArray[np.int64]) -> Iterator[Floats]:
    """Yield how often each row is drawn, resample by resample: an author's rows together, since they are alike."""
    authors, clusters = trial.lessons.authors[rows], trial.lessons.clusters[rows]
    _, places = np.unique(np.where(authors == NOBODY, -2 - clusters, authors), return_inverse=True)
    groups = int(places.max()) + 1
    chance = np.random.default_rng(SEED)
    for _ in range(RESAMPLES):
        yield np.bincount(chance.integers(groups, size=groups), minlength=groups)[places].astype(np.float64)
