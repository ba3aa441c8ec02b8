"""Copies of training comments as people disguise them, so that the disguise alone changes little.

The normaliser undoes what can be undone. Swapped letters, glued words and padding cannot: a model must have seen them.
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
HARMLESS_BELOW: Final = 0.1


@dataclass(frozen=True)
class Share:
    """How large a part of the comments is copied each way."""

    swapped: float = 0.2
    glued: float = 0.2
    padded: float = 0.2


def disguised(rows: Sequence[Row], share: Share = Share()) -> Iterator[Row]:
    """Yield disguised copies of some rows whose `toxic` is known and taught, with the labels of the originals."""
    random = Random(SEED)  # noqa: S311 - the same copies every time
    fitting = [
        row
        for row in rows
        if Label.TOXIC in row.labels and source(row.source).weight(Label.TOXIC) > 0 and 0 < len(row.text) <= LONGEST
    ]
    harmless: dict[str, list[str]] = {}
    for row in fitting:
        if row.labels[Label.TOXIC] < HARMLESS_BELOW:
            harmless.setdefault(row.lang, []).append(row.text)
    for row in fitting:
        if random.random() < share.swapped:
            yield from _copy(row, swap_letters, random)
        if random.random() < share.glued:
            yield from _copy(row, glue_words, random)
        if row.lang in harmless and random.random() < share.padded:
            around = harmless[row.lang]
            padded = f"{random.choice(around)} {row.text} {random.choice(around)}"
            yield msgspec.structs.replace(row, id=f"{row.id}:padded", text=padded)


def _copy(row: Row, change: Callable[[str, Random], str], random: Random) -> Iterator[Row]:
    text = change(row.text, random)
    if text != row.text:
        yield msgspec.structs.replace(row, id=f"{row.id}:{change.__name__}", text=text)
