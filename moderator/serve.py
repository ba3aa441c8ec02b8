"""Serving: uvicorn around the application, with the services, the loops and the local socket beside it."""

import asyncio
import gc
import multiprocessing
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess

import uvicorn
import uvloop
from starlette.applications import Starlette

from moderator.app import build_app
from moderator.background import audit_start, running, stop_process
from moderator.compat.akismet import callback
from moderator.control import is_answered, listening, socket_path
from moderator.domain.errors import Invalid, ModerationError, SecondWriter, Unavailable
from moderator.domain.events import EndpointKind
from moderator.log import logger, set_up_logging
from moderator.protocol import BoundedProtocol, sweeping
from moderator.services import Services, open_services
from moderator.settings import Settings
from moderator.storage.engine import database_path
from moderator.storage.sqlite import SqliteDatabase
from moderator.webhooks.delivery import WRITERS

# A thread that holds the interpreter's lock gives it up ten times sooner than by default: the writer's thread waits for
# it after every statement, and a busy event loop would keep it for 5 ms (measured, decision 0002).
SWITCH_INTERVAL_SECONDS = 0.0005
GRACEFUL_SECONDS = 10
NOT_STARTED = 3  # A worker's exit code: what was in its way will be there the next time, too, however long that took.
# What is there at the start stays; a request leaves few cycles behind, so looking for them less often costs nothing.
GC_THRESHOLDS = (20_000, 20, 50)
ALL_WRITERS = {**WRITERS, EndpointKind.CALLBACK: callback.write}
SUPERVISE_SECONDS = 0.5
SHORTEST_LIFE_SECONDS = 5.0
LOCK_PATIENCE_SECONDS = 10.0
LOCK_REST_SECONDS = 0.05


class Server(uvicorn.Server):
    """uvicorn's server; SIGTERM and SIGINT end its loop and leave the rest of the process to close in order."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let open streams end first: uvicorn would wait for them until its patience is over."""
        self._stopping.set()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take both signals while serving. uvicorn raises them again afterwards, before our files are closed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def serve(settings: Settings, on_start: Callable[[Services], Awaitable[None]] | None = None) -> None:
    """Serve until a signal comes. `on_start` runs once, before the first request.

    Raises:
        Invalid: several workers were asked for, and the database has one writer.
        SecondWriter, StorageUnavailable, SchemaRefused: the database cannot be opened.
        Unavailable: the port cannot be used, or a worker ended right after its start.
    """
    if settings.workers > 1 and not settings.database.startswith("postgres"):
        raise Invalid(
            "SQLite has one writing process, so it serves from one worker; for several, set MODERATOR_DATABASE to a "
            "PostgreSQL address."
        )
    listener = _listen(settings)
    settings = replace(settings, port=listener.getsockname()[1])  # What the port 0 has become.
    if settings.workers > 1:
        _supervise(settings, listener)
    else:
        uvloop.run(_serve(settings, listener, on_start))


def _listen(settings: Settings) -> socket.socket:
    """Bind before anything else: a port that is taken is known at once, and the port 0 becomes a real one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Unavailable(f"Port {settings.port} of {settings.host} cannot be used: {error.strerror}.") from error
    return listener


def _supervise(settings: Settings, listener: socket.socket) -> None:
    """Keep `settings.workers` processes serving one socket. One that dies soon after its start ends them all."""
    context = multiprocessing.get_context("spawn")
    stopping = threading.Event()
    has_failed = False
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())

    def start() -> tuple[BaseProcess, float]:
        worker = context.Process(target=_serve_worker, args=(settings, listener))
        worker.start()
        return worker, time.monotonic()

    workers = [start() for _ in range(settings.workers)]
    while not stopping.wait(SUPERVISE_SECONDS):
        for n, (worker, started) in enumerate(workers):
            if worker.is_alive():
                continue
            logger.error("worker_died", exit_code=worker.exitcode)
            if worker.exitcode == NOT_STARTED or time.monotonic() - started < SHORTEST_LIFE_SECONDS:
                has_failed = True
                stopping.set()
            else:
                workers[n] = start()
    for worker, _ in workers:
        worker.terminate()
    for worker, _ in workers:
        worker.join(GRACEFUL_SECONDS + 5)
        worker.kill()
    if has_failed:
        raise Unavailable("A worker ended right after its start; the lines above say why.")


def _serve_worker(settings: Settings, listener: socket.socket) -> None:
    """Serve as one of several processes."""
    set_up_logging(settings)
    exit_code = NOT_STARTED

    async def on_start(services: Services) -> None:
        nonlocal exit_code
        exit_code = 1
        await _follow_parent(services)

    try:
        uvloop.run(_serve(settings, listener, on_start))
    except ModerationError as error:
        logger.error("worker_not_started" if exit_code == NOT_STARTED else "worker_failed", reason=str(error))
        sys.exit(exit_code)


async def _follow_parent(_: Services) -> None:
    """Stop when the process that started this one is gone: nobody else would ever stop a worker without it."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(parent.sentinel)
        logger.error("supervisor_gone")
        stop_process()

    loop.add_reader(parent.sentinel, stop)


async def _serve(
    settings: Settings, listener: socket.socket, on_start: Callable[[Services], Awaitable[None]] | None
) -> None:
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    async with AsyncExitStack() as stack:
        services = await _open(stack, settings)
        if isinstance(services.database, SqliteDatabase):
            await stack.enter_async_context(listening(services, socket_path(services.database.path)))
        if on_start is not None:
            await on_start(services)
        await audit_start(services)
        server = Server(_config(settings, build_app(services)), services.stopping)
        await stack.enter_async_context(running(services, writers=ALL_WRITERS))
        await stack.enter_async_context(sweeping(server.server_state.connections, settings.request_seconds))
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        logger.info("serving", host=settings.host, port=settings.port, model=services.scorer.version)
        await server.serve([listener])
    logger.info("stopped")


async def _open(stack: AsyncExitStack, settings: Settings) -> Services:
    """Open the services. A command that holds the writer's lock is soon done; another service is not waited for."""
    path = database_path(settings.database)
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            return await stack.enter_async_context(open_services(settings))
        except SecondWriter:
            if path is None or is_answered(path) or time.monotonic() >= deadline:
                raise
        await asyncio.sleep(LOCK_REST_SECONDS)


def _config(settings: Settings, app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # web.client_address reads X-Forwarded-For, from trusted peers alone.
        server_header=False,
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=max(1, round(settings.request_seconds)),
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
