"""The transcripts are whole: what is replayed from them is what a client sent."""

import hashlib
import hmac
import json

import pytest

from tests.compat.record import RECORDINGS
from tests.compat.replay import load, names


@pytest.mark.parametrize("name", names())
def test_a_transcript_can_be_replayed(name: str) -> None:
    transcript = load(name)
    assert transcript.client
    assert transcript.protocol in ("akismet", "perspective", "openai", "coral")
    assert transcript.requests
    for call, request in transcript.requests.items():
        assert request.method in ("GET", "POST"), call
        assert request.target.startswith("/"), call
        assert all(header == header.lower() for header in request.headers), call
        assert transcript.answers[call], call
        if request.headers.get("content-type", "").startswith("application/json"):
            json.loads(request.body)


@pytest.mark.parametrize("name", names())
def test_a_transcripts_keys_can_be_replaced(name: str) -> None:
    transcript = load(name)
    others = {invented: invented[::-1] for invented in transcript.keys.values()}
    kept = [
        call
        for call, request in transcript.requests.items()
        if any(invented in str(request.with_keys(others)) for invented in others)
    ]
    assert kept == []


def test_corals_signatures_are_of_their_very_bytes() -> None:
    transcript = load("coral-moderation")
    new, rotating = transcript.requests.values()

    def signed(body: str, key: str) -> str:
        return "sha256=" + hmac.new(transcript.keys[key].encode(), body.encode(), hashlib.sha256).hexdigest()

    assert new.headers["x-coral-signature"] == signed(new.body, "signing")
    both = f"{signed(rotating.body, 'signing_before')},{signed(rotating.body, 'signing')}"
    assert rotating.headers["x-coral-signature"] == both


def test_each_recording_has_its_transcript() -> None:
    assert set(RECORDINGS) <= set(names())
