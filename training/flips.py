"""On how many of the newest week's comments the candidate's verdict is another than the version's in use.

By scores alone, each comment at its own site's thresholds: everything else that a policy looks at stays as it is.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.domain.ids import SiteId
from moderator.domain.policy import Action, Policy
from moderator.storage.recent import Recent
from training.trial import Trial

SHARE: Final = 0.02
SUPPORT: Final = 0.9  # Of the changed verdicts that a moderator decided about, so many must go the moderator's way.
FEWEST_DECIDED: Final = 20
FEWEST_COMMENTS: Final = 100
NAMED: Final = 10  # Comments of each kind.
ROWS: Final = 500
_ACTS: Final = {Action.APPROVE: "approved", Action.HOLD: "held", Action.REJECT: "rejected"}


class Flip(NamedTuple):
    """A comment whose verdict changes."""

    comment: Recent
    before: Action
    after: Action

    @property
    def kind(self) -> str:
        """From what to what, in words."""
        return f"{_ACTS[self.before]} → {_ACTS[self.after]}"

    @property
    def goes_the_moderators_way(self) -> bool:
        """Whether the new verdict is nearer to what a moderator decided."""
        order = (Action.APPROVE, Action.HOLD, Action.REJECT)
        is_stricter = order.index(self.after) > order.index(self.before)
        return is_stricter is (self.comment.ruling is Action.REJECT)


def changes_little(trial: Trial) -> Sequence[GateLine]:
    """Check that few verdicts of the newest week would change, or that moderators' decisions ask for it."""
    evidence = trial.lessons.evidence
    return [check(trial.champion, trial.candidate.model, evidence.recent, evidence.policies)]


def check(champion: Model, candidate: Model, comments: Sequence[Recent], policies: Mapping[SiteId, Policy]) -> GateLine:
    """Return the gate's line, with some comments of each kind by their ids."""
    need = f"≤ {100 * SHARE:g} %, or {100 * SUPPORT:g} % of {FEWEST_DECIDED} as moderators decided"
    if len(comments) < FEWEST_COMMENTS:
        detail = f"too few comments of the newest week to compare on: {len(comments)} of {FEWEST_COMMENTS}"
        return GateLine(check="flips", passed=True, value=None, need=need, detail=detail)
    before, after = (verdicts(model, comments, policies) for model in (champion, candidate))
    found = [Flip(*one) for one in zip(comments, before, after, strict=True) if one[1] is not one[2]]
    decided = [one for one in found if one.comment.ruling is not None]
    agreeing = sum(one.goes_the_moderators_way for one in decided)
    share = len(found) / len(comments)
    is_explained = len(decided) >= FEWEST_DECIDED and agreeing >= SUPPORT * len(decided)
    return GateLine(
        check="flips",
        passed=share <= SHARE or is_explained,
        value=round(100 * share, 2),
        need=need,
        detail=f"so many per cent of {len(comments):,} comments of the newest week are judged otherwise; moderators "
        f"decided about {len(decided)} of these, and {agreeing} go their way{_examples(found)}",
    )


def verdicts(model: Model, comments: Sequence[Recent], policies: Mapping[SiteId, Policy]) -> list[Action]:
    """Return what a model's scores make of comments, by their sites' policies."""
    complete: dict[SiteId, Policy] = {}
    found: list[Action] = []
    for begin in range(0, len(comments), ROWS):
        part = comments[begin : begin + ROWS]
        for one, scores in zip(part, model.scores_many([one.text for one in part]), strict=True):
            if one.site_id not in complete:
                complete[one.site_id] = model.complete(policies.get(one.site_id, Policy(version=1)))
            thresholds = complete[one.site_id].thresholds_for(one.section, one.lang)
            bounds = [thresholds[label] for label in model.labels]
            if np.any(scores >= [bound.reject_at for bound in bounds]):
                found.append(Action.REJECT)
            else:
                is_held = np.any(scores >= [bound.hold_at for bound in bounds])
                found.append(Action.HOLD if is_held else Action.APPROVE)
    return found


def _examples(flips: Sequence[Flip]) -> str:
    said = []
    for kind, number in sorted(Counter(one.kind for one in flips).items()):
        ids = [one.comment.id for one in flips if one.kind == kind][:NAMED]
        said.append(f"{number} {kind}: {', '.join(ids)}{' …' if number > len(ids) else ''}")
    return f" ({'; '.join(said)})" if said else ""
