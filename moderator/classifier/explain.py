"""Which words drove a score: the exact share of each n-gram, folded back onto the text that its author wrote.

It takes as long as about eight scores, so it is asked for the labels that led to a verdict, and not for what is
approved.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.align import Aligned, align
from moderator.classifier.features import columns, hashed, windows
from moderator.classifier.model import Model
from moderator.domain.scoring import Label, Span

MOST_SPANS: Final = 6
LEAST_SHARE: Final = 0.1  # Of a label's positive evidence; words with less explain nothing.


class _Word(NamedTuple):
    start: int
    end: int
    evidence: float


def explain(model: Model, text: str, labels: Sequence[Label]) -> tuple[Span, ...]:
    """Return the words of a text that raised the scores of some labels, by place; the weightiest few for each label.

    A label's evidence is that of the window that scored highest. What each n-gram adds to the label's logit goes to the
    word that it lies in, or is parted between its two words by their letters: all words together have the logit
    without the intercept. A word's weight is its share of all positive evidence.
    """
    wanted = [(column, label) for column, label in enumerate(model.labels) if label in labels]
    aligned = align(text) if wanted else None
    if aligned is None or not aligned.text:
        return ()
    parts = list(windows(aligned.text))
    logits = np.stack([model.logits(columns(part)) for _, part in parts]) if len(parts) > 1 else None
    found: dict[int, NDArray[np.float64]] = {}
    spans: list[Span] = []
    for column, label in wanted:
        number = int(logits[:, column].argmax()) if logits is not None else 0
        begin, part = parts[number]
        if number not in found:
            found[number] = evidence(model, part)
        spans += _spans(aligned, begin, part, found[number][:, column], label)
    return tuple(sorted(spans, key=lambda span: (span.start, span.end, span.label)))


def evidence(model: Model, part: str) -> NDArray[np.float64]:
    """Return what each word of a window adds to each label's logit, shape (words, labels)."""
    found = hashed(part)
    unique, inverse, counts = np.unique(found.columns, return_inverse=True, return_counts=True)
    shares = (model.contributions(unique) / counts[:, np.newaxis])[inverse]

    letters = found.spans - 1
    words = letters.size
    owners = found.owners(np.arange(words))
    own, of_pairs = shares[: owners.size], shares[owners.size :]
    added = np.empty((words, own.shape[1]))
    for label, column in enumerate(own.T):
        added[:, label] = np.bincount(owners, weights=column, minlength=words)
    of_first = (letters[:-1] / (letters[:-1] + letters[1:]))[:, np.newaxis]
    added[:-1] += of_pairs * of_first
    added[1:] += of_pairs * (1.0 - of_first)
    return added


def _spans(aligned: Aligned, begin: int, part: str, added: NDArray[np.float64], label: Label) -> list[Span]:
    words = []
    start = 0
    for word, value in zip(part.split(" "), added.tolist(), strict=True):
        words.append(_Word(start, start + len(word), value))
        start += len(word) + 1
    total = sum(word.evidence for word in words if word.evidence > 0)
    if total <= 0:
        return []
    weighty = sorted((word for word in words if word.evidence >= LEAST_SHARE * total), key=lambda word: -word.evidence)
    return _merged(aligned, begin, weighty[:MOST_SPANS], total, label)


def _merged(aligned: Aligned, begin: int, words: Sequence[_Word], total: float, label: Label) -> list[Span]:
    """Return the words' places in the original; neighbours that share one become one span."""
    spans: list[Span] = []
    for word in sorted(words):
        origins = aligned.origins[begin + word.start : begin + word.end]
        start, end = min(one.start for one in origins), max(one.end for one in origins)
        weight = min(1.0, word.evidence / total)
        if spans and start < spans[-1].end:
            last = spans.pop()
            start, end, weight = last.start, max(end, last.end), min(1.0, last.weight + weight)
        spans.append(Span(start=start, end=end, label=label, weight=weight))
    return spans
