"""Parts of the test rows: languages, the news threshold, other sources, mistakes."""

import numpy as np
import pytest

from moderator.domain.scoring import Label
from training import slices
from training.corpora import Row

TOXIC, SPAM = Label.TOXIC, Label.SPAM


def _row(number: int, toxic: float | None = 0, **changes: object) -> Row:
    labels = {} if toxic is None else {"toxic": float(toxic)}
    fields = {"source": "news", "lang": "en", "domain": "news", "text": "Plain words.", "split": "test"}
    return Row(**{**fields, "id": f"news:{number}", "labels": labels, **changes})  # type: ignore[arg-type]


def _many(count: int, toxic: float | None, **changes: object) -> list[Row]:
    return [_row(number, toxic, **changes) for number in range(count)]


def test_a_language_has_its_own_figures_at_the_shared_threshold() -> None:
    rows = [*_many(60, 0), *_many(20, 1), *_many(60, 0, lang="de"), *_many(20, 1, lang="de")]
    scores = np.array([0.1] * 60 + [0.9] * 20 + [0.9] * 30 + [0.1] * 30 + [0.9] * 20)
    english, german = sorted(slices.languages(rows, scores, TOXIC, 0.5), key=lambda one: one.lang, reverse=True)
    assert (english.lang, english.rows, english.positives, english.auc) == ("en", 80, 20, 1.0)
    assert (english.false_positives, english.recall) == (0.0, 1.0)
    assert (german.false_positives, german.auc) == (0.5, 0.75)


def test_the_threshold_itself_is_held() -> None:
    rows = [*_many(60, 0), *_many(20, 1)]
    (found,) = slices.languages(rows, np.full(80, 0.5), TOXIC, 0.5)
    assert (found.false_positives, found.recall) == (1.0, 1.0)


def test_hidden_letters_hold_what_the_score_would_not() -> None:
    rows = [*_many(99, 0), _row(99, 0, text="a w\u200bord with h\u200bidden signs"), *_many(10, 1)]
    low = np.zeros(len(rows))
    (found,) = slices.languages(rows, low, TOXIC, 0.5)
    assert found.more_held == 0.01
    (found,) = slices.languages(rows, low + 0.9, TOXIC, 0.5)
    assert found.more_held == 0.0  # The score holds them already.


def test_languages_leave_templates_and_sets_of_one_class_out() -> None:
    rows = [*_many(20, 1, source="only_hate"), *_many(40, 0, source="bias_templates_en")]
    assert slices.languages(rows, np.zeros(60), TOXIC, 0.5) == []


def test_too_few_rows_say_nothing() -> None:
    (found,) = slices.languages([*_many(5, 0), *_many(5, 1)], np.zeros(10), TOXIC, 0.5)
    assert (found.auc, found.false_positives, found.recall, found.more_held) == (None, None, None, None)


def test_the_news_threshold_lets_five_percent_of_the_news_through() -> None:
    news = slices.News(_many(100, 0), np.arange(100) / 100)
    rows = [*_many(100, 0, source="wiki_context"), *_many(60, 1, source="wiki_context")]
    found = slices.news_threshold(news, rows, np.concatenate((np.arange(100) / 100, np.ones(60))), 0.9)
    assert found is not None
    assert (found.threshold, found.rows, found.sources) == (0.95, 100, ["news"])
    (wiki,) = found.sets
    assert (wiki.source, wiki.rows, wiki.news, wiki.held) == ("wiki_context", 100, 0.04, 0.1)


def test_without_news_there_is_no_news_threshold() -> None:
    assert slices.news_threshold(slices.News([], np.empty(0)), _many(60, 0), np.zeros(60), 0.5) is None


def test_other_sources_are_harmless_by_all_that_is_known_of_them() -> None:
    rows = [*_many(20, 0, source="wiki"), *_many(20, 1, source="wiki"), *_many(20, None, source="ads")]
    rows = [
        row if row.source == "wiki" else _row(n, None, source="ads", labels={"spam": 0.0}) for n, row in enumerate(rows)
    ]
    scores = np.array([0.0] * 10 + [0.9] * 10 + [1.0] * 20 + [0.2] * 20)
    wiki, ads = slices.other_sources(rows, scores, SPAM, 0.5)
    assert (wiki.source, wiki.is_judged, wiki.rows, wiki.held) == ("wiki", False, 20, 0.5)
    assert (ads.source, ads.is_judged, ads.median, ads.held) == ("ads", True, 0.2, 0.0)


def test_the_worst_mistakes_are_those_furthest_off() -> None:
    rows = [_row(1, 1), _row(2, 1), _row(3, 0), _row(4, 0), _row(5, 0.6), _row(6, 0.3)]
    missed, needless = slices.worst_mistakes(rows, np.array([0.2, 0.1, 0.8, 0.9, 0.0, 1.0]), TOXIC)
    assert [(one.id, one.score) for one in missed] == [("news:2", 0.1), ("news:1", 0.2)]
    assert [one.id for one in needless] == ["news:4", "news:3"]


@pytest.mark.parametrize("count", [3, 40])
def test_only_some_mistakes_are_named(count: int) -> None:
    missed, needless = slices.worst_mistakes(_many(count, 1), np.linspace(0, 1, count), TOXIC)
    assert len(missed) == min(count, slices.WORST)
    assert needless == []
