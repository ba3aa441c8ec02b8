"""What changed from one version of a policy to the next, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Final

from moderator.console.language import gettext
from moderator.console.words import figure, number, share, words
from moderator.domain.policy import Policy
from moderator.domain.scoring import Label, Threshold

_QUOTED: Final = 3
_MEMBERS: Final = tuple(one.name for one in fields(Policy) if one.name not in ("version", "languages"))
_SHARES: Final = ("audit_share", "second_review_share")
_Thresholds = Mapping[Label, Threshold]


def changes(before: Policy, after: Policy) -> list[str]:
    """Return a line for each change."""
    lines: list[str] = []
    for name in _MEMBERS:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name == "thresholds":
            lines += _threshold_changes(old, new)
        elif name == "sections":
            for section in sorted({*old, *new}):
                lines += [
                    gettext("in %(section)s: %(change)s") % {"section": section, "change": line}
                    for line in _threshold_changes(old.get(section, {}), new.get(section, {}))
                ]
        elif isinstance(new, tuple):
            lines.append(f"{words(name)}: {_list_change(list(map(_value, old)), list(map(_value, new)))}")
        elif name in _SHARES:
            lines.append(f"{words(name)}: {_share(old)} → {_share(new)}")
        else:
            lines.append(f"{words(name)}: {_value(old)} → {_value(new)}")
    return lines


def _threshold_changes(old: _Thresholds, new: _Thresholds) -> list[str]:
    return [
        f"{words(label)}: {_threshold(old.get(label))} → {_threshold(new.get(label))}"
        for label in Label
        if old.get(label) != new.get(label)
    ]


def _threshold(found: Threshold | None) -> str:
    if found is None:
        return gettext("the model’s")
    limits = {"held": figure(found.hold_at), "rejected": figure(found.reject_at)}
    if found.reject_at <= 1:  # Then it is held from no more on.
        return gettext("held from %(held)s, rejected from %(rejected)s") % limits
    return gettext("held from %(held)s") % limits if found.hold_at <= 1 else gettext("never held")


def _share(found: float | None) -> str:
    return gettext("as the service is set") if found is None else share(found)


def _list_change(old: Sequence[str], new: Sequence[str]) -> str:
    known, wanted = set(old), set(new)
    added, removed = [one for one in new if one not in known], [one for one in old if one not in wanted]
    parts = [gettext("added %(entries)s") % {"entries": _quoted(added)}] if added else []
    parts += [gettext("removed %(entries)s") % {"entries": _quoted(removed)}] if removed else []
    return ", ".join(parts) or gettext("put in another order")


def _quoted(found: Sequence[str]) -> str:
    shown = ", ".join(gettext("“%(entry)s”") % {"entry": one} for one in found[:_QUOTED])
    more = len(found) - _QUOTED
    return shown if more <= 0 else gettext("%(shown)s and %(more)s more") % {"shown": shown, "more": more}


def _value(found: object) -> str:
    if found is None:
        return gettext("none")
    if isinstance(found, bool):
        return gettext("yes") if found else gettext("no")
    if isinstance(found, int):
        return number(found)
    if isinstance(found, float):
        return figure(found)
    return words(found) if isinstance(found, StrEnum) else str(found)
