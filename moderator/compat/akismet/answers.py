"""What a client is told: an outcome has three values, the protocol has two and some headers. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Final

from moderator.domain.comments import Status
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action, Rule
from moderator.domain.scoring import Label
from moderator.domain.sites import HeldAnswer, SiteSettings

GUID: Final = "X-akismet-guid"
DEBUG_HELP: Final = "X-akismet-debug-help"  # Only with errors: a client throws at it.
SPAM: Final = "true"
HAM: Final = "false"
# Neither: WordPress holds the comment and asks again, and keeps the first 50 characters in the comment's history.
WAIT: Final = "Held: a person will decide."
THANKS: Final = "Thanks for making the web a better place."

# Discarded spam is gone from the site, and no person there will ever find a mistake. Scores are calibrated: of texts
# from here on, one in a hundred or fewer is no spam.
DISCARD_AT: Final = 0.99
# WordPress publishes by a timer what has waited for twice as long without an answer. A year outlasts every queue.
RECHECK_AFTER_SECONDS: Final = 365 * 24 * 3600

_WORDPRESS: Final = re.compile(r"WordPress/[^|]* \| Akismet/([0-9]{1,4})(?:\.([0-9]{1,4}))?", re.ASCII)
# July 2025: "Enable webhooks so that Akismet can process comments asynchronously". Before, `false` publishes.
_FIRST_WITH_CALLBACKS: Final = (5, 5)


class Client(StrEnum):
    """What a client does with a comment that has no verdict yet."""

    CALLED_BACK = "called_back"  # WordPress that keeps it pending until a callback comes, or a timer ends.
    WORDPRESS = "wordpress"  # WordPress that publishes at "false", and holds at what it cannot read.
    OTHER = "other"  # Spam or not; anything else is an error, and nobody knows what then happens to the comment.


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A body to the letter, and the headers beside it."""

    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


class Meaning(Enum):
    """What an outcome is in this protocol's world."""

    HAM = auto()
    SPAM = auto()
    BLATANT = auto()
    HELD = auto()
    LEFT = auto()  # Nobody here will decide about it: the site's own people should look.


def is_wordpress(user_agent: str) -> bool:
    """Return whether the plugin's code sends this; other WordPress plugins use it too, for their own forms."""
    return _WORDPRESS.match(user_agent) is not None


def client_of(user_agent: str, *, is_comment: bool) -> Client:
    """Return how a client treats what is held, by its name and version.

    Args:
        is_comment: the plugin checks a comment of its site. For a contact form, another plugin reads the answer,
            and takes everything but "true" for ham.
    """
    found = _WORDPRESS.match(user_agent)
    if found is None or not is_comment:
        return Client.OTHER
    version = (int(found[1]), int(found[2] or 0))
    return Client.CALLED_BACK if version >= _FIRST_WITH_CALLBACKS else Client.WORDPRESS


def meaning_of(outcome: Outcome, settings: SiteSettings) -> Meaning:
    """Return what an outcome, as it stands now, means."""
    if outcome.status is Status.APPROVED:
        return Meaning.HAM
    if outcome.status is Status.HELD:
        return Meaning.HELD
    if outcome.verdict is not Action.REJECT:
        return Meaning.SPAM  # A person has rejected it, for whatever reason.
    rejecting = [reason for reason in outcome.reasons if reason.action is Action.REJECT]
    is_trapped = any(reason.code is Rule.HONEYPOT for reason in rejecting)
    if is_trapped or outcome.scores.get(Label.SPAM, 0.0) >= DISCARD_AT:
        return Meaning.BLATANT
    is_abuse_alone = all(reason.code is Rule.SCORE and reason.label is not Label.SPAM for reason in rejecting)
    return Meaning.LEFT if is_abuse_alone and not settings.abuse_is_spam else Meaning.SPAM


def answer(
    meaning: Meaning, settings: SiteSettings, client: Client, guid: str, *, is_again: bool, is_promised: bool
) -> Answer:
    """Return what a client is told.

    Args:
        guid: the comment's name, which a callback will carry. WordPress also needs it to find the comment that an
            answer belongs to, so that it is in every answer.
        is_again: the client asks about a comment that it has stored.
        is_promised: the client will be called back when a person decides.
    """
    headers = {GUID: guid}
    if meaning is Meaning.HAM:
        return Answer(body=HAM, headers=headers)
    if meaning is Meaning.SPAM:
        return Answer(body=SPAM, headers=headers)
    if meaning is Meaning.BLATANT:
        return Answer(body=SPAM, headers={**headers, "X-akismet-pro-tip": "discard"})
    if settings.held_answer is not HeldAnswer.AUTO:
        return Answer(body=_CHOSEN[settings.held_answer], headers=headers)
    if client is Client.OTHER:
        return Answer(body=SPAM, headers=headers)  # What is held must not be published unseen.
    if is_again:
        return Answer(body=WAIT, headers=headers)  # WordPress publishes at "false" then, whatever its version.
    if meaning is Meaning.LEFT:
        # WordPress leaves it pending and asks no more.
        return Answer(body=HAM, headers={**headers, "X-akismet-error": "Held: the site's own people decide."})
    if client is Client.CALLED_BACK and is_promised:
        return Answer(body=HAM, headers={**headers, "X-akismet-recheck-after": str(RECHECK_AFTER_SECONDS)})
    return Answer(body=WAIT, headers=headers)


_CHOSEN: Final = {HeldAnswer.SPAM: SPAM, HeldAnswer.HAM: HAM, HeldAnswer.ASK_AGAIN: WAIT}
