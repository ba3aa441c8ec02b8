"""What the clients of OpenAI's moderations are asked to do, and the answers that they are given."""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from openai import AsyncOpenAI, OpenAI

from tests.compat.clients import node
from tests.compat.recorder import Answer, Recorder, Transcript, in_json

SITE_KEY = "sk_invented-key-for-recordings-0123456"
CATEGORIES = (
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
)
PARTS = [
    {"type": "text", "text": "You are an idiot 👍"},
    {"type": "image_url", "image_url": {"url": "https://news.example/picture.png"}},
]


def _result() -> dict[str, Any]:
    return {
        "flagged": True,
        "categories": {name: name == "harassment" for name in CATEGORIES} | {"spam": False},
        "category_scores": {name: 0.9 if name == "harassment" else 0.0 for name in CATEGORIES} | {"spam": 0.01},
        "category_applied_input_types": {name: ["text"] if name == "harassment" else [] for name in CATEGORIES},
    }


def _answer(count: int = 1, model: str = "omni-moderation-latest") -> Answer:
    return in_json({"id": "modr-0123456789abcdef", "model": model, "results": [_result()] * count})


def _refused(status: int, message: str, kind: str, param: str | None = None, code: str | None = None) -> Answer:
    return in_json({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


REFUSALS = (
    _refused(400, "'input' is a required property", "invalid_request_error", "input"),
    _refused(401, "Incorrect API key provided.", "invalid_request_error", None, "invalid_api_key"),
    _refused(404, "The model does not exist.", "invalid_request_error", "model", "model_not_found"),
    _refused(413, "The request is too large.", "invalid_request_error"),
    Answer(
        status=429,
        headers={"content-type": "application/json", "retry-after": "0.01", "retry-after-ms": "10"},
        body='{"error": {"message": "Slow down.", "type": "requests", "param": null, "code": "rate_limit_exceeded"}}',
    ),
    Answer(
        status=503,
        headers={"content-type": "application/json", "retry-after-ms": "10"},
        body='{"error": {"message": "Unavailable.", "type": "server_error", "param": null, "code": null}}',
    ),
)


def openai_py(recorder: Recorder) -> Transcript:
    """Both kinds in one transcript: they send the same but for one header that names the kind."""
    transcript = Transcript(
        recorder,
        "openai-py",
        client=f"PyPI openai {version('openai')}",
        protocol="openai",
        redirected="base_url=, or OPENAI_BASE_URL in the environment",
        keys={"site": SITE_KEY},
    )
    base = f"{recorder.url}/v1"

    def sync(**body: Any) -> Callable[[], Any]:
        def do() -> Any:
            with OpenAI(api_key=SITE_KEY, base_url=base) as client:
                return client.moderations.create(**body).model_dump(mode="json")

        return do

    def asynchronous(**body: Any) -> Callable[[], Any]:
        async def do() -> Any:
            async with AsyncOpenAI(api_key=SITE_KEY, base_url=base) as client:
                return (await client.moderations.create(**body)).model_dump(mode="json")

        return lambda: asyncio.run(do())

    record = transcript.record
    record("sync: a string", sync(input="You are an idiot 👍"), _answer(), *REFUSALS)
    record("sync: a list, and a model", sync(input=["Hello.", "You."], model="text-moderation-stable"), _answer(2))
    record("sync: parts", sync(input=PARTS, model="omni-moderation-latest"), _answer())
    record("async: a string", asynchronous(input="You are an idiot 👍"), _answer(), REFUSALS[1])
    record("async: a list", asynchronous(input=["Hello.", "You."]), _answer(2))
    record("async: parts", asynchronous(input=PARTS), _answer())
    return transcript


def openai_node(recorder: Recorder) -> Transcript:
    """Record the npm client: it hands answers over as they are."""
    transcript = Transcript(
        recorder,
        "openai-node",
        client=f"npm {node.version('openai')}",
        protocol="openai",
        redirected="its option baseURL, or OPENAI_BASE_URL in the environment",
        keys={"site": SITE_KEY},
    )

    def moderate(**body: Any) -> Callable[[], Any]:
        return node.played(recorder.url, "openai", "moderate", body, key=SITE_KEY)

    record = transcript.record
    record("a string", moderate(input="You are an idiot 👍"), _answer(), *REFUSALS)
    record("a list, and a model", moderate(input=["Hello.", "You."], model="text-moderation-stable"), _answer(2))
    record("parts", moderate(input=PARTS, model="omni-moderation-latest"), _answer())
    return transcript
