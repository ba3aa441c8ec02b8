"""The application: routes, middleware, error handlers around services that somebody else has opened."""

import os
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderator.api import problems
from moderator.api.cors import Preflight
from moderator.api.openapi import serve_document
from moderator.api.routes import OPERATIONS
from moderator.compat import protocols
from moderator.console import views as console
from moderator.services import Services
from moderator.web import header, services_of


def build_app(services: Services) -> Starlette:
    """Return the application. Whoever serves it opens the services and runs the background loops."""
    app = Starlette(
        routes=_routes(services),
        middleware=[Middleware(Edge)],
        exception_handlers={**problems.HANDLERS, HTTPException: _on_http_error, Exception: problems.on_unhandled},
    )
    app.state.services = services
    return app


# Routes are tried one after the other; thirty of them cost 50 µs a request (measured).
HOT = ("/v1/comments", "/v1/score")


def _routes(services: Services) -> list[BaseRoute]:
    """Return every route, the hot ones first."""
    own = [Route(one.path, one.view, methods=[one.method]) for one in OPERATIONS]
    return [
        *(route for route in own if route.path in HOT),
        *protocols.routes_of(services),
        *(route for route in own if route.path not in HOT),
        Route("/v1/comments", Preflight(), methods=["OPTIONS"]),
        Route("/openapi.json", serve_document, methods=["GET"]),
        *console.ROUTES,
    ]


class Edge:
    """What every answer gets: a request id, and for pages with a public key the permission to read it.

    Pure ASGI: the framework's own base class for middleware costs nine times a whole request (measured).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["request_id"] = os.urandom(8).hex()
        origin = header(scope, b"origin") if scope["path"] == "/v1/comments" else None
        if origin is not None and origin not in services_of(scope).directory.origins:
            origin = None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
                if origin is not None:
                    extra.append((b"access-control-allow-origin", origin.encode("latin-1")))
                    extra.append((b"access-control-expose-headers", b"retry-after, x-request-id"))
                    extra.append((b"vary", b"origin"))
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        await self.app(scope, receive, send_with_headers)


async def _on_http_error(request: Request[Any], error: Exception) -> Response:
    """Answer an unknown address or method; Allow names every method of the address."""
    response = await problems.on_http_error(request, error)
    if response.status_code == 405:
        MutableHeaders(raw=response.raw_headers)["allow"] = ", ".join(sorted(_methods(request)))
    return response


def _methods(request: Request[Any]) -> set[str]:
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return found
