"""The one question that Coral asks."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from moderator.compat.coral.answers import ENCODER, NO_OPINION, TOO_LONG, PhaseAnswer, answer_to
from moderator.compat.coral.budget import within
from moderator.compat.coral.requests import decode
from moderator.compat.coral.signature import find_site
from moderator.domain.comments import MAX_TEXT_CHARACTERS
from moderator.log import logger
from moderator.usecases.moderate import moderate
from moderator.web import read_body, services

MAX_BODY_BYTES = 1024 * 1024  # A text at our cap in HTML, every character of it an entity, stays far below.


async def moderate_comment(request: Request[Any]) -> Response:
    """`POST /coral/moderate`: judge a comment and record the outcome, as for any other site."""
    found = services(request)
    started = found.monotonic()
    body = await read_body(request.scope, request.receive, limit=MAX_BODY_BYTES)
    site = find_site(found.directory.sites.values(), body, request.headers.getlist("x-coral-signature"))
    asked = decode(body)
    if asked.author is not None and asked.author.is_staff:
        return _answer(NO_OPINION)
    comment = asked.to_domain(found, site)
    if not comment.text:
        return _answer(NO_OPINION)  # A picture alone, or stars without words.
    if len(comment.text) > MAX_TEXT_CHARACTERS:
        logger.warning("coral_text_too_long", site=site.id)
        return _answer(TOO_LONG)
    left = found.settings.coral_seconds - (found.monotonic() - started)
    moderated = await within(left, moderate(found, comment, idempotency_key=asked.idempotency_key(comment)))
    if moderated is None:
        logger.warning("coral_budget_exceeded", site=site.id, comment=comment.id)
        return Response(status_code=204)
    return _answer(answer_to(moderated.outcome))


def _answer(answer: PhaseAnswer) -> Response:
    return Response(ENCODER.encode(answer), media_type="application/json")
