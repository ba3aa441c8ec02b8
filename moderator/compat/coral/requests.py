"""What Coral asks, leniently: only the comment's body must be there; members that we do not know are passed over."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from moderator.compat.coral.text import mend, plain_text
from moderator.domain.comments import Article, Author, Comment, Site
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.ids import CommentId
from moderator.services import Services

MAX_ID_CHARACTERS = 255
MAX_URL_CHARACTERS = 2_000
# Coral approves its own people's comments before it asks anybody; should it ask once, they are its business.
_STAFF: Final = frozenset({"ADMIN", "MODERATOR", "STAFF"})


class CommentPart(Struct):
    """The comment as it will be shown; `parentID` when it is a reply."""

    body: str
    parentID: str | None = None  # noqa: N815 — Coral's word.


class AuthorPart(Struct):
    """Who wrote it."""

    id: str | None = None
    role: str | None = None

    @property
    def is_staff(self) -> bool:
        """Return whether this is one of Coral's own people."""
        return self.role in _STAFF


class StoryPart(Struct):
    """What it stands under."""

    id: str | None = None
    url: str | None = None


class PhaseRequest(Struct):
    """A question of Coral's. `action` is NEW or EDIT; neither comes with the comment's id."""

    comment: CommentPart
    action: str | None = None
    author: AuthorPart | None = None
    story: StoryPart | None = None

    def to_domain(self, services: Services, site: Site) -> Comment:
        """Return the comment. Its text may be empty, or longer than we take."""
        author, story = self.author or AuthorPart(), self.story or StoryPart()
        return Comment(
            id=CommentId(services.ids.new()),
            site_id=site.id,
            text=plain_text(self.comment.body),
            received_at=services.now(),
            article=Article(url=_short(story.url, MAX_URL_CHARACTERS)),
            author=Author(id=_short(author.id)),
            parent_id=_short(self.comment.parentID),
        )

    def idempotency_key(self, comment: Comment) -> str:
        """Return what is equal when the same author sends the same text to the same place again.

        An edit is another comment to us, so the action stands in it; so does all that we compare a repetition by.
        """
        story_id = self.story.id if self.story else None
        parts: Sequence[str | None] = (
            self.action,
            story_id,
            comment.article.url,
            comment.author.id,
            comment.parent_id,
            comment.text,
        )
        return "coral:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _short(text: str | None, most: int = MAX_ID_CHARACTERS) -> str | None:
    return mend(text)[:most] or None if text else None


def decode(body: bytes) -> PhaseRequest:
    """Return what Coral asks.

    JSON is read by the standard library, which lets half of a surrogate pair pass (`\\ud800`): an author can type one,
    and a comment that cannot be read goes unmoderated.

    Raises:
        InvalidInput: the body is no JSON in UTF-8, or no question of Coral's.
        msgspec.ValidationError: a member has another type.
    """
    try:
        found: Any = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise InvalidInput(Fault(pointer="", detail="the body is not JSON in UTF-8")) from None
    return msgspec.convert(found, PhaseRequest)
