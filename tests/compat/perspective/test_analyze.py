"""`comments:analyze`: scores, spans, thresholds, languages; and no trace of any of it."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.compat.perspective.attributes import LABELS
from moderator.domain.scoring import Label
from moderator.services import Services
from tests.compat.perspective.conftest import ANALYZE, Caller, error_of, error_type
from tests.compat.tables import row_counts
from tests.fakes import FakeScorer

pytestmark = pytest.mark.anyio

PRODUCTION = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
OTHERS = ("SEXUALLY_EXPLICIT", "SPAM", "OBSCENE", "TOXICITY_FAST", *(f"{name}_EXPERIMENTAL" for name in PRODUCTION))
NOT_MODELLED = (
    "FLIRTATION",
    "ATTACK_ON_AUTHOR",
    "ATTACK_ON_COMMENTER",
    "INCOHERENT",
    "INFLAMMATORY",
    "UNSUBSTANTIAL",
    "LIKELY_TO_REJECT",
    "AFFINITY_EXPERIMENTAL",
    "SARCASM",
    "insult",
    "",
)


def scores(answer: httpx2.Response) -> dict[str, float]:
    assert answer.status_code == 200, answer.text
    found = answer.json()["attributeScores"]
    assert all(one["summaryScore"]["type"] == "PROBABILITY" for one in found.values())
    return {name: one["summaryScore"]["value"] for name, one in found.items()}


def spans(answer: httpx2.Response, name: str = "INSULT") -> list[tuple[int, int, float]]:
    found = answer.json()["attributeScores"][name]["spanScores"]
    assert all(one["score"]["type"] == "PROBABILITY" for one in found)
    return [(one["begin"], one["end"], one["score"]["value"]) for one in found]


async def test_the_whole_answer(caller: Caller) -> None:
    answer = await caller.analyze("You idiot.", "INSULT", clientToken="comment-12", languages=["en"], sessionId="3")

    score = {"value": 0.6, "type": "PROBABILITY"}
    assert answer.json() == {
        "attributeScores": {"INSULT": {"spanScores": [{"begin": 0, "end": 10, "score": score}], "summaryScore": score}},
        "languages": ["en"],
        "clientToken": "comment-12",
    }
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"


async def test_every_attribute_of_ours_in_one_call(caller: Caller) -> None:
    found = scores(await caller.analyze("You scum! I kill you.", *PRODUCTION, *OTHERS))

    assert set(found) == {*PRODUCTION, *OTHERS}
    assert found["INSULT"] == found["INSULT_EXPERIMENTAL"] == 0.95
    assert found["THREAT"] == 0.7
    assert found["SPAM"] == found["TOXICITY"] == found["TOXICITY_FAST"] == 0.01


async def test_a_version_of_an_attribute_is_the_attribute(caller: Caller) -> None:
    assert scores(await caller.analyze("You idiot.", "INSULT@6")) == {"INSULT@6": 0.6}


@pytest.mark.parametrize("name", NOT_MODELLED)
async def test_what_is_not_modelled_is_refused_and_named_alone(caller: Caller, name: str) -> None:
    answer = await caller.analyze("You idiot.", "INSULT", name, "UNHEARD_OF")

    assert error_type(answer) == "INVALID_REQUEST"
    assert error_of(answer)["message"] == f"Unknown requested attribute: {name}"
    assert error_of(answer)["status"] == "INVALID_ARGUMENT"


async def test_each_attribute_is_offered_exactly_while_the_model_has_its_label(modelled: Caller) -> None:
    assert {label for name, label in LABELS.items() if name != "LIKELY_TO_REJECT"} == set(Label)
    for name, label in LABELS.items():
        answer = await modelled.analyze("The minister explains the budget.", name)
        assert answer.status_code == (200 if label in set(Label) else 400)


async def test_an_attribute_below_its_own_threshold_is_left_out(caller: Caller) -> None:
    wanted = {
        "INSULT": {"scoreThreshold": 0.6},
        "THREAT": {"scoreThreshold": 0.6001, "scoreType": "PROBABILITY"},
        "SPAM": {"scoreThreshold": "0.5"},
        "PROFANITY": {"scoreThreshold": None, "scoreType": None},
        "TOXICITY": None,
    }
    body = {"comment": {"text": "You idiot."}, "requestedAttributes": wanted}

    assert set(scores(await caller.post(ANALYZE, body))) == {"INSULT", "PROFANITY", "TOXICITY"}


@pytest.mark.parametrize("kind", ["STD_DEV_SCORE", "PERCENTILE", "RAW", "BEST", 3])
async def test_only_probabilities_are_served(caller: Caller, kind: object) -> None:
    body = {"comment": {"text": "Hi."}, "requestedAttributes": {"TOXICITY": {"scoreType": kind}}}

    answer = await caller.post(ANALYZE, body)

    assert error_type(answer) == "INVALID_REQUEST"
    assert error_of(answer)["message"] == f"Requested score type {kind} is not supported by attribute TOXICITY"


async def test_annotations_score_each_sentence_in_utf16_code_units(caller: Caller) -> None:
    text = "👍🏽 All is well. You idiot! 👩‍👧 Sorry, e\u0301te\u0301."

    answer = await caller.analyze(text, "INSULT", "SPAM", spanAnnotations=True)

    raw = text.encode("utf-16-le")
    said = [(raw[2 * begin : 2 * end].decode("utf-16-le"), score) for begin, end, score in spans(answer)]
    assert said == [("👍🏽 All is well.", 0.01), ("You idiot!", 0.6), ("👩‍👧 Sorry, e\u0301te\u0301.", 0.01)]
    assert scores(answer)["INSULT"] == 0.6
    assert [span[:2] for span in spans(answer, "SPAM")] == [span[:2] for span in spans(answer)]


@pytest.mark.parametrize(("text", "end"), [("You idiot 👍🏽", 14), (" Hi. There. ", 12)])
async def test_without_annotations_one_span_is_the_whole_text(caller: Caller, text: str, end: int) -> None:
    for more in ({}, {"spanAnnotations": False}, {"spanAnnotations": None}):
        ((begin, found, _),) = spans(await caller.analyze(text, "INSULT", **more))
        assert (begin, found) == (0, end)


@pytest.mark.parametrize(
    "escape", ["\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\ud83d\\ud83d\\ude00", "\\\\ud83d\\uD83D"]
)
async def test_half_a_character_is_no_fault(caller: Caller, escape: str) -> None:
    body = f'{{"comment":{{"text":"You idiot {escape}"}},"requestedAttributes":{{"INSULT":{{}}}}}}'

    answer = await caller.send(body.encode())

    meant = json.loads(f'"You idiot {escape}"')
    assert spans(answer) == [(0, len(meant.encode("utf-16-le", "surrogatepass")) // 2, 0.6)]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.one_of(st.characters(), st.sampled_from('\\"ud8👍\ud83d\ude00. \n')), min_size=1))
async def test_any_text_that_python_can_write_as_json_is_scored(caller: Caller, text: str) -> None:
    body = {"comment": {"text": f"x{text}"}, "requestedAttributes": {"TOXICITY": {}}, "spanAnnotations": True}

    answer = await caller.send(json.dumps(body).encode())

    units = len(f"x{text}".encode("utf-16-le", "surrogatepass")) // 2
    found = spans(answer, "TOXICITY")
    assert all(0 <= begin < end <= units for begin, end, _ in found)


async def test_names_with_underscores_and_unknown_members_are_taken(caller: Caller) -> None:
    body = {
        "comment": {"text": 'You idiot. "client_token": 3', "lang": "en"},
        "requested_attributes": {"INSULT": {"score_threshold": 0.5, "weight": 3}, "SPAM": {"score_threshold": 0.5}},
        "span_annotations": True,
        "do_not_store": True,
        "client_token": "t",
        "community_id": "c",
        "somethingNew": {"deep": [1, 2, {"er": None}]},
    }

    answer = await caller.post(ANALYZE, body)

    assert set(scores(answer)) == {"INSULT"}
    assert len(spans(answer)) == 2
    assert answer.json()["clientToken"] == "t"


@pytest.mark.parametrize(
    "context",
    [
        None,
        {},
        {"entries": []},
        {"entries": [{"text": "The budget.", "type": "PLAIN_TEXT"}, {}]},
        {"articleAndParentComment": {"article": {"text": "The budget"}, "parentComment": {"text": "No."}}},
        {"entries": [], "articleAndParentComment": {}},
    ],
)
async def test_context_of_either_kind_is_taken(caller: Caller, context: object) -> None:
    assert scores(await caller.analyze("You idiot.", "INSULT", context=context)) == {"INSULT": 0.6}


async def test_contexts_of_both_kinds_at_once_are_refused(caller: Caller) -> None:
    context = {"entries": [{"text": "A"}], "articleAndParentComment": {"article": {"text": "B"}}}

    answer = await caller.analyze("You idiot.", "INSULT", context=context)

    assert error_type(answer) == "INVALID_REQUEST"
    assert "both fields were populated" in error_of(answer)["message"]


async def test_googles_own_parameters_are_passed_over(caller: Caller) -> None:
    more = "alt=json&$alt=json&prettyPrint=false&fields=attributeScores&quotaUser=7&$.xgafv=2&callback=f"
    body = {"comment": {"text": "You idiot."}, "requestedAttributes": {"INSULT": {}}}

    answer = await caller.http.post(f"{ANALYZE}?{more}&key={caller.key}", json=body)

    assert scores(answer) == {"INSULT": 0.6}


async def test_the_key_may_come_in_googles_header(caller: Caller) -> None:
    body = {"comment": {"text": "You idiot."}, "requestedAttributes": {"INSULT": {}}}

    answer = await caller.http.post(ANALYZE, json=body, headers={"x-goog-api-key": caller.key})

    assert scores(answer) == {"INSULT": 0.6}


@pytest.mark.parametrize("path", ["/v1alpha1/comments%3Aanalyze", "/v1alpha1/comments:analyze"])
async def test_the_colon_may_be_escaped(caller: Caller, path: str) -> None:
    body = {"comment": {"text": "You idiot."}, "requestedAttributes": {"INSULT": {}}}

    assert scores(await caller.post(path, body)) == {"INSULT": 0.6}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json;charset=utf-8"])
async def test_whatever_the_content_type_says_the_body_is_json(caller: Caller, kind: str) -> None:
    body = b'{"comment":{"text":"You idiot."},"requestedAttributes":{"INSULT":{}}}'

    assert scores(await caller.send(body, **{"content-type": kind})) == {"INSULT": 0.6}


async def test_nothing_is_stored_whatever_was_asked(services: Services, stored: Caller) -> None:
    before = await row_counts(services.database)

    for more in ({"doNotStore": True}, {"doNotStore": False}, {}, {"spanAnnotations": True, "sessionId": "7"}):
        assert (await stored.analyze("You scum, buy viagra.", *PRODUCTION, **more)).status_code == 200
    assert (await stored.analyze("Hm.", "FLIRTATION")).status_code == 400

    assert before["sites"] == 1
    assert await row_counts(services.database) == before


async def test_without_a_model_there_is_no_score(light_services: Services, caller: Caller) -> None:
    light_services.scorer = FakeScorer(None)

    answer = await caller.analyze("You idiot.", "INSULT")

    error = error_of(answer, 503)
    assert (error["status"], error["message"]) == ("UNAVAILABLE", "No model is loaded.")
    assert int(answer.headers["retry-after"]) > 0


# A text of sixteen letters or more is in a language; the tiny model knows English and German.
ENGLISH = "The minister explains the new budget to parliament."
JAPANESE = "大臣は議会で新しい予算について説明しました。とても長い話でした。"
SPANISH = "El ministro explica el nuevo presupuesto al parlamento de la nación."


async def languages(caller: Caller, text: str, *names: str, **more: object) -> Any:
    answer = await caller.analyze(text, *(names or ("TOXICITY",)), **more)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["languages"], body.get("detectedLanguages")


async def test_a_language_that_is_not_named_is_detected(modelled: Caller) -> None:
    assert await languages(modelled, ENGLISH) == (["en"], ["en"])
    assert await languages(modelled, ENGLISH, languages=[]) == (["en"], ["en"])
    assert await languages(modelled, ENGLISH, languages=None) == (["en"], ["en"])


async def test_a_text_too_short_to_tell_is_scored(modelled: Caller) -> None:
    assert await languages(modelled, "you clown") == (["und"], ["und"])
    assert await languages(modelled, "!!! 12 👍") == (["und"], ["und"])


async def test_languages_that_are_named_come_back(modelled: Caller) -> None:
    assert await languages(modelled, JAPANESE, languages=["en-GB"]) == (["en-GB"], None)
    assert await languages(modelled, "you clown", languages=["EN", "en-US"]) == (["EN", "en-US"], None)
    assert await languages(modelled, ENGLISH, languages=["und"]) == (["en"], ["en"])


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        (ENGLISH, {"languages": ["tlh"]}, {"requestedLanguages": ["tlh"]}),
        (ENGLISH, {"languages": ["en", "es"]}, {"requestedLanguages": ["en", "es"]}),
        (ENGLISH, {"languages": [""]}, {"requestedLanguages": [""]}),
        (JAPANESE, {}, {"detectedLanguages": ["ja"]}),
        (SPANISH, {}, {"detectedLanguages": ["es"]}),
    ],
)
async def test_a_language_that_is_not_known_is_refused_with_one_attribute(
    modelled: Caller, text: str, more: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    answer = await modelled.analyze(text, "INSULT", "TOXICITY", **more)

    error = error_of(answer)
    (named,) = expected.values()
    assert error_type(answer) == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    assert error["message"] == f"Attribute INSULT does not support request languages: {', '.join(named)}"
    assert error["details"][0]["languageNotSupportedByAttributeError"] == {**expected, "attribute": "INSULT"}


async def test_attributes_that_do_not_know_the_language_may_be_dropped_instead(modelled: Caller) -> None:
    answer = await modelled.analyze(SPANISH, "INSULT", "TOXICITY", dropUnsupportedAttributes=True)

    assert answer.json() == {"attributeScores": {}, "languages": ["es"], "detectedLanguages": ["es"]}


async def test_a_real_model_scores_the_sentence_that_insults(modelled: Caller) -> None:
    text = f"{ENGLISH} 👍🏽 You are a total moron! {ENGLISH}"

    answer = await modelled.analyze(text, "INSULT", spanAnnotations=True)

    scored = spans(answer)
    assert len(scored) == 3
    assert max(scored, key=lambda span: span[2]) == scored[1]
    assert scored[1][2] > 0.5 > scored[0][2]
