"""A comment is checked: forced verdicts, tests, repetitions, and what is too long, around the one use case."""

from moderator.compat.akismet import standing
from moderator.compat.akismet.answers import Answer, Client, Meaning, answer, meaning_of
from moderator.compat.akismet.wire import Sent
from moderator.domain.comments import MAX_TEXT_CHARACTERS, Comment
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.outcome import Outcome
from moderator.services import Services
from moderator.usecases import callbacks
from moderator.usecases.moderate import preview


async def check(services: Services, site_id: SiteId, sent: Sent, client: Client, *, secret: str) -> Answer:
    """Return what a client is told about a comment.

    Args:
        secret: the key that the client has sent; a callback carries it.

    Raises:
        StorageUnavailable: nothing was recorded.
    """
    settings = services.site(site_id).settings
    guid = services.ids.new()
    is_promised = False
    if sent.forced is not None:
        meaning = Meaning.SPAM if sent.forced else Meaning.HAM
    elif len(sent.text) > MAX_TEXT_CHARACTERS:
        meaning = Meaning.LEFT  # Nobody would read it here either; the site's own people see all of it.
    elif sent.is_test:
        outcome = await preview(services, _comment(services, site_id, sent, guid))
        meaning = meaning_of(outcome, settings)
    else:
        outcome = await _judge(services, site_id, sent, guid)
        guid, meaning = outcome.comment_id, meaning_of(outcome, settings)
        if meaning is Meaning.HELD and sent.callback:
            url, comment_id = sent.callback, outcome.comment_id
            is_promised = await callbacks.promise(services, site_id, comment_id, url=url, secret=secret)
    return answer(meaning, settings, client, guid, is_again=sent.is_again, is_promised=is_promised)


async def _judge(services: Services, site_id: SiteId, sent: Sent, guid: str) -> Outcome:
    if sent.is_wordpress_comment and sent.is_again:
        # It has tidied the text up since; what was decided on the comment holds.
        found = await standing.find(services, site_id, sent)
        if found is not None:
            return found.outcome
    return await standing.judge(services, _comment(services, site_id, sent, guid))


def _comment(services: Services, site_id: SiteId, sent: Sent, guid: str) -> Comment:
    sections = services.policy_for(site_id).sections
    return sent.to_comment(
        comment_id=CommentId(guid), site_id=site_id, received_at=services.now(), sections=sections.keys()
    )
