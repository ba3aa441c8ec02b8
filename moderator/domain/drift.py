"""Drift: whether a site's comments are still like those that its thresholds and certificates were made for. Pure.

A day is kept as counts: of scores and lengths in fixed steps, of comments with each hashed word. Days are put together
until there are enough comments to judge (`FEWEST_COMMENTS`), and held against the quiet ones before. Each measure of
distance is also taken between each of those and all others: what a site's own days are apart from one another, by
chance, by weekday or by topic, is no drift, and is subtracted.

A population stability index (PSI) of 0.1 beyond that is watched and of 0.25 is an alarm, the usual limits; for the
Kolmogorov-Smirnov distance (KS) and for shares of comments the limits are their own. A day is only far if it is also
far beyond the spread of the quiet days. Two days in a row that are off, and watched on average, are an alarm, too.
`python -m benchmarks drift` shows how soon a planted change is found, and how often nothing at all is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from heapq import nlargest
from itertools import accumulate
from math import floor, log, log2, sqrt
from operator import sub
from statistics import fmean, pstdev
from typing import Final

FEWEST_COMMENTS: Final = 200  # Under them chance alone moves an index of ten groups by 0.05.
FEWEST_RULINGS: Final = 30
FEWEST_UNITS: Final = 5  # Judged days, each of them enough comments, before there is anything to compare with.
FEWEST_DAYS: Final = 14  # And two weeks: a weekend that nobody has seen yet would be an alarm.
MOST_UNITS: Final = 28
FARTHEST: Final = timedelta(days=90)  # What was longer ago is no reference for today.
MOST_WORDS: Final = 1_000  # That are kept of a day, the most frequent ones.
COMPARED_WORDS: Final = 300
FEWEST_WITH_WORD: Final = 5  # What fewer comments have is their authors' own, and is not kept.

_STEPS_A_UNIT: Final = 4  # Of log odds: fine enough to find deciles in.
_FARTHEST_ODDS: Final = 9.0
SCORE_BINS: Final = round(2 * _FARTHEST_ODDS * _STEPS_A_UNIT) + 1
LENGTH_BINS: Final = 60
TOP: Final = "top"  # The highest of a comment's scores.
_GROUPS: Final = 10

Histogram = tuple[int, ...]


def score_bin(score: float) -> int:
    """Return the step of log odds that a score (0 to 1) lies in."""
    inside = min(max(score, 1e-6), 1 - 1e-6)
    odds = min(max(log(inside / (1 - inside)), -_FARTHEST_ODDS), _FARTHEST_ODDS)
    return floor((odds + _FARTHEST_ODDS) * _STEPS_A_UNIT)


def length_bin(characters: int) -> int:
    """Return the step that a length lies in: four to each doubling."""
    return min(floor(4 * log2(1 + characters)), LENGTH_BINS - 1)


class Level(StrEnum):
    """How far a day is from the ones before. `waiting`: too few comments, or too few days, to say."""

    WAITING = "waiting"
    QUIET = "quiet"
    WATCH = "watch"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A site's comments of one day or more, as counts.

    `histograms` are of each label's scores and of `TOP`. `words` says how many comments have each hashed column, the
    most frequent ones only. `ruled` automatic verdicts were decided about by people on that day, `overturned` of them
    otherwise. `model` is None where several versions scored.
    """

    comments: int = 0
    held: int = 0
    ruled: int = 0
    overturned: int = 0
    model: str | None = None
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    lengths: Histogram = ()
    words: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day (UTC) of a site, and what was made of it."""

    day: date
    sketch: Sketch
    level: Level = Level.WAITING
    figures: Sequence["Figure"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measure of one day: its value, what the quiet days have among themselves, and from which value on it is far.

    `measure` is `words`, `length`, `held`, `overturned`, `top`, `score.<label>` or `audit.<verdict>`.
    """

    measure: str
    value: float
    usual: float
    limit: float
    level: Level


def put_together(sketches: Sequence[Sketch]) -> Sketch:
    """Return several sketches as one."""
    models = {one.model for one in sketches if one.comments}
    names = dict.fromkeys(name for one in sketches for name in one.histograms)
    words: dict[int, int] = {}
    for one in sketches:
        for column, number in one.words.items():
            words[column] = words.get(column, 0) + number
    return Sketch(
        comments=sum(one.comments for one in sketches),
        held=sum(one.held for one in sketches),
        ruled=sum(one.ruled for one in sketches),
        overturned=sum(one.overturned for one in sketches),
        model=models.pop() if len(models) == 1 else None,
        histograms={name: added([one.histograms.get(name, ()) for one in sketches]) for name in names},
        lengths=added([one.lengths for one in sketches]),
        words=words,
    )


def added(histograms: Sequence[Histogram]) -> Histogram:
    """Return the sums of histograms; an empty one has nothing anywhere."""
    full = [one for one in histograms if one]
    return tuple(map(sum, zip(*full, strict=True)))


def most_frequent(words: Mapping[int, int]) -> dict[int, int]:
    """Return what is kept of a day's words."""
    frequent = ((number, column) for column, number in words.items() if number >= FEWEST_WITH_WORD)
    return {column: number for number, column in nlargest(MOST_WORDS, frequent)}


def judge_day(day: date, sketch: Sketch, before: Sequence[Day], *, since: date | None = None) -> Day:
    """Return a day with what is to be made of it.

    Args:
        before: the days before it as they were judged, in order.
        since: the first day that counts, when somebody has looked at an alarm and found nothing wrong.
    """
    earlier = [one for one in before if day - FARTHEST <= one.day < day and (since is None or one.day >= since)]
    pooled, judged = _pool(sketch, earlier)
    if pooled.comments < FEWEST_COMMENTS:
        return Day(day=day, sketch=sketch)
    quiet = [one for one, level in judged if level is Level.QUIET][-MOST_UNITS:]
    if len(quiet) < FEWEST_UNITS or (day - earlier[0].day).days < FEWEST_DAYS:
        # Nothing can be said yet, but it is a day that the next ones are held against.
        return Day(day=day, sketch=sketch, level=Level.QUIET)
    last = next((one.figures for one in reversed(earlier) if one.level is not Level.WAITING), ())
    distances = {one.measure: one.value - one.usual for one in last}
    figures = [one.judge(distances.get(one.measure, 0.0)) for one in _measured(pooled, quiet)]
    return Day(day=day, sketch=sketch, level=worst(figures), figures=figures)


def worst(figures: Iterable[Figure]) -> Level:
    """Return the level of the figure that is farthest off."""
    return max((one.level for one in figures), key=_ORDER.index, default=Level.QUIET)


_ORDER: Final = (Level.WAITING, Level.QUIET, Level.WATCH, Level.ALARM)


def _pool(sketch: Sketch, earlier: Sequence[Day]) -> tuple[Sketch, list[tuple[Sketch, Level]]]:
    """Return a day with the ones before it that waited for more comments, and the earlier ones likewise."""
    units, waiting = list[tuple[Sketch, Level]](), list[Sketch]()
    for one in earlier:
        waiting.append(one.sketch)
        if one.level is not Level.WAITING:
            units.append((put_together(waiting), one.level))
            waiting = []
    return put_together([*waiting, sketch]), units


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """How far beyond the usual a measure is watched, and is an alarm, and how little its spread can be."""

    watch: float
    alarm: float
    least_spread: float


_PSI: Final = _Limits(watch=0.1, alarm=0.25, least_spread=0.01)
_KS: Final = _Limits(watch=0.06, alarm=0.15, least_spread=0.01)
_SHARE: Final = _Limits(watch=0.06, alarm=0.15, least_spread=0.005)
_WATCH_SPREADS: Final = 4.0
_ALARM_SPREADS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """A measure of one day, how far off it is, and from how far on it is watched and an alarm."""

    measure: str
    value: float
    usual: float
    off: float
    watch: float
    alarm: float

    def judge(self, last: float) -> Figure:
        """Return what is to be made of it, when it was `last` beyond the usual the day before.

        Two days together are surer than one: when both are off, to the same side, and on average so much as is watched,
        it is an alarm.
        """
        is_same_side = (self.value - self.usual) * last > 0
        is_both = min(self.off, abs(last)) >= self.watch / 2 and self.off + abs(last) >= 2 * self.watch
        is_second = is_same_side and is_both
        is_alarm = self.off >= self.alarm or is_second
        level = Level.ALARM if is_alarm else Level.WATCH if self.off >= self.watch else Level.QUIET
        limit = self.usual + self.alarm
        return Figure(measure=self.measure, value=self.value, usual=self.usual, limit=limit, level=level)


def _measured(unit: Sketch, quiet: Sequence[Sketch]) -> list[_Measured]:
    figures = [
        _words(unit.words, [one.words for one in quiet]),
        _histogram("length", _KS, ks, unit.lengths, [one.lengths for one in quiet]),
        *_scores(unit, quiet),
        _share("held", (unit.held, unit.comments), [(one.held, one.comments) for one in quiet]),
    ]
    ruled = [(one.overturned, one.ruled) for one in quiet if one.ruled >= FEWEST_RULINGS]
    if unit.ruled >= FEWEST_RULINGS and len(ruled) >= FEWEST_UNITS:
        figures.append(_share("overturned", (unit.overturned, unit.ruled), ruled))
    return figures


def _words(own: Mapping[int, int], quiet: Sequence[Mapping[int, int]]) -> _Measured:
    whole: dict[int, int] = {}
    for one in quiet:
        for column, number in one.items():
            whole[column] = whole.get(column, 0) + number
    usual = leading_words(whole)
    apart = [
        word_distance(one, {column: whole[column] - one.get(column, 0) for column in {*usual, *leading_words(one)}})
        for one in quiet
    ]
    every = {column: whole.get(column, 0) for column in {*usual, *leading_words(own)}}
    return _distance("words", _PSI, word_distance(own, every), apart)


def _scores(unit: Sketch, quiet: Sequence[Sketch]) -> list[_Measured]:
    """Hold scores against those of the same model: another one scores otherwise, and that is no drift."""
    alike = [one for one in quiet if one.model == unit.model] if unit.model is not None else []
    figures = []
    for name, own in unit.histograms.items():
        theirs = [one.histograms[name] for one in alike if name in one.histograms]
        if len(theirs) < FEWEST_UNITS:
            continue
        if name == TOP:
            figures.append(_histogram(TOP, _KS, ks, own, theirs))
        else:
            figures.append(_histogram(f"score.{name}", _PSI, psi, own, theirs))
    return figures


def _histogram(
    measure: str,
    limits: _Limits,
    distance: Callable[[Histogram, Histogram], float],
    own: Histogram,
    quiet: Sequence[Histogram],
) -> _Measured:
    whole = added(quiet)
    apart = [distance(one, tuple(map(sub, whole, one))) for one in quiet]
    return _distance(measure, limits, distance(own, whole), apart)


def _share(measure: str, own: tuple[int, int], quiet: Sequence[tuple[int, int]]) -> _Measured:
    """Hold a share of comments against the quiet days' own; what chance alone moves it by is part of the spread."""
    part, whole = own
    usual = sum(one for one, _ in quiet) / sum(number for _, number in quiet)
    chance = sqrt(max(usual * (1 - usual), 0.01) / whole)
    spread = max(pstdev([one / number for one, number in quiet]), chance, _SHARE.least_spread)
    return _within(measure, _SHARE, part / whole, usual, spread, off=abs(part / whole - usual))


def _distance(measure: str, limits: _Limits, value: float, apart: Sequence[float]) -> _Measured:
    usual, spread = fmean(apart), max(pstdev(apart), limits.least_spread)
    return _within(measure, limits, value, usual, spread, off=value - usual)


def _within(measure: str, limits: _Limits, value: float, usual: float, spread: float, *, off: float) -> _Measured:
    return _Measured(
        measure=measure,
        value=value,
        usual=usual,
        off=off,
        watch=max(limits.watch, _WATCH_SPREADS * spread),
        alarm=max(limits.alarm, _ALARM_SPREADS * spread),
    )


def psi(own: Histogram, others: Histogram) -> float:
    """Return the population stability index of a histogram, over the tenths of the other one."""
    bounds = _tenths(others)
    return _index([own[low:high] for low, high in bounds], [others[low:high] for low, high in bounds])


def _tenths(histogram: Histogram) -> list[tuple[int, int]]:
    """Return where about each tenth of a histogram begins and ends; fewer, where single steps have more than that."""
    whole, bounds, begin, done = sum(histogram), list[tuple[int, int]](), 0, 0
    for end, below in enumerate(accumulate(histogram), 1):
        if (below - done) * _GROUPS >= whole and below > done:
            bounds.append((begin, end))
            begin, done = end, below
    # What is left belongs to the last tenth.
    last = bounds.pop()[0] if bounds else 0
    return [*bounds, (last, len(histogram))]


def _index(own: Sequence[Histogram], others: Sequence[Histogram]) -> float:
    return stability([sum(one) for one in own], [sum(one) for one in others])


def stability(own: Sequence[int], others: Sequence[int]) -> float:
    """Return the population stability index of counts of the same groups. Half a comment is in every group."""
    own_whole, other_whole = sum(own) + len(own) / 2, sum(others) + len(others) / 2
    index = 0.0
    for mine, theirs in zip(own, others, strict=True):
        here, there = (mine + 0.5) / own_whole, (theirs + 0.5) / other_whole
        index += (here - there) * log(here / there)
    return index


def ks(own: Histogram, others: Histogram) -> float:
    """Return the Kolmogorov-Smirnov distance of two histograms: the farthest that their sums are apart."""
    own_whole, other_whole = max(sum(own), 1), max(sum(others), 1)
    sums = zip(accumulate(own), accumulate(others), strict=True)
    return max((abs(mine / own_whole - theirs / other_whole) for mine, theirs in sums), default=0.0)


def word_distance(own: Mapping[int, int], others: Mapping[int, int]) -> float:
    """Return the population stability index over the words of `others`: the most frequent ones of either side.

    A word that only one side has is what a campaign or a new subject looks like.
    """
    columns = sorted(others)
    if not columns:
        return 0.0
    return stability([own.get(one, 0) for one in columns], [others[one] for one in columns])


def leading_words(words: Mapping[int, int]) -> list[int]:
    """Return the most frequent of the words, by their columns."""
    return [column for _, column in nlargest(COMPARED_WORDS, zip(words.values(), words.keys(), strict=True))]
