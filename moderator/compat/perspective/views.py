"""The addresses of Perspective's API, and who may use them."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from moderator.compat.mounting import Protocol
from moderator.compat.perspective.analysis import analyze
from moderator.compat.perspective.discovery import VERSION, discovery_document, root_of
from moderator.compat.perspective.errors import HANDLERS, NoKey
from moderator.compat.perspective.suggestion import take_suggestion
from moderator.compat.perspective.wire import MAX_BODY_BYTES, AnalyzeIn, SuggestIn, decode
from moderator.domain.ids import SiteId
from moderator.usecases import access
from moderator.web import header, read_body, services, services_of

_ANALYZE = msgspec.json.Decoder(AnalyzeIn, strict=False)
_SUGGEST = msgspec.json.Decoder(SuggestIn, strict=False)
_ENCODER = msgspec.json.Encoder()
_JSON = (b"content-type", b"application/json; charset=UTF-8")


class AnalyzeComment:
    """`POST /v1alpha1/comments:analyze`, a hot route: an ASGI endpoint, as `api.comments.SubmitComment` is one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _check_method(scope)
        found = services_of(scope)
        site_id = _site_of(scope)
        body = await read_body(scope, receive, limit=MAX_BODY_BYTES)
        await _send(send, await analyze(found, site_id, decode(_ANALYZE, body)))


class SuggestScore:
    """`POST /v1alpha1/comments:suggestscore`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _check_method(scope)
        found = services_of(scope)
        site_id = _site_of(scope)
        body = await read_body(scope, receive, limit=MAX_BODY_BYTES)
        await _send(send, await take_suggestion(found, site_id, decode(_SUGGEST, body)))


async def serve_discovery(request: Request[Any]) -> Response:
    """`GET /$discovery/rest`: for anybody. It depends on how this service was reached, so nobody may keep it."""
    version = request.query_params.get("version", VERSION)
    if version != VERSION:
        raise HTTPException(404)
    document = discovery_document(root_of(request.scope, services(request).settings))
    return Response(
        msgspec.json.encode(document), media_type="application/json", headers={"cache-control": "private, no-store"}
    )


async def find_nothing(_: Request[Any]) -> Response:
    """Answer every other address of this API in its own words."""
    raise HTTPException(404)


def _site_of(scope: Scope) -> SiteId:
    """Return whose key the request has: in its address, or in the header that Google's libraries use."""
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    secret = asked.get("key") or header(scope, b"x-goog-api-key")
    if not secret:
        raise NoKey("There is no key.")
    return access.site_key(services_of(scope), secret).site_id


def _check_method(scope: Scope) -> None:
    # The router knows methods of functions alone.
    if scope["method"] != "POST":
        raise HTTPException(405, headers={"allow": "POST"})


async def _send(send: Send, answer: msgspec.Struct) -> None:
    body = _ENCODER.encode(answer)
    headers = [_JSON, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


PROTOCOL = Protocol(
    name="perspective",
    routes=[
        Route("/v1alpha1/comments:analyze", AnalyzeComment()),
        Route("/v1alpha1/comments:suggestscore", SuggestScore()),
        Route("/$discovery/rest", serve_discovery, methods=["GET"]),
        Route("/v1alpha1/{rest:path}", find_nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ],
    errors=HANDLERS,
)
