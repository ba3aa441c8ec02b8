"""Errors as problem details (RFC 9457): the one place that knows which family has which status."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    InvalidInput,
    ModelRefused,
    ModerationError,
    NotFound,
    NotSignedIn,
    RateLimited,
    TooLarge,
    Unavailable,
)
from moderator.faults import fault_of
from moderator.log import logger
from moderator.web import ClientGone, EncodedBody, services

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:moderator:problem:"  # Each is explained in docs/problems.md.

# The first class that fits decides, so the narrow ones stand before their family.
_FAMILIES: tuple[tuple[type[Exception], int, str, str], ...] = (
    (NotFound, 404, "not-found", "Not found"),
    (Conflict, 409, "conflict", "Conflict"),
    (NotSignedIn, 401, "not-signed-in", "Who are you?"),
    (Forbidden, 403, "forbidden", "Not allowed"),
    (TooLarge, 413, "too-large", "Too large"),
    (Invalid, 422, "invalid", "Invalid input"),
    (RateLimited, 429, "rate-limited", "Too many requests"),
    (Unavailable, 503, "unavailable", "Not available now"),
    (ModelRefused, 409, "model-refused", "Model refused"),
    (ModerationError, 503, "unavailable", "Not available now"),
    (msgspec.ValidationError, 422, "invalid", "Invalid input"),
    (msgspec.DecodeError, 400, "malformed", "Malformed JSON"),
    (UnicodeDecodeError, 400, "malformed", "Malformed JSON"),
    (RecursionError, 400, "malformed", "Malformed JSON"),
    (EncodedBody, 415, "encoded-body", "Encoded body"),
    (ClientGone, 400, "incomplete", "Incomplete request"),
)


class Problem(msgspec.Struct, omit_defaults=True):
    """The body of every answer that is an error."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[dict[str, str]] | None = None


def problem_of(error: Exception) -> Problem:
    """Return the problem that an expected error is for a client."""
    for kind, status, name, title in _FAMILIES:
        if isinstance(error, kind):
            faults = _faults(error)
            return Problem(
                type=TYPE + name,
                title=title,
                status=status,
                detail=_detail(error, faults),
                errors=[{"pointer": fault.pointer, "detail": fault.detail} for fault in faults] or None,
            )
    return Problem(
        type=TYPE + "internal",
        title="Internal error",
        status=500,
        detail="Something went wrong here; the request id finds it in the log.",
    )


def _detail(error: Exception, faults: list[Fault]) -> str:
    if faults:
        return "; ".join(f"{fault.pointer or 'the body'}: {fault.detail}" for fault in faults)
    if isinstance(error, EncodedBody):
        return "Send the body as it is, without Content-Encoding."
    if isinstance(error, ClientGone):
        return "The request ended before its body did."
    if isinstance(error, UnicodeDecodeError):
        return "The body is not UTF-8."
    if isinstance(error, RecursionError):
        return "The JSON is nested too deeply."
    return str(error)


def _faults(error: Exception) -> list[Fault]:
    if isinstance(error, InvalidInput):
        return list(error.faults)
    if isinstance(error, msgspec.ValidationError):
        return [fault_of(error)]
    return []


def headers_of(error: Exception) -> dict[str, str]:
    """Return the headers that belong to an error: when to come back, how to sign in."""
    if isinstance(error, Unavailable):
        return {"retry-after": str(error.retry_after_seconds)}
    if isinstance(error, NotSignedIn):
        return {"www-authenticate": "Bearer"}
    return {}


def render(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as a response."""
    return Response(
        msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


async def on_error(request: Request[Any], error: Exception) -> Response:
    """Answer an expected error, wherever it was raised."""
    problem = problem_of(error)
    problem.instance = request_id(request)
    return render(problem, headers_of(error))


async def on_http_error(request: Request[Any], error: Exception) -> Response:
    """Answer an unknown path (404) or method (405) as a problem too."""
    assert isinstance(error, HTTPException)
    problem = Problem(
        type=TYPE + ("not-found" if error.status_code == 404 else "method-not-allowed"),
        title="Not found" if error.status_code == 404 else error.detail,
        status=error.status_code,
        detail="There is nothing at this address."
        if error.status_code == 404
        else f"{request.method} is not for this address.",
        instance=request_id(request),
    )
    return render(problem, error.headers)


async def on_unhandled(request: Request[Any], error: Exception) -> Response:
    """Answer what nobody expected with its request id alone; the log has the rest."""
    services(request).metrics.errors.inc()
    logger.error("unhandled_error", request_id=request_id(request), exc_info=error)
    problem = problem_of(error)
    problem.instance = request_id(request)
    response = render(problem)
    response.headers["x-request-id"] = str(request.scope.get("request_id"))  # Beyond the middleware that adds it.
    return response


def request_id(request: Request[Any]) -> str | None:
    """Return the id that the request goes by in the log."""
    found = request.scope.get("request_id")
    return None if found is None else f"urn:request:{found}"


HANDLERS: Mapping[Any, Any] = {
    **{kind: on_error for kind, *_ in _FAMILIES},
    HTTPException: on_http_error,
}
