"""Identity bias, against examples by hand and a second, slow and obvious computation."""

from collections.abc import Sequence

import numpy as np
import pytest

from moderator.domain.scoring import Label
from training.bias import FEWEST, BiasTable, bias_table, power_mean
from training.corpora import Row


def _row(term: str | None, **labels: float) -> Row:
    identity = {term: 1.0} if term else {}
    return Row(
        id="1", source="templates", lang="en", domain="t", text="t", split="test", labels=labels, identity=identity
    )


def _table(groups: Sequence[tuple[str | None, int, float]], each: int = FEWEST) -> BiasTable:
    """Return the table of groups of equal rows: a term, whether it is toxic, a score."""
    rows = [_row(term, toxic=toxic) for term, toxic, _ in groups for _ in range(each)]
    return bias_table(rows, np.repeat([score for *_, score in groups], each))


def test_a_model_that_ignores_the_term_has_no_bias() -> None:
    table = _table([("muslim", 1, 0.9), ("muslim", 0, 0.1), ("tall", 1, 0.9), ("tall", 0, 0.1)])
    assert [(one.term, one.rows, one.positives) for one in table.terms] == [("muslim", 20, 10), ("tall", 20, 10)]
    assert {one.auc.lowest for one in table.terms} == {1.0}
    assert table.mean is not None
    assert (table.auc, table.mean.subgroup, table.mean.bpsn, table.mean.bnsp) == (1, 1, 1, 1)


def test_a_term_that_raises_scores_shows_in_bpsn_alone() -> None:
    table = _table([("gay", 1, 0.9), ("gay", 0, 0.7), (None, 1, 0.6), (None, 0, 0.1)])
    (term,) = table.terms
    assert (term.auc.subgroup, term.auc.bpsn, term.auc.bnsp) == (1.0, 0.0, 1.0)
    assert table.mean is not None
    assert table.mean.bpsn == 0


def test_a_term_that_lowers_scores_shows_in_bnsp_alone() -> None:
    (term,) = _table([("old", 1, 0.4), ("old", 0, 0.1), (None, 1, 0.9), (None, 0, 0.5)]).terms
    assert (term.auc.subgroup, term.auc.bpsn, term.auc.bnsp) == (1.0, 1.0, 0.0)


def test_a_term_whose_sentences_all_score_alike_shows_in_the_subgroup() -> None:
    (term,) = _table([("deaf", 1, 0.5), ("deaf", 0, 0.5), (None, 1, 0.9), (None, 0, 0.1)]).terms
    assert (term.auc.subgroup, term.auc.bpsn, term.auc.bnsp) == (0.5, 1.0, 1.0)


def test_the_worst_term_has_the_lowest_of_all_figures() -> None:
    table = _table([("a", 1, 0.9), ("a", 0, 0.1), ("b", 1, 0.8), ("b", 0, 0.85), ("c", 1, 0.7), ("c", 0, 0.1)])
    assert table.worst == "b"


def test_terms_with_too_few_of_a_class_are_skipped_and_named() -> None:
    rows = [_row("many", toxic=n % 2) for n in range(40)] + [_row("few", toxic=n % 2) for n in range(18)]
    rows += [_row(None, toxic=n % 2) for n in range(40)]
    table = bias_table(rows, np.linspace(0, 1, len(rows)))
    assert [one.term for one in table.terms] == ["many"]
    assert table.skipped == ["few"]


@pytest.mark.parametrize("rows", [[], [_row("x", toxic=1)], [_row("x", insult=1)] * 50])
def test_without_enough_rows_there_are_no_figures(rows: list[Row]) -> None:
    table = bias_table(rows, np.zeros(len(rows)))
    assert (table.terms, table.auc, table.mean, table.worst) == ([], None, None, None)


def test_rows_that_nobody_judged_count_nowhere() -> None:
    judged = [_row(term, toxic=toxic) for term in ("a", None) for toxic in (0, 1) for _ in range(FEWEST)]
    unjudged = [_row("a", insult=1)] * 30
    scores = np.random.default_rng(1).random(len(judged))
    with_them = bias_table([*unjudged, *judged], np.concatenate((np.ones(30), scores)))
    assert with_them == bias_table(judged, scores)


def test_a_mention_that_most_raters_did_not_see_is_background() -> None:
    rows = [
        Row(
            id="1",
            source="t",
            lang="en",
            domain="t",
            text="t",
            split="test",
            labels={"toxic": n % 2},
            identity={"a": share},
        )
        for share in (0.4, 0.5)
        for n in range(30)
    ]
    (term,) = bias_table(rows, np.linspace(0, 1, 60)).terms
    assert term.rows == 30


def test_another_label_can_be_asked_for() -> None:
    rows = [_row(term, insult=label) for term in ("a", None) for label in (0, 1) for _ in range(FEWEST)]
    assert bias_table(rows, np.linspace(0, 1, len(rows)), Label.INSULT).worst == "a"


def test_the_power_mean_leans_towards_the_lowest() -> None:
    assert power_mean([0.8, 0.8]) == pytest.approx(0.8)
    assert power_mean([0.5, 1.0]) == pytest.approx(((0.5**-5 + 1) / 2) ** -0.2)
    assert 0.5 < power_mean([0.5, 1.0]) < 0.75
    assert power_mean([0.0, 1.0]) == 0


def _slow_auc(above: Sequence[float], below: Sequence[float]) -> float:
    return sum((a > b) + (a == b) / 2 for a in above for b in below) / (len(above) * len(below))


def test_a_slow_count_of_pairs_gives_the_same_figures() -> None:
    chance = np.random.default_rng(7)
    rows = [_row(str(chance.choice(["a", "b", "c"])), toxic=float(chance.integers(2))) for _ in range(200)]
    scores = np.round(chance.random(200), 1)  # Many ties.
    table = bias_table(rows, scores)
    assert [one.term for one in table.terms] == ["a", "b", "c"]
    for one in table.terms:
        pairs = [
            (one.term in row.identity, row.labels["toxic"] == 1, float(s)) for row, s in zip(rows, scores, strict=True)
        ]
        sp, sn = ([s for named, toxic, s in pairs if named and toxic == wanted] for wanted in (True, False))
        bp, bn = ([s for named, toxic, s in pairs if not named and toxic == wanted] for wanted in (True, False))
        assert one.auc.subgroup == pytest.approx(_slow_auc(sp, sn), abs=1e-4)
        assert one.auc.bpsn == pytest.approx(_slow_auc(bp, sn), abs=1e-4)
        assert one.auc.bnsp == pytest.approx(_slow_auc(sp, bn), abs=1e-4)
    assert table.mean is not None
    by_hand = (sum(one.auc.bpsn**-5 for one in table.terms) / 3) ** (-1 / 5)
    assert table.mean.bpsn == pytest.approx(by_hand, abs=2e-4)
