"""Coral's external moderation phase: `POST /coral/moderate`, after Coral's public source.

Its pipeline asks once for each new or edited comment, waits as long as the phase's timeout says, and goes on by itself
after any answer that is not 2xx. So whatever is wrong is no opinion to Coral, and a line in its log.
"""

from starlette.routing import Route

from moderator.compat.coral.errors import ERRORS
from moderator.compat.coral.views import moderate_comment
from moderator.compat.mounting import Protocol

PROTOCOL = Protocol(
    name="coral",
    routes=(Route("/coral/moderate", moderate_comment, methods=["POST"]),),
    errors=ERRORS,
)
