"""The loops beside the service: each repeats a single pass, logs what went wrong, and goes on."""

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import anyio.to_thread

from moderator.domain.errors import ModerationError
from moderator.domain.events import ActorKind, AuditAction, EndpointKind
from moderator.log import logger
from moderator.services import Services, load_model
from moderator.storage import audit, comments
from moderator.storage.audit import Actor, Entry
from moderator.usecases import campaigns, review, searching, watching
from moderator.webhooks.delivery import WRITERS, Writer, deliver_due
from moderator.webhooks.guard import new_client

LONGEST_REST_SECONDS = 60.0
CLAIMS_SECONDS = 5.0
DELIVERIES_SECONDS = 1.0
FORGET_SECONDS = 600.0
INDEX_SECONDS = 1.0
MERGE_SECONDS = 5.0
WATCH_SECONDS = 300.0


async def reload(services: Services) -> int:
    """Take up changed keys, people and policies, and a model that somebody else made current. Return what changed."""
    changed = int(await services.directory.refresh(services.database))
    refused_before = services.model_refused
    if await anyio.to_thread.run_sync(load_model, services):
        await _audit_model(services, AuditAction.MODEL_ACTIVATED)
        changed += 1
    elif services.model_refused != refused_before:
        await audit_refusal(services)
    return changed


async def audit_refusal(services: Services) -> None:
    """Record that a model was refused, if one was; the log has the reason, and the model in use stays."""
    if services.model_refused is not None:
        await _audit_model(services, AuditAction.MODEL_REFUSED)


async def _audit_model(services: Services, action: AuditAction) -> None:
    """Record what became of a model; the subject is the one in use afterwards."""
    async with services.database.transaction() as connection:
        await audit.append(
            connection,
            Entry(
                at=services.now(),
                actor=Actor(kind=ActorKind.SERVICE),
                action=action,
                subject_kind="model",
                subject_id=services.scorer.version or "none",
            ),
        )


async def release_claims(services: Services) -> int:
    """Return expired claims to the queue. Return how many."""
    return await review.release_expired(services)


async def forget_keys(services: Services) -> int:
    """Forget idempotency keys that are older than the setting says."""
    before = services.now() - timedelta(seconds=services.settings.idempotency_seconds)
    async with services.database.transaction() as connection:
        await comments.forget_idempotency_keys(connection, int(before.timestamp() * 1000))
    return 0


async def every(seconds: float, step: Callable[[], Awaitable[int]], name: str) -> None:
    """Repeat a pass. At once when it did something, after `seconds` when not, later and later while it fails."""
    rest = seconds
    while True:
        try:
            did = await step()
            rest = seconds
        except ModerationError as error:
            logger.warning("pass_failed", loop=name, reason=str(error))
            did, rest = 0, min(rest * 2, LONGEST_REST_SECONDS)
        except Exception as error:
            logger.error("pass_failed", loop=name, exc_info=error)
            did, rest = 0, min(rest * 2, LONGEST_REST_SECONDS)
        await anyio.sleep(0 if did else rest)


async def run(services: Services, writers: Mapping[EndpointKind, Writer] = WRITERS) -> None:
    """Run every loop until cancelled. `writers` know how each kind of endpoint wants to be told."""
    http = new_client(allow_private=services.settings.allow_private_endpoints)

    async def deliver() -> int:
        return await deliver_due(services.database, http, now=services.now, writers=writers)

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(every, services.settings.reload_seconds, lambda: reload(services), "reload")
            group.start_soon(every, CLAIMS_SECONDS, lambda: release_claims(services), "release_claims")
            group.start_soon(every, FORGET_SECONDS, lambda: forget_keys(services), "forget_keys")
            group.start_soon(every, FORGET_SECONDS, lambda: campaigns.forget_old(services), "forget_signatures")
            group.start_soon(every, INDEX_SECONDS, lambda: searching.index_new(services), "index_new")
            group.start_soon(every, MERGE_SECONDS, lambda: searching.merge_erased(services), "merge_erased")
            group.start_soon(every, WATCH_SECONDS, lambda: watching.watch(services), "watch")
            group.start_soon(every, DELIVERIES_SECONDS, deliver, "deliver")
    finally:
        with anyio.CancelScope(shield=True):
            await http.aclose()


def stop_process() -> None:
    """Ask this process to stop in order; a service without its loops would only look alive."""
    os.kill(os.getpid(), signal.SIGTERM)


@asynccontextmanager
async def running(
    services: Services,
    on_crash: Callable[[], None] = stop_process,
    writers: Mapping[EndpointKind, Writer] = WRITERS,
) -> AsyncIterator[None]:
    """Run the loops beside the body of this block. If they die, log it and call `on_crash`."""

    async def guarded() -> None:
        try:
            await run(services, writers)
        except Exception as error:
            logger.critical("background_crashed", exc_info=error)
            on_crash()

    async with anyio.create_task_group() as group:
        group.start_soon(guarded)
        try:
            yield
        finally:
            group.cancel_scope.cancel()
