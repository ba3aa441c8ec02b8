"""What the thresholds do to parts of the test rows: by language, at the news threshold, on other sources; and the worst
mistakes, by id.

Pure: rows and scores in, figures out. Texts are looked at for signals only, and never kept.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from moderator.classifier.evasion import hides_letters
from moderator.domain.scoring import Label
from training.corpora import Row

FEWEST: Final = 10  # Positives and negatives before an AUC says anything.
FEWEST_NEGATIVES: Final = 50  # Before a share of false positives does.
NEWS_SHARE: Final = 0.05  # Of the harmless news comments that score above the news threshold.
WORST: Final = 8
MADE: Final = "bias_templates_"  # Sets of sentences made from templates: they have tables of their own.

Scores = NDArray[np.floating]
Truths = NDArray[np.bool_]


class ByLanguage(msgspec.Struct, frozen=True, kw_only=True):
    """A label in one language: how well it is told apart, and what the threshold that all languages share does there.

    `false_positives` is the share of harmless rows that score at least `hold_at`, `recall` the share of positives.
    `more_held` is the share of harmless rows that are held for hidden letters alone. Each is None where there are too
    few rows to say.
    """

    lang: str
    sets: list[str]
    rows: int
    positives: int
    auc: float | None
    false_positives: float | None
    recall: float | None
    more_held: float | None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Harmless rows of one source, and how a label scores them: the median, the 95 % quantile, the share held.

    `is_judged` says that people judged the rows for this label; otherwise they are harmless by all other labels.
    """

    source: str
    is_judged: bool
    rows: int
    median: float
    high: float
    held: float


class AtThreshold(msgspec.Struct, frozen=True, kw_only=True):
    """Harmless rows of one source: the share that scores at least as high as the news threshold, and as `hold_at`."""

    source: str
    rows: int
    news: float
    held: float


class NewsThreshold(msgspec.Struct, frozen=True, kw_only=True):
    """The score that 5 % of the harmless news comments of the valid split reach, and what it does to the test sets."""

    threshold: float
    rows: int
    sources: list[str]
    sets: list[AtThreshold]


class News(NamedTuple):
    """Harmless news comments of the valid split and their scores of `toxic`."""

    rows: Sequence[Row]
    scores: Scores


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A row that scores far from what people said of it, by its id."""

    id: str
    score: float
    share: float  # Of the raters who gave the label.


def judged(rows: Sequence[Row], label: Label, chosen: Callable[[Row], bool] = lambda _: True) -> NDArray[np.intp]:
    """Return the places of the rows that people judged for a label."""
    return np.array([n for n, row in enumerate(rows) if label in row.labels and chosen(row)], np.intp)


def truths(rows: Sequence[Row], places: Iterable[int], label: Label) -> Truths:
    """Return whether each row has the label."""
    return np.array([bool(rows[n].is_positive(label)) for n in places], np.bool_)


def by_source(rows: Sequence[Row], places: Iterable[int]) -> dict[str, NDArray[np.intp]]:
    """Return places by source, in the order of their names."""
    found: dict[str, list[int]] = {}
    for n in places:
        found.setdefault(rows[n].source, []).append(n)
    return {name: np.array(found[name], np.intp) for name in sorted(found)}


def is_made(row: Row) -> bool:
    """Return whether a row was made from a template."""
    return row.source.startswith(MADE)


def languages(rows: Sequence[Row], scores: Scores, label: Label, hold_at: float) -> list[ByLanguage]:
    """Return the figures of a label for each language, the largest first.

    Templates are left out, and so are sets that have one class only: they would say how their style scores.

    Args:
        scores: of the label, shape (rows,).
    """
    places: dict[str, list[int]] = {}
    for own in by_source(rows, judged(rows, label, lambda row: not is_made(row))).values():
        positive = truths(rows, own, label)
        if positive.any() and not positive.all():
            for n in own.tolist():
                places.setdefault(rows[n].lang, []).append(n)
    found = [_language(rows, np.array(own, np.intp), scores, label, hold_at) for own in places.values()]
    return sorted(found, key=lambda one: (-one.rows, one.lang))


def _language(
    rows: Sequence[Row], places: NDArray[np.intp], scores: Scores, label: Label, hold_at: float
) -> ByLanguage:
    positive, own = truths(rows, places, label), scores[places]
    positives, negatives = int(positive.sum()), int((~positive).sum())
    passed = places[~positive & (own < hold_at)].tolist()
    says_shares = negatives >= FEWEST_NEGATIVES
    return ByLanguage(
        lang=rows[places[0]].lang,
        sets=sorted({rows[n].source for n in places}),
        rows=places.size,
        positives=positives,
        auc=round(float(roc_auc_score(positive, own)), 4) if min(positives, negatives) >= FEWEST else None,
        false_positives=round(float((own[~positive] >= hold_at).mean()), 4) if says_shares else None,
        recall=round(float((own[positive] >= hold_at).mean()), 4) if positives >= FEWEST else None,
        more_held=round(sum(hides_letters(rows[n].text) for n in passed) / negatives, 4) if says_shares else None,
    )


def news_threshold(news: News, rows: Sequence[Row], scores: Scores, hold_at: float) -> NewsThreshold | None:
    """Return what the news threshold of `toxic` does to the harmless rows of each test set; None without news.

    Args:
        scores: of `toxic`, shape (rows,).
    """
    label = Label.TOXIC
    if len(news.rows) < FEWEST_NEGATIVES:
        return None
    threshold = float(np.quantile(news.scores, 1 - NEWS_SHARE, method="higher"))
    harmless = judged(rows, label, lambda row: not row.is_positive(label) and not is_made(row))
    return NewsThreshold(
        threshold=round(threshold, 6),
        rows=len(news.rows),
        sources=sorted({row.source for row in news.rows}),
        sets=[
            AtThreshold(
                source=name,
                rows=own.size,
                news=round(float((scores[own] > threshold).mean()), 4),
                held=round(float((scores[own] >= hold_at).mean()), 4),
            )
            for name, own in by_source(rows, harmless).items()
            if own.size >= FEWEST_NEGATIVES
        ],
    )


def other_sources(rows: Sequence[Row], scores: Scores, label: Label, hold_at: float) -> list[Held]:
    """Return how a label scores the harmless rows of the sources that say nothing of it, and of those that do.

    A label that had learned how a source writes, instead of what is wrong with its positives, would score some of them
    high.
    """
    harmless = [
        n for n, row in enumerate(rows) if not is_made(row) and not any(share > 0 for share in row.labels.values())
    ]
    found = []
    for name, own in by_source(rows, harmless).items():
        if own.size >= FEWEST:
            median, high = np.quantile(scores[own], (0.5, 0.95)).tolist()
            held = float((scores[own] >= hold_at).mean())
            found.append(
                Held(
                    source=name,
                    is_judged=label in rows[own[0]].labels,
                    rows=own.size,
                    median=round(median, 4),
                    high=round(high, 4),
                    held=round(held, 4),
                )
            )
    return sorted(found, key=lambda one: (-one.held, -one.high, one.source))


def worst_mistakes(rows: Sequence[Row], scores: Scores, label: Label) -> tuple[list[Mistake], list[Mistake]]:
    """Return the positives that score lowest and the negatives that score highest, at most `WORST` of each.

    Only rows on which the raters agreed count: none of them, or all, gave the label.
    """
    clear = judged(rows, label, lambda row: row.labels[label] in (0, 1) and not is_made(row))
    order = clear[np.argsort(scores[clear], kind="stable")]
    missed = [n for n in order.tolist() if rows[n].labels[label] == 1][:WORST]
    needless = [n for n in order[::-1].tolist() if rows[n].labels[label] == 0][:WORST]
    return _mistakes(rows, scores, label, missed), _mistakes(rows, scores, label, needless)


def _mistakes(rows: Sequence[Row], scores: Scores, label: Label, places: Sequence[int]) -> list[Mistake]:
    return [Mistake(id=rows[n].id, score=round(float(scores[n]), 4), share=rows[n].labels[label]) for n in places]
