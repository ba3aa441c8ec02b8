"""Perspective's attributes and the labels that stand for them here.

An attribute is offered exactly while the loaded model has its label. Nothing stands for the others: they are refused as
unknown, never scored with something that is merely near.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from moderator.compat.perspective.errors import Refusal
from moderator.domain.scoring import Label

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
        "LIKELY_TO_REJECT": "house_rules",
    }
)


def label_of(attribute: str, known: Collection[Label]) -> Label:
    """Return the label of an attribute, with or without a version (`TOXICITY@6`).

    Raises:
        Refusal: none of the `known` labels stands for it.
    """
    label = LABELS.get(attribute.partition("@")[0])
    found = next((one for one in known if one == label), None)
    if found is None:
        raise Refusal(f"Unknown requested attribute: {attribute}")
    return found
