"""What stands around the comment in hand: the one that it answers, and what was decided about its author before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moderator.console.text import excerpt_of
from moderator.domain.blind import is_blind
from moderator.domain.comments import Comment, Status
from moderator.domain.errors import NotFound
from moderator.domain.ids import CommentId, PersonId
from moderator.domain.review import Decision
from moderator.storage import cases, comments, decisions
from moderator.storage.comments import Stored
from moderator.storage.database import Connection

LAST_DECISIONS: Final = 5
_EXCERPT_CHARACTERS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The comment that another one answers. `comment` None: not known here. `status` None: not to be told yet."""

    comment: Comment | None = None
    status: Status | None = None
    is_erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A decision about another comment of an author, and how that one began."""

    decision: Decision
    excerpt: str


async def find_parent(connection: Connection, comment: Comment) -> Parent | None:
    """Return what a comment answers, by the site's own id or ours; None when it answers nothing."""
    if not comment.parent_id:
        return None
    stored = await comments.find_standing(connection, comment.site_id, comment.parent_id)
    if stored is None:
        try:
            stored = await comments.get(connection, comment.site_id, CommentId(comment.parent_id))
        except NotFound:
            return Parent()
    status = None if await _is_blind(connection, stored) else stored.outcome.status
    return Parent(comment=stored.comment, status=status, is_erased=stored.is_erased)


async def _is_blind(connection: Connection, stored: Stored) -> bool:
    return bool(await blind_among(connection, [stored]))


async def blind_among(
    connection: Connection, found: Sequence[Stored], *, reader: PersonId | None = None
) -> set[CommentId]:
    """Return which comments wait to be decided without the machine: nothing that it thinks of them may show.

    It may show to a `reader` who will not decide about them: the one who has done so already.
    """
    waiting = {stored.outcome.case: stored.comment for stored in found if stored.outcome.case is not None}
    causes = await cases.causes_of(connection, list(waiting), reader=reader)
    return {waiting[case_id].id for case_id, cause in causes.items() if is_blind(cause, waiting[case_id].text)}


async def last_decisions(connection: Connection, comment: Comment) -> list[Past]:
    """Return what people decided last about the other comments of a comment's author at its site."""
    if comment.author.key is None:
        return []
    found = await decisions.on_author_before(
        connection, comment.site_id, comment.author.key, but=comment.id, limit=LAST_DECISIONS
    )
    return [Past(decision=one, excerpt=excerpt_of(text, _EXCERPT_CHARACTERS)) for one, text in found]
