"""The protocol in one process with its application: whose time counts, and who is told when a client is gone."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest
import uvicorn
from anyio.abc import SocketStream
from starlette.types import Receive, Scope, Send

from moderator.protocol import MAX_PIPELINED, BoundedProtocol, sweeping
from moderator.serve import Server

pytestmark = pytest.mark.anyio
LIMIT_SECONDS = 0.3
REQUEST = b"GET /%s HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}  # As the service runs.


@dataclass
class Application:
    """Answers each path in its way, and remembers what it saw."""

    begun: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    go_on: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun.append(scope["path"])
        try:
            await self._answer(scope["path"], receive, send)
        except BaseException as error:
            self.errors.append(error)
            raise

    async def _answer(self, path: str, receive: Receive, send: Send) -> None:
        body = b"done"
        if path == "/slow":
            await self.go_on.wait()
        elif path == "/large":
            body = b"x" * 8_000_000
        elif path == "/parts":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(8):
                await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
            body = b""
        elif path == "/until-gone":
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left.append(path)
        if path != "/parts":
            headers = [(b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Served:
    """A server that runs."""

    application: Application
    server: Server
    port: int

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[SocketStream]:
        async with await anyio.connect_tcp("127.0.0.1", self.port) as stream:
            yield stream

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(5):
            while not condition():
                await anyio.sleep(0.01)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    application = Application()
    config = uvicorn.Config(
        application, loop="none", http=BoundedProtocol, ws="none", lifespan="off", log_config=None, access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = Server(config, asyncio.Event())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        async with anyio.create_task_group() as group, sweeping(server.server_state.connections, LIMIT_SECONDS):
            group.start_soon(server.serve, [listener])
            served = Served(application, server, port)
            await served.until(lambda: server.started)
            yield served
            application.go_on.set()
            server.should_exit = True


async def _read_all(stream: SocketStream) -> bytes:
    received = b""
    with anyio.fail_after(5):
        try:
            while True:
                received += await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return received


async def test_the_time_of_the_application_is_not_the_clients(served: Served) -> None:
    async with served.connection() as stream:
        await stream.send(REQUEST % b"slow")
        await anyio.sleep(LIMIT_SECONDS * 3)  # Longer than a client might take: that is the point.
        served.application.go_on.set()
        with anyio.fail_after(5):
            assert (await stream.receive()).startswith(b"HTTP/1.1 200")


async def test_a_client_that_says_nothing_is_closed_without_a_word(served: Served) -> None:
    async with served.connection() as stream:
        assert await _read_all(stream) == b""
    assert served.application.begun == []


@pytest.mark.parametrize("path", [b"large", b"parts"])
async def test_a_client_that_takes_no_answer_is_closed(served: Served, path: bytes) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(("127.0.0.1", served.port))
        client.sendall(REQUEST % path)
        await served.until(lambda: bool(served.application.begun))
        await served.until(lambda: not served.server.server_state.connections)


async def test_a_client_that_takes_no_answers_to_many_requests_is_closed(served: Served) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(("127.0.0.1", served.port))
        client.sendall(REQUEST % b"large" * 5)
        await served.until(lambda: "/large" in served.application.begun)
        await served.until(lambda: not served.server.server_state.connections)
    assert served.application.errors == []


async def test_no_more_than_a_few_requests_are_kept_ahead(served: Served) -> None:
    async with served.connection() as stream:
        await stream.send(REQUEST % b"slow" + REQUEST % b"next" * (MAX_PIPELINED + 5))
        assert await _read_all(stream) == b""  # A 429 would look like the answer to the first.
    assert served.application.begun == ["/slow"]


async def test_as_many_as_that_are_answered(served: Served) -> None:
    async with served.connection() as stream:
        await stream.send(REQUEST % b"slow" + REQUEST % b"next" * MAX_PIPELINED)
        await served.until(lambda: served.application.begun == ["/slow"])
        served.application.go_on.set()
        assert (await _read_all(stream)).count(b"HTTP/1.1 200") == MAX_PIPELINED + 1


async def test_large_requests_ahead_are_read_no_faster_than_they_are_answered(served: Served) -> None:
    count = MAX_PIPELINED * 4
    request = b"POST /next HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n" + b"x" * 60_000
    received = b""
    async with served.connection() as stream, anyio.create_task_group() as group:
        group.start_soon(stream.send, request * count)
        with anyio.fail_after(10):
            while received.count(b"HTTP/1.1 200") < count:
                received += await stream.receive()
    assert served.application.begun == ["/next"] * count


async def test_the_request_under_way_is_told_when_the_client_goes_though_others_wait_behind_it(served: Served) -> None:
    async with served.connection() as stream:
        await stream.send(REQUEST % b"until-gone" + REQUEST % b"next" * 3)
        await served.until(lambda: served.application.begun == ["/until-gone"])
    await served.until(lambda: served.application.left == ["/until-gone"])
    assert served.application.begun == ["/until-gone"]
    assert served.application.errors == []
