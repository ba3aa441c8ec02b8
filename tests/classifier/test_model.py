"""The folded table gives the scores of the scikit-learn pipeline."""

from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from moderator.classifier.features import COLUMNS, WINDOW
from moderator.classifier.model import Calibration, Model, Weights
from moderator.domain.policy import Policy
from moderator.domain.scoring import Caution, Label, Threshold
from tests.tiny import sentences
from training.pipeline import HashedNgrams, for_serving, idf_of, new_weighting

LABELS = (Label.TOXIC, Label.INSULT, Label.SPAM)


@cache
def pipeline() -> Pipeline:
    """The pipeline that one would write first, fitted on made sentences with labels by chance."""
    made = make_pipeline(HashedNgrams(), new_weighting(), OneVsRestClassifier(LogisticRegression(C=4)))
    labels = np.random.default_rng(3).random((300, len(LABELS))) < 0.3
    made.fit(sentences(300), labels)
    return made


@cache
def folded() -> Model:
    heads = pipeline().steps[-1][1].estimators_
    weights = Weights(
        idf=idf_of(pipeline().steps[1][1]),
        weights=for_serving(pipeline().steps[1][1], np.stack([head.coef_[0] for head in heads], axis=1)),
        intercepts=np.array([head.intercept_[0] for head in heads], np.float32),
    )
    return Model("folded-1", weights, dict.fromkeys(LABELS, Calibration(1.0, 0.0)), {})


@settings(max_examples=150)
@given(
    st.one_of(
        st.text(st.characters(codec=None), max_size=200),
        st.lists(st.sampled_from(sentences(40, seed=9)), max_size=3).map(" ".join),
    )
)
@example("")
@example("😀")
@example("\ud800")
@example("x" * 1_500)
def test_scores_are_those_of_the_pipeline(text: str) -> None:
    assert np.abs(folded().scores(text) - pipeline().predict_proba([text])[0]).max() < 1e-5


def test_calibration_is_platts_logistic() -> None:
    plain = folded()
    heads = pipeline().steps[-1][1].estimators_
    weights = Weights(
        idf=idf_of(pipeline().steps[1][1]),
        weights=for_serving(pipeline().steps[1][1], np.stack([head.coef_[0] for head in heads], axis=1)),
        intercepts=np.array([head.intercept_[0] for head in heads], np.float32),
    )
    calibrated = Model("folded-2", weights, dict.fromkeys(LABELS, Calibration(0.5, -1.0)), {})
    for text in sentences(20, seed=4):
        logits = np.log(plain.scores(text) / (1 - plain.scores(text)))
        assert calibrated.scores(text) == pytest.approx(1 / (1 + np.exp(-(0.5 * logits - 1.0))), abs=1e-5)


def test_a_calibration_keeps_the_order_of_scores() -> None:
    with pytest.raises(ValueError, match="order"):
        Calibration(-1.0, 0.0)


def test_what_hides_at_the_end_of_a_long_text_counts_as_if_it_stood_alone(model: Model) -> None:
    insult = model.labels.index(Label.INSULT)
    padding = "the minister supports the budget " * (4 * WINDOW // 33)
    hidden = padding + "you pathetic clown you are a total moron " * 3
    assert model.scores(hidden)[insult] > 5 * model.scores(padding)[insult]


def test_contributions_add_up_to_the_logit(model: Model) -> None:
    from moderator.classifier.features import columns
    from moderator.classifier.normalise import normalise

    found = columns(normalise("You are a total moron, said the minister."))
    parts = model.contributions(found).sum(axis=0)
    assert model.logits(found) - model.logits(columns("")) == pytest.approx(parts, abs=1e-4)


@pytest.mark.parametrize(
    ("idf", "weights", "intercepts"),
    [
        (np.ones(3, np.float32), np.ones((COLUMNS, 1), np.float32), np.zeros(1, np.float32)),
        (np.ones(COLUMNS, np.float32), np.ones((COLUMNS, 2), np.float32), np.zeros(1, np.float32)),
        (np.full(COLUMNS, np.nan, np.float32), np.ones((COLUMNS, 1), np.float32), np.zeros(1, np.float32)),
        (np.ones(COLUMNS, np.float32), np.ones((COLUMNS, 1), np.float32), np.full(1, np.inf, np.float32)),
    ],
)
def test_weights_that_cannot_be_right_are_refused(idf: np.ndarray, weights: np.ndarray, intercepts: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"fit|finite"):
        Weights(idf=idf, weights=weights, intercepts=intercepts)


def test_a_language_with_its_own_thresholds_completes_a_policy(model: Model) -> None:
    own = {Caution.BALANCED: {"de": {Label.TOXIC: Threshold.hold_only(0.9)}}}
    german = Model.__new__(Model)
    german.__dict__.update(model.__dict__, _by_language=own)
    policy = german.complete(Policy(version=1))
    assert policy.thresholds_for(None, "de")[Label.TOXIC].hold_at == 0.9
    assert policy.thresholds_for(None, "de")[Label.SPAM] == model.thresholds(Caution.BALANCED)[Label.SPAM]
    assert policy.thresholds_for(None, "fr") == policy.thresholds
    assert german.complete(Policy(version=1, caution=Caution.CAUTIOUS)).languages == {}


def test_thresholds_are_those_of_the_level_of_caution(model: Model) -> None:
    cautious, permissive = model.thresholds(Caution.CAUTIOUS), model.thresholds(Caution.PERMISSIVE)
    assert set(cautious) == set(model.labels)
    assert all(isinstance(one, Threshold) for one in cautious.values())
    assert all(cautious[label].hold_at <= permissive[label].hold_at for label in model.labels)
