"""A server that notes what a client sends, answers as it is told to, and keeps both as a transcript.

It knows no protocol: `record` says what each client is asked to do and which answers it is given.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

FOLDER = Path(__file__).parent / "transcripts"
# Of the connection, or of the machine that recorded.
_LEFT_OUT = ("connection", "content-length")
_MACHINE = "x-stainless-"
_KEPT = ("x-stainless-retry-count",)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the recorder answers with."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


def plain(body: str, **headers: str) -> Answer:
    """Return an answer in plain text; `x_akismet_guid` stands for the header X-akismet-guid."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(headers={"content-type": "text/plain; charset=utf-8", **named}, body=body)


def in_json(content: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers={"content-type": "application/json", **named}, body=json.dumps(content))


class Recorder:
    """Remembers the requests that arrive; `answer` may be changed at any time."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Answer] = lambda _target: Answer()
        self.requests: list[dict[str, Any]] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _note_and_answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                recorder.requests.append(recorder._request(self, body))
                answer = recorder.answer(self.path)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                content = answer.body.encode()
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _note_and_answer  # noqa: N815  The names that the library looks up.

            def log_message(self, *_arguments: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @contextmanager
    def running(self) -> Iterator["Recorder"]:
        Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def _request(self, handler: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
        headers = {name.lower(): value.replace(f":{self.port}", "") for name, value in handler.headers.items()}
        return {
            "method": handler.command,
            "target": handler.path,
            "headers": {
                name: value
                for name, value in headers.items()
                if name in _KEPT or (name not in _LEFT_OUT and not name.startswith(_MACHINE))
            },
            "body": body.decode(),
        }


class Transcript:
    """What one client sends, and what it makes of the answers."""

    def __init__(self, recorder: Recorder, name: str, **about: object) -> None:
        self.recorder = recorder
        self._path = FOLDER / f"{name}.json"
        self._content: dict[str, Any] = {**about, "exchanges": []}

    def record(self, call: str, do: Callable[[], object], *answers: Answer) -> None:
        """Do a call once for each answer; note the requests of the first, and what the client says to each."""
        exchange: dict[str, Any] = {"call": call}
        for answer in answers:
            self.recorder.requests.clear()
            self.recorder.answer = lambda _target, answer=answer: answer
            outcome = _outcome(do)
            sent = list(self.recorder.requests)
            exchange.setdefault("request", sent[0] if sent else None)
            given = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
            if len(sent) > 1:
                given["requests_sent"] = len(sent)
            exchange.setdefault("answers", []).append({**given, "outcome": outcome})
        self._content["exchanges"].append(exchange)

    def write(self) -> Path:
        """Write the transcript. The port is of one recording only."""
        text = json.dumps(self._content, ensure_ascii=False, indent=2).replace(f":{self.recorder.port}", "")
        self._path.write_text(text + "\n", "utf-8")
        return self._path


def _outcome(do: Callable[[], object]) -> object:
    """Return the value as JSON can say it, or the client's own error."""
    try:
        value = do()
    except Exception as error:  # Whatever a client raises is its answer.
        kind = type(error)
        message = " ".join(str(error).split())
        return {"raises": f"{kind.__module__.split('.')[0]}.{kind.__name__}", "message": message[:300]}
    return {"returns": value}
