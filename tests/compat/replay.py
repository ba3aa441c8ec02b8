"""Transcripts of real clients, to be sent to our own application as they stand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.compat.recorder import FOLDER


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as a client sent it, with its invented keys."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str

    def with_keys(self, keys: Mapping[str, str]) -> Self:
        """Return it with other keys in the place of those named, wherever they stand: body, address, host."""
        text = json.dumps([self.target, dict(self.headers), self.body])
        for invented, real in keys.items():
            text = text.replace(invented, real)
        target, headers, body = json.loads(text)
        return type(self)(method=self.method, target=target, headers=headers, body=body)


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """One client's calls by name; a call that the client answers by itself has no request."""

    client: str
    protocol: str
    keys: Mapping[str, str]
    requests: Mapping[str, Request]
    answers: Mapping[str, list[Any]]


def load(name: str) -> Transcript:
    """Return a transcript by the name of its file."""
    content = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    exchanges = content["exchanges"]
    return Transcript(
        client=content["client"],
        protocol=content["protocol"],
        keys=content["keys"],
        requests={one["call"]: Request(**one["request"]) for one in exchanges if one["request"]},
        answers={one["call"]: one["answers"] for one in exchanges},
    )


def names() -> list[str]:
    """Return the names of all transcripts."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))
