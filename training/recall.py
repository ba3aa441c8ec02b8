"""Whether more is found of what people reject, and whether it is worth having, on decisions held out."""

from collections.abc import Callable, Sequence
from typing import Final

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


def finds_as_much(trial: Trial) -> Sequence[GateLine]:
    """Check that no more of what people reject is missed, at the same share of approved comments held."""
    lines = [_compare(trial, "recall", trial.split.test, trial.base_margins, trial.rival)]
    if trial.newer is not None:
        lines.append(
            _compare(trial, "recall against the champion", trial.newer, trial.champion_margins, "the champion")
        )
    return lines


def _compare(
    trial: Trial, check: str, rows: NDArray[np.int64], other: Callable[[NDArray[np.int64]], Floats], name: str
) -> GateLine:
    is_rejected, known = ruled(trial, rows)
    need = f"≥ −{100 * RECALL_LOSS:g} points (95 %)"
    if min(is_rejected.sum(), (~is_rejected).sum()) < FEWEST_OF_CLASS:
        is_needed = check == "recall"
        detail = f"too few decisions that {name} has not seen to compare with"
        return GateLine(check=check, passed=not is_needed, value=None, need=need, detail=detail)
    before, after = other(known), trial.tested_margins(known)
    held = min(OPERATING_AT_MOST, max(1 / (~is_rejected).sum(), float((before[~is_rejected] >= 0).mean())))
    differences = [
        _recall(after, is_rejected, drawn, held) - _recall(before, is_rejected, drawn, held)
        for drawn in resamples(trial, known)
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
    """Check that scores have come nearer to what people said, on decisions held out, all labels together.

    Beside the base that must be sure. A version in use that learned has had most of the gain already: beside it the
    loss must not be shown to rise, on the decisions that neither has seen.
    """
    low, mean, _ = _gain(trial, trial.split.test, trial.base_logits)
    lines = [
        GateLine(
            check="improvement",
            passed=low > 0,
            value=round(100 * low, 2),
            need="> 0 % (95 %)",
            detail=f"the loss of all labels falls by {mean:.1%} from the base's",
        )
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
