"""A day is held against the quiet ones before it: what moves is found, what is usual is not, little is not judged."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.domain.drift import (
    FEWEST_DAYS,
    LENGTH_BINS,
    MOST_WORDS,
    SCORE_BINS,
    TOP,
    Day,
    Figure,
    Level,
    Sketch,
    added,
    judge_day,
    ks,
    length_bin,
    most_frequent,
    psi,
    put_together,
    score_bin,
    stability,
    word_distance,
)

FIRST = date(2026, 3, 2)


def day_number(number: int) -> date:
    return FIRST + timedelta(days=number)


def a_sketch(
    chance: random.Random,
    comments: int = 400,
    *,
    harsh: float = 0.1,
    held: float = 0.15,
    long: float = 0.3,
    news: float = 0.0,
    overturned: tuple[int, int] = (0, 0),
    model: str | None = "base-1",
) -> Sketch:
    """Return a day of made comments: `harsh` of them score high, `news` of them talk of something new."""
    mild = chance.choices(MILD, k=round(comments * (1 - harsh)))
    sharp = chance.choices(SHARP, k=round(comments * harsh))
    scores = counted(map(score_bin, [*mild, *sharp]), SCORE_BINS)
    short = [chance.randint(10, 200) for _ in range(round(comments * (1 - long)))]
    lengths = [chance.randint(200, 600) for _ in range(round(comments * long))]
    words = {column: comments * min(0.5, 2 / column) for column in range(1, 200)}
    words |= dict.fromkeys(range(1000, 1015), comments * news)
    return Sketch(
        comments=comments,
        held=round(comments * held),
        overturned=overturned[0],
        ruled=overturned[1],
        model=model,
        histograms={TOP: scores, "spam": scores},
        lengths=counted(map(length_bin, [*short, *lengths]), LENGTH_BINS),
        words=most_frequent({column: round(chance.gauss(usual, usual**0.5)) for column, usual in words.items()}),
    )


_DICE = random.Random(1)
MILD = [_DICE.betavariate(1, 30) for _ in range(2_000)]
SHARP = [_DICE.betavariate(4, 3) for _ in range(2_000)]


def counted(steps: Iterable[int], size: int) -> tuple[int, ...]:
    counts = [0] * size
    for one in steps:
        counts[one] += 1
    return tuple(counts)


def judged(sketches: Sequence[Sketch], *, since: date | None = None) -> list[Day]:
    days: list[Day] = []
    for number, sketch in enumerate(sketches):
        days.append(judge_day(day_number(number), sketch, days, since=since))
    return days


def figure_of(day: Day, measure: str) -> Figure:
    return next(one for one in day.figures if one.measure == measure)


def quiet(number: int = 15, seed: int = 3, **changed: object) -> list[Sketch]:
    chance = random.Random(seed)
    return [a_sketch(chance, **changed) for _ in range(number)]  # type: ignore[arg-type]


def test_quiet_days_are_quiet_once_there_are_some_to_compare_with() -> None:
    days = judged(quiet(25))

    assert {day.level for day in days} == {Level.QUIET}
    assert [bool(day.figures) for day in days] == [False] * FEWEST_DAYS + [True] * (25 - FEWEST_DAYS)


@pytest.mark.parametrize(
    ("changed", "measure"),
    [
        ({"news": 0.3}, "words"),
        ({"long": 0.7}, "length"),
        ({"harsh": 0.5}, TOP),
        ({"harsh": 0.5}, "score.spam"),
        ({"held": 0.4}, "held"),
    ],
)
def test_what_moves_is_an_alarm_and_named(changed: Mapping[str, float], measure: str) -> None:
    days = judged([*quiet(), a_sketch(random.Random(8), **changed)])  # type: ignore[arg-type]

    assert days[-1].level is Level.ALARM
    found = figure_of(days[-1], measure)
    assert found.level is Level.ALARM
    assert abs(found.value - found.usual) >= found.limit - found.usual


def test_what_people_overturn_is_watched_where_they_decided_enough() -> None:
    before = quiet(15, overturned=(2, 40))
    few, many = (a_sketch(random.Random(8), overturned=one) for one in ((5, 10), (16, 40)))

    assert "overturned" not in {one.measure for one in judged([*before, few])[-1].figures}
    assert figure_of(judged([*before, many])[-1], "overturned").level is Level.ALARM


def test_a_little_is_watched_and_watched_again_it_is_an_alarm() -> None:
    chance = random.Random(8)
    little = [a_sketch(chance, held=0.26) for _ in range(2)]

    days = judged([*quiet(), *little])

    assert [day.level for day in days[-2:]] == [Level.WATCH, Level.ALARM]


def test_a_little_and_then_nothing_is_forgotten() -> None:
    chance = random.Random(8)
    days = judged([*quiet(), a_sketch(chance, held=0.26), a_sketch(chance, held=0.15), a_sketch(chance, held=0.26)])

    assert [day.level for day in days[-3:]] == [Level.WATCH, Level.QUIET, Level.WATCH]


def test_days_of_alarm_are_no_reference() -> None:
    chance = random.Random(8)
    days = judged([*quiet(), *(a_sketch(chance, harsh=0.5, held=0.5) for _ in range(10))])

    assert {day.level for day in days[-10:]} == {Level.ALARM}


def test_once_somebody_has_looked_it_begins_anew() -> None:
    chance = random.Random(8)
    sketches = [*quiet(), *(a_sketch(chance, harsh=0.5, held=0.5) for _ in range(16))]

    days = judged(sketches, since=day_number(15))
    assert {day.level for day in days[15:]} == {Level.QUIET}
    assert days[-1].figures


def test_small_days_are_put_together_until_there_is_enough_to_judge() -> None:
    chance = random.Random(4)
    days = judged([a_sketch(chance, 70) for _ in range(30)])

    assert [day.level for day in days[:6]] == [Level.WAITING, Level.WAITING, Level.QUIET] * 2
    assert bool(days[-1].figures)
    louder = judged([*(day.sketch for day in days), *(a_sketch(chance, 70, harsh=0.6, held=0.6) for _ in range(3))])
    assert [day.level for day in louder[-3:]] == [Level.WAITING, Level.WAITING, Level.ALARM]


def test_a_day_without_comments_is_not_judged() -> None:
    days = judged([*quiet(), Sketch()])

    assert days[-1].level is Level.WAITING


def test_what_was_long_ago_is_no_reference() -> None:
    before = [replace(day, day=day.day - timedelta(days=120)) for day in judged(quiet())]

    day = judge_day(day_number(15), a_sketch(random.Random(8), harsh=0.5), before)

    assert (day.level, day.figures) == (Level.QUIET, ())


def test_another_model_scores_otherwise_and_that_is_no_drift() -> None:
    chance = random.Random(8)
    days = judged([*quiet(), *(a_sketch(chance, harsh=0.5, model="base-2") for _ in range(7))])

    assert {day.level for day in days} == {Level.QUIET}
    assert TOP not in {one.measure for one in days[16].figures}
    assert TOP in {one.measure for one in days[-1].figures}
    mixed = judge_day(day_number(22), a_sketch(chance, harsh=0.5, model=None), days)
    assert TOP not in {one.measure for one in mixed.figures}


def test_days_without_scores_are_judged_by_the_rest() -> None:
    plain = [replace(one, histograms={}, model=None) for one in quiet()]

    assert {one.measure for one in judged(plain)[-1].figures} == {"words", "length", "held"}
    unscored = judged([*plain, a_sketch(random.Random(8), model=None)])[-1]
    assert unscored.level is Level.QUIET


def test_the_usual_distance_of_a_sites_days_is_no_drift() -> None:
    # Weekends are another crowd: a third of what is said then is never said on a working day.
    chance = random.Random(5)
    sketches = [a_sketch(chance, news=0.3 if number % 7 > 4 else 0.0) for number in range(42)]

    assert Level.ALARM not in {day.level for day in judged(sketches)}


BINS = st.lists(st.integers(0, 500), min_size=12, max_size=12).map(tuple)


@settings(deadline=None)
@given(BINS, BINS)
def test_distances_are_none_of_equals_and_never_negative(own: tuple[int, ...], others: tuple[int, ...]) -> None:
    assert psi(own, own) == pytest.approx(0.0)
    assert ks(own, own) == 0.0
    assert psi(own, others) >= 0.0
    assert 0.0 <= ks(own, others) <= 1.0


def test_distances_are_what_the_books_say() -> None:
    # 40:60 against 50:50 is (0.4 - 0.5) ln 0.8 + (0.6 - 0.5) ln 1.2.
    assert stability([40_000, 60_000], [50_000, 50_000]) == pytest.approx(0.0405, abs=1e-4)
    assert ks((4, 6, 0), (5, 0, 5)) == pytest.approx(0.5)
    assert ks((), ()) == 0.0
    assert word_distance({}, {}) == 0.0
    assert word_distance({7: 5}, {7: 5}) == pytest.approx(0.0)


@pytest.mark.parametrize("score", [0.0, 1e-9, 0.2, 0.5, 1 - 1e-9, 1.0])
def test_every_score_has_its_step(score: float) -> None:
    assert 0 <= score_bin(score) < SCORE_BINS


def test_steps_only_rise() -> None:
    assert [score_bin(one) for one in (0.0, 0.3, 0.6, 1.0)] == sorted(score_bin(one) for one in (0.0, 0.3, 0.6, 1.0))
    assert length_bin(0) == 0
    assert length_bin(20_000) < LENGTH_BINS
    assert length_bin(10**9) == LENGTH_BINS - 1


def test_rare_words_are_not_kept_nor_more_than_are_compared() -> None:
    words = {column: 4 if column % 2 else 9 for column in range(4 * MOST_WORDS)}

    kept = most_frequent(words)

    assert len(kept) == MOST_WORDS
    assert set(kept.values()) == {9}


def test_sketches_are_put_together() -> None:
    one = Sketch(comments=2, held=1, model="a", histograms={TOP: (1, 1)}, lengths=(2, 0), words={5: 2})
    two = Sketch(comments=3, ruled=2, overturned=1, model="a", histograms={}, lengths=(0, 3), words={5: 1, 6: 3})

    both = put_together([one, two, Sketch(model="b")])

    assert both == Sketch(
        comments=5, held=1, ruled=2, overturned=1, model="a", histograms={TOP: (1, 1)}, lengths=(2, 3),
        words={5: 3, 6: 3},
    )  # fmt: skip
    assert put_together([one, replace(two, model="b")]).model is None
    assert added([]) == ()
