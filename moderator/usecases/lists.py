"""What of a site's own lists stands in a comment: phrases, patterns, domains."""

from typing import NamedTuple

from moderator.domain.comments import Comment
from moderator.domain.findings import FoundPhrase, Links
from moderator.domain.policy import Policy
from moderator.links import find_links
from moderator.phrases import Forms, matcher


class Listed(NamedTuple):
    """The first banned and the first suspect phrase or pattern, and the links."""

    banned: FoundPhrase | None
    suspect: FoundPhrase | None
    links: Links


def find_listed(policy: Policy, comment: Comment) -> Listed:
    """Return what of a policy's lists stands in a comment, the author's own address included."""
    forms = Forms(comment.text)
    banned = matcher(policy.banned_phrases, policy.banned_patterns)
    suspect = matcher(policy.suspect_phrases, policy.suspect_patterns)
    return Listed(
        banned=banned.find(forms) if banned else None,
        suspect=suspect.find(forms) if suspect else None,
        links=find_links(
            comment.text,
            author_url=comment.author.url,
            trusted=policy.trusted_domains,
            blocked=policy.blocked_domains,
            suspect=policy.suspect_domains,
        ),
    )
