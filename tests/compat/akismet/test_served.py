"""A real process: what HTTP clients of another age send, and a callback that arrives."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from urllib.parse import urlencode

import pytest

from tests.server import Service
from tests.tiny import publish_tiny

TEXT = "The mayor, I have it on good authority, delays the vote."


class Served(Service):
    akismet_key = ""

    def talk(self, head: str, fields: dict[str, str]) -> tuple[str, dict[str, str], str]:
        """Send a request to the letter; return status line, headers and body."""
        body = urlencode(fields)
        sent = head.format(key=self.akismet_key, port=self.port) + f"Content-Length: {len(body)}\r\n\r\n{body}"
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(sent.replace("\r\n", "\n").replace("\n", "\r\n").encode())
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        begin, _, text = answer.decode().partition("\r\n\r\n")
        status, *lines = begin.split("\r\n")
        return status, {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}, text


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("served")
    publish_tiny(folder / "models")
    service = Served(folder, allow_private_endpoints="true")
    try:
        site = service.json("site", "add", "News", "--akismet-key")
        service.akismet_key = site["akismet_key"]
        service.json("policy", "set", "News", "-", text=json.dumps({"suspect_phrases": ["on good authority"]}))
        yield service.start()
    finally:
        service.close()


FORM = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    "head",
    [
        "POST /1.1/comment-check HTTP/1.0\r\nHost: {key}.rest.akismet.com\r\n",
        "POST /1.1/comment-check HTTP/1.1\r\nHost: {key}.rest.akismet.com\r\n",
        "POST http://{key}.rest.akismet.com/1.1/comment-check HTTP/1.1\r\nHost: {key}.rest.akismet.com\r\n",
        "POST http://127.0.0.1:{port}/1.1/comment-check?api_key={key} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
    ],
)
def test_old_requests_and_absolute_targets_are_understood(service: Served, head: str) -> None:
    status, headers, body = service.talk(head + FORM, {"user_ip": "", "comment_content": "The minister explains."})

    assert status.split(" ")[1] == "200"
    assert (body, headers["content-length"]) == ("false", "5")


def test_a_decision_reaches_the_callback(service: Served) -> None:
    heard: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Site(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.put((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    site = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    try:
        head = "POST /1.1/comment-check HTTP/1.0\r\nUser-Agent: WordPress/6.8.3 | Akismet/5.6\r\n"
        callback = f"http://127.0.0.1:{site.server_port}/wp-json/akismet/v1/webhook"
        fields = {"api_key": service.akismet_key, "user_ip": "", "comment_content": TEXT, "callback": callback}
        _, headers, body = service.talk(head + FORM, {**fields, "akismet_comment_nonce": "passed"})
        assert (body, "x-akismet-recheck-after" in headers) == ("false", True)

        token = service.json("person", "add", "Anna", "--role", "moderator")["token"]
        _, claimed = service.request("POST", "/v1/cases/claim", {"count": 1}, token)
        case = claimed["cases"][0]
        ruling = {"action": "approve", "generation": case["generation"]}
        assert service.request("POST", f"/v1/cases/{case['id']}/decision", ruling, token)[0] == 200

        _, told = heard.get(timeout=20)
    finally:
        site.shutdown()
        site.server_close()
        thread.join(timeout=10)

    assert json.loads(told) == {
        "key": service.akismet_key,
        "endpoint": "comment-check",
        "comments": [{"guid": headers["x-akismet-guid"], "result": "false"}],
    }
