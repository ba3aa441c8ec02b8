"""Whatever is wrong, in a shape that Coral survives: any status but 2xx is a line in its log and no opinion."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from moderator.compat.mounting import Handler
from moderator.domain.errors import Invalid, InvalidInput, ModerationError, NotSignedIn, TooLarge
from moderator.faults import fault_of
from moderator.log import logger
from moderator.web import ClientGone, EncodedBody


def _answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    body = msgspec.json.encode({"error": message})
    return Response(body, status_code=status, media_type="application/json", headers=dict(headers or {}))


async def on_not_signed(_: Request[Any], error: Exception) -> Response:
    """Answer a signature that no secret of ours makes."""
    logger.warning("coral_signature_refused")
    return _answer(401, str(error))


async def on_invalid(_: Request[Any], error: Exception) -> Response:
    """Answer what is no question of Coral's, though it was signed."""
    fault = fault_of(error) if isinstance(error, msgspec.ValidationError) else None
    if isinstance(error, InvalidInput):
        fault = error.faults[0]
    message = f"{fault.pointer or 'the body'}: {fault.detail}" if fault else str(error)
    logger.warning("coral_request_refused", reason=message)
    return _answer(400, message)


async def on_too_large(_: Request[Any], error: Exception) -> Response:
    """Answer a body over the cap."""
    logger.warning("coral_request_too_large")
    return _answer(413, str(error))


async def on_bad_body(_: Request[Any], error: Exception) -> Response:
    """Answer a compressed body, or half of one."""
    return _answer(415 if isinstance(error, EncodedBody) else 400, "Send the whole body, without Content-Encoding.")


async def on_unavailable(_: Request[Any], error: Exception) -> Response:
    """Say nothing when nothing could be recorded: Coral goes on as without us."""
    logger.warning("coral_no_opinion", reason=type(error).__name__)
    return Response(status_code=204)


async def on_http_error(request: Request[Any], error: Exception) -> Response:
    """Answer another method (405)."""
    assert isinstance(error, HTTPException)
    return _answer(error.status_code, f"{request.method} {request.url.path}: {error.detail}", error.headers)


async def on_unhandled(_: Request[Any], __: Exception) -> Response:
    """Answer what nobody expected. The application around this one counts and logs it."""
    return _answer(503, "Something went wrong here; the request id finds it in the log.")


ERRORS: Mapping[Any, Handler] = {
    NotSignedIn: on_not_signed,
    TooLarge: on_too_large,
    Invalid: on_invalid,
    msgspec.ValidationError: on_invalid,
    EncodedBody: on_bad_body,
    ClientGone: on_bad_body,
    ModerationError: on_unavailable,
    HTTPException: on_http_error,
    Exception: on_unhandled,
}
