"""Texts show their language where they are long and plain enough, and nothing is guessed where they are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.classifier.language import FEWEST_LETTERS, find_language, primary

_FOREIGN = {
    "pl": ("Zupełnie się nie zgadzam z autorem tego artykułu.", "Dlaczego nikt o tym nie mówi w telewizji?"),
    "nl": ("Ik ben het er helemaal niet mee eens.", "De regering moet nu eindelijk iets doen."),
    "it": ("Non sono affatto d'accordo con l'autore.", "Perché nessuno parla di questo problema?"),
    "tr": ("Bu makale gerçekten çok iyi yazılmış.", "Neden kimse bundan bahsetmiyor?"),
    "es": ("El gobierno debería bajar los impuestos de una vez.", "¿Por qué nadie habla de esto en la televisión?"),
    "sv": ("Jag håller inte alls med författaren.", "Varför är det ingen som pratar om detta?"),
    "cs": ("S autorem článku vůbec nesouhlasím.", "Vláda by měla konečně něco udělat s cenami."),
    "hu": ("A kormánynak végre tennie kellene valamit.", "Köszönöm ezt a nagyon jó cikket."),
    "fi": ("En ole ollenkaan samaa mieltä kirjoittajan kanssa.", "Hallituksen pitäisi vihdoin tehdä jotain."),
    "uk": ("Зовсім не погоджуюся з автором цієї статті.", "Уряд нарешті має щось зробити з цінами."),
}
_KNOWN = {
    "en": ("I disagree with the Commission: sanctions hurt our own farmers.", "What about the gas contracts of 2019?"),
    "de": ("Ich sehe das anders, aber der Artikel ist gut geschrieben.", "Das Thema wird im Bundestag oft verfehlt."),
    "fr": ("Merci pour cet article très complet.", "Le gouvernement devrait enfin baisser les taxes."),
    "pt": ("Não concordo nada com o autor deste artigo.", "O governo devia finalmente fazer alguma coisa."),
    "ru": ("Совершенно не согласен с автором статьи.", "Правительство должно наконец что-то сделать."),
}


@pytest.mark.parametrize(("language", "texts"), [*_FOREIGN.items(), *_KNOWN.items()])
def test_a_sentence_shows_its_language(language: str, texts: tuple[str, ...]) -> None:
    assert [find_language(text) for text in texts] == [language] * len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thanks!",
        "LOL",
        "Well said.",
        "Danke!",
        "👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍",
        "12345 67890 12345",
        "Bravo, bravo",
    ],
)
def test_short_texts_are_in_no_language(text: str) -> None:
    assert find_language(text) is None


def test_addresses_and_names_say_nothing_of_the_language() -> None:
    assert find_language("https://beispiel.example/das-ist-ein-sehr-langer-weg @jemand #irgendwas ok") is None


def test_capitals_change_nothing() -> None:
    assert find_language("WHY DOES NOBODY TALK ABOUT THE PRICE OF BREAD IN THIS COUNTRY?") == "en"


def test_of_a_long_text_the_beginning_counts() -> None:
    german = "Das sehe ich ganz anders als die Verfasserin dieses Artikels. " * 10
    assert find_language(german + "But the end is English. " * 500) == "de"


@given(st.text(max_size=400))
def test_any_text_has_one_language_or_none(text: str) -> None:
    found = find_language(text)
    assert found is None or (found.isalpha() and found.islower())
    if sum(map(str.isalpha, text)) < FEWEST_LETTERS:
        assert found is None


@pytest.mark.parametrize(("tag", "language"), [("pt-BR", "pt"), ("EN", "en"), ("zh-Hant-TW", "zh"), ("de", "de")])
def test_a_tag_begins_with_its_language(tag: str, language: str) -> None:
    assert primary(tag) == language
