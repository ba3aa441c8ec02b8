"""What the policy may know of a comment besides its scores: its author's rate and record, repetition, what is in it."""

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import anyio.to_thread

from moderator.domain.campaigns import Campaign, Signature
from moderator.domain.comments import Author, Comment
from moderator.domain.policy import Facts, Policy
from moderator.domain.scoring import PersonalData
from moderator.personal import find_personal, looks_personal
from moderator.services import Services
from moderator.storage import comments, signatures
from moderator.storage.comments import FactsQuestion
from moderator.storage.database import Connection
from moderator.storage.signatures import Question
from moderator.usecases.campaigns import campaign_question
from moderator.usecases.lists import find_listed

DUPLICATE_WINDOW = timedelta(days=1)
# Shorter texts repeat by themselves: "Thanks!", "Well said."
SHORTEST_DUPLICATE_CHARACTERS = 20


class _Asked(NamedTuple):
    """What is looked up about one comment before it is judged."""

    facts: FactsQuestion | None
    campaign: Question | None


def count_author(services: Services, comment: Comment) -> int:
    """Count a comment, and return how many its author has sent within the minute."""
    now = services.monotonic()
    author = comment.author
    names = [name for name in (author.key, f"ip:{author.ip}" if author.ip else None) if name]
    return max([services.author_rates.add((comment.site_id, name), now) for name in names], default=1)


async def gather_facts(
    services: Services,
    comment: Comment,
    policy: Policy,
    text_hash: str | None,
    signature: Signature | None,
    *,
    recent: int,
) -> Facts:
    """Return what the policy may know: the author's rate and record, repetitions, and what stands in the text."""
    asked = _Asked(
        facts=_facts_question(comment, policy, text_hash),
        campaign=campaign_question(comment, policy, signature, _name(comment.author)) if signature else None,
    )
    found, campaign = Facts(), None
    if asked.facts or asked.campaign:
        found, campaign = await services.database.batch_read(_look_up, asked)
    listed = find_listed(policy, comment)
    return Facts(
        author_approved=found.author_approved,
        author_rejected=found.author_rejected,
        duplicates=found.duplicates,
        campaign=campaign,
        recent=recent,
        rate_limit=services.settings.rate_per_author,
        personal=await _personal(comment) if policy.hold_personal_data else (),
        banned=listed.banned,
        suspect=listed.suspect,
        links=listed.links,
        suspended=services.suspended_for(comment.site_id),
        certified=services.directory.certified.get(comment.site_id, ()),
    )


def _facts_question(comment: Comment, policy: Policy, text_hash: str | None) -> FactsQuestion | None:
    asks_author = policy.newcomer_comments > 0 and comment.author.key is not None
    asks_text = policy.duplicate_limit > 0 and text_hash is not None
    if not asks_author and not asks_text:
        return None
    return FactsQuestion(
        site_id=comment.site_id,
        author_key=comment.author.key if asks_author else None,
        text_hash=text_hash if asks_text else None,
        since_ms=int((comment.received_at - DUPLICATE_WINDOW).timestamp() * 1000),
    )


async def _look_up(connection: Connection, asked: Sequence[_Asked]) -> list[tuple[Facts, Campaign | None]]:
    """Answer both questions of each comment, in a round trip for all of them."""
    facts = iter(await comments.author_facts(connection, [one.facts for one in asked if one.facts]))
    campaigns = iter(await signatures.find_campaigns(connection, [one.campaign for one in asked if one.campaign]))
    return [(next(facts) if one.facts else Facts(), next(campaigns) if one.campaign else None) for one in asked]


def _name(author: Author) -> str | None:
    """Return what tells an author from others, as `storage/signatures` counts them."""
    return author.key or author.name or network_of(author.ip)


async def _personal(comment: Comment) -> tuple[PersonalData, ...]:
    """Return which kinds of personal data stand in a text; a thread looks, but only where there is something to see."""
    if not looks_personal(comment.text):
        return ()
    found = await anyio.to_thread.run_sync(find_personal, comment.text, comment.lang)
    return tuple(dict.fromkeys(one.kind for one in found))


def hash_text(text: str) -> str | None:
    """Return a hash that is equal for texts that differ in case and white space alone; None for short texts."""
    if len(text) < SHORTEST_DUPLICATE_CHARACTERS:
        return None
    return hashlib.sha256(" ".join(text.casefold().split()).encode("utf-8", "surrogatepass")).hexdigest()


def network_of(ip: str | None) -> str | None:
    """Return the network of an address, /24 or /48: enough to see a pattern, too little to name a household."""
    if not ip:
        return None
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
