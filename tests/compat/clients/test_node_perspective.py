"""npm perspective-api-client: its options, its errors, and what it sends after them."""

from typing import Any

import pytest

from tests.compat.clients import texts
from tests.compat.clients.conftest import ClientService
from tests.compat.clients.node import play

pytestmark = pytest.mark.usefixtures("needs_node")

INSULT = "you are a total moron"


def analyze(service: ClientService, *calls: tuple[Any, ...], key: str | None = None) -> list[Any]:
    made = [("analyze", *call) for call in calls]
    return play("perspective-api-client", *made, base=service.url, key=key or service.key)


def value(outcome: dict[str, Any], name: str = "INSULT") -> float:
    assert "returns" in outcome, outcome
    found: float = outcome["returns"]["attributeScores"][name]["summaryScore"]["value"]
    return found


def test_without_options_it_asks_for_toxicity(service: ClientService) -> None:
    (answer,) = analyze(service, (INSULT,))
    assert set(answer["returns"]["attributeScores"]) == {"TOXICITY"}
    assert value(answer, "TOXICITY") > 0.5


def test_attributes_as_a_list_in_small_letters_and_as_a_map(service: ClientService) -> None:
    listed, mapped = analyze(
        service,
        (INSULT, {"attributes": ["insult", "spam"]}),
        (INSULT, {"attributes": {"INSULT": {"scoreThreshold": 0.5}, "SPAM": {"scoreThreshold": 0.5}}}),
    )
    assert set(listed["returns"]["attributeScores"]) == {"INSULT", "SPAM"}
    assert set(mapped["returns"]["attributeScores"]) == {"INSULT"}
    assert value(listed) == value(mapped)


def test_markup_is_stripped_or_kept(service: ClientService) -> None:
    options = {"attributes": ["INSULT"]}
    stripped, kept = analyze(
        service,
        (f"<p>{INSULT}</p>", options),
        (f"<p>{INSULT}</p>", {**options, "stripHTML": False}),
    )
    assert value(stripped) > 0.5
    assert value(kept) > 0.5


def test_a_request_of_ones_own(service: ClientService) -> None:
    text = f"👍🏽 {INSULT}"
    request = {
        "comment": {"text": text},
        "requestedAttributes": {"INSULT": {}},
        "languages": ["en"],
        "clientToken": "comment-12",
    }
    (answer,) = analyze(service, (request,))
    assert answer["returns"]["clientToken"] == "comment-12"
    (span,) = answer["returns"]["attributeScores"]["INSULT"]["spanScores"]
    assert (span["begin"], span["end"]) == (0, len(text.encode("utf-16-le")) // 2)


def test_it_stores_nothing(service: ClientService) -> None:
    before = service.rows()
    outcomes = analyze(service, (texts.held(),), (texts.spam(), {"doNotStore": False}))
    assert all("returns" in outcome for outcome in outcomes)
    assert service.rows() == before


def test_a_text_cut_at_the_limit_is_taken(service: ClientService) -> None:
    (outcome,) = play(
        "perspective-api-client",
        ("analyzeRepeated", "ab ", 12_000, {"truncate": True}),
        base=service.url,
        key=service.key,
    )
    assert "returns" in outcome, outcome


def test_the_client_counts_characters_where_the_protocol_counts_bytes(service: ClientService) -> None:
    calls = [("analyzeRepeated", text, 12_000, {"truncate": True}) for text in ("é ", "👍", "a👍")]
    outcomes = play("perspective-api-client", *calls, base=service.url, key=service.key)
    assert [outcome["raises"]["message"] for outcome in outcomes] == ["Comment text too long."] * 3


def test_its_own_errors_and_the_empty_request_after_them(service: ClientService) -> None:
    empty, long, good = play(
        "perspective-api-client",
        ("analyze", ""),
        ("analyzeRepeated", "ab ", 7_000),
        ("analyze", INSULT),
        base=service.url,
        key=service.key,
    )
    assert empty["raises"]["name"] == "TextEmptyError"
    assert long["raises"]["name"] == "TextTooLongError"
    assert "returns" in good
    assert "Traceback" not in service.said()


def test_our_errors_arrive_with_their_messages(service: ClientService) -> None:
    unknown, empty, long = play(
        "perspective-api-client",
        ("analyze", INSULT, {"attributes": ["SARCASM"]}),
        ("analyze", "", {"validate": False}),
        ("analyzeRepeated", "ab ", 7_000, {"validate": False}),
        base=service.url,
        key=service.key,
    )
    for outcome, text in (
        (unknown, "Unknown requested attribute: SARCASM"),
        (empty, "Comment must be non-empty."),
        (long, "Comment text too long."),
    ):
        assert outcome["raises"]["name"] == "ResponseError"
        assert outcome["raises"]["status"] == 400
        assert outcome["raises"]["message"] == text
        assert outcome["raises"]["data"]["error"]["status"] == "INVALID_ARGUMENT"


def test_a_bad_key_is_refused(service: ClientService) -> None:
    (outcome,) = analyze(service, (INSULT,), key="sk_nobody")
    assert outcome["raises"]["name"] == "ResponseError"
    assert outcome["raises"]["message"] == "API key not valid. Please pass a valid API key."
