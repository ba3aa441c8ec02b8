"""Our labels as the protocol's categories: what has a counterpart gets a score, the rest stays at 0 and says so."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from moderator.compat.openai.schemas import ResultOut
from moderator.domain.policy import Policy
from moderator.domain.scoring import Label, Scored, Threshold

_ABUSE: Final = (Label.TOXIC, Label.SEVERE_TOXIC, Label.INSULT)

# A category is as likely as the likeliest of its labels. Where a category asks for two things at once, its groups are
# joined by the smaller: no less than that can be said of both without their joint probability. `spam` and `obscene`
# are ours; clients pass over categories that they do not know.
SCORED: Final[Mapping[str, tuple[tuple[Label, ...], ...]]] = MappingProxyType(
    {
        "harassment": (_ABUSE,),
        "harassment/threatening": (_ABUSE, (Label.THREAT,)),
        "hate": ((Label.IDENTITY_ATTACK,),),
        "hate/threatening": ((Label.IDENTITY_ATTACK,), (Label.THREAT,)),
        "sexual": ((Label.SEXUAL_EXPLICIT,),),
        "violence": ((Label.THREAT,),),
        "spam": ((Label.SPAM,),),
        "obscene": ((Label.OBSCENE,),),
    }
)
NOT_SCORED: Final = (
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual/minors",
    "violence/graphic",
)
_APPLIED: Final = {**{name: ["text"] for name in SCORED}, **{name: [] for name in NOT_SCORED}}
_NEVER: Final = Threshold(hold_at=2.0, reject_at=2.0)


def result_of(scored: Scored, policy: Policy) -> ResultOut:
    """Return what the protocol says of a text.

    A category is true when its labels reach the site's own `hold_at`, the score from which a person would look; the
    text is flagged when any is. So `flagged` says what the site's policy would say by scores alone.
    """
    thresholds = policy.thresholds_for(None, scored.language)
    reached = {label: score >= thresholds.get(label, _NEVER).hold_at for label, score in scored.scores.items()}
    categories = {
        name: all(any(reached.get(label, False) for label in group) for group in groups)
        for name, groups in SCORED.items()
    }
    scores = {
        name: round(min(max(scored.scores.get(label, 0.0) for label in group) for group in groups), 6)
        for name, groups in SCORED.items()
    }
    return ResultOut(
        flagged=any(categories.values()),
        categories={**categories, **dict.fromkeys(NOT_SCORED, False)},
        category_scores={**scores, **dict.fromkeys(NOT_SCORED, 0.0)},
        category_applied_input_types=_APPLIED,
    )
