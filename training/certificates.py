"""What a learned version may promise: exact tests on audits that taught it nothing and chose nothing of it.

The sample are comments of the last thirty days, each here with a known probability (`training.evidence`): what the
machine decided alone and was drawn for a check, and a tenth of what it held. Thinned to the least of these
probabilities, each comment stands for as many others as any other does, and what was counted has exact binomial bounds.
Weights would need no thinning, but have no exact bound.

Two promises, as of a base (`training.approval`, `training.thresholds`). *Of what is approved at most 2 % breaks the
rules*: each level of caution, from the strictest on, until one fails. *Of what is rejected at least 95 % breaks them*:
for a label a few scores fixed beforehand share the error. What is not certified rejects nothing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import Approval, GateLine, Manifest, ThresholdOf
from moderator.classifier.model import Model
from moderator.domain.scoring import Caution, Label
from training.approval import PROMISE
from training.evidence import Audited, draw
from training.exact import CONFIDENCE, lower_bound, trials_needed, upper_bound
from training.thresholds import PRECISION

if TYPE_CHECKING:
    from training.trial import Trial

LEVELS: Final = (Caution.CAUTIOUS, Caution.BALANCED, Caution.PERMISSIVE)  # The strictest first.
REJECT_AT: Final = (0.8, 0.9, 0.95, 0.98)  # Scores from which a label may come to reject, the laxest first.
_EACH: Final = 1 - (1 - CONFIDENCE) / len(REJECT_AT)
_DIGITS: Final = 5

Floats = NDArray[np.floating]


class Sample(NamedTuple):
    """Audited comments: a candidate's scores, whether people rejected them, and how likely each was to be here."""

    ids: Sequence[str]
    scores: Floats
    is_rejected: NDArray[np.bool_]
    chances: NDArray[np.float64]

    def only(self, chosen: NDArray[np.bool_]) -> "Sample":
        """Return some of it."""
        ids = [one for one, is_in in zip(self.ids, chosen.tolist(), strict=True) if is_in]
        return Sample(ids, self.scores[chosen], self.is_rejected[chosen], self.chances[chosen])


def sample_of(model: Model, audits: Sequence[Audited]) -> Sample:
    """Return what a model's scores are of audits."""
    scores = model.scores_many([one.text for one in audits]) if audits else np.empty((0, len(model.labels)), np.float32)
    rejected = np.array([one.is_rejected for one in audits], np.bool_)
    return Sample([one.id for one in audits], scores, rejected, np.array([one.probability for one in audits]))


def thinned(sample: Sample) -> Sample:
    """Return a part in which every comment of the site had the same chance to be; the same part each time."""
    if not sample.ids:
        return sample
    least = float(sample.chances.min())
    drawn = np.array([draw(f"thin {one}") for one in sample.ids])
    return sample.only(drawn * sample.chances < least)


def certify(described: Manifest, model: Model, audits: Sequence[Audited]) -> Manifest:
    """Return a candidate's manifest with what the audits show that it may promise, and what is missing for the rest."""
    sample = sample_of(model, audits)
    rejections = {label: _rejection(sample, column) for column, label in enumerate(described.labels)}
    return msgspec.structs.replace(
        described,
        approvals=_approvals(described, sample),
        thresholds={
            caution: {label: _threshold(one, rejections[label]) for label, one in own.items()}
            for caution, own in described.thresholds.items()
        },
    )


def _approvals(described: Manifest, sample: Sample) -> dict[Caution, Approval]:
    """Test the levels in their fixed order; after the first that fails no other is certified."""
    part = thinned(sample)
    found: dict[Caution, Approval] = {}
    is_kept = True
    for caution in LEVELS:
        own = described.thresholds[caution]
        approved = ~np.any(part.scores >= [own[label].hold_at for label in described.labels], axis=1)
        one = _approval(approved, part.is_rejected, is_kept=is_kept)
        if one is None:
            break
        found[caution] = one
        is_kept = one.is_certified
    return found


def _approval(approved: NDArray[np.bool_], rejected: NDArray[np.bool_], *, is_kept: bool) -> Approval | None:
    trials, wrong = int(approved.sum()), int((approved & rejected).sum())
    if not trials:
        return None
    bound = upper_bound(wrong, trials)
    is_certified = is_kept and bound <= PROMISE
    needed = 0 if is_certified else max(1, (trials_needed(wrong, PROMISE) or 0) - trials)
    held = float((~approved)[~rejected].mean()) if not rejected.all() else 1.0
    return Approval(
        price=round(held, 4),
        held=round(held, 4),
        approved=round(trials / approved.size, 4),
        risk=round(wrong / trials, _DIGITS),
        risk_at_most=round(bound, _DIGITS),
        promise=PROMISE,
        is_certified=is_certified,
        needed=needed,
        audited=trials,
        note=f"{wrong} of {trials:,} audited comments that it approves broke the rules."
        if is_certified
        else f"{wrong} of {trials:,} audited comments that it approves broke the rules, so that up to {bound:.1%} may. "
        f"{needed:,} more audited decisions, none of them a mistake, would show that it is at most {PROMISE:.0%}.",
    )


class Rejection(NamedTuple):
    """From which score a label may reject, or None, and then how many more rejected comments would certify one."""

    reject_at: float | None
    audited: int
    needed: int


def _rejection(sample: Sample, column: int) -> Rejection:
    """Test a label's scores. The comments that count are fixed beforehand: those from the least of the scores on."""
    scores = sample.scores[:, column]
    part = thinned(sample.only(scores >= REJECT_AT[0]))
    counts = [part.scores[:, column] >= one for one in REJECT_AT]
    for one, reached in zip(REJECT_AT, counts, strict=True):
        trials, right = int(reached.sum()), int(part.is_rejected[reached].sum())
        if lower_bound(right, trials, _EACH) >= PRECISION:
            return Rejection(one, trials, 0)
    # What would do with the fewest more: wrong ones stay, and all that come are right.
    rows = [int(reached.sum()) for reached in counts]
    wrong = [int((~part.is_rejected[reached]).sum()) for reached in counts]
    needed = [(trials_needed(one, 1 - PRECISION, _EACH) or 0) - own for own, one in zip(rows, wrong, strict=True)]
    best = int(np.argmin(needed))
    return Rejection(None, rows[best], max(1, needed[best]))


def _threshold(one: ThresholdOf, rejection: Rejection) -> ThresholdOf:
    if rejection.reject_at is None:
        note = (
            f"Rejects nothing: {rejection.needed:,} more audited decisions about comments that score as high, all of "
            f"them rejections, would certify that at least {PRECISION:.0%} of what it rejects breaks the rules."
        )
        return msgspec.structs.replace(one, needed=rejection.needed, note=note)
    return msgspec.structs.replace(
        one,
        hold_at=min(one.hold_at, rejection.reject_at),
        reject_at=rejection.reject_at,
        is_certified=True,
        needed=None,
        note=f"Certified on {rejection.audited:,} audited comments.",
    )


def keeps_promises(trial: "Trial") -> Sequence[GateLine]:
    """Say what the candidate may promise. That too little was audited refuses nothing; it only promises less."""
    return [_of_approvals(trial.candidate.described), _of_rejections(trial.candidate.described)]


def _of_approvals(described: Manifest) -> GateLine:
    need = f"≤ {100 * PROMISE:g} % of what is approved (95 %)"
    found = described.approvals.get(Caution.BALANCED) or described.approvals.get(Caution.CAUTIOUS)
    if found is None:
        detail = f"{trials_needed(0, PROMISE)} more audited decisions needed; until then it promises nothing"
        return GateLine(check="certificate of approvals", passed=True, value=None, need=need, detail=detail)
    certified = [caution.value for caution, one in described.approvals.items() if one.is_certified]
    says = f"certified: {', '.join(certified)}" if certified else "it promises nothing yet"
    missing = f"; {found.needed:,} more audited decisions needed" if found.needed else ""
    return GateLine(
        check="certificate of approvals",
        passed=True,
        value=round(100 * found.risk_at_most, 2),
        need=need,
        detail=f"up to so many per cent of what it approves may break the rules, by {found.audited:,} audits that "
        f"taught it nothing; {says}{missing}",
    )


def _of_rejections(described: Manifest) -> GateLine:
    own = described.thresholds[Caution.BALANCED]
    certified: list[Label] = [label for label, one in own.items() if one.reject_at is not None]
    fewest = min((one.needed for one in own.values() if one.needed), default=trials_needed(0, 1 - PRECISION, _EACH))
    says = ", ".join(f"{label} from {own[label].reject_at:g}" for label in certified)
    return GateLine(
        check="certificate of rejections",
        passed=True,
        value=float(len(certified)),
        need=f"≥ {100 * PRECISION:g} % of what is rejected (95 %)",
        detail=f"the machine may reject {says}"
        if certified
        else f"{fewest} more audited decisions needed; until then the machine rejects nothing",
    )
