"""A load generator of our own, on loopback only: keep-alive connections, each with one request under way.

It runs in its own process (`python -m benchmarks.load`), so that on two cores the server keeps one for itself. The
requests are read from a file of prepared bytes; nothing is built or parsed while the clock runs, but for the status
and the length of each answer.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import cast

import uvloop


class _Client(asyncio.Protocol):
    """One connection: sends the next request as soon as the answer to the last one is whole."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass.
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        lower = self._buffer[:head].lower()
        at = lower.find(b"content-length:")
        size = int(lower[at + 15 : at + 30].split(b"\r\n")[0]) if at >= 0 else 0
        if len(self._buffer) < head + 4 + size:
            return
        self._run.record(self._buffer[9:12], time.perf_counter() - self._sent_at)
        self._buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.lost(exc)

    def _send(self) -> None:
        assert self._transport is not None
        request = self._run.next_request()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


class _Run:
    """Counts answers until the time or the requests are over."""

    def __init__(self, requests: list[bytes], *, seconds: float, connections: int) -> None:
        self._requests = requests
        self._next = 0
        self._until = time.perf_counter() + seconds
        self._open = connections
        self.done = asyncio.get_running_loop().create_future()
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.dropped = 0

    def next_request(self) -> bytes | None:
        if time.perf_counter() >= self._until or self._next >= len(self._requests):
            return None
        self._next += 1
        return self._requests[self._next - 1]

    def record(self, status: bytes, seconds: float) -> None:
        self.statuses[status.decode()] += 1
        self.latencies.append(seconds)

    def lost(self, error: Exception | None) -> None:
        self.dropped += error is not None
        self._open -= 1
        if self._open == 0 and not self.done.done():
            self.done.set_result(None)


async def _main(arguments: argparse.Namespace) -> dict[str, object]:
    sizes_end = arguments.requests.read_bytes()
    requests = sizes_end.split(b"\x00\x00\x00")
    run = _Run(requests, seconds=arguments.seconds, connections=arguments.connections)
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    for _ in range(arguments.connections):
        await loop.create_connection(lambda: _Client(run), "127.0.0.1", arguments.port)
    await run.done
    took = time.perf_counter() - started
    ordered = sorted(run.latencies)
    return {
        "requests": len(ordered),
        "seconds": took,
        "per_second": len(ordered) / took,
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[int(len(ordered) * 0.99)],
        "statuses": dict(run.statuses),
        "dropped": run.dropped,
    }


def write_requests(path: Path, requests: list[bytes]) -> None:
    """Write prepared requests for the generator; JSON bodies and headers hold no NUL."""
    path.write_bytes(b"\x00\x00\x00".join(requests))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--requests", type=Path, required=True)
    json.dump(uvloop.run(_main(parser.parse_args())), sys.stdout)
