"""How a foreign protocol joins the application: its routes, and its own way of saying that something is wrong.

Each protocol is a Starlette application of its own, so that no error of its routes is answered in another one's words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from moderator.services import Services

Handler = Callable[[Request[Any], Exception], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What a protocol serves. `errors` answers every exception that its views raise, each by its class."""

    name: str
    routes: Sequence[Route]
    errors: Mapping[Any, Handler]


def mount(protocol: Protocol, services: Services) -> list[BaseRoute]:
    """Return a protocol's addresses as routes of the outer application, all of its methods included."""
    app = Starlette(routes=list(protocol.routes), exception_handlers=dict(protocol.errors))
    app.state.services = services
    return [Route(path, app) for path in dict.fromkeys(route.path for route in protocol.routes)]
