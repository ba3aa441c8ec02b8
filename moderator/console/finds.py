"""What searching shows: each comment found, cut around the words that were asked for, and how one turns the page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from moderator.console.text import Piece, pieces
from moderator.domain.comments import Comment, Status
from moderator.domain.ids import CommentId
from moderator.domain.search import Term, places
from moderator.personal import Found, find_personal
from moderator.services import Services
from moderator.storage.comments import Stored

PAGE_ROWS: Final = 30
SHOWN_CHARACTERS: Final = 300
BEFORE_CHARACTERS: Final = 80  # Of those, how many stand before the first word that was asked for.


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A comment that was found: its site's name, where it stands, and a stretch of its text."""

    comment: Comment
    status: Status
    site: str
    is_blind: bool
    pieces: Sequence[Piece]
    is_cut_before: bool
    is_cut_after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of what was found; `older` names the comment before which the next page begins, None: this is the last."""

    finds: Sequence[Find]
    older: CommentId | None


def page_of(
    services: Services,
    found: Sequence[Stored],
    terms: Sequence[Term] = (),
    *,
    blind: Collection[CommentId] = (),
    but: Collection[CommentId] = (),
) -> Page:
    """Return the first of what was found as a page: who looks for one more than fits knows whether there is another.

    Of those in `blind`, where they stand is not told; those in `but` are left out.
    """
    shown = found[:PAGE_ROWS]
    return Page(
        finds=[
            _find(services, stored, terms, is_blind=stored.comment.id in blind)
            for stored in shown
            if stored.comment.id not in but
        ],
        older=shown[-1].comment.id if len(found) > PAGE_ROWS else None,
    )


def _find(services: Services, stored: Stored, terms: Sequence[Term], *, is_blind: bool) -> Find:
    comment = stored.comment
    hits, personal = places(comment.text, terms), find_personal(comment.text, comment.lang)
    start, end = _window(comment.text, hits[0][0] if hits else 0, personal)
    shifted = [
        Found(kind=one.kind, start=one.start - start, end=one.end - start)
        for one in personal
        if start <= one.start and one.end <= end
    ]
    marks = [(max(one, start) - start, min(other, end) - start) for one, other in hits if one < end and start < other]
    return Find(
        comment=comment,
        status=stored.outcome.status,
        site=services.site(comment.site_id).name,
        is_blind=is_blind,
        pieces=pieces(comment.text[start:end], (), shifted, marks),
        is_cut_before=start > 0,
        is_cut_after=end < len(comment.text),
    )


def _window(text: str, hit: int, personal: Sequence[Found]) -> tuple[int, int]:
    """Return a stretch around a place that cuts no personal data, of which half is not masked, nor words if it can."""
    start = max(0, hit - BEFORE_CHARACTERS)
    if start:
        blank = text.find(" ", start, hit)
        start = start if blank < 0 else blank + 1
    end = min(len(text), start + SHOWN_CHARACTERS)
    if end < len(text):
        blank = text.rfind(" ", max(hit, end - BEFORE_CHARACTERS), end)
        end = end if blank < 0 else blank
    for one in personal:
        if one.start < start < one.end:
            start = one.start
        if one.start < end < one.end:
            end = one.end
    return start, end
