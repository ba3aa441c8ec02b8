"""Whether a candidate scores harmless sentences higher for naming a group, beside the version in use.

Measured on sentences of our own (`training.templates`) by the BPSN figure of `training.bias`: how well foul sentences
about others are told from harmless ones that name the group.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.language import find_language
from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.domain.scoring import Label
from moderator.storage.recent import Recent
from training.corpora import Row
from training.patterns import LANGUAGES
from training.templates import templates
from training.trial import Trial

DROP: Final = 0.05
NAMED: Final = 5
LOOKED_AT: Final = 500  # Comments, to know what languages a site is in.
SPOKEN: Final = 0.05
LABEL: Final = Label.TOXIC  # Which speaks of every group; other labels tell little in some languages.


class Drop(NamedTuple):
    """A group's figure before and after, and by how much it falls for half of its language's groups in the same
    sentences.

    That a version tells harmless from foul less well in a language is no matter of groups; the other lines see to it.
    """

    term: str
    before: float
    after: float
    usual: float

    @property
    def size(self) -> float:
        """How much lower it is, beyond what is usual."""
        return self.before - self.after - self.usual


def treats_groups_alike(trial: Trial) -> Sequence[GateLine]:
    """Check that no group's harmless sentences come nearer to foul ones than with the version in use."""
    return [check(trial.champion, trial.candidate.model, languages_of(trial.lessons.evidence.recent))]


def languages_of(comments: Sequence[Recent]) -> frozenset[str]:
    """Return the languages that a site's comments are in; none where that is not known."""
    texts = comments[:: max(1, len(comments) // LOOKED_AT)]
    found = Counter(one.lang or find_language(one.text) for one in texts)
    return frozenset(lang for lang, number in found.items() if lang and number >= SPOKEN * len(texts))


def check(champion: Model, candidate: Model, languages: Collection[str]) -> GateLine:
    """Return the gate's line, the groups that lose most named."""
    found = drops(champion, candidate, languages)
    worse = [one for one in found if one.size > DROP]
    named = ", ".join(f"“{one.term}” {one.before:.3f} → {one.after:.3f}" for one in worse[:NAMED])
    more = f" and {len(worse) - NAMED} more" if len(worse) > NAMED else ""
    return GateLine(
        check="identities",
        passed=not worse,
        value=round(found[0].size, 3),
        need=f"≤ {DROP:g}",
        detail=f"{named}{more}: harmless sentences that name them score more like foul ones, others do not"
        if worse
        else f"the most that any of {len(found)} groups loses (BPSN) beyond what is usual, beside the version in use",
    )


def drops(champion: Model, candidate: Model, languages: Collection[str]) -> list[Drop]:
    """Return how far each group's figure falls, the worst first.

    Args:
        languages: only in these; in all that there are sentences in where there are none in these.
    """
    langs = [lang for lang in LANGUAGES if lang in languages] or list(LANGUAGES)
    found = [drop for lang in langs for drop in _drops(champion, candidate, lang)]
    return sorted(found, key=lambda one: (-one.size, one.term))


def _drops(champion: Model, candidate: Model, lang: str) -> list[Drop]:
    rows = [row for row in templates() if row.lang == lang]
    before, after = (_figures(rows, model.scores_many([row.text for row in rows])[:, _toxic(model)])
                     for model in (champion, candidate))  # fmt: skip
    usual = np.maximum(np.median(before - after, axis=0), 0.0).mean()
    return [
        Drop(term, float(was), float(now), float(usual))
        for term, was, now in zip(LANGUAGES[lang].terms, before.mean(axis=1), after.mean(axis=1), strict=True)
    ]


def _toxic(model: Model) -> int:
    return model.labels.index(LABEL)


def _figures(rows: Sequence[Row], scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return, for each group of a language and each of its harmless sentences, how many foul ones about others score
    more; a group's mean is its BPSN.
    """
    terms = np.array([next(iter(row.identity)) for row in rows])
    is_foul = np.array([bool(row.is_positive(LABEL)) for row in rows], np.bool_)
    return np.stack([
        _shares_above(scores[is_foul & (terms != term)], scores[~is_foul & (terms == term)])
        for term in dict.fromkeys(terms.tolist())
    ])  # fmt: skip


def _shares_above(upper: NDArray[np.floating], lower: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return for each of some scores which share of others is higher, an equal one counting half."""
    rising = np.sort(upper)
    up_to, below = (np.searchsorted(rising, lower, side) for side in ("right", "left"))
    return 1 - (below + up_to) / 2 / upper.size
