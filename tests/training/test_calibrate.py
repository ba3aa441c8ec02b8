"""Calibrated scores are right at the share of positives that was stated."""

import numpy as np
import pytest

from moderator.domain.scoring import Label
from training import calibrate
from training.corpora import Row


def _row(source: str = "news", **labels: float) -> Row:
    return Row(id="1", source=source, lang="en", domain="news", text="t", split="valid", labels=labels)


@pytest.mark.parametrize("prior", [0.005, 0.05, 0.5])
def test_the_mean_score_is_the_stated_share_on_a_site_with_that_share(prior: float) -> None:
    chance = np.random.default_rng(5)
    positive = np.arange(4_000) < 2_000  # Half of the labelled rows; the site has a share of `prior`.
    logits = chance.normal(np.where(positive, 1.5, -1.5), 1.5)
    found = calibrate.calibrate(logits, positive, prior)
    scores = 1 / (1 + np.exp(-(found.slope * logits + found.offset)))
    mean = prior * scores[positive].mean() + (1 - prior) * scores[~positive].mean()
    assert mean == pytest.approx(prior, rel=0.05)
    # The true logistic of this mixture: slope 3 / 1.5², offset the prior's log odds.
    assert found.slope == pytest.approx(4 / 3, rel=0.1)


def test_scores_that_run_the_wrong_way_are_refused() -> None:
    positive = np.array([True, True, False, False])
    with pytest.raises(ValueError, match="order"):
        calibrate.calibrate(np.array([-1.0, -2.0, 1.0, 2.0]), positive, 0.5)


def test_unnatural_sets_serve_only_where_there_is_hardly_anything_else() -> None:
    natural = [_row(toxic=float(number % 2)) for number in range(60)]
    unnatural = [_row("paradetox", toxic=1), _row("paradetox", toxic=0)]
    assert calibrate.choose_rows([*natural, *unnatural], Label.TOXIC).rows.max() < 60
    assert 60 in calibrate.choose_rows([*natural[:10], *unnatural * 30], Label.TOXIC).rows


def test_non_commercial_rows_calibrate_nothing() -> None:
    chosen = calibrate.choose_rows([_row("ucc_news_nc", toxic=0), _row(toxic=0), _row(toxic=1)], Label.TOXIC)
    assert chosen.rows.tolist() == [1, 2]


def test_a_row_with_another_label_breaks_the_rules_too() -> None:
    chosen = calibrate.choose_rows([_row(insult=0, toxic=1), _row(insult=1), _row(toxic=0)], Label.INSULT)
    assert chosen.positive.tolist() == [False, True, False]
    assert chosen.breaks_rules.tolist() == [True, True, False]


def test_each_source_counts_alike_within_a_class() -> None:
    sources = ["big"] * 400 + ["small"] * 40 + ["tiny"] * 5
    positive = np.arange(445) % 2 == 0
    weights = calibrate.weigh(sources, positive)
    names = np.array(sources)
    for of_class in (positive, ~positive):
        assert weights[of_class & (names == "big")].sum() == pytest.approx(1)
        assert weights[of_class & (names == "small")].sum() == pytest.approx(1)
        assert weights[of_class & (names == "tiny")].sum() == 0  # Too few to speak for a site.


def test_small_sources_speak_together_and_few_rows_for_themselves() -> None:
    sources = [f"tiny {number % 10}" for number in range(100)]
    assert calibrate.weigh(sources, np.arange(100) < 50) == pytest.approx(np.full(100, 1 / 50))
    assert calibrate.weigh(["a", "b", "c"], np.array([True, False, False])) == pytest.approx([1, 0.5, 0.5])


def test_a_large_source_with_plain_insults_does_not_speak_for_the_others() -> None:
    chance = np.random.default_rng(6)
    plain, subtle = chance.normal(4, 1, 2_000), chance.normal(1, 1, 100)
    logits = np.concatenate((plain, subtle, chance.normal(-1, 1, 500)))
    positive = np.arange(logits.size) < 2_100
    sources = ["plain"] * 2_000 + ["subtle"] * 100 + ["harmless"] * 500
    alike = calibrate.calibrate(logits, positive, 0.05, calibrate.weigh(sources, positive))
    as_they_come = calibrate.calibrate(logits, positive, 0.05)
    assert alike.slope < as_they_come.slope


def test_negatives_that_break_another_rule_are_as_rare_as_on_a_site() -> None:
    positive = np.array([True] * 10 + [False] * 90)
    breaks_rules = np.array([True] * 60 + [False] * 40)  # Most negatives of the set are other abuse.
    chosen = calibrate.Chosen(np.arange(100), positive, breaks_rules)
    weights = calibrate.as_on_a_site(np.ones(100), chosen, Label.INSULT)
    others, harmless = weights[10:60].sum(), weights[60:].sum()
    expected = (calibrate.PRIORS[Label.TOXIC] - calibrate.PRIORS[Label.INSULT]) / (1 - calibrate.PRIORS[Label.INSULT])
    assert others / (others + harmless) == pytest.approx(expected)
    assert calibrate.as_on_a_site(np.ones(100), chosen, Label.TOXIC) == pytest.approx(np.ones(100))


def test_where_nothing_is_harmless_weights_stay() -> None:
    everything = np.array([True, False, False])
    chosen = calibrate.Chosen(np.arange(3), everything, np.ones(3, bool))
    assert calibrate.as_on_a_site(np.ones(3), chosen, Label.INSULT) == pytest.approx(np.ones(3))
