"""Clients that keep the service waiting are closed, requests that are none are refused; the others never notice."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.server import Service

LIMIT_SECONDS = 0.6
HEAD = b"POST /v1/comments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer KEY\r\ncontent-type: application/json\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("slow"), request_seconds=str(LIMIT_SECONDS))
    try:
        service.key = service.json("site", "add", "News")["key"]
        yield service.start()
    finally:
        service.close()


def _connect(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=5)


def _send(service: Service, connection: socket.socket, sent: bytes) -> None:
    connection.sendall(sent.replace(b"KEY", service.key.encode()))


def _rest(connection: socket.socket) -> bytes:
    """Everything until the service closes."""
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


def _statuses(received: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d{3}) ", received)


def _comment(external_id: str) -> bytes:
    body = json.dumps({"external_id": external_id, "text": "The summit ended without an agreement."}).encode()
    return HEAD + b"content-length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"", []),
        (b"\r\n", []),
        (b"POST /v1/comm", [b"408"]),
        (HEAD, [b"408"]),
        (HEAD + b"content-length: 100\r\n\r\n{", [b"408"]),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\n{", [b"408"]),
        (HEALTH, [b"200"]),
        (HEALTH + HEAD, [b"200", b"408"]),
        # Refused before its body came, it gets that one answer, not a second.
        (HEAD + b"content-length: 300000\r\n\r\n{", [b"413"]),
    ],
    ids=[
        "nothing", "an_empty_line", "half_a_line", "half_a_head", "half_a_body", "half_a_chunk",
        "nothing_after_an_answer", "half_a_head_after_an_answer", "a_body_too_large",
    ],
)  # fmt: skip
def test_half_a_request_is_ended_at_its_deadline(service: Service, sent: bytes, statuses: list[bytes]) -> None:
    with _connect(service) as connection:
        started = time.monotonic()
        _send(service, connection, sent)
        assert _statuses(_rest(connection)) == statuses
        assert LIMIT_SECONDS * 0.9 < time.monotonic() - started < LIMIT_SECONDS + 1.5


@pytest.mark.parametrize("begun", [b"POST /v1/comm", HEAD + b"content-length: 100000\r\n\r\n{"], ids=["head", "body"])
def test_a_byte_now_and_then_gains_no_time(service: Service, begun: bytes) -> None:
    with _connect(service) as connection:
        connection.settimeout(0.1)  # A byte every tenth of a second, for ten times the deadline if we are let.
        started = time.monotonic()
        _send(service, connection, begun)
        for _ in range(60):
            try:
                connection.sendall(b"x")
                if connection.recv(65_536):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert LIMIT_SECONDS * 0.9 < time.monotonic() - started < LIMIT_SECONDS + 1.5


def test_a_client_that_sends_no_end_of_requests_ahead_is_closed(service: Service) -> None:
    with _connect(service) as connection:
        _send(service, connection, HEALTH * 2_000)
        assert len(_statuses(_rest(connection))) < 2_000


def test_others_are_served_beside_many_slow_ones(service: Service) -> None:
    slow = [_connect(service) for _ in range(100)]
    for connection in slow:
        connection.sendall(HEAD)
    started = time.monotonic()
    assert service.request("GET", "/healthz")[0] == 200
    assert time.monotonic() - started < LIMIT_SECONDS
    for connection in slow:
        assert _statuses(_rest(connection)) == [b"408"]
        connection.close()
    assert service.request("GET", "/healthz")[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"x-long: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
        (HEAD + b"x-endless: " + b"a" * 400_000, b"431"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-endless: " + b"a" * 400_000, b"431"),
        (HEAD + b"x: y\r\n" * 5_000 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", b"431"),
        (HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (HEAD + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n0\r\n\r\n", b"400"),
        (HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{} ", b"400"),
        (HEAD + b"content-length: +2\r\n\r\n{}", b"400"),
        (HEAD + b"content-length: -1\r\n\r\n", b"400"),
        (HEAD + b"transfer-encoding: gzip\r\n\r\n", b"400"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (HEAD + b"x : y\r\n\r\n", b"400"),
        (HEAD + b"x: a\x00b\r\n\r\n", b"400"),
        (b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n", b"400"),
        (b"GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n", b"400"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_a_request_that_is_none_is_refused(service: Service, sent: bytes, status: bytes) -> None:
    with _connect(service) as connection:
        with suppress(ConnectionError):  # It may be closed before everything is sent.
            _send(service, connection, sent)
        assert _statuses(_rest(connection)) == [status]


def test_a_refusal_is_never_taken_for_the_answer_to_the_request_before(service: Service) -> None:
    with _connect(service) as connection:
        _send(service, connection, _comment("pipelined") + b"nonsense\r\n\r\n")
        assert _statuses(_rest(connection)) in ([], [b"201"], [b"201", b"400"])


def test_requests_in_a_row_are_answered_in_order(service: Service) -> None:
    with _connect(service) as connection:
        _send(service, connection, _comment("first") + HEALTH + _comment("second"))
        received = _rest(connection)
    assert _statuses(received) == [b"201", b"200", b"201"]
    assert received.index(b'"first"') < received.index(b'"ok"') < received.index(b'"second"')
