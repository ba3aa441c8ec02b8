"""What the HTTP server does before a request reaches the application: deadlines, header caps, no smuggled requests.

uvicorn keeps a half-sent request open for ever and restarts its timer at every byte (measured); a deadline in the
application would come too late. One sweep a second over all connections costs less than a timer for each request.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MAX_HEAD_BYTES = 16 * 1024
MAX_PIPELINED = 50  # Requests sent ahead of the answers; uvicorn would keep any number.
_TOO_LARGE = "431 Request Header Fields Too Large"
_ANSWER = (
    "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\n"
    "connection: close\r\n\r\n{text}"
)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits on what a client may keep us waiting for or make us hold."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waiting_since: float | None = None  # None while the application has the whole request.
        self._blocked_since: float | None = None  # None while the client takes its answers.
        self._has_begun = False
        self._is_in_body = False
        self._head_bytes = 0
        self._stuck_bytes = 0
        self._has_moved = False
        self._is_refused = False
        self._unanswered: deque[RequestResponseCycle] = deque()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._waiting_since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        # uvicorn tells the newest request alone; an earlier one would be answered into a closed connection.
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._has_moved = False
        super().data_received(data)
        # The parser keeps a header until its line ends, however long, and says nothing before.
        self._stuck_bytes = 0 if self._has_moved else self._stuck_bytes + len(data)
        if self._stuck_bytes > MAX_HEAD_BYTES and not self._is_refused:
            self._refuse(_TOO_LARGE, f"At most {MAX_HEAD_BYTES} bytes of headers.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_moved = True
        self._waiting_since = self.loop.time()
        self._has_begun = True
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._is_refused:
            return
        names = {name for name, _ in self.headers}
        if b"transfer-encoding" in names and b"content-length" in names:
            # RFC 9112, section 6.1: such a message may be an attempt at smuggling a second request.
            self._refuse("400 Bad Request", "Content-Length and Transfer-Encoding together.")
            return
        super().on_headers_complete()
        self._unanswered.append(self.cycle)
        self._is_in_body = True
        if len(self.pipeline) > MAX_PIPELINED:
            self._refuse("429 Too Many Requests", "")

    def on_body(self, body: bytes) -> None:
        self._has_moved = True
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_refused:
            return
        self._waiting_since = None
        self._has_begun = self._is_in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._waiting_since is None:
            self._waiting_since = self.loop.time()
        self._unanswered.popleft()
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()  # uvicorn goes on reading after every answer, however many wait.

    def pause_writing(self) -> None:
        super().pause_writing()
        self._blocked_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._blocked_since = None

    def _count(self, size: int) -> None:
        self._has_moved = True
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES and not self._is_refused:
            self._refuse(_TOO_LARGE, f"At most {MAX_HEAD_BYTES} bytes of headers.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read."""
        self._refuse("400 Bad Request", msg)

    def _refuse(self, status: str, text: str) -> None:
        """Close, and say why where that cannot be taken for the answer to another request."""
        self._is_refused = True
        if self.transport.is_closing():
            return
        if self._may_answer():
            self.transport.write(_ANSWER.format(status=status, length=len(text), text=text).encode())
        self.transport.close()

    def _may_answer(self) -> bool:
        """Return whether the next answer on the wire is that to the request which is coming in."""
        if self.cycle is None:
            return True  # type: ignore[unreachable]  # uvicorn declares it too narrowly
        if self._is_in_body:  # The newest cycle is its own; the application may have answered before the end.
            return not self.cycle.response_started and not self.pipeline
        return self.cycle.response_complete

    def close_if_overdue(self, now: float, limit_seconds: float) -> None:
        """End a connection that has kept us waiting for `limit_seconds`; say why if a request had begun."""
        if self._blocked_since is not None and now - self._blocked_since >= limit_seconds:
            self.transport.abort()
            return
        if self._waiting_since is None or now - self._waiting_since < limit_seconds:
            return
        if self.transport.is_closing():
            self.transport.abort()  # Closed before, and the client takes nothing.
        elif self._has_begun:
            self._refuse("408 Request Timeout", "The request did not arrive in time.")
        else:
            self.transport.close()


@asynccontextmanager
async def sweeping(connections: set[Any], limit_seconds: float) -> AsyncIterator[None]:
    """Close overdue connections of a server while the block runs."""

    async def sweep() -> None:
        loop = asyncio.get_running_loop()
        while True:
            await anyio.sleep(min(1.0, limit_seconds / 5))
            now = loop.time()
            for connection in list(connections):
                if isinstance(connection, BoundedProtocol):
                    connection.close_if_overdue(now, limit_seconds)

    async with anyio.create_task_group() as group:
        group.start_soon(sweep)
        try:
            yield
        finally:
            group.cancel_scope.cancel()
