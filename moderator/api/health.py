"""Liveness, readiness, metrics."""

from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from moderator.api.schemas import HealthOut, ReadyOut
from moderator.domain.certificates import Standing
from moderator.metrics import Metrics
from moderator.services import Services
from moderator.storage import cases, outbox
from moderator.usecases.certificates import VERDICTS, Watched, watched
from moderator.web import services


async def healthz(request: Request[Any]) -> Response:
    """`GET /healthz`: the process lives and its loop turns."""
    return Response(msgspec.json.encode(HealthOut(status="ok")), media_type="application/json")


async def readyz(request: Request[Any]) -> Response:
    """`GET /readyz`: the database takes writes; 503 when it does not."""
    found = services(request)
    await found.database.check()
    answer = ReadyOut(status="ready", model=found.scorer.version, model_refused=found.model_refused)
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def metrics(request: Request[Any]) -> Response:
    """`GET /metrics`: Prometheus text, the gauges read now."""
    found = services(request)
    await _read_gauges(found)
    return Response(generate_latest(found.metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST})


async def _read_gauges(found: Services) -> None:
    async with found.database.read() as connection:
        size = await cases.queue_size(connection)
        waiting = await outbox.count_waiting(connection)
        seen = await watched(connection, found.now())
    found.metrics.queue_open.set(size.open)
    found.metrics.queue_claimed.set(size.claimed)
    age = (found.now() - size.oldest_at).total_seconds() if size.oldest_at else 0.0
    found.metrics.queue_oldest_seconds.set(age)
    found.metrics.deliveries_waiting.set(waiting)
    _set_watched(found.metrics, seen)


def _set_watched(metrics: Metrics, seen: Watched) -> None:
    metrics.drift.clear()
    for measure, distance in seen.distances.items():
        metrics.drift.labels(measure).set(distance)
    for verdict in VERDICTS:
        metrics.audit_error_bound.labels(verdict).set(seen.bounds[verdict])
        for standing in Standing:
            metrics.certificates.labels(verdict, standing).set(seen.standings[verdict, standing])
