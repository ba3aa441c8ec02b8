"""Errors in the protocol's shape, after its reference: the client reads `code` and `param`, and repeats 429 and 5xx."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from moderator.compat.mounting import Handler
from moderator.compat.openai.schemas import ENCODER, ErrorBody, ErrorOut
from moderator.domain.errors import (
    Forbidden,
    InvalidInput,
    ModerationError,
    NotFound,
    RateLimited,
    TooLarge,
    Unavailable,
)
from moderator.faults import fault_of
from moderator.web import ClientGone, EncodedBody

INVALID = "invalid_request_error"


class NoModel(Unavailable):
    """There is no model to score with; nothing is made up in its place."""

    retry_after_seconds = 60


class UnknownModel(NotFound):
    """A model was asked for that is no moderation model."""


def _answer(
    status: int,
    message: str,
    *,
    kind: str = INVALID,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = ENCODER.encode(ErrorOut(error=ErrorBody(message=message, type=kind, param=param, code=code)))
    return Response(body, status_code=status, media_type="application/json", headers=dict(headers or {}))


async def on_forbidden(_: Request[Any], error: Exception) -> Response:
    """Answer a missing, unknown or wrong key. The real service has one status for all of them."""
    return _answer(401, str(error), code="invalid_api_key", headers={"www-authenticate": "Bearer"})


async def on_invalid(_: Request[Any], error: Exception) -> Response:
    """Answer what cannot be scored, naming the member at fault."""
    assert isinstance(error, InvalidInput | msgspec.ValidationError)
    fault = error.faults[0] if isinstance(error, InvalidInput) else fault_of(error)
    param = fault.pointer.strip("/").replace("/", ".") or None
    return _answer(400, f"{param}: {fault.detail}" if param else fault.detail, param=param, code="invalid_value")


async def on_too_large(_: Request[Any], error: Exception) -> Response:
    """Answer a body over the cap."""
    return _answer(413, str(error).removeprefix("/: "), code="request_too_large")


async def on_malformed(_: Request[Any], __: Exception) -> Response:
    """Answer a body that is no JSON, compressed, or not all there."""
    message = "The body must be JSON in UTF-8, as it is: neither compressed nor cut short."
    return _answer(400, message, code="invalid_json")


async def on_unknown_model(_: Request[Any], error: Exception) -> Response:
    """Answer a model that is none of the protocol's and not ours."""
    return _answer(404, f"The model '{error}' does not exist.", param="model", code="model_not_found")


async def on_unavailable(_: Request[Any], error: Exception) -> Response:
    """Answer what may succeed later: too many requests with a key, or no model."""
    retry_after = {"retry-after": str(error.retry_after_seconds)} if isinstance(error, Unavailable) else {}
    return _answer(503, str(error), kind="server_error", code="service_unavailable", headers=retry_after)


async def on_rate_limited(_: Request[Any], error: Exception) -> Response:
    """Answer one request too many."""
    assert isinstance(error, Unavailable)
    retry_after = {"retry-after": str(error.retry_after_seconds)}
    return _answer(429, str(error), kind="requests", code="rate_limit_exceeded", headers=retry_after)


async def on_http_error(request: Request[Any], error: Exception) -> Response:
    """Answer an unknown address (404) or method (405)."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _answer(404, f"Invalid URL ({request.method} {request.url.path})", code="unknown_url")
    message = f"Not allowed to {request.method} on {request.url.path}."
    return _answer(error.status_code, message, code="method_not_supported", headers=error.headers)


async def on_unhandled(_: Request[Any], __: Exception) -> Response:
    """Answer what nobody expected. The application around this one counts and logs it."""
    return _answer(500, "Something went wrong here; the request id finds it in the log.", kind="server_error")


ERRORS: Mapping[Any, Handler] = {
    Forbidden: on_forbidden,
    UnknownModel: on_unknown_model,
    TooLarge: on_too_large,
    InvalidInput: on_invalid,
    msgspec.ValidationError: on_invalid,
    msgspec.DecodeError: on_malformed,
    UnicodeDecodeError: on_malformed,
    RecursionError: on_malformed,
    EncodedBody: on_malformed,
    ClientGone: on_malformed,
    RateLimited: on_rate_limited,
    Unavailable: on_unavailable,
    ModerationError: on_unavailable,
    HTTPException: on_http_error,
    Exception: on_unhandled,
}
