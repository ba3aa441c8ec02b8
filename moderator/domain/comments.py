"""Sites, the comments they send, and who wrote them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderator.domain.findings import NO_FORM, Form
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.sites import DEFAULT_SETTINGS, SiteSettings

MAX_TEXT_CHARACTERS = 20_000


class Status(StrEnum):
    """Where a comment stands. It follows the newest decision."""

    APPROVED = "approved"
    HELD = "held"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A publisher that sends comments."""

    id: SiteId
    name: str
    settings: SiteSettings = DEFAULT_SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What the comment stands under."""

    url: str | None = None
    title: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote the comment, as the site knows them. All of it is personal data."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    url: str | None = None
    ip: str | None = None
    user_agent: str | None = None

    @property
    def key(self) -> str | None:
        """Return the steadiest name of this author, for counting; None for a stranger."""
        if self.id:
            return f"id:{self.id}"
        if self.email:
            return f"email:{self.email.casefold()}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """The text and its context as received. Immutable; it can be erased, never edited. `form` is not stored."""

    id: CommentId
    site_id: SiteId
    text: str
    received_at: datetime
    external_id: str | None = None
    article: Article = Article()
    author: Author = Author()
    parent_id: str | None = None
    posted_at: datetime | None = None
    lang: str | None = None
    form: Form = NO_FORM

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is None or (self.posted_at is not None and self.posted_at.tzinfo is None):
            raise ValueError("times must be aware")
