"""The loops beside the service: each repeats a single pass, logs what went wrong, and goes on."""

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import anyio.to_thread

from moderator.classifier.serving import Place, Scope
from moderator.domain.errors import ModerationError
from moderator.domain.events import ActorKind, AuditAction, EndpointKind
from moderator.log import logger
from moderator.services import Services, load_models
from moderator.storage import audit, comments
from moderator.storage.audit import Actor, Entry
from moderator.storage.database import Connection
from moderator.usecases import campaigns, review, searching, shadow, watching
from moderator.webhooks.delivery import WRITERS, Writer, deliver_due
from moderator.webhooks.guard import new_client

LONGEST_REST_SECONDS = 60.0
CLAIMS_SECONDS = 5.0
DELIVERIES_SECONDS = 1.0
FORGET_SECONDS = 600.0
INDEX_SECONDS = 1.0
MERGE_SECONDS = 5.0
COMPARE_SECONDS = 0.5
SETTLE_SECONDS = 5.0
WATCH_SECONDS = 300.0


async def reload(services: Services) -> int:
    """Take up changed keys, people and policies, and models that somebody else made current. Return what changed."""
    changed = int(await services.directory.refresh(services.database))
    async with services.model_turn:
        loaded = await anyio.to_thread.run_sync(load_models, services)
        for scope, version in loaded.used.items():
            await _audit_used(services, scope, version)
        await _audit_refused(services, loaded.refused)
    return changed + len(loaded.used)


async def audit_start(services: Services) -> None:
    """Record what the service starts with: versions that were made current while it did not run, and refusals."""
    for scope, scorer in [(None, services.scorer), *services.site_scorers.items()]:
        if scorer.version is not None:
            await _audit_used(services, scope, scorer.version, at_start=True)
    await audit_refusal(services)


async def audit_refusal(services: Services) -> None:
    """Record which models were refused, if any; the log has the reasons, and what is in use stays."""
    await _audit_refused(services, services.models_refused)


async def _audit_used(services: Services, scope: Scope, version: str, *, at_start: bool = False) -> None:
    """Record that a version is in use now, unless the log says so: who activates one, or another worker, has done it.

    With its very first start a service says nothing of the version that it came with.
    """
    async with services.database.transaction() as connection:
        newest = await audit.newest_model(connection, scope)
        if (newest is None and at_start and scope is None) or (newest is not None and newest.subject_id == version):
            return
        await _append(services, connection, AuditAction.MODEL_ACTIVATED, scope, version)


async def _audit_refused(services: Services, refused: Mapping[Place, str]) -> None:
    """Record what was refused; the subject is the version in use afterwards."""
    for name, scope in refused:
        scorer = services.scorer if scope is None else services.scorer_of(scope)
        async with services.database.transaction() as connection:
            version = scorer.version or "none"
            await _append(services, connection, AuditAction.MODEL_REFUSED, scope, version, file=name)


async def _append(
    services: Services, connection: Connection, action: AuditAction, scope: Scope, version: str, **detail: str
) -> None:
    await audit.append(
        connection,
        Entry(
            at=services.now(),
            actor=Actor(kind=ActorKind.SERVICE),
            action=action,
            subject_kind="model",
            subject_id=version,
            site_id=scope,
            detail=detail,
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
            group.start_soon(every, COMPARE_SECONDS, lambda: shadow.compare_waiting(services), "compare_waiting")
            group.start_soon(every, SETTLE_SECONDS, lambda: shadow.settle(services), "settle_trials")
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
