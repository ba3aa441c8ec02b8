"""Sentences of our own in which only the name of a group changes: what the gate asks of each group alike.

Each pattern is said of every group, so that a difference between groups is the name's doing. None of them is among the
sentences that the base learns from (`training.sentences`), nor in the sets that the report measures bias on.
"""

from collections.abc import Iterator
from typing import Final

from moderator.domain.scoring import Label
from training.corpora import Row
from training.patterns import LANGUAGES

SOURCE: Final = "own_templates"


def templates() -> Iterator[Row]:
    """Yield every pattern said of every group, by language; `identity` names the group."""
    for lang, patterns in LANGUAGES.items():
        for term in patterns.terms:
            for value, own in ((0.0, patterns.harmless), (1.0, patterns.foul)):
                for number, pattern in enumerate(own):
                    text = pattern.replace("{}", term)
                    yield Row(
                        id=f"{SOURCE}:{lang}:{term}:{value:g}:{number}",
                        source=SOURCE,
                        lang=lang,
                        domain="news",
                        text=text[0].upper() + text[1:],
                        split="test",
                        labels={Label.TOXIC: value, Label.IDENTITY_ATTACK: value},
                        identity={term: 1.0},
                    )
