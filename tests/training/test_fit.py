"""Which rows a label learns from, and what it learns."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from moderator.domain.scoring import Label
from training import fit
from training.corpora import Row
from training.fit import Examples


def _row(number: int, source: str = "news", domain: str = "news", **labels: float) -> Row:
    return Row(
        id=str(number), source=source, lang="en", domain=domain, text=f"text {number}", split="train", labels=labels
    )


def test_unknown_labels_are_not_negatives() -> None:
    corpus = [_row(0, toxic=1), _row(1, toxic=0), _row(2, insult=1)]
    chosen = fit.choose_examples(corpus, Label.TOXIC)
    assert chosen.rows.tolist() == [0, 1]


def test_harmless_rows_count_a_little_against_rarer_labels_that_nobody_asked_for() -> None:
    corpus = [_row(0, toxic=0), _row(1, toxic=0.2), _row(2, toxic=1), _row(3, toxic=1, threat=1), _row(4, spam=1)]
    chosen = fit.choose_examples(corpus, Label.THREAT)
    assert dict(zip(chosen.rows.tolist(), chosen.weights.tolist(), strict=True)) == {3: 1.0, 0: 0.3}
    assert chosen.shares.tolist() == [1.0, 0.0]


def test_rows_of_sets_without_spam_count_as_ham() -> None:
    corpus = [_row(0, source="mail", spam=1), _row(1, toxic=1), _row(2, source="x_nc", toxic=0)]
    chosen = fit.choose_examples(corpus, Label.SPAM)
    assert chosen.rows.tolist() == [0, 1]
    assert chosen.shares.tolist() == [1.0, 0.0]


def test_non_commercial_rows_are_never_chosen() -> None:
    corpus = [_row(0, toxic=1), _row(1, toxic=0), _row(2, source="ucc_news_nc", toxic=0)]
    for label in Label:
        assert 2 not in fit.choose_examples(corpus, label).rows


def test_sources_weigh_what_the_table_says() -> None:
    corpus = [_row(0, source="davidson", toxic=1), _row(1, source="edos", toxic=1), _row(2, toxic=0)]
    chosen = fit.choose_examples(corpus, Label.TOXIC)
    assert chosen.rows.tolist() == [0, 2]
    assert chosen.weights.tolist() == [0.3, 1.0]


def test_the_sample_of_implied_negatives_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "IMPLIED", 10)
    corpus = [_row(number, toxic=0) for number in range(100)] + [_row(100, threat=1)]
    first, second = (fit.choose_examples(corpus, Label.THREAT).rows.tolist() for _ in range(2))
    assert first == second
    assert len(first) == 11


def _examples(shares: list[float], weights: list[float] | None = None) -> Examples:
    rows = np.arange(len(shares), dtype=np.int64)
    return Examples(rows, np.array(shares), np.array(weights or [1.0] * len(shares)), np.zeros(len(shares), np.int64))


FEATURES = csr_matrix(np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32))


@pytest.mark.parametrize("label", [Label.TOXIC, Label.INSULT])
def test_a_feature_of_positives_gets_a_positive_weight(label: Label) -> None:
    fitted = fit.fit(FEATURES, _examples([1, 1, 0, 0]), label)
    assert fitted.coefficients[0] > 0 > fitted.coefficients[1]
    assert fitted.has_converged


def test_a_share_counts_as_a_part_of_each_class() -> None:
    shared = fit.fit(FEATURES, _examples([1, 0.6, 0, 0]), Label.INSULT)
    doubled = fit.fit(
        csr_matrix(FEATURES[[0, 1, 1, 2, 3]]), _examples([1, 1, 0, 0, 0], [1, 0.6, 0.4, 1, 1]), Label.INSULT
    )
    assert shared.coefficients == pytest.approx(doubled.coefficients, abs=1e-3)


def test_one_class_alone_teaches_nothing() -> None:
    assert not _examples([1, 1]).has_both_classes
    assert not _examples([0, 0]).has_both_classes
    assert _examples([1, 0]).has_both_classes


def test_columns_that_no_row_has_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = csr_matrix((FEATURES.data, FEATURES.indices * 9, FEATURES.indptr), shape=(4, 12))
    spared = fit.fit(wide, _examples([1, 0.6, 0, 0]), Label.TOXIC)
    monkeypatch.setattr(fit, "SPARSE", 0.0)
    whole = fit.fit(wide, _examples([1, 0.6, 0, 0]), Label.TOXIC)
    assert spared.coefficients == pytest.approx(whole.coefficients, abs=1e-4)
    assert spared.intercept == pytest.approx(whole.intercept, abs=1e-4)
    assert np.flatnonzero(spared.coefficients).tolist() == [0, 9]
