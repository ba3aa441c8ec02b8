"""The model in the repository: small, whole, and good enough to switch on."""

from pathlib import Path

import pytest

from moderator.classifier import registry
from moderator.classifier.scorer import Scorer
from moderator.domain.comments import Comment
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.judging import judge
from moderator.domain.policy import Action, Facts, Policy
from moderator.domain.scoring import Label, Signal
from tests.builders import NOON

MODELS = Path(__file__).parents[1] / "models"
MEBIBYTES_ALLOWED = 12


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    model = registry.load_current(MODELS)
    assert model is not None, "models/CURRENT names no version"
    return Scorer(model)


def _verdict(scorer: Scorer, text: str) -> Action:
    model = scorer.model
    assert model is not None
    policy = Policy(version=1)
    comment = Comment(id=CommentId("c"), site_id=SiteId("s"), text=text, received_at=NOON)
    return judge(model.complete(policy), comment, scorer.score(text), Facts()).action


def test_it_is_small_and_knows_all_labels(scorer: Scorer) -> None:
    assert scorer.model is not None
    assert set(scorer.model.labels) == set(Label)
    size = sum(path.stat().st_size for path in (MODELS / scorer.model.version).iterdir())
    assert size <= MEBIBYTES_ALLOWED * 2**20


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for this clear report.",
        "I disagree with the Commission: sanctions hurt our own farmers more than the Kremlin.",
        "What about the gas contracts of 2019? The article does not mention them.",
        "The European Parliament votes on Thursday, so we shall see.",
        "Good analysis, although I think Hungary will block it again.",
        "Ich sehe das anders, aber der Artikel ist gut geschrieben.",
        "Merci pour cet article très complet.",
    ],
)
def test_ordinary_comments_are_approved(scorer: Scorer, text: str) -> None:
    assert _verdict(scorer, text) is Action.APPROVE


@pytest.mark.parametrize(
    "text", ["Thanks!", "Danke!", "Merci !", "Obrigado!", "Спасибо!", "Well said.", "Exactly!", "👍👍👍"]
)
def test_short_comments_are_not_held_for_their_language(scorer: Scorer, text: str) -> None:
    assert _verdict(scorer, text) is Action.APPROVE


@pytest.mark.parametrize(
    "text",
    [
        "Zupełnie się nie zgadzam z autorem tego artykułu.",
        "Ik ben het er helemaal niet mee eens.",
        "Non sono affatto d'accordo con l'autore.",
        "Bu makale gerçekten çok iyi yazılmış.",
        "Зовсім не погоджуюся з автором цієї статті.",
    ],
)
def test_languages_that_it_was_not_taught_are_held(scorer: Scorer, text: str) -> None:
    scored = scorer.score(text)
    assert scored is not None
    assert Signal.UNSUPPORTED_LANGUAGE in scored.signals
    assert _verdict(scorer, text) is Action.HOLD


@pytest.mark.parametrize(
    "text",
    [
        "You are a complete idiot.",
        "Shut up, you pathetic moron.",
        "F u c k you",
        "you st\u0443pid \u0456diot",
        "I will kill you and your family.",
        "Go back to your country, filthy migrants.",
        "Buy cheap viagra at http://pills.example/now",
        "Great post! I earn $500 a day from home, see https://earn.example/start",
        "Du bist ein Vollidiot.",
        "cala a boca seu idiota",
    ],
)
def test_insults_threats_and_spam_are_not(scorer: Scorer, text: str) -> None:
    assert _verdict(scorer, text) is not Action.APPROVE


@pytest.mark.parametrize(
    "text",
    [
        "asdkjh qwlekj zxcmnb",
        "sdfkjh weriuy xcvmnb qpwoei zmxncb",
        "фывапр олджэ ячсмить йцукен",
        "Szczegółowe wyjaśnienie wszystkich przyczyn kryzysu znajdziecie państwo poniżej.",
        "Thank you for this. " * 150 + "qwpoei zmxncb alskdj qpwoeiruty zmxncbv " * 60,
    ],
)
def test_gibberish_is_signalled(scorer: Scorer, text: str) -> None:
    scored = scorer.score(text)
    assert scored is not None
    assert Signal.UNREADABLE in scored.signals


@pytest.mark.parametrize(
    "text",
    [
        "lol",
        "Volodymyr Zelenskyy",
        "Ursula von der Leyen und Wolodymyr Selenskyj",
        "Recep Tayyip Erdoğan, Kaja Kallas, Petteri Orpo",
        "CETA TTIP WTO IMF ECB",
        "Rechtsschutzversicherungsgesellschaften",
        "Hahahahahaha!!! 😀😀😀",
        "Les députés n’ont rien fait.",
        "Concordo plenamente com o autor.",
        "Спасибо за статью, но я не согласен.",
    ],
)
def test_names_and_languages_that_the_model_knows_are_not(scorer: Scorer, text: str) -> None:
    scored = scorer.score(text)
    assert scored is not None
    assert scored.signals == ()
