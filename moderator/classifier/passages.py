"""The worst passage of a text: an insult between pleasantries is an insult still.

A text's length divides what its words weigh, so that ordinary words around an attack hide it. Here each passage of some
sixteen words is scored as if it stood alone. Every n-gram is hashed once: each stretch of eight words is summed, and a
passage is two neighbours together.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.features import CHARACTERS, WINDOW, ascending, hashed, windows
from moderator.classifier.model import Model
from moderator.classifier.normalise import normalise

STRETCH_WORDS: Final = 8
FEWEST_WORDS: Final = 20  # A shorter text is one passage.
_BITS: Final = 19  # A column fits; the stretch's number stands above it.
_COLUMN: Final = np.array((1 << _BITS) - 1, np.uint32)
# For each word of a window the number of its stretch, and for each stretch where its two blocks of columns begin.
_STRETCHES: Final = np.arange(WINDOW, dtype=np.uint32) // STRETCH_WORDS << np.uint32(_BITS)
_BORDERS: Final = (_STRETCHES[::STRETCH_WORDS, np.newaxis] + np.array([0, CHARACTERS], np.uint32)).ravel()


def highest_logits(model: Model, text: str) -> NDArray[np.float32] | None:
    """Return the highest calibrated logit of each label over the passages of a text; None for a short text."""
    if text.count(" ") < FEWEST_WORDS - 1 and len(text.split()) < FEWEST_WORDS:
        return None
    found = [one for _, part in windows(normalise(text)) if (one := _highest(model, part)) is not None]
    return np.maximum.reduce(found) if found else None


def has_worse_passage(model: Model, text: str) -> bool:
    """Return whether some passage of a text reaches what this model lets no passage reach."""
    limits = model.passage_limits
    if limits is None:
        return False
    logits = highest_logits(model, text)
    return logits is not None and bool((logits >= limits).any())


def _highest(model: Model, part: str) -> NDArray[np.float32] | None:
    found = hashed(part)
    words = found.spans.size
    if words < FEWEST_WORDS:
        return None
    count = words // STRETCH_WORDS
    # The words that are left over belong to the last stretch.
    stretches = np.minimum(_STRETCHES[:words], _STRETCHES[STRETCH_WORDS * (count - 1)])
    keys = np.concatenate((found.owners(stretches), stretches[:-1]))
    keys |= found.columns
    keys = ascending(keys)
    rows = model.table.take((keys & _COLUMN).astype(np.intp), axis=0)
    sums = np.add.reduceat(rows, keys.searchsorted(_BORDERS[: 2 * count]), axis=0)
    sums = sums[:-2] + sums[2:]  # Each stretch with the next one; blocks of characters and of words take turns.
    logits: NDArray[np.float32] = model.combine(sums.reshape(count - 1, 2, -1).swapaxes(0, 1)).max(axis=0)
    return logits
