"""What changed from one version of a policy to the next, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from moderator.domain.policy import Policy
from moderator.domain.scoring import Label, Threshold

_QUOTED: Final = 3
_MEMBERS: Final = tuple(one.name for one in fields(Policy) if one.name not in ("version", "languages"))
_Thresholds = Mapping[Label, Threshold]


def changes(before: Policy, after: Policy) -> list[str]:
    """Return a line for each change."""
    lines: list[str] = []
    for name in _MEMBERS:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name == "thresholds":
            lines += _threshold_changes("", old, new)
        elif name == "sections":
            for section in sorted({*old, *new}):
                lines += _threshold_changes(f"in {section}: ", old.get(section, {}), new.get(section, {}))
        elif isinstance(new, tuple):
            lines.append(f"{_words(name)}: {_list_change(list(map(str, old)), list(map(str, new)))}")
        else:
            lines.append(f"{_words(name)}: {_value(old)} → {_value(new)}")
    return lines


def _threshold_changes(place: str, old: _Thresholds, new: _Thresholds) -> list[str]:
    return [
        f"{place}{_words(label)}: {_threshold(old.get(label))} → {_threshold(new.get(label))}"
        for label in Label
        if old.get(label) != new.get(label)
    ]


def _threshold(found: Threshold | None) -> str:
    if found is None:
        return "the model’s"
    held = f"held from {found.hold_at:g}" if found.hold_at <= 1 else "never held"
    return f"{held}, rejected from {found.reject_at:g}" if found.reject_at <= 1 else held


def _list_change(old: Sequence[str], new: Sequence[str]) -> str:
    known, wanted = set(old), set(new)
    parts = [
        f"{sign} {_quoted(found)}"
        for sign, found in (
            ("added", [one for one in new if one not in known]),
            ("removed", [one for one in old if one not in wanted]),
        )
        if found
    ]
    return ", ".join(parts) or "put in another order"


def _quoted(found: Sequence[str]) -> str:
    shown = ", ".join(f"“{one}”" for one in found[:_QUOTED])
    return shown if len(found) <= _QUOTED else f"{shown} and {len(found) - _QUOTED} more"


def _value(found: object) -> str:
    if found is None:
        return "none"
    return {True: "yes", False: "no"}[found] if isinstance(found, bool) else str(found)


def _words(name: str) -> str:
    return name.replace("_", " ")
