"""Errors as Google's interfaces write them: a code, a message, a status and details (google.rpc.Status in JSON).

Clients compare the messages and look into the details: both are Perspective's own, wherever it has said what they are.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.errors import (
    Forbidden,
    Invalid,
    InvalidInput,
    ModerationError,
    NotSignedIn,
    RateLimited,
    TooLarge,
    Unavailable,
)
from moderator.faults import fault_of
from moderator.web import ClientGone, EncodedBody

Details = Sequence[Mapping[str, Any]]

_ANALYZER: Final = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_BAD_REQUEST: Final = "type.googleapis.com/google.rpc.BadRequest"
_ERROR_INFO: Final = "type.googleapis.com/google.rpc.ErrorInfo"
# The names of google.rpc.Code that go with a status.
_STATUSES: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class Refusal(Invalid):
    """A request that Perspective too would refuse, in its words; `more` stands beside the error's type."""

    def __init__(self, message: str, error_type: str = "INVALID_REQUEST", **more: object) -> None:
        super().__init__(message)
        self.details: Details = [{"@type": _ANALYZER, "errorType": error_type, **more}]


class NoKey(Forbidden):
    """The request has no key at all."""


class NoModel(Unavailable):
    """No model is loaded, so that there is nothing to answer but this."""


async def on_error(_: Request[Any], error: Exception) -> Response:
    """Answer an expected error."""
    code, message, details = _words(error)
    headers = {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(error.retry_after_seconds)
    if isinstance(error, HTTPException) and error.headers:
        headers |= error.headers
    return _render(code, message, details, headers)


async def on_unhandled(_: Request[Any], __: Exception) -> Response:
    """Answer what nobody expected. The application around this one counts and logs it."""
    return _render(500, "Internal error encountered.", (), {})


def _render(code: int, message: str, details: Details, headers: Mapping[str, str]) -> Response:
    error: dict[str, Any] = {"code": code, "message": message, "status": _STATUSES.get(code, "UNKNOWN")}
    if details:
        error["details"] = details
    body = msgspec.json.encode({"error": error})
    return Response(body, status_code=code, headers=dict(headers), media_type="application/json")


def _words(error: Exception) -> tuple[int, str, Details]:
    """Return status, message and details of an error."""
    match error:
        case Refusal():
            return 400, str(error), error.details
        case NoKey():
            message = (
                "Method doesn't allow unregistered callers (callers without established identity). Please use API Key "
                "or other form of API consumer identity to call this API."
            )
            return 403, message, ()
        case NotSignedIn():
            return 400, "API key not valid. Please pass a valid API key.", _info("API_KEY_INVALID")
        case Forbidden():
            return 403, str(error), _info("API_KEY_SERVICE_BLOCKED")
        case RateLimited():
            return 429, "Quota exceeded: too many requests with this key.", _info("RATE_LIMIT_EXCEEDED")
        case HTTPException(status_code=404):
            return 404, "Method not found.", ()
        case HTTPException():
            return error.status_code, error.detail, ()
        case ModerationError() if not isinstance(error, Invalid):
            return 503, str(error) if isinstance(error, NoModel) else "The service is currently unavailable.", ()
        case _:
            return 400, *_malformed(error)


def _malformed(error: Exception) -> tuple[str, Details]:
    """Return what is wrong with a body that cannot be read."""
    match error:
        case TooLarge():
            return "Request payload size exceeds the limit.", ()
        case InvalidInput():
            return "Request contains an invalid argument.", _violations(*((f.pointer, f.detail) for f in error.faults))
        case msgspec.ValidationError():
            fault = fault_of(error)
            place = fault.pointer or "/"
            return f"Invalid value at '{_field(place)}': {fault.detail}", _violations((place, fault.detail))
        case EncodedBody():
            return "Send the body as it is, without Content-Encoding.", ()
        case ClientGone():
            return "The request ended before its body did.", ()
        case UnicodeDecodeError():
            detail = "The body is not UTF-8."
        case RecursionError():
            detail = "It is nested too deeply."
        case _:
            detail = str(error)
    return f"Invalid JSON payload received. {detail}", _violations(("", detail))


def _violations(*faults: tuple[str, str]) -> Details:
    found = [{"field": _field(place), "description": detail} for place, detail in faults]
    return [{"@type": _BAD_REQUEST, "fieldViolations": found}]


def _field(pointer: str) -> str:
    """Return a JSON pointer as a path of fields: `comment.text`."""
    return pointer.strip("/").replace("/", ".")


def _info(reason: str) -> Details:
    return [{"@type": _ERROR_INFO, "reason": reason, "domain": "googleapis.com"}]


HANDLERS: Final[Mapping[Any, Any]] = {
    **dict.fromkeys(
        (
            ModerationError,
            msgspec.DecodeError,
            UnicodeDecodeError,
            RecursionError,
            EncodedBody,
            ClientGone,
            HTTPException,
        ),
        on_error,
    ),
    Exception: on_unhandled,
}
