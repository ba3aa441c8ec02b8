"""Whether the shared thresholds carry over to each language, and thresholds of its own where they do not.

A language has too few rows to price every label anew. It goes along the same candidates instead (`training.approval`):
where its harmless comments are held clearly more or less often than the level's price, its thresholds are those of the
candidate that costs it what the level costs the others.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import LanguageOf
from moderator.domain.scoring import Caution, Label
from training.approval import LEVELS, Stand, as_threshold, choose, describe, is_held, shares, stand_of, walk
from training.corpora import Row
from training.exact import CONFIDENCE, lower_bound, upper_bound

FEWEST_TO_SAY: Final = 50  # Harmless rows from which on a language's share is worth reporting.
FEWEST_TO_DIFFER: Final = 200  # And from which on it has thresholds of its own, with half as many rule breakers.
CLEARLY: Final = 1.5  # How many times more or less often it must hold than the price says.
_EACH: Final = 1 - (1 - CONFIDENCE) / 2

Scores = Callable[[NDArray[np.floating]], dict[Label, float]]


def carry_over(
    corpus: Sequence[Row],
    logits: NDArray[np.floating],
    shared: Stand,
    chosen: Mapping[Caution, int],
    scores: Scores,
) -> dict[str, LanguageOf]:
    """Return how the shared thresholds do in each language with enough harmless rows.

    Args:
        chosen: the candidate of each level.
        scores: from the logits of all labels to calibrated scores.
    """
    by_language: dict[str, list[int]] = {}
    for number, row in enumerate(corpus):
        by_language.setdefault(row.lang, []).append(number)
    found = {}
    for language, rows in sorted(by_language.items()):
        stand = stand_of([corpus[row] for row in rows], logits[rows], shared.labels)
        if stand.harmless_choosing.shape[0] + stand.harmless.shape[0] >= FEWEST_TO_SAY:
            found[language] = _of_language(stand, shared, chosen, scores)
    return found


def _of_language(stand: Stand, shared: Stand, chosen: Mapping[Caution, int], scores: Scores) -> LanguageOf:
    harmless = np.vstack((stand.harmless_choosing, stand.harmless))
    held = int(is_held(harmless, shared.candidates[chosen[Caution.BALANCED]]).sum())
    low, high = lower_bound(held, harmless.shape[0], _EACH), upper_bound(held, harmless.shape[0], _EACH)
    breaking = stand.abuse.shape[0] + stand.spam.shape[0]
    own: dict[Caution, int] = {}
    if differs(held / harmless.shape[0], low, high) and min(harmless.shape[0], 2 * breaking) >= FEWEST_TO_DIFFER:
        own = {
            caution: choose(stand.harmless_choosing, shared.candidates, price.plain)
            for caution, price in LEVELS.items()
        }
    abuse, _ = shares(shared.labels)
    kept = walk(stand, shared.candidates, abuse=abuse, spam=0.0)
    return LanguageOf(
        harmless_rows=harmless.shape[0],
        breaking_rows=breaking,
        held=round(held / harmless.shape[0], 4),
        low=round(low, 4),
        high=round(high, 4),
        hold_at={
            caution: {label: as_threshold(score) for label, score in scores(shared.candidates[one]).items()}
            for caution, one in own.items()
        },
        approvals={
            caution: describe(
                stand, shared.candidates[one], LEVELS[caution], is_certified=one < kept, abuse=abuse, spam=0.0
            )
            for caution, one in (dict(chosen) | own).items()
        },
    )


def differs(held: float, low: float, high: float) -> bool:
    """Return whether a language pays clearly more or less than the balanced level's price."""
    price = LEVELS[Caution.BALANCED].plain
    return not low <= price <= high and not price / CLEARLY <= held <= price * CLEARLY
