"""Signing in at an OpenID Connect provider: there, and back again."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.pages import see_other
from moderator.console.session import browser_of, is_secure, keep, shown
from moderator.domain.errors import NotFound, NotSignedIn
from moderator.identity import Attempt, Provider
from moderator.usecases import access, single_sign_on
from moderator.web import client_address, services

CALLBACK: Final = "/console/oidc/callback"
ATTEMPT_SECONDS: Final = 600


@shown
async def start(request: Request[Any]) -> Response:
    """`GET /console/oidc/start`: on to the provider. A link, since a form may not lead to another site."""
    provider = _provider(request)
    access.limit_tries(services(request), client_address(request.scope))
    attempt = Attempt.new()
    response = see_other(await provider.address_of(attempt, _callback(request)))
    response.set_cookie(
        _cookie(request),
        attempt.secret,
        max_age=ATTEMPT_SECONDS,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",  # The provider leads back here from its own site.
    )
    return response


@shown
async def come_back(request: Request[Any]) -> Response:
    """`GET /console/oidc/callback`: with a code, which is good once, for the browser that asked."""
    provider, secret = _provider(request), request.cookies.get(_cookie(request))
    access.limit_tries(services(request), client_address(request.scope))
    if not secret:
        raise NotSignedIn("Signing in took too long, or began in another browser. Sign in again.")
    claims = await provider.redeem(dict(request.query_params), Attempt(secret), _callback(request))
    signed = await single_sign_on.sign_in(services(request), claims, browser=browser_of(request))
    response = see_other("/console")
    response.delete_cookie(_cookie(request), path="/", secure=is_secure(request), httponly=True, samesite="lax")
    await keep(request, response, signed)
    return response


def _provider(request: Request[Any]) -> Provider:
    provider = services(request).identity
    if provider is None:
        raise NotFound("There is no sign-in provider.")
    return provider


def _callback(request: Request[Any]) -> str:
    return services(request).settings.address + CALLBACK


def _cookie(request: Request[Any]) -> str:
    return "__Host-moderator-oidc" if is_secure(request) else "moderator-oidc"


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/oidc/start", start, methods=["GET"]),
    Route(CALLBACK, come_back, methods=["GET"]),
]
