"""The comment that a client means, as it stands here: sent before and asked about again, or given feedback on."""

import hashlib
from dataclasses import replace
from typing import Final

from moderator.compat.akismet.wire import Sent, loosen
from moderator.domain.comments import Comment
from moderator.domain.errors import ExternalIdReused, NotFound
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.outcome import Outcome
from moderator.services import Services
from moderator.storage import comments
from moderator.storage.comments import Stored
from moderator.storage.database import Connection
from moderator.usecases.moderate import moderate

MOST_ERASED: Final = 20  # A text that was erased so often is judged without a name.
RECENT_OF_AUTHOR: Final = 50


async def find(services: Services, site_id: SiteId, sent: Sent) -> Stored | None:
    """Return the comment that a client means, None when it was never sent, or has been erased.

    Its own name comes first, then the one that we gave it; then what its author has lately written under the same
    article, since a site's software changes a text when it stores it.
    """
    external_id = sent.external_id(site_id)
    async with services.database.read() as connection:
        for _ in range(MOST_ERASED):
            found = await comments.find_standing(connection, site_id, external_id)
            if found is None:
                break
            if not found.is_erased:
                return found
            external_id = _after(external_id, found)
        return await _find_by_guid(connection, site_id, sent) or await _find_alike(connection, site_id, sent)


async def judge(services: Services, comment: Comment) -> Outcome:
    """Moderate a comment that is new, and return where one stands that was sent before; people may have decided.

    Raises:
        StorageUnavailable: nothing was recorded.
    """
    assert comment.external_id is not None
    for _ in range(MOST_ERASED):
        try:
            moderated = await moderate(services, comment)
        except ExternalIdReused:  # Sent before, with another time or from another address.
            pass
        else:
            if moderated.is_new:
                return moderated.outcome
        async with services.database.read() as connection:
            found = await comments.find_standing(connection, comment.site_id, comment.external_id)
        assert found is not None  # Comments are never deleted.
        if not found.is_erased:
            return found.outcome
        comment = replace(comment, external_id=_after(comment.external_id, found))
    return (await moderate(services, replace(comment, external_id=None))).outcome


def _after(external_id: str, erased: Stored) -> str:
    """Return the name of the next comment like one that was erased, the same each time."""
    return f"akismet-{hashlib.sha256(f'{external_id} {erased.comment.id}'.encode()).hexdigest()}"


async def _find_by_guid(connection: Connection, site_id: SiteId, sent: Sent) -> Stored | None:
    if not sent.guid:
        return None
    try:
        found = await comments.get(connection, site_id, CommentId(sent.guid))
    except NotFound:
        return None
    return None if found.is_erased else found


async def _find_alike(connection: Connection, site_id: SiteId, sent: Sent) -> Stored | None:
    key = sent.author.key
    loose = loosen(sent.text)
    if key is None or not loose:
        return None
    for found in await comments.list_by_author(connection, site_id, key, RECENT_OF_AUTHOR):
        is_elsewhere = sent.permalink and found.comment.article.url not in (None, sent.permalink)
        if not is_elsewhere and loosen(found.comment.text) == loose:
            return found
    return None
