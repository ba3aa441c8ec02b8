"""A policy that somebody wants to save: read from JSON and checked, so that judging meets no surprise."""

from dataclasses import fields
from difflib import get_close_matches
from typing import Any

import msgspec

from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.policy import Policy
from moderator.faults import fault_of
from moderator.links import check_domains
from moderator.phrases import check_lists

# The version is counted by the service; the thresholds of languages come from the model.
MEMBERS = tuple(entry.name for entry in fields(Policy) if entry.name not in ("version", "languages"))


def read_policy(body: dict[str, Any]) -> Policy:
    """Return the policy that a JSON object says; a rule it does not name has its default. Its version is 1.

    Raises:
        InvalidInput: members that no policy has, or of the wrong type.
    """
    unknown = [name for name in body if name not in MEMBERS]
    if unknown:
        raise InvalidInput(*(Fault(pointer=f"/{name}", detail=_unknown(name)) for name in unknown))
    try:
        return msgspec.convert({**body, "version": 1}, Policy)
    except msgspec.ValidationError as error:
        raise InvalidInput(fault_of(error)) from error


def check_policy(policy: Policy) -> None:
    """Raise InvalidInput for lists that are too long, what is no pattern or domain, and thresholds above a floor."""
    faults = [
        *policy.faults(),
        *check_lists("banned", policy.banned_phrases, policy.banned_patterns),
        *check_lists("suspect", policy.suspect_phrases, policy.suspect_patterns),
        *check_domains("trusted_domains", policy.trusted_domains),
        *check_domains("blocked_domains", policy.blocked_domains),
        *check_domains("suspect_domains", policy.suspect_domains),
    ]
    if faults:
        raise InvalidInput(*faults)


def _unknown(name: str) -> str:
    close = get_close_matches(name, MEMBERS, n=1)
    return f"unknown member; did you mean {close[0]}?" if close else "unknown member"
