"""Why people reject: the codes that everybody shares, and a site's own list with its keys, grounds and clauses."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from moderator.domain.errors import Fault, InvalidInput


class ReasonCode(StrEnum):
    """Why a person rejects, or why a reader reports."""

    SPAM = "spam"
    INSULT = "insult"
    HATE = "hate"
    THREAT = "threat"
    SEXUAL = "sexual"
    OBSCENE = "obscene"
    PERSONAL_DATA = "personal_data"
    MISINFORMATION = "misinformation"
    ILLEGAL = "illegal"
    OFF_TOPIC = "off_topic"
    DUPLICATE = "duplicate"
    HOUSE_RULE = "house_rule"
    OTHER = "other"


class Ground(StrEnum):
    """On what a restriction rests: the site's terms or the law (DSA, Art. 17(3)(d) and (e))."""

    TERMS = "terms"
    LAW = "law"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReason:
    """A reason as a site words it: the key that rejects for it, the code it counts as, and on what it rests.

    `reference` names the clause of the terms, or the law's paragraph, that a statement of reasons must give.
    """

    name: str
    key: str
    reason: ReasonCode
    ground: Ground = Ground.TERMS
    reference: str | None = None


# What a site has until it words its own; a name is then the code itself.
DEFAULT_REASONS: Final = tuple(
    SiteReason(name=code.value, key=key, reason=code, ground=Ground.LAW if code is ReasonCode.ILLEGAL else Ground.TERMS)
    for key, code in zip("1234567890DHO", ReasonCode, strict=True)
)
MAX_REASONS: Final = 30
MAX_REASON_NAME_CHARACTERS: Final = 60
MAX_REFERENCE_CHARACTERS: Final = 300
# Keys that mean something else at the console, whatever the case is.
TAKEN_KEYS: Final = frozenset("ASUENRQCXKJ/?")
_KEYS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def check_reasons(reasons: Sequence[SiteReason]) -> None:
    """Raise `InvalidInput` unless a site may have this list. A fault's pointer is `/<place in the list>/<member>`."""
    faults = []
    if not 1 <= len(reasons) <= MAX_REASONS:
        faults.append(Fault(pointer="", detail=f"1 to {MAX_REASONS} reasons"))
    names: set[str] = set()
    keys: set[str] = set()
    for place, one in enumerate(reasons):
        found = {
            "name": _name_fault(one, names),
            "key": _key_fault(one, keys),
            "reference": _reference_fault(one),
        }
        faults += [Fault(pointer=f"/{place}/{part}", detail=detail) for part, detail in found.items() if detail]
        names.add(one.name.casefold())
        keys.add(one.key)
    if faults:
        raise InvalidInput(*faults)


def _name_fault(one: SiteReason, others: set[str]) -> str | None:
    if not one.name.strip():
        return "a reason needs a name"
    if len(one.name) > MAX_REASON_NAME_CHARACTERS:
        return f"at most {MAX_REASON_NAME_CHARACTERS} characters"
    return "another reason has this name" if one.name.casefold() in others else None


def _key_fault(one: SiteReason, others: set[str]) -> str | None:
    if one.key in TAKEN_KEYS:
        return "the console uses this key itself"
    if one.key not in _KEYS:
        return "one digit or one letter, A to Z"
    return "another reason has this key" if one.key in others else None


def _reference_fault(one: SiteReason) -> str | None:
    if one.reference is not None and len(one.reference) > MAX_REFERENCE_CHARACTERS:
        return f"at most {MAX_REFERENCE_CHARACTERS} characters"
    if one.ground is Ground.LAW and not (one.reference or "").strip():
        return "a reason that rests on the law names the paragraph"
    return None


def choose_reason(reasons: Sequence[SiteReason], name: str | None, code: ReasonCode | None) -> SiteReason | None:
    """Return the reason of a site's list that somebody names; None when they name none and give the code alone.

    Raises:
        InvalidInput: the list has no such reason, or the site counts it as another code than the one given.
    """
    if name is None:
        return None
    found = next((one for one in reasons if one.name == name), None)
    if found is None:
        raise InvalidInput(Fault(pointer="/site_reason", detail="the site has no reason of this name"))
    if code not in (None, found.reason):
        raise InvalidInput(Fault(pointer="/reason", detail=f"the site counts this reason as {found.reason}"))
    return found
