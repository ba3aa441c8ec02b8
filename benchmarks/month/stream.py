"""What readers of the simulated site write, when, and whether it breaks the site's rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from moderator.domain.errors import ModerationError
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Label
from training import corpora

FIRST_HOUR: Final = 6  # Readers sleep from midnight on.
# The first that a row has is what a moderator gives as the reason. Strong words alone break no rule of this site.
_REASONS: Final = (
    (Label.SPAM, ReasonCode.SPAM),
    (Label.THREAT, ReasonCode.THREAT),
    (Label.IDENTITY_ATTACK, ReasonCode.HATE),
    (Label.TOXIC, ReasonCode.INSULT),
)


class NoComments(ModerationError):
    """There are no labelled comments for such a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A comment, when it comes, and the reason for which it breaks the rules; None when it does not."""

    number: int
    text: str
    lang: str
    at: datetime
    reason: ReasonCode | None


def reason_of(labels: Mapping[str, float]) -> ReasonCode | None:
    """Return why a row breaks the rules: it is toxic or spam by at least half of its raters. None when it does not."""

    def has(label: Label) -> bool:
        return labels.get(label, 0.0) >= corpora.POSITIVE

    if not (has(Label.TOXIC) or has(Label.SPAM)):
        return None
    return next(reason for label, reason in _REASONS if has(label))


def read_source(folder: Path, source: str) -> list[corpora.Row]:
    """Return the rows of a source that say whether they are toxic or spam, each text once.

    Raises:
        NoComments: the folder has no such file.
    """
    path = folder / f"{source}.jsonl.gz"
    if not path.is_file():
        raise NoComments(
            f"There is no {source}.jsonl.gz in {folder}. A month needs labelled comments; their format is in "
            "docs/training.md, and --data (or make month DATA=…) says where they are."
        )
    found: dict[str, corpora.Row] = {}
    for row in corpora.read(path):
        if Label.TOXIC in row.labels or Label.SPAM in row.labels:
            found.setdefault(" ".join(row.text.split()), row)
    return list(found.values())


def make_month(
    rows: Sequence[corpora.Row], start: datetime, *, days: int, a_day: int, breaking: float | None, seed: int
) -> list[Arrival]:
    """Return a month of comments in the order of their times, none of them twice.

    Args:
        a_day: how many come a day; fewer when the rows do not last.
        breaking: the share of them that breaks the rules, 0 to 1; None leaves it as it is among the rows.

    Raises:
        NoComments: the rows do not have both kinds.
    """
    chance = Random(seed)
    kinds: tuple[list[corpora.Row], list[corpora.Row]] = ([], [])
    for row in rows:
        kinds[reason_of(row.labels) is not None].append(row)
    harmless, harmful = kinds
    if not harmless or not harmful:
        raise NoComments("A month needs comments that break the rules and others that do not.")
    share = len(harmful) / len(rows) if breaking is None else breaking
    total = min(days * a_day, int(len(harmless) / (1 - share)), int(len(harmful) / share))
    wrong = round(total * share)
    chosen = chance.sample(harmful, wrong) + chance.sample(harmless, total - wrong)
    chance.shuffle(chosen)
    seconds = sorted(
        day * 86_400 + chance.uniform(FIRST_HOUR * 3_600, 86_399)
        for number in range(total)
        for day in (number * days // total,)
    )
    return [
        Arrival(
            number=number,
            text=row.text,
            lang=row.lang,
            at=start + timedelta(seconds=second),
            reason=reason_of(row.labels),
        )
        for number, (row, second) in enumerate(zip(chosen, seconds, strict=True))
    ]
