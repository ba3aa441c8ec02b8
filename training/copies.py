"""Copies of training comments with words glued together, so that gluing alone changes little.

The normaliser undoes what can be undone, and swapped letters leave a word's skeleton; glued words a model must have
seen. Harmful and harmless comments are copied alike, or the disguise would become the label.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

import msgspec

from moderator.domain.scoring import Label
from training.attacks import glue_words
from training.corpora import Row, source

SEED: Final = 20_261_124
LONGEST: Final = 600  # Characters: a longer comment has enough other words.
SHARE: Final = 0.2
WEIGHT: Final = 0.2  # More costs on clean comments: at 1, .004 of the AUC on talk pages.


def disguised(rows: Sequence[Row], share: float = SHARE) -> Iterator[Row]:
    """Yield glued copies of a share of the rows whose `toxic` is known and taught, with that of the originals."""
    random = Random(SEED)  # noqa: S311 - the same copies every time
    for row in rows:
        is_taught = Label.TOXIC in row.labels and source(row.source).weight(Label.TOXIC) > 0
        if not is_taught or not 0 < len(row.text) <= LONGEST or random.random() >= share:
            continue
        text = glue_words(row.text, random)
        if text != row.text:
            labels = {Label.TOXIC.value: row.labels[Label.TOXIC]}
            yield msgspec.structs.replace(row, id=f"{row.id}:glued", text=text, labels=labels, weight=WEIGHT)
