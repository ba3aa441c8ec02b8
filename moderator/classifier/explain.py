"""Which words drove a score: the exact share of each n-gram, folded back onto the text that its author wrote."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.align import Aligned, align
from moderator.classifier.features import ORDERS, columns, occurrences, windows
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

    A label's evidence is that of the window that scored highest. Every n-gram's part of the label's logit is spread
    over the characters it covers; a word's weight is its share of all positive evidence.
    """
    wanted = [(column, label) for column, label in enumerate(model.labels) if label in labels]
    aligned = align(text) if wanted else None
    if aligned is None or not aligned.text:
        return ()
    parts = [(begin, part, model.logits(columns(part))) for begin, part in windows(aligned.text)]
    spans: list[Span] = []
    for column, label in wanted:
        begin, part, _ = max(parts, key=lambda one: float(one[2][column]))
        evidence = _evidence(model, part)[:, column]
        spans += _spans(aligned, begin, part, evidence, label)
    return tuple(sorted(spans, key=lambda span: (span.start, span.end, span.label)))


def _evidence(model: Model, part: str) -> NDArray[np.float64]:
    """Return what each character of a window adds to each label's logit, shape (characters, labels)."""
    characters, words, present, spaces = occurrences(part)
    found = np.concatenate((characters, words))
    unique, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    shares = (model.contributions(unique) / counts[:, np.newaxis])[inverse]

    orders, starts = np.nonzero(present)
    lengths = np.array(ORDERS)[orders]
    word_starts, word_ends = spaces[:-1] + 1, spaces[1:]
    starts = np.concatenate((starts, word_starts, word_starts[:-1]))
    ends = np.concatenate((orders * 0 + starts[: orders.size] + lengths, word_ends, word_ends[1:]))

    # Spread each share evenly over its characters: a difference array, then a running sum.
    steps = np.zeros((len(part) + 3, shares.shape[1]))
    each = shares / (ends - starts)[:, np.newaxis]
    np.add.at(steps, starts, each)
    np.subtract.at(steps, ends, each)
    evidence: NDArray[np.float64] = steps.cumsum(axis=0)[1 : len(part) + 1]  # Without the space before the text.
    return evidence


def _spans(aligned: Aligned, begin: int, part: str, evidence: NDArray[np.float64], label: Label) -> list[Span]:
    words = []
    start = 0
    for word in part.split(" "):
        words.append(_Word(start, start + len(word), float(evidence[start : start + len(word)].sum())))
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
