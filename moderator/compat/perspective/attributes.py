"""Perspective's attributes and the labels that stand for them here.

An attribute is offered exactly while the loaded model has its label. Nothing stands for the others: they are refused as
unknown, never scored with something that is merely near.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from moderator.compat.perspective.errors import Refusal
from moderator.domain.scoring import Label
from moderator.domain.teaching import HOUSE_RULES

PRODUCTION: Final[Mapping[str, str]] = {
    "TOXICITY": Label.TOXIC,
    "SEVERE_TOXICITY": Label.SEVERE_TOXIC,
    "IDENTITY_ATTACK": Label.IDENTITY_ATTACK,
    "INSULT": Label.INSULT,
    "PROFANITY": Label.OBSCENE,
    "THREAT": Label.THREAT,
}
LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **PRODUCTION,
        **{f"{name}_EXPERIMENTAL": label for name, label in PRODUCTION.items()},
        "TOXICITY_FAST": Label.TOXIC,
        "SEXUALLY_EXPLICIT": Label.SEXUAL_EXPLICIT,
        "OBSCENE": Label.OBSCENE,
        "SPAM": Label.SPAM,
        # What a site's own moderators reject. A model has this label once their decisions have taught it.
        "LIKELY_TO_REJECT": HOUSE_RULES,
    }
)


Name = TypeVar("Name", bound=str)


def asks_house_rules(attributes: Iterable[str]) -> bool:
    """Return whether one of the attributes stands for what a site's own moderators reject."""
    return any(LABELS.get(_plain(attribute)) == HOUSE_RULES for attribute in attributes)


def label_of(attribute: str, known: Collection[Name]) -> Name:
    """Return the label of an attribute, with or without a version (`TOXICITY@6`).

    Raises:
        Refusal: none of the `known` labels stands for it.
    """
    label = LABELS.get(_plain(attribute))
    found = next((one for one in known if one == label), None)
    if found is None:
        raise Refusal(f"Unknown requested attribute: {attribute}")
    return found


def _plain(attribute: str) -> str:
    return attribute.partition("@")[0]
