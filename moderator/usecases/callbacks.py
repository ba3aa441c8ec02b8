"""Addresses that a client sends with a comment, to hear there what people decide on it."""

from moderator.domain.comments import Status
from moderator.domain.events import EndpointKind
from moderator.domain.ids import CommentId, EndpointId, SiteId
from moderator.log import logger
from moderator.services import Services
from moderator.storage import comments, outbox
from moderator.webhooks.guard import AddressRefused, check_url

MAX_ADDRESSES = 100  # A site has one or two; more is a mistake, or somebody who fills the table.


async def promise(services: Services, site_id: SiteId, comment_id: CommentId, *, url: str, secret: str) -> bool:
    """Let an address hear what people will decide on a held comment. Return whether it will.

    It will not when the address must never be reached, when the site has given too many, and when the comment waits
    no more. Where the address leads is checked again at each connection.

    Args:
        secret: what the receiver knows us by; stored as it is, beside the address.

    Raises:
        NotFound: this site has no such comment.
    """
    try:
        url = check_url(url, allow_private=services.settings.allow_private_endpoints)
    except AddressRefused as error:
        logger.warning("callback_refused", site_id=site_id, comment_id=comment_id, reason=str(error))
        return False
    async with services.database.transaction() as connection:
        stored = await comments.get(connection, site_id, comment_id)
        if stored.outcome.status is not Status.HELD:
            return False
        known = await outbox.find_callback(connection, site_id, url)
        if known is None:
            if await outbox.count_callbacks(connection, site_id) >= MAX_ADDRESSES:
                logger.warning("callback_refused", site_id=site_id, comment_id=comment_id, reason="too many addresses")
                return False
            known = outbox.Endpoint(
                id=EndpointId(services.ids.new()),
                site_id=site_id,
                url=url,
                secrets=(secret,),
                kind=EndpointKind.CALLBACK,
            )
            await outbox.add_endpoint(connection, known, services.now())
        elif known.secrets != (secret,):
            await outbox.set_secrets(connection, known.id, (secret,))
        await outbox.promise_callback(connection, comment_id, known.id)
    return True
