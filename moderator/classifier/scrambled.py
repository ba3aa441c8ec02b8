"""Words whose letters were swapped, so that people still read them and a machine does not.

A scrambled word is hardly ever seen, and its skeleton (first and last letter, all letters in any order) is that of a
word that is seen often. The table knows how rare either is: its last column is the squared inverse document frequency.
Chance and typing errors make one such word; it takes several, and a good part of the longer words, to accuse a text.
"""

from typing import Final

import numpy as np

from moderator.classifier.features import hashed, windows
from moderator.classifier.model import Model
from moderator.classifier.normalise import normalise

RARER: Final = 2.0  # In idf: the word is 7 times as rare as its skeleton.
FEWEST_WORDS: Final = 2
LEAST_SHARE: Final = 0.3


def scrambles_words(model: Model, text: str) -> bool:
    """Return whether some window of a text has many words with swapped letters."""
    return any(_is_scrambled(model, part) for _, part in windows(normalise(text)))


def _is_scrambled(model: Model, part: str) -> bool:
    found = hashed(part)
    if found.long_words.size < FEWEST_WORDS:
        return False
    words = found.words[found.long_words]
    # Whole rows by `take` come four times as fast as one column of them by index.
    own, shared = (model.table.take(columns, axis=0)[:, -1] for columns in (words, found.skeletons))
    rarity = np.sqrt(own) - np.sqrt(shared)
    strange = words[rarity > RARER]
    if strange.size < FEWEST_WORDS:
        return False  # Nearly every text.
    different = len(set(strange.tolist()))
    return different >= FEWEST_WORDS and different >= LEAST_SHARE * len(set(words.tolist()))
