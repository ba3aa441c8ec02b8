"""Logits to probabilities, for a stated share of positives.

The class rates of labelled sets are artificial, so a calibration fitted on them as they are would be wrong on every
real site. Its rows are weighted to the share that a news site may expect; Platt's two parameters are enough.

Nor do the collections' sizes say anything of a site, which is one more source with words of its own: within a class
each source counts alike, however many rows it happens to have. Fitted on the rows as they come, most of them from the
source with the plainest insults, the scores were too sure of themselves everywhere else.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from moderator.classifier.model import Calibration
from moderator.domain.scoring import Label
from moderator.domain.teaching import PRIORS as PRIORS
from training.corpora import Row, source

# Sets made to fool a model, of pairs, picked by keyword, addressed to machines or of letters and messages: their scores
# lie elsewhere than those of readers' comments.
UNNATURAL: Final = frozenset(
    {
        "convabuse",
        "davidson",
        "edos",
        "gahd",
        "hatemoji_build",
        "mlma_fr",
        "multi_paradetox",
        "openai_moderation",
        "paradetox",
        "russe_detox",
        "sms_spam",
        "spamassassin_email",
        "stormfront",
    }
)
FEWEST_POSITIVES: Final = 20
FEWEST_OF_SOURCE: Final = 20  # Rows of a class that a source needs to have a say of its own.


class Chosen(NamedTuple):
    """Rows to calibrate a label on; whether each has the label; whether each has it or any other."""

    rows: NDArray[np.int64]
    positive: NDArray[np.bool_]
    breaks_rules: NDArray[np.bool_]


def choose_rows(corpus: Sequence[Row], label: Label) -> Chosen:
    """Return the rows of a corpus to calibrate a label on.

    Unnatural sets are used only where there are hardly any other positives. Comments that are harmless, or of sets
    without spam, count as negatives of labels that nobody asked for, as they do in `training.fit`.
    """
    known = [n for n, row in enumerate(corpus) if label in row.labels and source(row.source).weight(label) > 0]
    natural = [n for n in known if corpus[n].source not in UNNATURAL]
    if sum(bool(corpus[n].is_positive(label)) for n in natural) >= FEWEST_POSITIVES:
        known = natural
    rows = known + [n for n, row in enumerate(corpus) if _is_implied_negative(row, label)]
    return Chosen(
        np.array(rows, np.int64),
        np.array([bool(corpus[n].is_positive(label)) for n in rows], bool),
        np.array([any(corpus[n].is_positive(one) for one in Label) for n in rows], bool),
    )


def _is_implied_negative(row: Row, label: Label) -> bool:
    if label in row.labels or row.source in UNNATURAL or not source(row.source).is_shippable:
        return False
    if label is Label.SPAM:
        return row.domain in ("news", "wiki", "forum")
    return label is not Label.TOXIC and row.labels.get(Label.TOXIC, 1.0) < 0.1


def weigh(sources: Sequence[str], positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights with which, within each class, every source with enough rows counts alike.

    The rows of smaller ones count as one source together, unless they are too few even so.
    """
    weights = np.zeros(positive.size)
    for of_class in (positive, ~positive):
        rows = Counter(name for name, is_in in zip(sources, of_class, strict=True) if is_in)
        groups = np.array([name if rows[name] >= FEWEST_OF_SOURCE else "" for name in sources])
        for group in set(groups[of_class].tolist()):
            chosen = of_class & (groups == group)
            if group or chosen.sum() >= FEWEST_OF_SOURCE or not any(groups[of_class]):
                weights[chosen] = 1 / chosen.sum()
    return weights


def as_on_a_site(weights: NDArray[np.float64], chosen: Chosen, label: Label) -> NDArray[np.float64]:
    """Return weights with which negatives that break another rule are as rare among negatives as on a site.

    Half of the comments that people marked for one kind of abuse have another: left so, an insult would be compared
    with other abuse, and hardly any score would be high.
    """
    others = chosen.breaks_rules & ~chosen.positive
    harmless = ~chosen.breaks_rules & ~chosen.positive
    other, rest = float(weights[others].sum()), float(weights[harmless].sum())
    if label is Label.TOXIC or not other or not rest:
        return weights
    own = 0.0 if label is Label.SPAM else PRIORS[label]
    share = (PRIORS[Label.TOXIC] - own) / (1 - PRIORS[label])
    found = weights.copy()
    found[others] *= share / other
    found[harmless] *= (1 - share) / rest
    return found


def calibrate(
    logits: NDArray[np.floating],
    positive: NDArray[np.bool_],
    prior: float,
    weights: NDArray[np.floating] | None = None,
) -> Calibration:
    """Fit Platt's parameters so that scores are right where a share `prior` of comments is positive.

    Args:
        weights: what rows count within their class; all alike when there are none.

    Raises:
        ValueError: one of the classes has no row, or higher logits do not mean more positives.
    """
    within = np.ones(positive.size) if weights is None else weights.astype(np.float64)
    positives, negatives = within[positive].sum(), within[~positive].sum()
    balanced = np.where(positive, prior * within / (positives or 1), (1 - prior) * within / (negatives or 1))
    model = LogisticRegression(C=1e6, max_iter=1_000)
    model.fit(logits.reshape(-1, 1), positive, sample_weight=balanced * positive.size)
    return Calibration(slope=float(model.coef_[0, 0]), offset=float(model.intercept_[0]))
