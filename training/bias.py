"""Whether a model treats words for groups of people fairly, on sentences that name one.

The figures are those of Borkan et al. 2019, “Nuanced Metrics for Measuring Unintended Bias with Real Data for Text
Classification”. A term is *biased against* where harmless sentences that name it score like foul ones (a low BPSN AUC),
and *passed over* where foul sentences that name it score like harmless ones (a low BNSP AUC).
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from moderator.domain.scoring import Label
from training.corpora import POSITIVE, Row

FEWEST: Final = 10  # Positives and negatives that a term, and the rest beside it, need before a figure says anything.
POWER: Final = -5.0  # Of the generalised mean: low figures weigh most, one very low figure does not weigh alone.
_DIGITS: Final = 4


class Aucs(msgspec.Struct, frozen=True, kw_only=True):
    """Three views of one bias; 1 is best, 0.5 is chance.

    `subgroup` compares foul and harmless sentences that name the term. `bpsn` (background positive, subgroup negative)
    compares foul sentences without the term and harmless ones with it; `bnsp` the other way round.
    """

    subgroup: float
    bpsn: float
    bnsp: float

    @property
    def lowest(self) -> float:
        """Return the worst of the three."""
        return min(self.subgroup, self.bpsn, self.bnsp)


class TermBias(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one term, such as `muslim`; rows and positives are those that name it."""

    term: str
    rows: int
    positives: int
    auc: Aucs


class BiasTable(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of all terms that have enough rows, by name, and what they come to.

    `auc` is that of all rows together. It, `mean` and `worst` (the term with the lowest of all figures) are None where
    no term has enough rows. `skipped` names the terms without.
    """

    rows: int
    terms: list[TermBias]
    skipped: list[str]
    auc: float | None = None
    mean: Aucs | None = None
    worst: str | None = None


def bias_table(rows: Sequence[Row], scores: NDArray[np.floating], label: Label = Label.TOXIC) -> BiasTable:
    """Return how evenly a label is told apart for each term that the rows' identities name.

    Rows that nobody judged for the label are left out.

    Args:
        scores: of the label, shape (rows,).
    """
    judged = np.array([number for number, row in enumerate(rows) if label in row.labels], np.intp)
    positive = np.array([bool(rows[number].is_positive(label)) for number in judged], np.bool_)
    scores = scores[judged]
    terms: list[tuple[TermBias, Aucs]] = []
    skipped = []
    for term in sorted({term for number in judged for term in rows[number].identity}):
        named = np.array([rows[number].identity.get(term, 0.0) >= POSITIVE for number in judged], np.bool_)
        aucs = _aucs(scores, positive, named)
        if aucs is None:
            skipped.append(term)
        else:
            count, positives = int(named.sum()), int((named & positive).sum())
            terms.append((TermBias(term=term, rows=count, positives=positives, auc=_rounded(aucs)), aucs))
    if not terms:
        return BiasTable(rows=judged.size, terms=[], skipped=skipped)
    exact = [aucs for _, aucs in terms]
    return BiasTable(
        rows=judged.size,
        terms=[term for term, _ in terms],
        skipped=skipped,
        auc=round(float(roc_auc_score(positive, scores)), _DIGITS),
        mean=_rounded(
            Aucs(
                subgroup=power_mean([one.subgroup for one in exact]),
                bpsn=power_mean([one.bpsn for one in exact]),
                bnsp=power_mean([one.bnsp for one in exact]),
            )
        ),
        worst=min(terms, key=lambda one: one[1].lowest)[0].term,
    )


def power_mean(figures: Sequence[float]) -> float:
    """Return the generalised mean of figures from 0 to 1 with the exponent −5; it is 0 as soon as one of them is."""
    if min(figures) <= 0:
        return 0.0
    return float(np.mean(np.power(figures, POWER)) ** (1 / POWER))


def _aucs(scores: NDArray[np.floating], positive: NDArray[np.bool_], named: NDArray[np.bool_]) -> Aucs | None:
    groups = (named & positive, named & ~positive, ~named & positive, ~named & ~positive)
    if min(int(group.sum()) for group in groups) < FEWEST:
        return None
    named_positive, named_negative, other_positive, other_negative = groups

    def auc(above: NDArray[np.bool_], below: NDArray[np.bool_]) -> float:
        chosen = above | below
        return float(roc_auc_score(positive[chosen], scores[chosen]))

    return Aucs(
        subgroup=auc(named_positive, named_negative),
        bpsn=auc(other_positive, named_negative),
        bnsp=auc(named_positive, other_negative),
    )


def _rounded(aucs: Aucs) -> Aucs:
    return Aucs(subgroup=round(aucs.subgroup, _DIGITS), bpsn=round(aucs.bpsn, _DIGITS), bnsp=round(aucs.bnsp, _DIGITS))
