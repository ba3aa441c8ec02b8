"""Second opinions: which decisions another person looks at, who may, and what follows from what that person says.

Whoever gives one sees what the first decider saw, and not what was decided. It decides nothing by itself: where both
say the same nothing changes, and where they do not the first decision stands until somebody else has settled it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moderator.domain.ids import CaseId, CommentId, DecisionId, PersonId, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.review import Decision, Detection, Source

# In the middle of the queue, like a check on the machine: whoever meets one cannot tell them apart.
SECOND_WEIGHT: Final = 0.3
# Decisions against a sure score that a site asks for a second opinion on, in 24 hours: each is certain to be drawn, and
# a model that goes wrong all at once must not double the queue.
MOST_CONTRARY_A_DAY: Final = 50
# What nobody has looked at by then is let go: a moderator alone with an administrator who never reviews must not find
# the queue longer each week.
LONGEST_WAIT: Final = timedelta(days=14)
_DRAWS: Final = 2**64
_PERSON: Final = b"second opinions"  # Drawn apart from the checks on the machine: one says nothing of the other.


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondReview:
    """A case that asks for a second opinion: on which decision, whose it is, and how likely it was to be drawn.

    Contrary: chance did not draw it, but the decision contradicts a sure score.
    """

    case_id: CaseId
    site_id: SiteId
    comment_id: CommentId
    decision_id: DecisionId
    person_id: PersonId
    is_contrary: bool
    probability: float
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody says of a comment that is decided, in the shape of a decision, and the decision that it is about.

    A hold takes back the opinion that it names.
    """

    said: Decision
    about: DecisionId


def is_drawn(comment_id: CommentId, site_id: SiteId, share: float) -> bool:
    """Return whether decisions on a comment get a second opinion by chance. Asked twice, a keyed hash says the same.

    By the comment and not by the decision: who takes a decision back and decides again does not draw again.
    """
    drawn = hashlib.blake2b(comment_id.encode(), key=site_id.encode()[:64], digest_size=8, person=_PERSON).digest()
    return int.from_bytes(drawn, "big") < share * _DRAWS


def standing(opinions: Sequence[Opinion]) -> list[Opinion]:
    """Return those of a comment's opinions that were not taken back, the oldest first."""
    undone = {one.said.undoes for one in opinions}
    return [one for one in opinions if one.said.action is not Action.HOLD and one.said.id not in undone]


def find_dissent(history: Sequence[Decision], opinions: Sequence[Opinion]) -> Opinion | None:
    """Return the opinion that the decision which holds is disputed by, or None.

    Args:
        history: the comment's decisions, the oldest first.

    Whoever decides after two have disagreed, and is neither of them, settles it. The first decider who decides once
    more, and not as the second one said, does not, unless they were asked to settle it.
    """
    if not history or history[-1].action is Action.HOLD or _has_settled(history[-1]):
        return None
    newest, deciders = history[-1], {decision.id: decision.person_id for decision in history}
    for one in reversed(standing(opinions)):
        if one.said.action is not newest.action and deciders.get(one.about) == newest.person_id:
            return one
    return None


def _has_settled(decision: Decision) -> bool:
    """Return whether somebody decided because two had disagreed: only then a person brings a comment to a moderator."""
    return decision.source is Source.MODERATOR and decision.detection is Detection.PERSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """Who may settle a disagreement: everybody but the `barred`, and seniors alone where `is_for_seniors`."""

    barred: tuple[PersonId, ...]
    is_for_seniors: bool


def may_be_seconded(people: Iterable[Person], site_id: SiteId, first: PersonId) -> bool:
    """Return whether somebody else than the first decider sees the site."""
    return any(one.id != first and one.may_see(site_id) for one in people)


def settling(people: Iterable[Person], site_id: SiteId, first: PersonId, second: PersonId) -> Settling | None:
    """Return who settles what two people disagree on: seniors, where there are others, else anybody else.

    Where nobody else sees the site an administrator settles it who is one of the two. None where neither is: the first
    decision then stands.
    """
    seeing = [one for one in people if one.may_see(site_id)]
    if others := [one for one in seeing if one.id not in (first, second)]:
        return Settling(barred=(first, second), is_for_seniors=any(one.is_senior for one in others))
    admins = {one.id for one in seeing if one.is_admin}
    if not admins:
        return None
    return Settling(barred=tuple(one for one in (first, second) if one not in admins), is_for_seniors=False)


def may_be_settled(people: Iterable[Person], site_id: SiteId) -> bool:
    """Return whether somebody could settle what any two people of a site disagree on. One alone does not disagree."""
    seeing = [one for one in people if one.may_see(site_id)]
    return len(seeing) != 2 or any(one.is_admin for one in seeing)
