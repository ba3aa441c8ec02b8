"""Signatures, judged by the `standardwebhooks` package rather than by our own code."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from moderator.domain.errors import Invalid
from moderator.webhooks.signing import MAX_KEY_BYTES, MIN_KEY_BYTES, PREFIX, key_of, new_secret, sign

BODY = '{"type":"comment.decided","data":{"text":"prix à la pompe — €"}}'.encode()


def secret_of(key: bytes) -> str:
    return PREFIX + base64.b64encode(key).decode()


def test_a_new_secret_has_32_random_bytes_behind_its_prefix() -> None:
    secret = new_secret(lambda count: bytes(range(count)))

    assert secret == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert key_of(secret) == bytes(range(32))


@given(
    key=st.binary(min_size=MIN_KEY_BYTES, max_size=MAX_KEY_BYTES),
    event_id=st.text(alphabet="0123456789abcdefghjkmnpqrstvwxyz", min_size=1, max_size=26),
    body=st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=4),
)
def test_the_independent_verifier_accepts_what_we_sign(key: bytes, event_id: str, body: dict[str, str]) -> None:
    encoded = json.dumps(body, ensure_ascii=False).encode()

    headers = sign(secrets=[secret_of(key)], event_id=event_id, sent_at=datetime.now(UTC), body=encoded)

    assert Webhook(secret_of(key)).verify(encoded, dict(headers)) == body


def test_the_specification_s_own_shape_of_the_signed_text_is_kept() -> None:
    sent_at = datetime(2026, 11, 24, 12, 0, 0, 999_999, tzinfo=UTC)

    headers = sign(secrets=[secret_of(b"k" * 24)], event_id="e1", sent_at=sent_at, body=BODY)

    assert headers["webhook-id"] == "e1"
    assert headers["webhook-timestamp"] == "1795521600"
    assert headers["webhook-signature"] == Webhook(secret_of(b"k" * 24)).sign("e1", sent_at, BODY.decode())


def test_while_a_secret_rotates_either_of_the_two_verifies() -> None:
    new, old, stranger = (secret_of(bytes([number]) * 32) for number in range(3))

    headers = dict(sign(secrets=[new, old], event_id="e1", sent_at=datetime.now(UTC), body=BODY))

    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (new, old):
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(stranger).verify(BODY, headers)


def test_a_changed_body_id_or_time_is_refused() -> None:
    secret, now = secret_of(b"k" * 32), datetime.now(UTC)
    headers = dict(sign(secrets=[secret], event_id="e1", sent_at=now, body=BODY))
    later = str(int((now + timedelta(seconds=1)).timestamp()))

    for body, changed in (
        (BODY + b" ", {}),
        (BODY, {"webhook-id": "e2"}),
        (BODY, {"webhook-timestamp": later}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, {**headers, **changed})


def test_a_captured_request_is_refused_six_minutes_later() -> None:
    secret, captured_at = secret_of(b"k" * 32), datetime.now(UTC) - timedelta(minutes=6)
    headers = dict(sign(secrets=[secret], event_id="e1", sent_at=captured_at, body=BODY))

    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        secret_of(b"k" * 23),
        secret_of(b"k" * 65),
        base64.b64encode(b"k" * 32).decode(),
        "whsec_not base64!",
        "whsec_é" + "A" * 40,
        "WHSEC_" + base64.b64encode(b"k" * 32).decode(),
        "whsk_" + base64.b64encode(b"k" * 32).decode(),
    ],
)
def test_a_malformed_secret_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(Invalid) as caught:
        sign(secrets=[secret], event_id="e1", sent_at=datetime.now(UTC), body=BODY)

    assert len(secret) < 8 or secret[6:] not in str(caught.value)


def test_nothing_is_signed_without_a_secret() -> None:
    with pytest.raises(Invalid, match="no secret"):
        sign(secrets=[], event_id="e1", sent_at=datetime.now(UTC), body=BODY)
