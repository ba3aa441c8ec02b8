"""What a version learned since another one: the words that weigh more now, and those that weigh less.

Columns are hashes and name no word, so that the words come from texts that are scored by both versions: a word's change
is what it adds to a label's logit now, less what it added before, on the scale of before, since a new calibration
stretches all words and teaches none. Reckoned anew whenever somebody looks, from texts that are still there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from moderator.classifier.explain import evidence
from moderator.classifier.features import windows
from moderator.classifier.model import Model
from moderator.classifier.normalise import normalise
from moderator.domain.ids import CommentId
from moderator.domain.scoring import Label

FEWEST_COMMENTS: Final = 2  # A word that one comment has says more about the comment.
LEAST_CHANGE: Final = 0.05  # Of a logit; below it a word has not moved.
MOST_EXAMPLES: Final = 3
_LETTERS: Final = 3  # Shorter words are in every comment and mean nothing alone.


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A word as the model reads it, the label whose logit it moves most, and by how much in a comment that has it.

    `comments` is in how many comments it was found, `examples` has the ids of some of them.
    """

    word: str
    label: Label
    change: float
    comments: int
    examples: Sequence[CommentId]


@dataclass(slots=True)
class _Sum:
    changes: np.ndarray
    comments: int
    examples: list[CommentId]


def shifts(
    before: Model, after: Model, stretch: Mapping[Label, float], texts: Sequence[tuple[CommentId, str]], most: int
) -> list[Shift]:
    """Return the words that changed most between two versions of the same labels: the risen ones first, by how much.

    Args:
        stretch: the slope of each label's calibration after, divided by that before.
        texts: comments to look for words in; of a long one the beginning is read.
        most: how many words that rose, and as many that fell.
    """
    scale = np.array([stretch[label] for label in after.labels])
    sums: dict[str, _Sum] = {}
    for comment_id, text in texts:
        for word, change in _changes(before, after, scale, text).items():
            found = sums.get(word)
            if found is None:
                sums[word] = _Sum(change, 1, [comment_id])
                continue
            found.changes += change
            found.comments += 1
            if len(found.examples) < MOST_EXAMPLES:
                found.examples.append(comment_id)
    found_shifts = [
        _shift(word, one, after.labels) for word, one in sums.items() if one.comments >= FEWEST_COMMENTS
    ]  # fmt: skip
    moved = sorted((one for one in found_shifts if abs(one.change) >= LEAST_CHANGE), key=lambda one: -one.change)
    risen = [one for one in moved if one.change > 0][:most]
    fallen = [one for one in moved if one.change < 0][-most:]
    return risen + fallen


def _changes(before: Model, after: Model, scale: np.ndarray, text: str) -> dict[str, np.ndarray]:
    """Return what each word of a text changes, all its places together, label by label."""
    part = next((part for _, part in windows(normalise(text))), "")
    found: dict[str, np.ndarray] = {}
    if not part:
        return found
    moved = evidence(after, part) / scale - evidence(before, part)
    for word, change in zip(part.split(" "), moved, strict=True):
        if len(word) >= _LETTERS and not word.isdigit():
            found[word] = found[word] + change if word in found else change
    return found


def _shift(word: str, one: _Sum, labels: Sequence[Label]) -> Shift:
    means = one.changes / one.comments
    place = int(np.abs(means).argmax())
    return Shift(
        word=word,
        label=labels[place],
        change=float(means[place]),
        comments=one.comments,
        examples=tuple(one.examples),
    )
