"""What a site chooses for itself besides its policy: how it is told, in protocols that know less than we do."""

from dataclasses import dataclass, field
from enum import StrEnum

from moderator.domain.reasons import DEFAULT_REASONS, SiteReason


class HeldAnswer(StrEnum):
    """What a client hears of a held comment when its protocol knows spam and no spam alone."""

    AUTO = "auto"  # Whatever the client, by its own name and version, is known to hold back.
    SPAM = "spam"  # Not published; the site's own people find it among the spam.
    HAM = "ham"  # Published until somebody decides.
    ASK_AGAIN = "ask_again"  # Neither: clients that understand this wait and ask again.


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """`abuse_is_spam`: a comment rejected for abuse is told as spam; without it, like one that is held.

    `phase_secrets` sign what the site's own moderation pipeline asks; several while one is replaced by another.
    `reasons` are those that its moderators may reject for, in order.
    """

    held_answer: HeldAnswer = HeldAnswer.AUTO
    abuse_is_spam: bool = True
    phase_secrets: tuple[str, ...] = field(default=(), repr=False)
    reasons: tuple[SiteReason, ...] = DEFAULT_REASONS

    @property
    def has_own_reasons(self) -> bool:
        """Whether the site words its reasons itself."""
        return self.reasons != DEFAULT_REASONS


DEFAULT_SETTINGS = SiteSettings()
