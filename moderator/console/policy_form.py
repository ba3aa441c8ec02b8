"""The forms of the policy pages: what was typed, the policy that it makes, and what is wrong, field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Final

from moderator.console.complaints import in_words
from moderator.console.language import gettext
from moderator.console.session import Form
from moderator.console.words import figure, words
from moderator.domain.errors import Fault
from moderator.domain.policy import Policy
from moderator.domain.scoring import Caution, Label, Threshold

LISTS: Final = (
    *("banned_phrases", "banned_patterns", "suspect_phrases", "suspect_patterns"),
    *("blocked_domains", "suspect_domains", "trusted_domains"),
)
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A form as somebody filled it in. `faults` has what is wrong by field; "" for what belongs to none."""

    policy: Policy
    fields: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)

    def with_faults(self, faults: Iterable[Fault]) -> "Typed":
        """Return the form with the complaints of whoever wanted to save it."""
        found = dict(self.faults)
        for fault in faults:
            name, detail = _field_of(fault, self.policy)
            found[name] = f"{found[name]}; {detail}" if name in found else detail
        return replace(self, faults=found)


def thresholds_of(policy: Policy) -> Typed:
    """Return the form of a policy's thresholds, and of what people see besides, as nobody has touched it.

    What the model sets, or the service, is left empty.
    """
    seconded = policy.second_review_share
    fields = {
        "caution": str(policy.caution),
        "certified_rejects": _YES if policy.certified_rejects else _NO,
        "second_review_share": "" if seconded is None else _per_cent(seconded),
    }
    for label, own in policy.thresholds.items():
        fields[f"hold_{label}"] = _number(own.hold_at)
        fields[f"reject_{label}"] = _number(own.reject_at) if own.reject_at <= 1 else ""
    return Typed(policy=policy, fields=fields)


def read_thresholds(form: Form, base: Policy) -> Typed:
    """Return what a form says of a policy's thresholds, and of what people see besides; all else stays as it was."""
    faults: dict[str, str] = {}
    thresholds = {}
    for label in Label:
        own = _read_threshold(form, label, faults)
        if own is not None:
            thresholds[label] = _as_before(own, base.thresholds.get(label))
    try:
        caution = Caution(form.get("caution", ""))
    except ValueError:
        caution = base.caution
        faults["caution"] = gettext("no such level")
    policy = replace(
        base,
        caution=caution,
        thresholds=thresholds,
        certified_rejects=_read_certified(form, base, faults),
        second_review_share=_read_second(form, base, faults),
    )
    return Typed(policy=policy, fields=form, faults=faults)


def _read_certified(form: Form, base: Policy, faults: dict[str, str]) -> bool:
    given = form.get("certified_rejects")
    if given is not None and given not in (_YES, _NO):
        faults["certified_rejects"] = gettext("no such choice")
    return base.certified_rejects if given is None else given == _YES


def _read_second(form: Form, base: Policy, faults: dict[str, str]) -> float | None:
    given = form.get("second_review_share")
    if given is None:
        return base.second_review_share
    if not given.strip():
        return None
    try:
        percentage = Decimal(given.strip().replace(",", "."))
    except InvalidOperation:
        percentage = Decimal("NaN")
    if not percentage.is_finite() or not 0 <= percentage <= 100:
        faults["second_review_share"] = gettext("a number from 0 to 100; empty for as many as the service is set to")
        return base.second_review_share
    return float(percentage / 100)


def _per_cent(share: float) -> str:
    """Return a share as it was typed: a float would not come back from a hundred times itself."""
    typed = Decimal(repr(share)) * 100
    return f"{typed.normalize():f}"


def _read_threshold(form: Form, label: Label, faults: dict[str, str]) -> Threshold | None:
    hold, reject = form.get(f"hold_{label}", "").strip(), form.get(f"reject_{label}", "").strip()
    if not hold:
        if reject:
            faults[f"hold_{label}"] = gettext("say from where on it is held, too")
        return None
    hold_at, reject_at = _read_number(hold), _read_number(reject) if reject else 2.0
    if hold_at is None:
        faults[f"hold_{label}"] = gettext("a number above 0, 2 at most")
    if reject_at is None:
        faults[f"reject_{label}"] = gettext("a number above 0, 2 at most; empty for never")
    if hold_at is None or reject_at is None:
        return None
    if reject_at < hold_at:
        faults[f"reject_{label}"] = gettext("not below %(held)s, where it is held") % {"held": figure(hold_at)}
        return None
    return Threshold(hold_at=hold_at, reject_at=reject_at)


def _as_before(own: Threshold, before: Threshold | None) -> Threshold:
    """Return the threshold that was there where both mean the same: every number above 1 says never."""
    if before is None or before.hold_at != own.hold_at or min(before.reject_at, own.reject_at) <= 1:
        return own
    return before


def lists_of(policy: Policy) -> Typed:
    """Return the form of a policy's lists as nobody has touched it."""
    return Typed(policy=policy, fields={name: "\n".join(getattr(policy, name)) for name in LISTS})


def read_lists(form: Form, base: Policy) -> Typed:
    """Return what a form says of a policy's lists, an entry a line, each once; everything else stays as it was."""
    found = {
        # Patterns may begin or end with a space on purpose.
        name: tuple(dict.fromkeys(_lines(form.get(name, ""), keeps_spaces=name.endswith("patterns"))))
        for name in LISTS
    }
    return Typed(policy=replace(base, **found), fields=form)  # type: ignore[arg-type]


def _lines(text: str, *, keeps_spaces: bool) -> list[str]:
    lines = [line if keeps_spaces else line.strip() for line in text.replace("\r\n", "\n").split("\n")]
    return [line for line in lines if line.strip()]


def _field_of(fault: Fault, policy: Policy) -> tuple[str, str]:
    """Return the field that a fault belongs to, and its words; of a list they name the entry."""
    detail = in_words(fault.detail)
    match fault.pointer.strip("/").split("/"):
        case ["thresholds", label, limit]:
            return f"{limit.removesuffix('_at')}_{label}", detail
        case [name, place] if name in LISTS and place.isdigit():
            return name, f"“{getattr(policy, name)[int(place)]}”: {detail}"
        case [name] if name in LISTS:
            return name, detail
    return "", f"{words(fault.pointer.strip('/'))}: {detail}".removeprefix(": ")


def _read_number(text: str) -> float | None:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return None
    return found if isfinite(found) and 0 < found <= 2 else None


def _number(value: float) -> str:
    """Return a number as it was typed: the shortest text that means the same."""
    return repr(value).removesuffix(".0")
