"""Words without spaces between them are seen; long words are left alone."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.classifier import glued, registry
from moderator.classifier.features import BASE, columns
from moderator.classifier.glued import LONGEST_RUN, MOST_RUNS, glues_words, words_in
from moderator.classifier.model import Model

MODELS = Path(__file__).parents[2] / "models"


@cache
def _load() -> Model:
    found = registry.load_current(MODELS)
    assert found is not None
    return found


@pytest.fixture(name="shipped")
def _shipped() -> Model:
    return _load()


@pytest.mark.parametrize(
    "text",
    [
        "gobacktoyourcountry now",
        "well, youareastupididiot.",
        "THISISTHEBESTARTICLEIHAVEREAD",
        "(whatdoyouwantfromthesepeople)",
    ],
)
def test_glued_words_are_seen(shipped: Model, text: str) -> None:
    assert glues_words(shipped, text)


@pytest.mark.parametrize(
    "text",
    [
        "An ordinary comment with spaces, and one more.",
        "Das Bundesverfassungsgerichtsurteil zur Kraftfahrzeughaftpflichtversicherung",
        "Die Arbeitsunfähigkeitsbescheinigung und die Rechtsschutzversicherungsgesellschaften",
        "de arbeidsongeschiktheidsverzekering van de verantwoordelijkheidsgevoelens",
        "lentokonesuihkuturbiinimoottori ja epäjärjestelmällisyys",
        "antidisestablishmentarianism, internationalisation, telecommunications",
        "#thisisthebestarticleihaveread and @thisisthebestarticleever",
        "https://news.example/whatdoyouwantfromthesepeople and whatdoyouwantfromthesepeople.example",
        "one.two=whatdoyouwantfromthesepeople",
        "hahahahahahahahahahaha kkkkkkkkkkkkkkkkkkkk nonononononononono",
        "",
    ],
)
def test_long_words_addresses_and_laughter_are_none(shipped: Model, text: str) -> None:
    assert not glues_words(shipped, text)


def test_the_words_are_those_that_were_glued(shipped: Model) -> None:
    assert words_in(shipped, "thisisthebestcountry") == ["this", "is", "the", "best", "country"]


@given(st.text("abcdefghijklmnopqrstuvwxyzäßø", min_size=1, max_size=LONGEST_RUN))
def test_words_stand_in_the_run_side_by_side(run: str) -> None:
    place = 0
    for word in words_in(_load(), run):
        place = run.index(word, place) + len(word)


@given(st.text(st.characters(categories=["Ll"]), min_size=2, max_size=12))
def test_a_words_columns_are_those_of_the_features(word: str) -> None:
    codes = [ord(letter) for letter in word]
    polynomial = sum(code * BASE**place for place, code in enumerate(codes)) % (1 << 64)
    found = set(columns(word).tolist())

    assert glued.word_column(polynomial) in found
    assert set(glued.edge_columns(codes)) <= found


def test_a_text_of_nothing_but_long_runs_costs_no_more_than_a_few(
    shipped: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def no_words(_model: Model, run: str) -> list[str]:
        looked.append(run)
        return []

    monkeypatch.setattr(glued, "words_in", no_words)

    assert not glues_words(shipped, "abcdefghij" * 10 + " " + "qwertzuiopasdfghjklyxcvbnm " * 700)
    assert len(looked) == MOST_RUNS
    assert max(map(len, looked)) <= LONGEST_RUN
