"""The foreign protocols that are spoken here, in the order in which their addresses are tried."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from moderator.compat.coral import CORAL
from moderator.compat.mounting import Protocol, mount
from moderator.compat.openai import OPENAI
from moderator.services import Services

PROTOCOLS: Sequence[Protocol] = (OPENAI, CORAL)


def routes_of(services: Services) -> list[BaseRoute]:
    """Return the addresses of every foreign protocol."""
    return [route for protocol in PROTOCOLS for route in mount(protocol, services)]
