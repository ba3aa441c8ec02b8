"""A candidate that takes a group's name for an insult is refused; one that learned something else is not."""

import numpy as np
import pytest

from moderator.domain.scoring import Label
from tests.training.changed import changed, tiny
from training import fairness, sentences
from training.bias import bias_table
from training.fairness import check, drops
from training.templates import templates


def test_a_name_that_became_an_insult_is_found_and_named() -> None:
    _, champion, _ = tiny()
    line = check(champion, changed("lesbian", by=3.0))
    assert not line.passed
    assert "“lesbian”" in line.detail
    assert (line.value or 0) > 0.1


def test_a_candidate_that_learned_other_words_passes() -> None:
    _, champion, _ = tiny()
    assert check(champion, champion).value == 0
    line = check(champion, changed("мракобесие", by=3.0))
    assert line.passed, line


def test_what_is_measured_is_bpsn() -> None:
    _, champion, _ = tiny()
    rows = [row for row in templates() if row.lang == "en"]
    scores = champion.scores_many([row.text for row in rows])[:, champion.labels.index(Label.TOXIC)]
    expected = {one.term: one.auc.bpsn for one in bias_table(rows, scores).terms}
    found = {one.term: one.before for one in drops(champion, champion)}
    assert {term: found[term] for term in expected} == pytest.approx(expected, abs=1e-4)


def test_every_pattern_is_said_of_every_group_alike_and_nothing_of_it_taught_the_base() -> None:
    rows = list(templates())
    counts = {(row.lang, next(iter(row.identity))): 0 for row in rows}
    for row in rows:
        counts[row.lang, next(iter(row.identity))] += 1
        assert "{" not in row.text
    assert {number for (lang, _), number in counts.items() if lang == "en"} == {24}
    assert {number for (lang, _), number in counts.items() if lang == "de"} == {20}
    assert not {row.text for row in rows} & {row.text for row in sentences.sentences()}


def test_equal_scores_count_half() -> None:
    assert fairness._share_below(np.array([1.0, 2.0]), np.array([2.0, 3.0])) == pytest.approx(0.875)
