"""The foreign protocols that are spoken here, in the order in which their addresses are tried."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from moderator.compat import akismet, coral, openai, perspective
from moderator.compat.mounting import Protocol, mount
from moderator.services import Services

PROTOCOLS: Sequence[Protocol] = (perspective.PROTOCOL, akismet.PROTOCOL, openai.PROTOCOL, coral.PROTOCOL)


def routes_of(services: Services) -> list[BaseRoute]:
    """Return the addresses of every foreign protocol."""
    return [route for protocol in PROTOCOLS for route in mount(protocol, services)]
