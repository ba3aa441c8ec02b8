"""Copies of training comments as people disguise them, so that the disguise alone changes little.

The normaliser undoes what can be undone. Swapped letters and glued words cannot: a model must have seen some.
Harmful and harmless comments are copied alike, or the disguise would become the label.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import msgspec

from moderator.domain.scoring import Label
from training.attacks import glue_words, swap_letters
from training.corpora import Row, source

SEED: Final = 20_261_124
LONGEST: Final = 600  # Characters: a longer comment has enough other words.
WEIGHT: Final = 0.25  # More costs on clean comments: at 1, .004 of the AUC on talk pages.


@dataclass(frozen=True)
class Share:
    """How large a part of the comments is copied each way."""

    swapped: float = 0.1
    glued: float = 0.1


def disguised(rows: Sequence[Row], share: Share = Share()) -> Iterator[Row]:
    """Yield disguised copies of some rows whose `toxic` is known and taught, with the `toxic` of the originals."""
    random = Random(SEED)  # noqa: S311 - the same copies every time
    for row in rows:
        is_taught = Label.TOXIC in row.labels and source(row.source).weight(Label.TOXIC) > 0
        if not is_taught or not 0 < len(row.text) <= LONGEST:
            continue
        if random.random() < share.swapped:
            yield from _copy(row, swap_letters, random)
        if random.random() < share.glued:
            yield from _copy(row, glue_words, random)


def _copy(row: Row, change: Callable[[str, Random], str], random: Random) -> Iterator[Row]:
    text = change(row.text, random)
    if text != row.text:
        yield msgspec.structs.replace(
            row,
            id=f"{row.id}:{change.__name__}",
            text=text,
            labels={Label.TOXIC.value: row.labels[Label.TOXIC]},
            weight=WEIGHT,
        )
