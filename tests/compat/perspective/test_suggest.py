"""`comments:suggestscore`: a label of little trust for each attribute, and nothing else."""

from typing import Any

import pytest

from moderator.domain.feedback import Feedback, Provenance
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.storage import feedback
from tests.compat.perspective.conftest import SUGGEST, Caller, error_of, error_type
from tests.compat.tables import row_counts

pytestmark = pytest.mark.anyio

# What Coral sends when a moderator has rejected a comment.
REJECTED = {
    "comment": {"text": "👍🏽 You idiot."},
    "context": {"entries": [{"text": '{"url":"https://news.example/budget"}'}]},
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
    "languages": ["en"],
    "communityId": "Coral:https://coral.news.example",
    "clientToken": "comment:c-12",
}


async def kept(services: Services, caller: Caller) -> list[Feedback]:
    async with services.database.read() as connection:
        return list(await feedback.page(connection, caller.site_id))


def suggestion(**scores: Any) -> dict[str, Any]:
    return {"comment": {"text": "You idiot."}, "attributeScores": scores}


async def test_a_suggestion_is_one_label_with_its_provenance(services: Services, stored: Caller) -> None:
    before = await row_counts(services.database)

    answer = await stored.post(SUGGEST, REJECTED)

    assert answer.status_code == 200
    assert answer.json() == {"clientToken": "comment:c-12", "requestedLanguages": ["en"]}
    (one,) = await kept(services, stored)
    assert (one.label, one.value, one.provenance) == (Label.TOXIC, 1.0, Provenance.SUGGESTION)
    assert (one.text, one.lang, one.comment_id) == ("👍🏽 You idiot.", "en", None)
    assert 0 < one.trust < 1
    assert await row_counts(services.database) == {**before, "feedback": before["feedback"] + 1}


async def test_each_label_has_one_row_however_often_it_is_suggested(services: Services, stored: Caller) -> None:
    for value in (1, 0, 0.25):
        scores = {name: {"summaryScore": {"value": value, "type": "PROBABILITY"}} for name in ("INSULT", "PROFANITY")}
        assert (await stored.post(SUGGEST, suggestion(**scores))).status_code == 200

    assert [(one.label, one.value) for one in await kept(services, stored)] == [
        (Label.INSULT, 0.25),
        (Label.OBSCENE, 0.25),
    ]


async def test_of_scores_for_parts_the_highest_counts(light_services: Services, caller: Caller) -> None:
    parts = [{"begin": 0, "end": 3, "score": {"value": 0.2}}, {"begin": 4, "end": 9, "score": {"value": 0.9}}, {}]

    await caller.post(SUGGEST, suggestion(INSULT={"spanScores": parts}))
    await caller.post(SUGGEST, suggestion(SPAM={"summaryScore": {"value": 0.1}, "spanScores": parts}))

    assert [one.value for one in await kept(light_services, caller)] == [0.9, 0.1]


@pytest.mark.parametrize(
    "scores",
    [
        {},
        {"INSULT": None},
        {"INSULT": {}},
        {"INSULT": {"summaryScore": {}}},
        {"INSULT": {"summaryScore": {"value": 1.01}}},
        {"INSULT": {"summaryScore": {"value": -1}}},
        {"INSULT": {"summaryScore": {"value": "NaN"}}},
        {"INSULT": {"summaryScore": {"value": 1, "type": "RAW"}}},
        {"INSULT": {"spanScores": []}},
        {"INSULT": {"summaryScore": {"value": 1}}, "FLIRTATION": {"summaryScore": {"value": 1}}},
    ],
)
async def test_what_says_nothing_clear_is_refused_and_not_kept(
    light_services: Services, caller: Caller, scores: dict[str, Any]
) -> None:
    answer = await caller.post(SUGGEST, suggestion(**scores))

    error_of(answer)
    assert await kept(light_services, caller) == []


async def test_an_attribute_without_a_label_is_named(caller: Caller) -> None:
    answer = await caller.post(SUGGEST, suggestion(FLIRTATION={"summaryScore": {"value": 1}}))

    assert error_type(answer) == "INVALID_REQUEST"
    assert error_of(answer)["message"] == "Unknown requested attribute: FLIRTATION"


async def test_a_text_longer_than_a_comment_may_be(caller: Caller) -> None:
    answer = await caller.post(SUGGEST, {**REJECTED, "comment": {"text": "a" * 20_001}})

    assert error_type(answer) == "COMMENT_TOO_LONG"


async def test_a_text_that_cannot_be_stored(stored: Caller) -> None:
    answer = await stored.post(SUGGEST, {**REJECTED, "comment": {"text": "You\x00idiot"}})

    (violation,) = error_of(answer)["details"][0]["fieldViolations"]
    assert violation["field"] == "comment.text"


@pytest.mark.parametrize(
    ("languages", "lang"),
    [(["pt-BR", "en"], "pt"), (["x" * 500], None), (["e\x00"], None), ([], None), (["und"], None)],
)
async def test_the_language_that_is_named_is_kept(
    services: Services, stored: Caller, languages: list[str], lang: str | None
) -> None:
    assert (await stored.post(SUGGEST, {**REJECTED, "languages": languages})).status_code == 200

    assert [one.lang for one in await kept(services, stored)] == [lang]


async def test_a_real_model_tells_the_language_for_the_record(modelled: Caller) -> None:
    text = "The minister explains the new budget to parliament."

    answer = await modelled.post(
        SUGGEST, {**suggestion(SPAM={"summaryScore": {"value": 0}}), "comment": {"text": text}}
    )

    assert answer.json() == {"detectedLanguages": ["en"]}
