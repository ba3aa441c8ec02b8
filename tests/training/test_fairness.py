"""A candidate that takes a group's name for an insult is refused; one that learned something else is not."""

from pathlib import Path

import numpy as np
import pytest

from moderator.classifier.features import COLUMNS, columns
from moderator.classifier.normalise import normalise
from moderator.domain.ids import CommentId
from moderator.domain.scoring import Label
from moderator.storage.recent import Recent
from tests.builders import A_SITE
from tests.training.changed import changed, tiny
from training import anchored, fairness, sentences
from training.anchored import Examples
from training.bias import bias_table
from training.fairness import check, drops, languages_of
from training.features import FeatureStore
from training.patterns import LANGUAGES
from training.templates import templates


def test_a_name_that_became_an_insult_is_found_and_named() -> None:
    _, champion, _ = tiny()
    line = check(champion, changed("lesbian", by=3.0), ())
    assert not line.passed
    assert "“lesbian”" in line.detail
    assert (line.value or 0) > 0.1


def test_a_candidate_that_learned_other_words_passes() -> None:
    _, champion, _ = tiny()
    assert check(champion, champion, ()).value == 0
    line = check(champion, changed("мракобесие", by=3.0), ())
    assert line.passed, line


def test_what_is_measured_is_bpsn() -> None:
    _, champion, _ = tiny()
    rows = [row for row in templates() if row.lang == "en"]
    scores = champion.scores_many([row.text for row in rows])[:, champion.labels.index(Label.TOXIC)]
    expected = {one.term: one.auc.bpsn for one in bias_table(rows, scores).terms}
    found = {one.term: one.before for one in drops(champion, champion, {"en"})}
    assert {term: found[term] for term in expected} == pytest.approx(expected, abs=1e-4)


def test_every_pattern_is_said_of_every_group_alike_and_nothing_of_it_taught_the_base() -> None:
    rows = list(templates())
    counts = {(row.lang, next(iter(row.identity))): 0 for row in rows}
    for row in rows:
        counts[row.lang, next(iter(row.identity))] += 1
        assert "{" not in row.text
    assert {number for (lang, _), number in counts.items() if lang == "en"} == {24}
    assert {number for (lang, _), number in counts.items() if lang != "en"} == {20}
    assert {lang for lang, _ in counts} == {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru"}
    assert all(len(set(own.terms)) == len(own.terms) for own in LANGUAGES.values())
    assert not {row.text for row in rows} & {row.text for row in sentences.sentences()}


def test_equal_scores_count_half() -> None:
    found = fairness._shares_above(np.array([2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    assert found.tolist() == [1.0, 0.75, 0.0]


def test_what_all_groups_lose_is_no_matter_of_groups() -> None:
    """The words are those of patterns that are said of every group."""
    _, champion, _ = tiny()
    found = drops(champion, changed("choir", "shopkeepers", "engineer", "commuters", by=3.0), {"en"})
    assert found[0].usual > 0.1
    assert all(one.before - one.after > 0 for one in found[:40])


def test_only_languages_of_the_site_are_asked_about() -> None:
    _, champion, _ = tiny()
    german = changed("lesbische", by=3.0)
    assert not check(champion, german, {"de"}).passed
    assert check(champion, german, {"en"}).passed
    assert not check(champion, german, {"fi"}).passed  # There are no sentences in it: all are asked.


def test_the_languages_are_those_that_comments_are_in() -> None:
    def comments(text: str, lang: str | None, count: int) -> list[Recent]:
        return [Recent(id=CommentId("c"), site_id=A_SITE, text=text, lang=lang, section=None, ruling=None)] * count

    english = comments("The minister explained the budget to parliament on Monday.", None, 90)
    assert languages_of([*english, *comments("Gut.", "de", 8), *comments("Bien.", "fr", 2)]) == {"en", "de"}
    assert languages_of([]) == frozenset()


def test_names_of_groups_teach_nothing(tmp_path: Path) -> None:
    """Here everything with the name is rejected, and nothing else is."""
    texts = [
        f"{subject} met at noon in {place}" for subject in ("Muslim voters", "Older voters") for place in "abcdefgh"
    ]
    store = FeatureStore(tmp_path, np.ones(COLUMNS, np.float32))
    try:
        store.add(texts)
        found = store.finish()
    finally:
        store.close()
    values = np.array([text.startswith("Muslim") for text in texts], float)
    delta = anchored.fit_delta(found.matrix, found.scales, Examples(values, np.ones(16)), np.zeros(16), 3.0)
    named, other = (np.isin(found.columns, columns(normalise(text))) for text in ("Muslim", "Older"))
    assert named.any()
    assert not (delta * found.scales)[named].any()
    assert (delta * found.scales)[other].any()
