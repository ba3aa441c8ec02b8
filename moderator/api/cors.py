"""Cross-origin rules (CORS) for the one route that pages may call, with a public key."""

from starlette.types import Receive, Scope, Send

from moderator.web import header, services_of

_ALLOWED = [
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type, idempotency-key"),
    (b"access-control-max-age", b"600"),
]


class Preflight:
    """`OPTIONS /v1/comments`: yes to the origins that some public key was made for; the key itself is checked later."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin")
        headers = [(b"allow", b"POST, OPTIONS"), (b"content-length", b"0")]
        if origin in services_of(scope).directory.origins:
            headers.extend(_ALLOWED)
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
