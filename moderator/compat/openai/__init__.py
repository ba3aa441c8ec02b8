"""OpenAI's moderations: `POST /v1/moderations`, scored by this site's model and judged by its thresholds.

After the API reference and the types of its own client (PyPI openai 3.57). What differs stands in docs/compat.md.
"""

from starlette.routing import Route

from moderator.compat.mounting import Protocol
from moderator.compat.openai.errors import ERRORS
from moderator.compat.openai.views import NoSuchAddress, create_moderation

PATH = "/v1/moderations"

PROTOCOL = Protocol(
    name="openai",
    routes=(
        Route(PATH, create_moderation, methods=["POST"]),
        Route(f"{PATH}/{{rest:path}}", NoSuchAddress()),
    ),
    errors=ERRORS,
)
