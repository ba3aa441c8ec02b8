"""Whether more is found of what people reject, and whether it is worth having, on decisions held out."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import GateLine
from training.teach import examples_of
from training.trial import Floats, Trial, present, resamples, ruled

FEWEST_OF_CLASS: Final = 20  # Approved and rejected among the decisions held out.
RECALL_LOSS: Final = 0.005
LOSS_RISE: Final = 0.01
# Where people see hardly anything but what the machine holds, all they approve was held: the share that may be held is
# then not read off the decisions.
OPERATING_AT_MOST: Final = 0.2
# Recall is averaged over shares around the operating one: at one share alone a comment or two beside the threshold
# decide, and a site would need ten times as many decisions to know a difference as well.
AROUND: Final = np.geomspace(0.5, 2.0, 9)


def finds_as_much(trial: Trial) -> Sequence[GateLine]:
    """Check that no more of what people reject is missed, at the same share of approved comments held.

    Beside the base that must be sure. A version in use that learned has shown as much already: beside it, on the few
    decisions that neither has seen, a loss must not be shown.
    """
    found = _compare(trial, trial.split.test, trial.base_margins, trial.rival)
    need = f"≥ −{100 * RECALL_LOSS:g} points (95 %)"
    if isinstance(found, str):
        lines = [GateLine(check="recall", passed=False, value=None, need=need, detail=found)]
    else:
        lines = [_line("recall", found.low, need, found.detail)]
    if trial.newer is None:
        return lines
    check, need = "recall against the champion", f"not < −{100 * RECALL_LOSS:g} points (95 %)"
    found = _compare(trial, trial.newer, trial.champion_margins, "the champion")
    if isinstance(found, str):
        return [*lines, GateLine(check=check, passed=True, value=None, need=need, detail=found)]
    return [*lines, _line(check, found.high, need, found.detail)]


class _Difference(NamedTuple):
    """By how much recall is higher than another's, 95 % bounds each for itself, and the whole in words."""

    low: float
    high: float
    detail: str


def _line(check: str, bound: float, need: str, detail: str) -> GateLine:
    return GateLine(check=check, passed=bound >= -RECALL_LOSS, value=round(100 * bound, 2), need=need, detail=detail)


def _compare(
    trial: Trial, rows: NDArray[np.int64], other: Callable[[NDArray[np.int64]], Floats], name: str
) -> _Difference | str:
    """Return how recall differs on some rows, or why that cannot be told."""
    is_rejected, known = ruled(trial, rows)
    if min(is_rejected.sum(), (~is_rejected).sum()) < FEWEST_OF_CLASS:
        return f"too few decisions that {name} has not seen to compare with"
    before, after = other(known), trial.tested_margins(known)
    held = min(OPERATING_AT_MOST, max(1 / (~is_rejected).sum(), float((before[~is_rejected] >= 0).mean())))
    own, others = _Curve(after, is_rejected), _Curve(before, is_rejected)
    differences = [own.recall(drawn, held) - others.recall(drawn, held) for drawn in resamples(trial, known)]
    low, high = np.quantile(differences, (0.05, 0.95))
    ones = np.ones(known.size)
    return _Difference(
        float(low),
        float(high),
        f"of {is_rejected.sum():,} rejected comments {own.recall(ones, held):.1%} are found where about {held:.1%} of "
        f"the approved ones are held, {others.recall(ones, held):.1%} by {name}; difference {100 * low:+.1f} to "
        f"{100 * high:+.1f} points",
    )


def is_worth_having(trial: Trial) -> Sequence[GateLine]:
    """Check that scores have come nearer to what people said, on decisions held out, all labels together.

    Beside the base that must be sure, and as the decisions calibrate it: calibration alone brings most of what the loss
    falls by, whatever was learned with it. A version in use that learned has had most of the gain already: beside it
    the loss must not be shown to rise, on the decisions that neither has seen.
    """
    rows = trial.split.test
    low, mean, _ = _gain(trial, rows, trial.base_logits)
    detail = f"the loss of all labels falls by {mean:.1%} from {trial.rival}'s"
    if trial.moves_weights:
        low, mean, _ = _gain(trial, rows, trial.calibrated_logits)
        detail += f", by {mean:.1%} from what calibration alone makes of it"
    lines = [
        GateLine(check="improvement", passed=low > 0, value=round(100 * low, 2), need="> 0 % (95 %)", detail=detail)
    ]
    if trial.newer is not None:
        lines.append(_beside_champion(trial, trial.newer))
    return lines


def _beside_champion(trial: Trial, rows: NDArray[np.int64]) -> GateLine:
    check, need = "improvement on the champion", f"not < −{100 * LOSS_RISE:g} % (95 %)"
    is_rejected, _ = ruled(trial, rows)
    if min(is_rejected.sum(), (~is_rejected).sum()) < FEWEST_OF_CLASS:
        detail = "too few decisions that the champion has not seen to compare with"
        return GateLine(check=check, passed=True, value=None, need=need, detail=detail)
    _, mean, high = _gain(trial, rows, trial.champion_logits)
    return GateLine(
        check=check,
        passed=high >= -LOSS_RISE,
        value=round(100 * high, 2),
        need=need,
        detail=f"the loss of all labels falls by {mean:.1%} from the champion's, on {rows.size:,} newer decisions",
    )


def _gain(
    trial: Trial, rows: NDArray[np.int64], other: Callable[[NDArray[np.int64]], Floats]
) -> tuple[float, float, float]:
    """Return which share of another's loss is gone: the lower 95 % bound, the share found, the upper bound."""
    before, after = other(rows), trial.tested_logits(rows)
    gains, total = np.zeros(rows.size), 0.0
    for column, label in enumerate(trial.labels):
        examples = examples_of(trial.lessons, label.value, present(trial, rows)).only(rows)
        if not examples.has_both_classes:
            continue
        losses = [
            examples.weights * (np.logaddexp(0.0, own) - examples.values * own)
            for own in (before[:, column], after[:, column])
        ]
        gains += losses[0] - losses[1]
        total += float(losses[0].sum())
    if not total:
        return 0.0, 0.0, 0.0
    found = [float(drawn @ gains) for drawn in resamples(trial, rows)]
    low, high = np.quantile(found, (0.05, 0.95)) / total
    return float(low), float(gains.sum()) / total, float(high)


class _Curve:
    """Rows from the highest margin down, of which a share of the approved ones may be held."""

    def __init__(self, margins: Floats, is_rejected: NDArray[np.bool_]) -> None:
        self._order = np.argsort(-margins, kind="stable")
        self._margins, self._is_rejected = margins[self._order], is_rejected[self._order]

    def recall(self, drawn: Floats, held: float) -> float:
        """Return the share of rejected rows that are held, rows counting `drawn` times each: the mean over shares of
        approved rows from half of `held` to twice as many."""
        weights = drawn[self._order]
        approved, rejected = np.cumsum(weights * ~self._is_rejected), np.cumsum(weights * self._is_rejected)
        if not rejected[-1]:
            return 0.0
        last = np.searchsorted(approved, AROUND * held * approved[-1], "right")
        # Ties with a row that may not be held any more are not held either.
        tied = np.searchsorted(-self._margins, -self._margins[np.minimum(last, self._order.size - 1)], "left")
        last = np.where(last < self._order.size, tied, last)
        return float((np.append(0.0, rejected)[last] / rejected[-1]).mean())
