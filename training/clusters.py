"""Which texts are near-duplicates of each other, over all that is learned from.

The service knows campaigns of its window alone (docs/decisions/0012); learning looks back for years. The signatures are
the same, and what the service remembers of a campaign counts beside them.
"""

from typing import Final

from moderator.classifier.normalise import normalise
from moderator.domain.campaigns import ALIKE_FROM, likeness
from moderator.domain.ids import CommentId, SiteId
from moderator.sketch import sign

MOST_COMPARED: Final = 16  # Of the texts that share a key: a large cluster must not make each of its texts dearer.


class Clusters:
    """Numbers texts, one text after the other, so that those which are alike have one number in the end."""

    def __init__(self) -> None:
        self._parents: list[int] = []
        self._sketches: list[str] = []
        self._by_key: dict[int, list[int]] = {}
        self._by_name: dict[str, int] = {}

    def add(self, text: str, site_id: SiteId, campaign: CommentId | None = None) -> int:
        """Take the next text, and return its number; `roots` has its cluster's."""
        number = len(self._parents)
        self._parents.append(number)
        signature = sign(text, site_id)
        self._sketches.append(signature.sketch if signature else "")
        for name in (
            f"{site_id} {campaign}" if campaign else None,
            None if signature else f"{site_id}: {normalise(text)}",
        ):
            if name is not None:
                self._join(number, self._by_name.setdefault(name, number))
        for key in signature.keys if signature else ():
            others = self._by_key.setdefault(key, [])
            for other in others:
                if likeness(self._sketches[other], self._sketches[number]) >= ALIKE_FROM:
                    self._join(number, other)
            if len(others) < MOST_COMPARED:
                others.append(number)
        return number

    def roots(self) -> list[int]:
        """Return the cluster of each text: the number of its first text."""
        return [self._root(number) for number in range(len(self._parents))]

    def _root(self, number: int) -> int:
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._parents[second] = first
