"""What is wrong, in the protocol's way: text, and a header for whoever looks into it. Never a verdict by accident.

What the protocol knows (a bad key, a missing field) is answered with 200, what HTTP knows with its status. No body here
is "true" or "false": WordPress holds a comment at every other one and asks again.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from moderator.compat.akismet.answers import DEBUG_HELP, GUID, Answer
from moderator.compat.akismet.form import Unreadable
from moderator.compat.akismet.wire import MissingField
from moderator.compat.mounting import Handler
from moderator.domain.errors import Forbidden, ModerationError, RateLimited, TooLarge, Unavailable
from moderator.web import ClientGone, EncodedBody, services

INVALID: Final = "invalid"
RETRY_AFTER_SECONDS: Final = 2


def render(answer: Answer) -> Response:
    """Return an answer as a response: no line end after the body, which clients compare to the letter."""
    return Response(
        answer.body, status_code=answer.status, headers=dict(answer.headers), media_type="text/plain; charset=utf-8"
    )


def refusal(body: str, *, debug: str | None = None, status: int = 200, **headers: str) -> Answer:
    """Return an error. `debug` is for whoever looks into it; without it the body says it all."""
    return Answer(body=body, status=status, headers={DEBUG_HELP: debug or body, **headers})


def answer_of(error: Exception) -> Answer:
    """Return what a client is told of an error."""
    if isinstance(error, MissingField):
        return refusal(f"Missing required field: {error}.", debug=f'Empty "{error}" value')
    if isinstance(error, Forbidden):  # No key, an unknown or a revoked one, or one that may not do this.
        return refusal(INVALID, debug=str(error))
    if isinstance(error, Unreadable):
        return refusal(str(error))
    if isinstance(error, RateLimited):
        return refusal("Too many requests.", status=429, **{"Retry-After": str(error.retry_after_seconds)})
    if isinstance(error, TooLarge):
        return refusal("The request is too large.", debug=str(error), status=413)
    if isinstance(error, EncodedBody):
        return refusal("Send the body as it is, without Content-Encoding.", status=415)
    if isinstance(error, ClientGone):
        return refusal("The request ended before its body did.", status=400)
    seconds = error.retry_after_seconds if isinstance(error, Unavailable) else RETRY_AFTER_SECONDS
    return refusal("Not available now.", status=503, **{"Retry-After": str(seconds)})


async def on_error(request: Request[Any], error: Exception) -> Response:
    """Answer an expected error, wherever it was raised."""
    return render(_with_guid(request, answer_of(error)))


async def on_http_error(request: Request[Any], error: Exception) -> Response:
    """Answer an unknown address or method."""
    assert isinstance(error, HTTPException)
    text = "There is no such call." if error.status_code == 404 else f"{request.method} is not for this call."
    return render(refusal(text, status=error.status_code, **(error.headers or {})))


async def on_unhandled(request: Request[Any], _: Exception) -> Response:
    """Answer what nobody expected. The application around this one counts and logs it."""
    return render(_with_guid(request, refusal("Something went wrong here.", status=500)))


def _with_guid(request: Request[Any], answer: Answer) -> Answer:
    """Let WordPress find the comment that an answer is about; without a guid it would publish it."""
    if not request.url.path.endswith("/comment-check"):
        return answer
    return Answer(body=answer.body, status=answer.status, headers={**answer.headers, GUID: services(request).ids.new()})


ERRORS: Mapping[Any, Handler] = {
    ModerationError: on_error,
    MissingField: on_error,
    Unreadable: on_error,
    EncodedBody: on_error,
    ClientGone: on_error,
    HTTPException: on_http_error,
    Exception: on_unhandled,
}
