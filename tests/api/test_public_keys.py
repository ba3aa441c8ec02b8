"""Keys that stand in a page's source: from where they work, how often, and what they are told."""

import httpx2
import pytest

from moderator.services import Services
from tests.api.conftest import ORIGIN, Secrets

pytestmark = pytest.mark.anyio


async def test_a_public_key_submits_from_its_pages_and_learns_nothing(
    client: httpx2.AsyncClient, secrets: Secrets
) -> None:
    headers = secrets.bearer("public") | {"origin": ORIGIN}

    answer = await client.post("/v1/comments", json={"text": "What an idiot."}, headers=headers)

    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert sorted(answer.json()) == ["id", "message", "status"]
    assert "location" not in answer.headers


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_a_public_key_does_not_work_elsewhere(
    client: httpx2.AsyncClient, secrets: Secrets, origin: str | None
) -> None:
    headers = secrets.bearer("public") | ({"origin": origin} if origin else {})

    answer = await client.post("/v1/comments", json={"text": "Hello there."}, headers=headers)

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_a_page_asks_before_it_submits(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    asked = {"origin": ORIGIN, "access-control-request-method": "POST"}

    known = await client.options("/v1/comments", headers=asked)
    unknown = await client.options("/v1/comments", headers=asked | {"origin": "https://evil.example"})

    assert known.headers["access-control-allow-origin"] == ORIGIN
    assert "authorization" in known.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in unknown.headers


async def test_one_address_cannot_flood_with_a_public_key(
    client: httpx2.AsyncClient, secrets: Secrets, services: Services
) -> None:
    headers = secrets.bearer("public") | {"origin": ORIGIN}
    statuses = [
        (await client.post("/v1/comments", json={"text": f"Comment {n}."}, headers=headers)).status_code
        for n in range(services.settings.rate_per_address + 1)
    ]

    assert statuses == [201] * services.settings.rate_per_address + [429]
