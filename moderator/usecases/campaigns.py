"""Comments that are alike: what a new one joins, and how long signatures are kept."""

from datetime import timedelta

from moderator.domain.campaigns import Signature
from moderator.domain.comments import Comment
from moderator.domain.policy import Policy
from moderator.services import Services
from moderator.storage import signatures
from moderator.storage.signatures import Question

FORGOTTEN_AT_ONCE = 500


def campaign_question(comment: Comment, policy: Policy, signature: Signature, author: str | None) -> Question:
    """Return what to ask for the campaign that a new comment joins, in its site's window.

    `author` is what tells the author from others: key, name or network. What is judged at the same moment is not seen
    yet: of comments that come at once none finds the others, and the next one finds them all.
    """
    return Question(
        signature=signature,
        since=comment.received_at - timedelta(hours=policy.campaign_hours),
        author=author,
        article=comment.article.url,
    )


async def forget_old(services: Services) -> int:
    """Remove some of the signatures that no site's window reaches any more. Return how many."""
    hours = max((policy.campaign_hours for policy in services.directory.policies.values()), default=0)
    before = services.now() - timedelta(hours=hours)
    async with services.database.transaction() as connection:
        return await signatures.forget(connection, before, limit=FORGOTTEN_AT_ONCE)
