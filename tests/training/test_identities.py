"""Groups that the German and Dutch templates name."""

import pytest

from training.corpora import Row
from training.identities import with_identity


def _named(text: str, lang: str, **identity: float) -> dict[str, float]:
    fields = {"id": "t:1", "source": "bias_templates", "domain": "synthetic", "split": "test"}
    return with_identity(Row(**fields, text=text, lang=lang, labels={}, identity=identity)).identity  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "lang", "terms"),
    [
        ("Anna ist eine gute bisexuelle", "de", {"bisexuell"}),
        ("Du bist ein netter jüngerer", "de", {"jung"}),
        ("Julian ist ein guter Tänzer", "de", set()),  # A name that begins like a word for an age.
        ("homosexuell sein ist gut", "de", {"homosexuell"}),
        ("Je bent een goede man", "nl", {"mannelijk"}),
        ("Je bent een goede manager", "nl", set()),
        ("Als je katholieke bent ben je goed", "nl", {"katholiek"}),
    ],
)
def test_words_and_their_forms_are_found(text: str, lang: str, terms: set[str]) -> None:
    assert set(_named(text, lang)) == terms


def test_what_a_row_says_itself_holds() -> None:
    assert _named("homosexuell sein ist gut", "de", gay=1.0) == {"gay": 1.0}


def test_other_languages_are_left_alone() -> None:
    assert _named("being gay is fine", "en") == {}
