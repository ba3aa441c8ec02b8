"""Comments: submit, batch, read, erase, report; and scores without a comment."""

from collections.abc import Mapping, Sequence
from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from moderator.api.problems import Problem, problem_of
from moderator.api.schemas import (
    BatchIn,
    CommentIn,
    OutcomeOut,
    PublicOutcomeOut,
    ReportIn,
    ReportOut,
    ScoreIn,
    ScoreOut,
    ScoresOut,
    check_strings,
)
from moderator.classifier.scorer import Scorer
from moderator.domain.comments import MAX_TEXT_CHARACTERS, Comment, Status
from moderator.domain.errors import Fault, InvalidInput, ModerationError, TooLarge
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import KeyKind
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.storage import comments as stored_comments
from moderator.usecases import access, feedback
from moderator.usecases.moderate import Moderated, moderate, moderate_many, scores_many
from moderator.web import MAX_BATCH_BYTES, client_address, header, read_body, services, services_of

_COMMENT = msgspec.json.Decoder(CommentIn)
_BATCH = msgspec.json.Decoder(BatchIn)
_SCORE = msgspec.json.Decoder(ScoreIn)
_REPORT = msgspec.json.Decoder(ReportIn)
_ENCODER = msgspec.json.Encoder()
_JSON = (b"content-type", b"application/json")
MAX_KEY_CHARACTERS = 255
WORTH_A_SPAN = 0.1
FEW_TEXTS = 4  # Up to here the words are looked for at once: a hop to a thread costs more.
MESSAGES = {
    Status.APPROVED: "Your comment is published.",
    Status.HELD: "Thank you. Your comment will be read before it is published.",
    Status.REJECTED: "Your comment was not published: it does not meet our rules.",
}


class SubmitComment:
    """`POST /v1/comments`, the hot route: an ASGI endpoint without request and response objects, which cost 23 µs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = services_of(scope)
        origin = header(scope, b"origin")
        key = access.site_key(found, access.bearer(header(scope, b"authorization")), public=True, origin=origin)
        is_public = key.kind is KeyKind.PUBLIC
        if is_public:
            access.limit_address(found, client_address(scope))
        submitted = _COMMENT.decode(await read_body(scope, receive))
        comment = _to_domain(found, submitted, key.site_id)
        moderated = await moderate(found, comment, idempotency_key=_idempotency_key(scope))
        await send_outcome(send, moderated, origin=origin if is_public else None)


async def send_outcome(send: Send, moderated: Moderated, *, origin: str | None) -> None:
    """Send an outcome: 201 for a new comment, 200 for a repeat. To a page's `origin` only what a page may know."""
    outcome = moderated.outcome
    headers = [_JSON]
    if origin is None:
        body = _ENCODER.encode(OutcomeOut.of(outcome))
        if moderated.is_new:
            headers.append((b"location", b"/v1/comments/" + outcome.comment_id.encode()))
    else:
        message = MESSAGES[outcome.status]
        body = _ENCODER.encode(PublicOutcomeOut(id=outcome.comment_id, status=outcome.status, message=message))
    headers.append((b"content-length", str(len(body)).encode()))
    status = 201 if moderated.is_new else 200
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _to_domain(found: Services, submitted: CommentIn, site_id: SiteId) -> Comment:
    return submitted.to_domain(comment_id=CommentId(found.ids.new()), site_id=site_id, received_at=found.now())


def _idempotency_key(scope: Scope) -> str | None:
    """Return the Idempotency-Key. The draft makes it a structured-field string, so it may arrive in quotes."""
    key = header(scope, b"idempotency-key")
    if key is None:
        return None
    key = key.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 0 < len(key) <= MAX_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        detail = f"Idempotency-Key must be 1 to {MAX_KEY_CHARACTERS} printable ASCII characters"
        raise InvalidInput(Fault(pointer="", detail=detail))
    return key


def _site_of(request: Request[Any]) -> SiteId:
    return access.site_key(services(request), access.bearer(request.headers.get("authorization"))).site_id


async def submit_batch(request: Request[Any]) -> Response:
    """`POST /v1/comments/batch`."""
    found = services(request)
    site_id = _site_of(request)
    items = _BATCH.decode(await read_body(request.scope, request.receive, limit=MAX_BATCH_BYTES)).comments
    taken: list[Comment | Exception] = [_decode_item(found, item, site_id) for item in items]
    moderated = iter(await moderate_many(found, [one for one in taken if isinstance(one, Comment)]))
    outcomes = [_item_out(next(moderated) if isinstance(one, Comment) else one, n) for n, one in enumerate(taken)]
    return Response(_ENCODER.encode({"outcomes": outcomes}), media_type="application/json")


def _decode_item(found: Services, item: msgspec.Raw, site_id: SiteId) -> Comment | Exception:
    try:
        return _to_domain(found, _COMMENT.decode(item), site_id)
    except (ModerationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return error


def _item_out(result: Moderated | Exception, n: int) -> OutcomeOut | dict[str, Problem]:
    if isinstance(result, Moderated):
        return OutcomeOut.of(result.outcome)
    problem = problem_of(result)
    for fault in problem.errors or []:
        fault["pointer"] = f"/comments/{n}{fault['pointer']}"
    return {"problem": problem}


async def read_comment(request: Request[Any]) -> Response:
    """`GET /v1/comments/{id}`: the outcome as it now stands."""
    site_id = _site_of(request)
    async with services(request).database.read() as connection:
        stored = await stored_comments.get(connection, site_id, CommentId(request.path_params["id"]))
    return Response(_ENCODER.encode(OutcomeOut.of(stored.outcome)), media_type="application/json")


async def erase_comment(request: Request[Any]) -> Response:
    """`DELETE /v1/comments/{id}`: text and author go, the skeleton of decisions stays."""
    site_id = _site_of(request)
    comment_id = CommentId(request.path_params["id"])
    await feedback.erase(services(request), feedback.site_actor(site_id), site_id, comment_id)
    return Response(status_code=204)


async def report_comment(request: Request[Any]) -> Response:
    """`POST /v1/comments/{id}/reports`."""
    site_id = _site_of(request)
    body = await read_body(request.scope, request.receive)
    sent = _REPORT.decode(body) if body.strip() else ReportIn()
    check_strings(sent)
    reported = await feedback.report(
        services(request), site_id, CommentId(request.path_params["id"]), reason=sent.reason, note=sent.note
    )
    answer = ReportOut(id=reported.id, muted=reported.is_muted, case=reported.case)
    return Response(_ENCODER.encode(answer), status_code=202, media_type="application/json")


async def score_texts(request: Request[Any]) -> Response:
    """`POST /v1/score`: nothing is stored or learned."""
    found = services(request)
    scorer = found.scorer_of(_site_of(request))
    sent = _SCORE.decode(await read_body(request.scope, request.receive, limit=MAX_BATCH_BYTES))
    for n, text in enumerate(sent.texts):
        if len(text) > MAX_TEXT_CHARACTERS:
            raise TooLarge(Fault(pointer=f"/texts/{n}", detail=f"at most {MAX_TEXT_CHARACTERS} characters"))
    scores = await scores_many(scorer, sent.texts)
    if len(sent.texts) <= FEW_TEXTS:
        results = _results(scorer, sent.texts, scores)
    else:
        results = await anyio.to_thread.run_sync(_results, scorer, sent.texts, scores)
    return Response(_ENCODER.encode(ScoreOut(model=scorer.version, results=results)), media_type="application/json")


def _results(scorer: Scorer, texts: Sequence[str], scores: Sequence[Mapping[Label, float]]) -> list[ScoresOut]:
    """Return what is sent. Spans are of the labels that stand out; the words of a harmless score explain nothing."""
    return [
        ScoresOut.of(
            one,
            scorer.explain(text, [label for label in Label if one.get(label, 0.0) >= WORTH_A_SPAN]),
            scorer.house_rules(text),
        )
        for text, one in zip(texts, scores, strict=True)
    ]
