"""Signatures of outgoing events: Standard Webhooks 1.0.0, symmetric (`v1`). Pure; sending is `delivery`'s."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from moderator.domain.errors import Invalid

PREFIX = "whsec_"
MIN_KEY_BYTES, MAX_KEY_BYTES = 24, 64
NEW_KEY_BYTES = 32


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """Return a fresh secret in the form that is shown to a site."""
    return PREFIX + base64.b64encode(random_bytes(NEW_KEY_BYTES)).decode("ascii")


def key_of(secret: str) -> bytes:
    """Return the key inside a `whsec_` secret. Raises `Invalid` when it is malformed, shorter than 24 or over 64 bytes.

    The message never quotes the secret: it may end in a log.
    """
    encoded = secret.removeprefix(PREFIX)
    if encoded == secret:
        raise Invalid(f"A webhook secret begins with {PREFIX}.")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("A webhook secret is base64 behind its prefix.") from None
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise Invalid(f"A webhook secret holds {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes.")
    return key


def sign(*, secrets: Sequence[str], event_id: str, sent_at: datetime, body: bytes) -> Mapping[str, str]:
    """Return the three headers for one attempt: the id stays the same over retries, the time is the attempt's.

    Every secret signs, so that a receiver who knows any one of them can verify while a secret is being replaced.
    Raises `Invalid` without a usable secret: an unsigned event must not leave.
    """
    if not secrets:
        raise Invalid("The endpoint has no secret.")
    timestamp = str(int(sent_at.timestamp()))
    signed = b".".join([event_id.encode("ascii"), timestamp.encode("ascii"), body])
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(key_of(secret), signed) for secret in secrets),
    }


def _signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
