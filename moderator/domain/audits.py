"""Blind audits: which of the machine's own verdicts people look at, and how likely each was to be drawn.

What people decide in the queue says little about the machine: they see what it doubted. A small sample of what it was
sure of, drawn with a known probability and shown without its scores, is what error rates and thresholds rest on; each
drawn comment counts for one over its probability (Horvitz and Thompson, 1952).
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from moderator.domain.ids import CommentId, SiteId
from moderator.domain.policy import Action, Verdict
from moderator.domain.review import Decision, Source
from moderator.domain.scoring import Label, Scored, Threshold

# Errors are rare and lie near the thresholds: five times as many are drawn there, and the weights make up for it.
NEAR_FACTOR: Final = 5.0
NEAR_SHARE: Final = 0.5  # From half of the way to a threshold on, a verdict is near it.
# In the middle of the queue: nothing burns, and a busy queue must not starve what everything is measured by.
AUDIT_WEIGHT: Final = 0.3
_DRAWS: Final = 2**64


def probability_of(
    share: float, verdict: Verdict, scored: Scored | None, thresholds: Mapping[Label, Threshold]
) -> float | None:
    """Return how likely (0 to 1) an automatic verdict is to be drawn; None when none is: people see it anyway.

    Args:
        share: the site's share of verdicts to draw, 0 to 1; near a threshold it is `NEAR_FACTOR` times as much.
        thresholds: those that the verdict was given by.
    """
    if share <= 0 or verdict.action is Action.HOLD:
        return None
    return min(1.0, share * NEAR_FACTOR) if _is_near(verdict, scored, thresholds) else share


def _is_near(verdict: Verdict, scored: Scored | None, thresholds: Mapping[Label, Threshold]) -> bool:
    if verdict.action is Action.REJECT:
        # A rule that rejects has no half-way; of several scores, the surest decides.
        margins = [
            (reason.score - reason.threshold) / (1 - reason.threshold)
            for reason in verdict.reasons
            if reason.action is Action.REJECT and reason.score is not None and reason.threshold is not None
            if reason.threshold < 1
        ]
        return bool(margins) and max(margins) < NEAR_SHARE
    scores: Mapping[Label, float] = scored.scores if scored else {}
    return any(scores.get(label, 0.0) >= NEAR_SHARE * one.hold_at for label, one in thresholds.items())


def is_drawn(comment_id: CommentId, site_id: SiteId, probability: float) -> bool:
    """Return whether a comment is drawn. A keyed hash, so that asking twice gives the same answer."""
    drawn = hashlib.blake2b(comment_id.encode(), key=site_id.encode()[:64], digest_size=8).digest()
    return int.from_bytes(drawn, "big") < probability * _DRAWS


def drawn_probability(history: Iterable[Decision]) -> float | None:
    """Return how likely a comment was to be drawn, by the verdict among its decisions; None when it was not drawn."""
    for decision in history:
        probability = decision.inclusion_probability
        if decision.source is Source.POLICY and probability is not None:
            return probability if is_drawn(decision.comment_id, decision.site_id, probability) else None
    return None
