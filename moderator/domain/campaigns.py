"""Comments that are alike: one campaign, whoever posts them and wherever. What is compared, and what is counted."""

from dataclasses import dataclass
from operator import eq
from typing import Final

from moderator.domain.ids import CommentId

LONGEST_WINDOW_HOURS: Final = 7 * 24
# Estimated shares of common words and pairs of words. Different comments on one topic stay under 0.3, a fifth of the
# words replaced leaves about 0.6 (docs/decisions/0012).
ALIKE_FROM: Final = 0.4
# Nobody's rule asks for more, and a large campaign must not make each of its comments dearer.
MOST_COUNTED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What is kept of a text to find others like it.

    Texts that share one of the `keys` are worth comparing; `sketch`, in hexadecimal, says how alike they are.
    """

    keys: tuple[int, int, int]
    sketch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Comments of a site's window that are alike, the one in question among them; counting stops at a hundred.

    `id` is the id of the first of them, and stays when that one leaves the window or is erased. Authors and articles
    that the site does not name are not counted.
    """

    id: CommentId
    comments: int
    authors: int
    articles: int

    @property
    def is_spread(self) -> bool:
        """Whether more than one author, or more than one article, has part in it."""
        return self.authors > 1 or self.articles > 1


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1: the share of equal places in their sketches."""
    places = bytes.fromhex(one)
    equal: int = sum(map(eq, places, bytes.fromhex(other)))
    return equal / len(places)


def describe(campaign: Campaign, hours: int) -> str:
    """Return in words how large a campaign is: `One of 5 alike within a day, by 3 authors under 2 articles`."""
    parts = [f"One of {_count(campaign.comments)} alike within {_window(hours)}"]
    if campaign.authors:
        parts.append(f"by {_count(campaign.authors)} author{'s' * (campaign.authors != 1)}")
    if campaign.articles:
        parts.append(f"under {_count(campaign.articles)} article{'s' * (campaign.articles != 1)}")
    return f"{parts[0]}, {' '.join(parts[1:])}" if parts[1:] else parts[0]


def _count(number: int) -> str:
    return f"{MOST_COUNTED} or more" if number >= MOST_COUNTED else str(number)


def _window(hours: int) -> str:
    number, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{'an' if unit == 'hour' else 'a'} {unit}" if number == 1 else f"{number} {unit}s"
