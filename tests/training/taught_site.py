"""A made site: comments by grammar, and moderators who know words that the tiny model does not."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from moderator.domain.comments import Author
from moderator.domain.ids import CommentId, DecisionId, PersonId
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Decision, Detection, ReasonCode, Source
from moderator.storage import decisions
from moderator.storage.database import Database
from tests.builders import NOON, a_comment
from tests.storage import rows
from tests.tiny import sentences

# What readers of this site call each other; the tiny corpus has none of it.
_INSULTS = ("you utter grumblewick", "what a snollygoster you are", "typical fopdoodle talk", "silly mumpsimus")
_SPAM = ("join my lottery circle now", "cheapest garden gnomes here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A comment, and what a moderator decided."""

    text: str
    action: Action
    reason: ReasonCode | None
    author: str


def comments(count: int, seed: int = 1, *, rejected: float = 0.35) -> Iterator[Made]:
    """Yield comments, no two alike, with the right decision on each."""
    chance = random.Random(seed)
    for number, sentence in enumerate(sentences(count, seed)):
        author = f"author-{chance.randrange(max(10, count // 2))}"
        draw = chance.random()
        # A number in words of its own: near-duplicates would be one text to the caps.
        unique = " ".join(f"{letter}{number}{letter}" for letter in chance.sample("abcdefghijklmnop", 6))
        if draw < rejected * 0.8:
            yield Made(text=f"{sentence} {chance.choice(_INSULTS)} {unique}", action=Action.REJECT,
                       reason=ReasonCode.INSULT, author=author)  # fmt: skip
        elif draw < rejected:
            yield Made(text=f"{sentence} {chance.choice(_SPAM)} {unique}", action=Action.REJECT,
                       reason=ReasonCode.SPAM, author=author)  # fmt: skip
        else:
            yield Made(text=f"{sentence} {unique}", action=Action.APPROVE, reason=None, author=author)


async def fill(database: Database, made: list[Made], *, first: int = 0, peopled: bool = False) -> None:
    """Store comments and what Anna and Ben, who take turns, decided about them, a minute apart.

    What one rejects the other has rejected before: the tiny model is sure of all that it knows, and surely wrong here.
    """
    async with database.transaction() as connection:
        if not peopled:
            await rows.add_sites(connection)
            await rows.add_people(connection)
        for number, one in enumerate(made, first):
            people = (rows.BEN, rows.ANNA) if number % 2 else (rows.ANNA, rows.BEN)
            comment = a_comment(one.text, comment_id=f"comment-{number:06}", author=Author(id=one.author))
            await rows.add_comment(connection, comment, verdict=Action.HOLD)
            deciding = people if one.action is Action.REJECT else people[1:]
            await decisions.append(
                connection,
                [a_ruling(one, number, person, f"{number:06}-{place}") for place, person in enumerate(deciding)],
            )


def a_ruling(made: Made, number: int, person: PersonId, name: str) -> Decision:
    """Return a moderator's decision on a made comment."""
    return rows.a_decision(
        CommentId(f"comment-{number:06}"),
        id=DecisionId(name),
        source=Source.MODERATOR,
        action=made.action,
        reason=made.reason,
        person_id=person,
        detection=Detection.POLICY,
        automation=Automation.PARTIALLY,
        decided_at=NOON + timedelta(minutes=number),
    )
