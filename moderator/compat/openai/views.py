"""The one operation, and what stands below its address: nothing."""

import re
from collections.abc import Sequence
from typing import Any, Final

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from moderator.compat import halves
from moderator.compat.openai.categories import result_of
from moderator.compat.openai.errors import NoModel, UnknownModel
from moderator.compat.openai.schemas import DECODER, ENCODER, ModerationOut, ResultOut
from moderator.domain.policy import Policy
from moderator.domain.scoring import Scored
from moderator.usecases import access
from moderator.usecases.moderate import score_many
from moderator.web import MAX_BATCH_BYTES, read_body, services

# The names that clients ask for: the two latest, and dated ones. All mean the model in use here.
_MODELS: Final = re.compile(r"(?:omni|text)-moderation-[a-z0-9-]{1,40}")
FEW_RESULTS = 50  # Up to here they are put together at once: a hop to a thread costs more.


async def create_moderation(request: Request[Any]) -> Response:
    """`POST /v1/moderations`: nothing is stored or learned."""
    found = services(request)
    site_id = access.site_key(found, access.bearer(request.headers.get("authorization"))).site_id
    asked = halves.decode(DECODER, await read_body(request.scope, request.receive, limit=MAX_BATCH_BYTES))
    texts, scorer = asked.texts(), found.scorer_of(site_id)
    if asked.model is not None and asked.model != scorer.version and not _MODELS.fullmatch(asked.model):
        raise UnknownModel(asked.model)
    scored = [one for one in await score_many(scorer, texts) if one is not None]
    if not scored:
        raise NoModel("No model is loaded.")
    policy = found.policy_for(site_id, scorer)
    results = (
        _results(scored, policy)
        if len(scored) <= FEW_RESULTS
        else await anyio.to_thread.run_sync(_results, scored, policy)
    )
    answer = ModerationOut(id=f"modr-{found.ids.new()}", model=asked.model or scored[0].model, results=results)
    return Response(ENCODER.encode(answer), media_type="application/json")


def _results(scored: Sequence[Scored], policy: Policy) -> list[ResultOut]:
    return [result_of(one, policy) for one in scored]


class NoSuchAddress:
    """Answers whatever stands below the address, by any method: an ASGI endpoint, since a function is for one alone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        raise HTTPException(404)
