"""Scores, signals and reasons of the model in use."""

from dataclasses import replace

import pytest

from moderator.classifier.model import Model
from moderator.classifier.scorer import Scorer
from moderator.domain.scoring import Label, Scored, Signal
from tests.tiny import sentences


def test_without_a_model_nothing_is_scored_or_explained() -> None:
    scorer = Scorer(None)
    assert scorer.version is None
    assert scorer.model is None
    assert scorer.score("anything") is None
    assert scorer.score_many(["a", "b"]) == [None, None]
    assert scorer.scores_many(["a", "b"]) == [{}, {}]
    assert scorer.explain("anything", list(Label)) == ()
    assert scorer.house_rules("anything") is None


def test_scores_name_the_model_that_gave_them(model: Model) -> None:
    scorer = Scorer(model)
    assert scorer.version == model.version
    scored = scorer.score("You pathetic clown.")
    assert scored is not None
    assert scored.model == model.version
    assert set(scored.scores) == set(model.labels)


def test_harm_scores_higher_than_an_ordinary_sentence(model: Model) -> None:
    scorer = Scorer(model)
    ordinary = scorer.score("The minister explains the budget.")
    assert ordinary is not None
    for label, text in {
        Label.INSULT: "You pathetic clown!",
        Label.THREAT: "I will find you and hurt you.",
        Label.SPAM: "Buy cheap pills at http://pills.example",
        Label.IDENTITY_ATTACK: "All martians are vermin.",
    }.items():
        scored = scorer.score(text)
        assert scored is not None
        assert scored.scores[label] > 5 * ordinary.scores[label]


@pytest.mark.parametrize(
    ("text", "lang", "signals"),
    [
        ("The minister explains the budget.", None, ()),
        ("y o u m o r o n", None, (Signal.OBFUSCATED,)),
        ("你好，世界", None, (Signal.UNREADABLE,)),
        ("ordinary", "en", ()),
        ("ordinary", "en-GB", ()),
        ("ordinary", "EN", ()),
        ("ganz normal", "de", (Signal.UNSUPPORTED_LANGUAGE,)),
        ("Zupełnie się nie zgadzam z autorem tego artykułu.", None, (Signal.UNSUPPORTED_LANGUAGE,)),
        ("Zupełnie się nie zgadzam z autorem tego artykułu.", "en", ()),  # Who says so knows better.
        ("Thanks!", None, ()),
        ("Danke!", None, ()),
    ],
)
def test_signals_say_why_the_score_alone_does_not_do(
    model: Model, text: str, lang: str | None, signals: tuple[Signal, ...]
) -> None:
    known = Model.__new__(Model)
    known.__dict__.update(model.__dict__)
    known.languages, known.scripts = frozenset({"en"}), frozenset({"LATIN"})
    scored = Scorer(known).score(text, lang)
    assert scored is not None
    assert scored.signals == signals


@pytest.mark.parametrize(
    ("text", "lang", "language"),
    [
        ("I do not agree with the author of this article.", None, "en"),
        ("Das sehe ich ganz anders als die Verfasserin.", None, "de"),
        ("Das sehe ich ganz anders als die Verfasserin.", "PT-br", "pt"),
        ("Thanks!", None, None),
    ],
)
def test_the_language_is_what_the_site_says_or_else_what_the_text_shows(
    model: Model, text: str, lang: str | None, language: str | None
) -> None:
    known = Model.__new__(Model)
    known.__dict__.update(model.__dict__)
    known.languages = frozenset({"en"})
    scorer = Scorer(known)
    scored, (one_of_many,) = scorer.score(text, lang), scorer.score_many([text], [lang])
    assert scored is not None
    assert scored.language == language
    assert one_of_many is not None
    assert_same(one_of_many, scored)


def assert_same(one: Scored, other: Scored) -> None:
    """Assert that they say the same; scores may differ by rounding."""
    assert one.scores == pytest.approx(other.scores, rel=1e-4, abs=1e-7)
    assert replace(one, scores=other.scores) == other


def test_a_model_that_names_no_languages_asks_for_none(model: Model) -> None:
    scored = Scorer(model).score("Zupełnie się nie zgadzam z autorem tego artykułu.")
    assert model.languages == frozenset()
    assert scored is not None
    assert scored.language is None


def test_spans_name_the_words_that_drove_the_score(model: Model) -> None:
    text = "The mayor welcomes the vote. You Pathetic Clown! The author discusses the harvest."
    spans = Scorer(model).explain(text, [Label.INSULT])
    words = {text[span.start : span.end] for span in spans}
    assert {"Pathetic", "Clown"} <= words
    assert all(span.label is Label.INSULT and 0 < span.weight <= 1 for span in spans)
    assert sum(span.weight for span in spans) <= 1 + 1e-6
    assert max(spans, key=lambda span: span.weight).start in (text.index("Pathetic"), text.index("Clown"))


def test_spans_count_code_points_of_the_original(model: Model) -> None:
    text = "😀😀 y\u0336ou p4thetic cl0wn"
    spans = Scorer(model).explain(text, [Label.INSULT])
    assert {text[span.start : span.end] for span in spans} & {"p4thetic", "cl0wn"}


def test_spans_of_a_long_text_lie_in_the_window_that_scored_highest(model: Model) -> None:
    padding = "The minister supports the budget. " * 120
    text = padding + "You pathetic clown. " + padding
    spans = Scorer(model).explain(text, [Label.INSULT])
    assert any(text[span.start : span.end] == "pathetic" for span in spans)
    assert all(abs(span.start - len(padding)) < 2_100 for span in spans)


def test_a_text_without_words_has_no_spans(model: Model) -> None:
    assert Scorer(model).explain("!!!", list(Label)) == ()
    assert Scorer(model).explain("words", []) == ()


def test_score_many_scores_each_alone(model: Model) -> None:
    scorer, texts = Scorer(model), sentences(5)
    for one_of_many, text in zip(scorer.score_many(texts), texts, strict=True):
        alone = scorer.score(text)
        assert one_of_many is not None
        assert alone is not None
        assert_same(one_of_many, alone)
    assert scorer.score_many([]) == []


def test_scores_alone_are_those_of_score_many(model: Model) -> None:
    scorer = Scorer(model)
    texts = sentences(5, seed=3)
    for few in (texts, texts[:1]):
        for scores, scored in zip(scorer.scores_many(few), scorer.score_many(few), strict=True):
            assert scored is not None
            assert scores == pytest.approx(scored.scores, rel=1e-4, abs=1e-7)


def test_score_many_knows_the_language_of_each(model: Model) -> None:
    known = Model.__new__(Model)
    known.__dict__.update(model.__dict__)
    known.languages = frozenset({"en"})
    scored = Scorer(known).score_many(["normal", "normal", "normal"], ["en", "de", None])
    assert [one.signals for one in scored if one] == [(), (Signal.UNSUPPORTED_LANGUAGE,), ()]
