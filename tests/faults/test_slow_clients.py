"""Clients that keep the service waiting are closed; the others never notice."""

import socket
from collections.abc import Iterator

import pytest

from tests.server import Service

HEAD = b"POST /v1/comments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer KEY\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("slow"), request_seconds="0.6")
    try:
        service.key = service.json("site", "add", "News")["key"]
        yield service.start()
    finally:
        service.close()


def _connect(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=5)


def _answer(connection: socket.socket) -> bytes:
    """Everything until the service closes."""
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize(
    ("sent", "begins"),
    [
        (b"", b""),
        (b"POST /v1/comm", b"HTTP/1.1 408"),
        (HEAD, b"HTTP/1.1 408"),
        (HEAD + b"content-length: 100\r\n\r\n{", b""),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\n{", b""),
    ],
)
def test_half_a_request_is_ended_at_its_deadline(service: Service, sent: bytes, begins: bytes) -> None:
    with _connect(service) as connection:
        connection.sendall(sent.replace(b"KEY", service.key.encode()))
        assert _answer(connection)[:12] == begins


def test_a_dripping_client_gains_no_time(service: Service) -> None:
    with _connect(service) as connection:
        connection.settimeout(0.1)  # A byte every tenth of a second, for ten times the deadline if we are let.
        connection.sendall(b"POST /v1/comm")
        for sent in range(60):  # noqa: B007 how far it came is what counts
            try:
                connection.sendall(b"x")
                if connection.recv(65_536):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert 3 <= sent < 40


def test_others_are_served_beside_many_slow_ones(service: Service) -> None:
    slow = [_connect(service) for _ in range(100)]
    for connection in slow:
        connection.sendall(HEAD)
    assert service.request("GET", "/healthz")[0] == 200
    for connection in slow:
        assert _answer(connection).startswith(b"HTTP/1.1 408")
        connection.close()
    assert service.request("GET", "/healthz")[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"x-long: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", b"431"),
        (HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_a_request_that_is_none_is_refused(service: Service, sent: bytes, status: bytes) -> None:
    with _connect(service) as connection:
        connection.sendall(sent)
        assert _answer(connection).split(b" ")[1] == status
