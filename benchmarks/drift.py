"""How soon a planted change is found, and how often nothing is: streams of real comments, a day at a time.

A site's quiet days are drawn from news comments, with a share of rule breakers and a share of talk of another kind that
change by weekday and from day to day, as sites do. From day 20 on something is different, in one of several ways. What
is judged is what the service judges: the same counts, the same rule. Sources are read by name from the labelled files.
"""

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier import registry
from moderator.classifier.vocabulary import count_words
from moderator.domain.drift import (
    LENGTH_BINS,
    SCORE_BINS,
    TOP,
    Day,
    Level,
    Sketch,
    judge_day,
    length_bin,
    most_frequent,
    score_bin,
)
from moderator.domain.policy import Policy

PLANTED: Final = 20  # The first day that is different; days count from 0.
FOUND_WITHIN: Final = 2
QUIET_DAYS: Final = 90
A_DAY: Final = 1_000
MOST_ROWS: Final = 8_000  # Of a source: drawing with repetition, so that more only takes longer.
FIRST: Final = date(2026, 1, 5)  # A Monday.
# The home of the stream, and what changes: how much of the stream comes from where.
HOME, ASIDE, HOT = "civil_raw", "wiki_context", "civil_raw toxic"
CHANGES: Final[Mapping[str, tuple[str, float]]] = {
    "a spam wave, 15 % of comments": ("youtube_spam spam", 0.15),
    "another crowd, 25 % of comments": ("davidson", 0.25),
    "another language, 15 % of comments": ("told_br", 0.15),
    "four times the abuse": (HOT, 0.30),
}


@dataclass(frozen=True, slots=True)
class Source:
    """The comments of a source as they are counted: steps of scores and of length, whether each is held, its words."""

    scores: Mapping[str, NDArray[np.int64]]
    lengths: NDArray[np.int64]
    held: NDArray[np.bool_]
    words: Sequence[NDArray[np.int64]]


Sources = Mapping[str, Source]


def measure(models: Path, data: Path, seeds: int, a_day: int = A_DAY) -> dict[str, Any]:
    """Return for each change how many seeds found it in time, and the alarms of three quiet streams for each ten."""
    sources = load(models, data)
    quiet = max(seeds * 3 // 10, 1)
    return {
        "seeds": seeds,
        "a_day": a_day,
        "found": {name: sum(_finds(sources, name, seed, a_day) for seed in range(seeds)) for name in CHANGES},
        "quiet": [_false_alarms(sources, seed, a_day) for seed in range(quiet)],
    }


def load(models: Path, data: Path) -> Sources:
    """Return the comments of each source as they are counted; with a label, only those that have it."""
    model = registry.load_current(models)
    assert model is not None
    thresholds = model.complete(Policy(version=1)).thresholds
    found = {}
    for name in {HOME, ASIDE, *(source for source, _ in CHANGES.values())}:
        source, _, label = name.partition(" ")
        texts = list(_texts(data / f"{source}.jsonl.gz", label, harmless=name == HOME))[:MOST_ROWS]
        rows = model.scores_many(texts)
        limits = np.array([thresholds[one].hold_at for one in model.labels])
        columns = {**dict(zip(map(str, model.labels), rows.T, strict=True)), TOP: rows.max(axis=1)}
        found[name] = Source(
            scores={one: np.array(list(map(score_bin, column.tolist()))) for one, column in columns.items()},
            lengths=np.array([length_bin(len(text)) for text in texts]),
            held=(rows >= limits).any(axis=1),
            words=[np.array(list(count_words([text])), np.int64) for text in texts],
        )
    return found


def _texts(path: Path, label: str, *, harmless: bool) -> Iterator[str]:
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    random.Random(path.name).shuffle(rows)
    for row in rows:
        labels = row["labels"]
        if label and not labels.get(label, 0) >= 0.5:
            continue
        if harmless and labels.get("toxic", 0) >= 0.5:
            continue
        yield row["text"]


def _finds(sources: Sources, change: str, seed: int, a_day: int) -> bool:
    """Return whether the alarm comes within two days of the change, and none before it."""
    alarms = [number for number, one in enumerate(_stream(sources, seed, a_day, PLANTED + FOUND_WITHIN, change)) if one]
    return bool(alarms) and alarms[0] >= PLANTED


def _false_alarms(sources: Sources, seed: int, a_day: int) -> int:
    return sum(_stream(sources, seed, a_day, QUIET_DAYS, None))


def _stream(sources: Sources, seed: int, a_day: int, days: int, change: str | None) -> Iterator[bool]:
    """Yield for each day whether it is an alarm."""
    chance = np.random.default_rng([seed, [*CHANGES, None].index(change)])
    weekdays = chance.uniform(0.05, 0.15, 7)
    before: list[Day] = []
    for number in range(days):
        mixture = {
            HOT: chance.beta(8, 92),  # 8 % rule breakers, give or take 3 points
            ASIDE: weekdays[number % 7] + chance.uniform(-0.03, 0.03),
        }
        if change is not None and number >= PLANTED:
            source, share = CHANGES[change]
            mixture[source] = share
        sketch = _day(sources, mixture, round(a_day * chance.uniform(0.8, 1.2)), chance)
        day = judge_day(FIRST + timedelta(days=number), sketch, before)
        before.append(day)
        yield day.level is Level.ALARM


def _day(sources: Sources, mixture: Mapping[str, float], comments: int, chance: np.random.Generator) -> Sketch:
    names = [*mixture, HOME]
    drawn = chance.multinomial(comments, [*mixture.values(), 1 - sum(mixture.values())])
    parts = [
        (sources[name], chance.integers(0, sources[name].lengths.size, number))
        for name, number in zip(names, drawn, strict=True)
    ]
    words = np.concatenate([source.words[one] for source, own in parts for one in own])
    columns, counts = np.unique(words, return_counts=True)

    def counted(steps: Sequence[NDArray[np.int64]], size: int) -> tuple[int, ...]:
        return tuple(np.bincount(np.concatenate(steps), minlength=size).tolist())

    return Sketch(
        comments=comments,
        held=int(sum(source.held[own].sum() for source, own in parts)),
        model="bench",
        histograms={
            name: counted([source.scores[name][own] for source, own in parts], SCORE_BINS)
            for name in parts[0][0].scores
        },
        lengths=counted([source.lengths[own] for source, own in parts], LENGTH_BINS),
        words=most_frequent(dict(zip(columns.tolist(), counts.tolist(), strict=True))),
    )


def markdown(found: Mapping[str, Any]) -> str:
    """Return what was measured, as a table."""
    seeds, quiet = found["seeds"], found["quiet"]
    rows = [f"| {name} | {number} of {seeds} |" for name, number in found["found"].items()]
    alarms, ones = sum(quiet), sum(one > 0 for one in quiet)
    return "\n".join(
        [
            f"About {found['a_day']:,} comments a day, {seeds} streams each.",
            "",
            f"| from day {PLANTED} on | found within {FOUND_WITHIN} days, with no alarm before |",
            "|---|---|",
            *rows,
            "",
            f"Quiet streams of {QUIET_DAYS} days: {alarms} alarms in {len(quiet)} streams; {ones} of them had any.",
        ]
    )
