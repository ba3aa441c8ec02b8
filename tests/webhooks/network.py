# ruff: noqa: ASYNC109 -- the signatures below are the base classes'
"""A network of our own for the guard: no sockets, and a memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import httpcore2

PUBLIC = "93.184.215.14"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\n\r\n"


@dataclass
class Network(httpcore2.AsyncNetworkBackend):
    """Stands where the sockets are: remembers where connections went and which name TLS was given."""

    down: Iterable[str] = ()
    answers: Sequence[bytes] = (OK,)
    connected: list[str] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    shares: list[float | None] = field(default_factory=list)

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.connected.append(host)
        self.shares.append(timeout)
        if host in self.down:
            raise httpcore2.ConnectError("no route")
        return Stream(self)


class Stream(httpcore2.AsyncNetworkStream):
    def __init__(self, network: Network) -> None:
        self.network = network
        self.unread = list(network.answers)

    async def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self.network.server_names.append(server_hostname)
        return self

    async def write(self, buffer, timeout=None):
        self.network.sent.append(buffer)

    async def read(self, max_bytes, timeout=None):
        return self.unread.pop(0) if self.unread else b""

    async def aclose(self):
        pass


class Names:
    """A resolver that gives one list of addresses after another, and counts how often it is asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0)
