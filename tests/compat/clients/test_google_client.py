"""google-api-python-client, which learns from our discovery document where and how to call."""

from collections.abc import Iterator
from typing import Any

import pytest
from googleapiclient import discovery
from googleapiclient.discovery import Resource
from googleapiclient.errors import HttpError

from tests.compat.clients import texts
from tests.compat.clients.conftest import ClientService

INSULT = "you are a total moron"
PRODUCTION = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
OURS = (*PRODUCTION, "SEXUALLY_EXPLICIT", "SPAM", *(f"{name}_EXPERIMENTAL" for name in PRODUCTION))


def build(service: ClientService, key: str | None = None) -> Resource:
    return discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=service.key if key is None else key,
        discoveryServiceUrl=f"{service.url}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )


@pytest.fixture
def client(service: ClientService) -> Iterator[Resource]:
    with build(service) as client:
        yield client


def analyze(client: Resource, text: str, *names: str, **more: Any) -> Any:
    requested = more.pop("requestedAttributes", {name: {} for name in names})
    body = {"comment": {"text": text}, "requestedAttributes": requested, "languages": ["en"], **more}
    return client.comments().analyze(body=body).execute()


def value(answer: Any, name: str) -> float:
    score = answer["attributeScores"][name]["summaryScore"]
    assert score["type"] == "PROBABILITY"
    found: float = score["value"]
    return found


def utf16(text: str, span: dict[str, int]) -> str:
    """Return the part of a text between two offsets in UTF-16 code units, as the protocol counts."""
    raw = text.encode("utf-16-le")
    return raw[2 * span.get("begin", 0) : 2 * span["end"]].decode("utf-16-le")


def details(error: HttpError) -> dict[str, Any]:
    """Return the protocol's own part of an error."""
    found: dict[str, Any] = error.error_details[0]
    assert found["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    return found


def test_every_attribute_of_ours_in_one_call(client: Resource) -> None:
    answer = analyze(client, INSULT, *OURS)
    assert set(answer["attributeScores"]) == set(OURS)
    scores = {name: value(answer, name) for name in OURS}
    assert all(0 <= score <= 1 for score in scores.values())
    assert scores["INSULT"] > 0.5 > scores["SPAM"]
    assert value(analyze(client, texts.spam(), "SPAM"), "SPAM") > 0.9


def test_languages_and_token_come_back(client: Resource) -> None:
    answer = analyze(client, texts.ham(), "TOXICITY", clientToken="comment-12")
    assert answer["clientToken"] == "comment-12"
    assert answer["languages"] == ["en"]
    assert "detectedLanguages" not in answer


def test_a_language_that_is_not_named_is_detected(client: Resource) -> None:
    answer = analyze(client, texts.ham(), "TOXICITY", languages=[])
    assert answer["languages"] == answer["detectedLanguages"] == ["en"]


@pytest.mark.parametrize("before", ["", "👍🏽👍🏽 ", "e\u0301te\u0301 𝔘 "])
def test_spans_count_utf16_code_units(client: Resource, before: str) -> None:
    calm = "Parliament supports the railway, says the Commission in its letter."
    text = f"{before}{calm} {INSULT}"
    spans = analyze(client, text, "INSULT", spanAnnotations=True)["attributeScores"]["INSULT"]["spanScores"]
    worst = max(spans, key=lambda span: span["score"]["value"])
    assert {utf16(text, span).strip() == "" for span in spans} == {False}
    assert any(word in utf16(text, worst) for word in INSULT.split())
    assert max(span["end"] for span in spans) <= len(text.encode("utf-16-le")) // 2


def test_without_annotations_one_span_is_the_whole_text(client: Resource) -> None:
    text = f"👍🏽 {INSULT}"
    (span,) = analyze(client, text, "INSULT")["attributeScores"]["INSULT"]["spanScores"]
    assert utf16(text, span) == text


def test_an_attribute_below_its_own_threshold_is_left_out(client: Resource) -> None:
    wanted = {"INSULT": {"scoreThreshold": 0.5}, "SPAM": {"scoreThreshold": 0.5}, "THREAT": {}}
    answer = analyze(client, INSULT, requestedAttributes=wanted)
    assert set(answer["attributeScores"]) == {"INSULT", "THREAT"}


def test_analysing_leaves_no_row(client: Resource, service: ClientService) -> None:
    before = service.rows()
    analyze(client, texts.held(), *PRODUCTION, doNotStore=True)
    analyze(client, texts.spam(), *PRODUCTION, doNotStore=False)
    assert service.rows() == before


def test_context_of_either_kind_is_taken(client: Resource) -> None:
    entries = {"entries": [{"text": "The budget is fine.", "type": "PLAIN_TEXT"}]}
    both = {"article": {"text": "The budget"}, "parentComment": {"text": "No."}}
    assert value(analyze(client, INSULT, "INSULT", context=entries), "INSULT") > 0.5
    assert value(analyze(client, INSULT, "INSULT", context={"articleAndParentComment": both}), "INSULT") > 0.5


def test_a_suggested_score_is_kept_as_a_suggestion(client: Resource, service: ClientService) -> None:
    text = texts.ham()
    body = {
        "comment": {"text": text},
        "attributeScores": {"INSULT": {"summaryScore": {"value": 1}}, "SPAM": {"summaryScore": {"value": 0.25}}},
        "languages": ["en"],
        "communityId": "news.example/budget",
        "clientToken": "comment-12",
    }
    answer = client.comments().suggestscore(body=body).execute()
    assert answer["clientToken"] == "comment-12"
    assert service.comments(text) == []
    assert service.feedback(text) == [("insult", 1.0, "suggestion"), ("spam", 0.25, "suggestion")]


def test_an_unknown_attribute_is_named_alone(client: Resource) -> None:
    with pytest.raises(HttpError) as caught:
        analyze(client, INSULT, "TOXICITY", "SARCASM", "IRONY")
    assert caught.value.status_code == 400
    assert caught.value.reason in ("Unknown requested attribute: SARCASM", "Unknown requested attribute: IRONY")


def test_a_language_that_is_not_known_names_one_attribute(client: Resource) -> None:
    with pytest.raises(HttpError) as caught:
        analyze(client, INSULT, "INSULT", "TOXICITY", languages=["tlh"])
    found = details(caught.value)
    assert found["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    unsupported = found["languageNotSupportedByAttributeError"]
    assert unsupported["attribute"] in ("INSULT", "TOXICITY")
    assert unsupported["requestedLanguages"] == ["tlh"]
    expected = f"Attribute {unsupported['attribute']} does not support request languages: tlh"
    assert caught.value.reason == expected


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "COMMENT_EMPTY"),
        ({"comment": {"text": ""}, "requestedAttributes": {"TOXICITY": {}}}, "COMMENT_EMPTY"),
        ({"comment": {"text": "ab " * 7_000}, "requestedAttributes": {"TOXICITY": {}}}, "COMMENT_TOO_LONG"),
        ({"comment": {"text": "Hello."}}, "NO_REQUESTED_ATTRIBUTES"),
        ({"comment": {"text": "Hello."}, "requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES"),
    ],
)
def test_what_is_wrong_has_the_protocols_own_name(client: Resource, body: dict[str, Any], kind: str) -> None:
    with pytest.raises(HttpError) as caught:
        client.comments().analyze(body=body).execute()
    assert caught.value.status_code == 400
    assert details(caught.value)["errorType"] == kind


def test_half_a_character_is_no_fault(client: Resource) -> None:
    assert value(analyze(client, f"{INSULT} \ud83d", "INSULT"), "INSULT") > 0.5


def test_a_bad_key_is_refused(service: ClientService) -> None:
    with pytest.raises(HttpError) as caught, build(service, key="sk_nobody") as client:
        analyze(client, INSULT, "TOXICITY")
    assert caught.value.status_code == 400
    assert caught.value.reason == "API key not valid. Please pass a valid API key."
    assert caught.value.error_details[0]["reason"] == "API_KEY_INVALID"
