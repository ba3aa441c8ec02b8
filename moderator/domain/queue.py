"""What somebody leaves out of the queue, what is left, and where a case's place in it comes from. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from moderator.domain.ids import SiteId
from moderator.domain.review import REPORTED_WEIGHT, SEVERITY, Cause
from moderator.domain.scoring import Label

MAX_AUTHOR_CHARACTERS: Final = 200
SECTION_CHARACTERS: Final = 100  # Longer names of sections are cut where the queue counts them.
_CLOSE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which cases somebody looks at: all that are so in every respect that is given.

    `author` is a key of the store, or a name or id as a moderator types it.
    """

    site: SiteId | None = None
    section: str | None = None
    label: Label | None = None
    cause: Cause | None = None
    lang: str | None = None
    author: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it leaves nothing out."""
        return not self.given

    @property
    def given(self) -> Mapping[str, str]:
        """Return what it asks for, by name."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: str(value) for name, value in named.items() if value is not None}


EVERYTHING: Final = Filter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Open cases that are alike in what the queue can be filtered by. A blind case has no label."""

    site: SiteId
    section: str | None
    label: Label | None
    cause: Cause
    lang: str | None
    cases: int = 1
    held: int = 0
    oldest_at: datetime

    def fits(self, wanted: Filter) -> bool:
        """Return whether a filter lets these through. Its author is not looked at."""
        return not self.misses({name: value for name, value in wanted.given.items() if name in FACETS})

    def misses(self, given: Mapping[str, str]) -> list[str]:
        """Return the names in which these are other than asked for."""
        return [name for name, value in given.items() if getattr(self, name) != value]


FACETS: Final = ("site", "section", "label", "cause", "lang")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How much of the queue a filter leaves, and what each other choice would leave: by name, the most first."""

    open: int
    held: int
    oldest_at: datetime | None
    facets: Mapping[str, Sequence[tuple[str, int]]]


def sum_up(groups: Iterable[Group], wanted: Filter) -> Summary:
    """Count what a filter leaves and, for each of its names, what every value would leave beside the other names."""
    given = {name: value for name, value in wanted.given.items() if name in FACETS}
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    left = []
    for group in groups:
        missed = group.misses(given)
        if not missed:
            left.append(group)
        # What misses one name alone counts for that name: another choice there would let it through.
        for name in missed if len(missed) == 1 else () if missed else FACETS:
            value = getattr(group, name)
            if value is not None:
                counts[name][value] += group.cases
    facets = {name: sorted(own.items(), key=lambda one: (-one[1], one[0])) for name, own in counts.items()}
    return Summary(
        open=sum(group.cases for group in left),
        held=sum(group.held for group in left),
        oldest_at=min((group.oldest_at for group in left), default=None),
        facets=facets,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """Why a case stands where it does: `weight` × (1 + `minutes` waited).

    `label`, its `score` and its `severity` make the weight where all three are given; `is_reported`: what a report
    weighs does; otherwise it was set when the case was opened, without a score.
    """

    total: float
    weight: float
    minutes: float
    label: Label | None = None
    score: float = 0.0
    severity: float = 0.0
    is_reported: bool = False


def explain(
    *, weight: float, urgency: float, label: Label | None, scores: Mapping[Label, float], cause: Cause
) -> Urgency:
    """Take a case's number apart."""
    minutes = max(0.0, urgency / weight - 1) if weight else 0.0
    score = scores.get(label, 0.0) if label else 0.0
    if label is not None and abs(SEVERITY[label] * score - weight) < _CLOSE:
        return Urgency(
            total=urgency, weight=weight, minutes=minutes, label=label, score=score, severity=SEVERITY[label]
        )
    is_reported = cause is Cause.REPORT and weight == REPORTED_WEIGHT
    return Urgency(total=urgency, weight=weight, minutes=minutes, is_reported=is_reported)
