"""The protocol's own client, unmodified, against a service that runs."""

import openai
import pytest

from tests.server import Service

pytestmark = pytest.mark.anyio

HARMFUL = "you are a total moron, shut up you clown"
HARMLESS = "The Commission discusses the gas contracts."


@pytest.fixture
def client(served: Service) -> openai.OpenAI:
    return openai.OpenAI(api_key=served.key, base_url=f"{served.url}/v1", max_retries=0)


def test_a_text_is_moderated(client: openai.OpenAI) -> None:
    with client:
        answer = client.moderations.create(input=HARMFUL, model="omni-moderation-latest")

    (result,) = answer.results
    assert answer.id.startswith("modr-")
    assert answer.model == "omni-moderation-latest"
    assert result.flagged
    assert result.categories.harassment
    assert result.category_scores.harassment > 0.5
    assert result.category_scores.self_harm_intent == 0
    assert result.category_applied_input_types.harassment == ["text"]
    assert result.category_applied_input_types.violence_graphic == []
    assert result.categories.to_dict()["spam"] is False


def test_several_texts_are_moderated_in_order(client: openai.OpenAI) -> None:
    with client:
        answer = client.moderations.create(input=[HARMLESS, HARMFUL])

    assert [result.flagged for result in answer.results] == [False, True]


def test_a_comment_in_parts_is_moderated(client: openai.OpenAI) -> None:
    with client:
        answer = client.moderations.create(
            input=[
                {"type": "text", "text": HARMFUL},
                {"type": "image_url", "image_url": {"url": "https://news.example/cat.png"}},
            ]
        )

    (result,) = answer.results
    assert result.flagged


async def test_the_asynchronous_client_is_answered_alike(served: Service) -> None:
    async with openai.AsyncOpenAI(api_key=served.key, base_url=f"{served.url}/v1", max_retries=0) as client:
        answer = await client.moderations.create(input=[HARMLESS, HARMFUL])

    assert [result.flagged for result in answer.results] == [False, True]


def test_the_environment_alone_points_it_here(served: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{served.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", served.key)

    with openai.OpenAI(max_retries=0) as client:
        assert client.moderations.create(input=HARMFUL).results[0].flagged


def test_the_client_understands_our_errors(served: Service, client: openai.OpenAI) -> None:
    with client:
        with pytest.raises(openai.BadRequestError) as bad:
            client.moderations.create(input=[])
        with pytest.raises(openai.NotFoundError) as unknown:
            client.moderations.create(input="x", model="gpt-4o")
        with pytest.raises(openai.AuthenticationError) as refused:
            client.with_options(api_key="wrong").moderations.create(input="x")

    assert (bad.value.param, bad.value.type) == ("input", "invalid_request_error")
    assert bad.value.request_id
    assert unknown.value.code == "model_not_found"
    assert refused.value.code == "invalid_api_key"


def test_a_thousand_texts_are_moderated_at_once(client: openai.OpenAI) -> None:
    with client:
        answer = client.moderations.create(input=[HARMLESS, HARMFUL] * 500)

    assert [result.flagged for result in answer.results] == [False, True] * 500
