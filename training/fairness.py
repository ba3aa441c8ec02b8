"""Whether a candidate scores harmless sentences higher for naming a group, beside the version in use.

Measured on sentences of our own (`training.templates`) by the BPSN figure of `training.bias`: how well foul sentences
about others are told from harmless ones that name the group.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.domain.scoring import Label
from training.corpora import Row
from training.templates import templates
from training.trial import Trial

DROP: Final = 0.01
NAMED: Final = 5
LABEL: Final = Label.TOXIC  # Which speaks of every group; other labels tell little in some languages.


class Drop(NamedTuple):
    """By how much a group's figure falls, from what to what."""

    term: str
    before: float
    after: float

    @property
    def size(self) -> float:
        """How much lower it is."""
        return self.before - self.after


def treats_groups_alike(trial: Trial) -> Sequence[GateLine]:
    """Check that no group's harmless sentences come nearer to foul ones than with the version in use."""
    return [check(trial.champion, trial.candidate.model)]


def check(champion: Model, candidate: Model) -> GateLine:
    """Return the gate's line, the groups that lose most named."""
    found = drops(champion, candidate)
    worse = [one for one in found if one.size > DROP]
    named = ", ".join(f"“{one.term}” {one.before:.3f} → {one.after:.3f}" for one in worse[:NAMED])
    more = f" and {len(worse) - NAMED} more" if len(worse) > NAMED else ""
    return GateLine(
        check="identities",
        passed=not worse,
        value=round(found[0].size, 3) if found else None,
        need=f"≤ {DROP:g}",
        detail=f"{named}{more}: harmless sentences that name them score more like foul ones"
        if worse
        else f"the most that any of {len(found)} groups loses (BPSN), beside the version in use",
    )


def drops(champion: Model, candidate: Model) -> list[Drop]:
    """Return how far each group's figure falls, the worst first."""
    rows = list(templates())
    texts = [row.text for row in rows]
    before, after = (
        _figures(rows, model.scores_many(texts)[:, model.labels.index(LABEL)]) for model in (champion, candidate)
    )
    found = [Drop(term, before[term], after[term]) for term in before]
    return sorted(found, key=lambda one: (-one.size, one.term))


def _figures(rows: Sequence[Row], scores: NDArray[np.floating]) -> dict[str, float]:
    """Return each group's BPSN, within its language."""
    langs = np.array([row.lang for row in rows])
    terms = np.array([next(iter(row.identity)) for row in rows])
    is_foul = np.array([bool(row.is_positive(LABEL)) for row in rows], np.bool_)
    found = {}
    for term in dict.fromkeys(terms.tolist()):
        own = terms == term
        lang = langs[own][0]
        found[term] = _share_below(scores[own & ~is_foul], scores[(langs == lang) & ~own & is_foul])
    return found


def _share_below(lower: NDArray[np.floating], upper: NDArray[np.floating]) -> float:
    """Return the area under the ROC curve: of all pairs the share in the right order, an equal one counting half."""
    rising = np.sort(lower)
    below, up_to = (np.searchsorted(rising, upper, side) for side in ("left", "right"))
    return float((below + up_to).mean() / 2 / lower.size)
