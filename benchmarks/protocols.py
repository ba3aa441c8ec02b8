"""Other protocols over HTTP, beside the bare echo: Perspective's analyze, Akismet's comment-check after its commit.

The question is what one answer takes while 32 clients ask at once: each sends its next request after its last answer.
"""

import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.load import write_requests
from benchmarks.stack import ROUNDS, load, make_requests, median, run_echo, run_service, texts

CONNECTIONS = 32


def _post(path: str, kind: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _analyze(key: str) -> list[bytes]:
    return [
        _post(
            f"/v1alpha1/comments:analyze?key={key}",
            "application/json",
            json.dumps(
                {
                    "comment": {"text": text},
                    "languages": ["en"],
                    "requestedAttributes": {"TOXICITY": {}, "SEVERE_TOXICITY": {}, "INSULT": {}},
                    "doNotStore": True,
                }
            ).encode(),
        )
        for text in texts()
    ]


def _comment_check(key: str) -> list[bytes]:
    made = []
    for n, text in enumerate(texts()):
        fields = {
            "api_key": key,
            "blog": "https://news.example",
            "blog_lang": "en_GB",
            "blog_charset": "UTF-8",
            "user_ip": f"192.0.2.{n % 250}",
            "user_agent": "Mozilla/5.0",
            "permalink": "https://news.example/summit",
            "comment_type": "comment",
            "comment_author": "Anna",
            "comment_author_email": f"reader-{n % 20_000}@mail.example",
            "comment_content": text,
        }
        made.append(_post("/1.1/comment-check", "application/x-www-form-urlencoded", urlencode(fields).encode()))
    return made


def measure(models: Path) -> dict[str, Any]:
    """Return requests a second and latencies of each protocol and of the echo; the medians of some rounds."""
    makers = {"analyze": _analyze, "comment_check": _comment_check}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ("echo", *makers)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_requests(folder / "echo", make_requests("/v1/comments", "none"))
        for n in range(ROUNDS):
            (folder / str(n)).mkdir()
            with run_service(folder / str(n), models) as (port, key, _):
                for protocol, make in makers.items():
                    write_requests(folder / protocol, make(key))
                    found[protocol].append(load(port, folder / protocol, connections=CONNECTIONS))
            with run_echo() as port:
                found["echo"].append(load(port, folder / "echo", connections=CONNECTIONS))
    return {name: median(rounds) for name, rounds in found.items()}
