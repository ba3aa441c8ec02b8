"""Whether the service lives, is ready, and what it counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from moderator.domain.errors import StorageUnavailable
from moderator.services import Services
from moderator.storage.database import Connection
from tests.api.conftest import Secrets

pytestmark = pytest.mark.anyio


async def test_a_service_that_works_is_alive_and_ready(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["model"] == "fake-1"


async def test_without_a_working_database_it_is_alive_and_not_ready(
    client: httpx2.AsyncClient, services: Services, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[Connection]:
        raise StorageUnavailable("The disk is full.")
        yield  # type: ignore[unreachable]

    async def refuse(_run: object, _item: object) -> object:
        raise StorageUnavailable("The disk is full.")

    monkeypatch.setattr(services.database, "transaction", broken)
    monkeypatch.setattr(services.database, "batch_write", refuse)
    assert (await client.get("/healthz")).status_code == 200
    for answer in (
        await client.get("/readyz"),
        await client.post("/v1/comments", json={"text": "Fine."}, headers=secrets.bearer("site")),
    ):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["type"] == "urn:moderator:problem:unavailable"
    monkeypatch.undo()
    assert (await client.get("/readyz")).status_code == 200


async def test_metrics_are_prometheus_text_without_anything_said_by_anybody(
    client: httpx2.AsyncClient, secrets: Secrets
) -> None:
    for text in ("What an idiot.", "Fine."):
        await client.post("/v1/comments", json={"text": text}, headers=secrets.bearer("site"))
    answer = await client.get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert families["moderator_queue_open"].samples[0].value == 1
    verdicts = {
        sample.labels["action"]: sample.value
        for sample in families["moderator_verdicts"].samples
        if sample.name.endswith("_total")
    }
    assert verdicts == {"hold": 1, "approve": 1}
    assert {sample.value for sample in families["moderator_audit_error_bound"].samples} == {1.0}
    assert len(families["moderator_certificates"].samples) == 8
    assert families["moderator_drift"].samples == []
    assert "idiot" not in answer.text
