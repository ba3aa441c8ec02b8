"""npm openai, with another base URL or with OPENAI_BASE_URL alone."""

from typing import Any

import pytest

from tests.compat.clients import texts
from tests.compat.clients.conftest import ClientService
from tests.compat.clients.node import play

pytestmark = pytest.mark.usefixtures("needs_node")

INSULT = "you are a total moron"
CATEGORIES = {
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
}


def moderate(service: ClientService, *bodies: dict[str, Any], key: str | None = None) -> list[Any]:
    calls = [("moderate", body) for body in bodies]
    return play("openai", *calls, base=service.url, key=key or service.key)


def test_a_string_a_list_and_parts(service: ClientService) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://news.example/picture.png"}}
    string, listed, parts = moderate(
        service,
        {"input": INSULT, "model": "omni-moderation-latest"},
        {"input": [texts.ham(), INSULT]},
        {"input": [{"type": "text", "text": INSULT}, picture]},
    )
    assert string["returns"]["model"] == "omni-moderation-latest"
    assert [result["flagged"] for result in string["returns"]["results"]] == [True]
    assert [result["flagged"] for result in listed["returns"]["results"]] == [False, True]
    assert [result["flagged"] for result in parts["returns"]["results"]] == [True]


def test_every_result_has_every_category_and_spam(service: ClientService) -> None:
    (answer,) = moderate(service, {"input": texts.spam()})
    (result,) = answer["returns"]["results"]
    assert set(result["categories"]) >= CATEGORIES
    assert CATEGORIES | {"spam"} <= set(result["category_scores"])
    assert set(result["category_applied_input_types"]) >= CATEGORIES
    assert all(isinstance(score, int | float) for score in result["category_scores"].values())
    assert result["category_scores"]["spam"] > 0.9


def test_nothing_is_stored(service: ClientService) -> None:
    before = service.rows()
    (answer,) = moderate(service, {"input": [texts.ham(), texts.spam(), texts.held()]})
    assert len(answer["returns"]["results"]) == 3
    assert service.rows() == before


def test_errors_are_the_clients_own(service: ClientService) -> None:
    (bad_key,) = moderate(service, {"input": "Hello."}, key="sk_nobody")
    assert bad_key["raises"]["kind"] == "AuthenticationError"
    assert (bad_key["raises"]["status"], bad_key["raises"]["code"]) == (401, "invalid_api_key")
    nothing, number = moderate(service, {}, {"input": 5})
    assert {nothing["raises"]["kind"], number["raises"]["kind"]} == {"BadRequestError"}


def test_half_a_character_is_no_fault(service: ClientService) -> None:
    (answer,) = moderate(service, {"input": f"{INSULT} \ud83d"})
    assert answer["returns"]["results"][0]["flagged"] is True


def test_the_environment_is_enough(service: ClientService) -> None:
    (answer,) = play(
        "openai",
        ("moderate", {"input": INSULT}),
        key=service.key,
        environment={"OPENAI_BASE_URL": f"{service.url}/v1"},
    )
    assert answer["returns"]["results"][0]["flagged"] is True
