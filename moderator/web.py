"""What the edges share: reading a body within its cap, who is connected, and the services of a request."""

from collections.abc import Iterable
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope

from moderator.domain.errors import Fault, TooLarge
from moderator.services import Services

MAX_BODY_BYTES = 256 * 1024
MAX_BATCH_BYTES = 8 * 1024 * 1024


class EncodedBody(Exception):
    """The body has a Content-Encoding; a few bytes may unpack to gigabytes, so none is accepted."""


class ClientGone(Exception):
    """The client hung up before its request was whole."""


def services_of(scope: Scope) -> Services:
    """Return the services of the application that serves this scope."""
    services: Services = scope["app"].state.services
    return services


def services(connection: HTTPConnection[Any]) -> Services:
    """Return the services that answer this request."""
    return services_of(connection.scope)


def header(scope: Scope, name: bytes) -> str | None:
    """Return the first header of a name (in lower case), or None."""
    for found, value in scope["headers"]:
        if found == name:
            return str(value.decode("latin-1"))
    return None


async def read_body(scope: Scope, receive: Receive, *, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the whole body, counting while it comes in.

    Raises:
        TooLarge: more than `limit` bytes were announced or sent.
        EncodedBody: it is compressed.
        ClientGone: the client hung up.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > limit:
            raise _too_large(limit)
        if name == b"content-encoding" and value.lower() != b"identity":
            raise EncodedBody
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(Fault(pointer="", detail=f"the body may have {limit // 1024} kB at most"))


def client_address(scope: Scope) -> str:
    """Return the address of whoever is asking.

    X-Forwarded-For counts only when the peer is a trusted proxy, and only from the right: the first address that no
    trusted proxy has written.
    """
    peer = _peer(scope)
    forwarded = header(scope, b"x-forwarded-for") if has_trusted_peer(scope) else None
    return _first_untrusted(forwarded.split(","), _trusted(scope)) or peer if forwarded else peer


def has_trusted_peer(scope: Scope) -> bool:
    """Return whether the request came through a proxy that is believed (MODERATOR_TRUSTED_PROXIES)."""
    trusted = _trusted(scope)
    return "*" in trusted or _peer(scope) in trusted


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "unknown"


def _trusted(scope: Scope) -> set[str]:
    return {part.strip() for part in services_of(scope).settings.trusted_proxies.split(",")}


def _first_untrusted(hops: Iterable[str], trusted: set[str]) -> str | None:
    found = [hop.strip() for hop in hops if hop.strip()]
    if "*" in trusted:
        return found[0] if found else None
    return next((hop for hop in reversed(found) if hop not in trusted), None)
