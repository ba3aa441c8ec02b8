"""PyPI openai, sync and async, with another base URL or with OPENAI_BASE_URL alone."""

import asyncio
from typing import Any

import openai
import pytest

from tests.compat.clients import texts
from tests.compat.clients.conftest import ClientService

INSULT = "you are a total moron"
CATEGORIES = {
    "harassment",
    "harassment_threatening",
    "hate",
    "hate_threatening",
    "illicit",
    "illicit_violent",
    "self_harm",
    "self_harm_instructions",
    "self_harm_intent",
    "sexual",
    "sexual_minors",
    "violence",
    "violence_graphic",
}
UNMODELLED = ("illicit", "illicit_violent", "self_harm", "self_harm_instructions", "self_harm_intent", "sexual_minors")


class Client:
    """Either kind, made anew for each call."""

    def __init__(self, service: ClientService, *, is_async: bool) -> None:
        self._service = service
        self._is_async = is_async

    def __call__(self, *, key: str | None = None, **body: Any) -> Any:
        options = {"api_key": key or self._service.key, "base_url": f"{self._service.url}/v1"}
        if self._is_async:
            return asyncio.run(self._call(options, body))
        with openai.OpenAI(**options) as client:
            return client.moderations.create(**body)

    async def _call(self, options: dict[str, str], body: dict[str, Any]) -> Any:
        async with openai.AsyncOpenAI(**options) as client:
            return await client.moderations.create(**body)


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, service: ClientService) -> Client:
    return Client(service, is_async=request.param == "async")


def test_a_string_has_one_result_with_every_category(client: Client) -> None:
    answer = client(input=INSULT)
    assert answer.id.startswith("modr-")
    (result,) = answer.results
    assert result.flagged is True
    assert result.categories.harassment is True
    assert result.category_scores.harassment > 0.5
    assert result.category_applied_input_types.harassment == ["text"]
    for name in CATEGORIES:
        assert isinstance(getattr(result.categories, name), bool) or name.startswith("illicit")
        assert 0 <= getattr(result.category_scores, name) <= 1
        assert getattr(result.category_applied_input_types, name) in (["text"], [])
    for name in UNMODELLED:
        assert getattr(result.category_scores, name) == 0
        assert not getattr(result.categories, name)
        assert getattr(result.category_applied_input_types, name) == []


def test_spam_is_an_extra_category(client: Client) -> None:
    (spam,) = client(input=texts.spam()).results
    (ham,) = client(input=texts.ham()).results
    assert spam.category_scores.spam > 0.9 > ham.category_scores.spam
    assert spam.flagged is True
    assert ham.flagged is False


def test_a_list_has_a_result_for_each_in_order(client: Client) -> None:
    answer = client(input=[texts.ham(), INSULT, texts.ham()])
    assert [result.flagged for result in answer.results] == [False, True, False]


def test_parts_have_one_result_in_all(client: Client) -> None:
    parts = [{"type": "text", "text": "The minister explains the budget."}, {"type": "text", "text": INSULT}]
    (result,) = client(input=parts).results
    assert result.flagged is True


def test_a_picture_beside_a_text_is_not_looked_at(client: Client) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://news.example/picture.png"}}
    (result,) = client(input=[{"type": "text", "text": INSULT}, picture]).results
    assert result.category_applied_input_types.sexual == ["text"]


@pytest.mark.parametrize(
    "model",
    ["omni-moderation-latest", "omni-moderation-2024-09-26", "text-moderation-latest", "text-moderation-stable"],
)
def test_the_model_asked_for_is_told(client: Client, model: str) -> None:
    assert client(input="Hello.", model=model).model == model


def test_without_a_model_ours_is_told(client: Client) -> None:
    assert client(input="Hello.").model


def test_nothing_is_stored(client: Client, service: ClientService) -> None:
    before = service.rows()
    client(input=[texts.ham(), texts.spam(), texts.held()])
    assert service.rows() == before


def test_a_bad_key_is_the_clients_own_error(client: Client) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        client(input="Hello.", key="sk_nobody")
    assert caught.value.status_code == 401
    assert caught.value.code == "invalid_api_key"


@pytest.mark.parametrize("wrong", [5, [], [5], {"text": "Hello."}, [{"type": "sound"}]])
def test_a_wrong_input_is_the_clients_own_error(client: Client, wrong: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client(input=wrong)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.param == "input"
    assert caught.value.message


def test_the_environment_is_enough(service: ClientService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{service.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", service.key)
    with openai.OpenAI() as client:
        assert client.moderations.create(input=INSULT).results[0].flagged is True
