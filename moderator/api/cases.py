"""The review API: the queue, claims, decisions, undo."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from moderator.api.case_schemas import (
    CaseOut,
    CasesOut,
    ClaimedOut,
    ClaimIn,
    DecisionIn,
    DecisionOut,
    EscalationIn,
)
from moderator.api.schemas import check_strings
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.people import Person
from moderator.services import Services
from moderator.storage import cases
from moderator.storage.case_files import CaseFile
from moderator.storage.cases import Place
from moderator.storage.columns import from_ms, to_ms
from moderator.usecases import access, review
from moderator.web import read_body, services

_CLAIM = msgspec.json.Decoder(ClaimIn)
_DECISION = msgspec.json.Decoder(DecisionIn)
_ESCALATION = msgspec.json.Decoder(EscalationIn)
MAX_PAGE = 200
DEFAULT_PAGE = 50


def _person_of(request: Request[Any]) -> Person:
    return access.person(services(request), access.bearer(request.headers.get("authorization")))


def _json(answer: Any) -> Response:  # any of our structs
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def list_cases(request: Request[Any]) -> Response:
    """`GET /v1/cases`: the open cases, the most urgent first; or the closed ones, the newest first."""
    found, person = services(request), _person_of(request)
    query = request.query_params
    limit = _limit(query.get("limit"))
    state, cursor = query.get("state", "open"), query.get("cursor")
    if state == "open":
        files, following = await _open_page(found, person, cursor, limit)
    elif state == "closed":
        files, following = await _closed_page(found, person, cursor, limit)
    else:
        raise InvalidInput(Fault(pointer="/state", detail="open or closed"))
    return _json(CasesOut(cases=[_case_out(found, file) for file in files], next=following))


async def _open_page(
    found: Services, person: Person, cursor: str | None, limit: int
) -> tuple[list[CaseFile], str | None]:
    """Page through the queue as it stood when the first page was asked for."""
    as_of, after = _open_cursor(cursor) if cursor else (found.now(), None)
    async with found.database.read() as connection:
        files = await cases.list_open(
            connection, as_of=as_of, limit=limit + 1, sites=person.sites, reader=person.id, after=after
        )
    if len(files) <= limit:
        return files, None
    last = files[limit - 1]
    return files[:limit], _cursor([to_ms(as_of), last.urgency, last.case.id])


async def _closed_page(
    found: Services, person: Person, cursor: str | None, limit: int
) -> tuple[list[CaseFile], str | None]:
    before = CaseId(str(_read_cursor(cursor, 1)[0])) if cursor else None
    async with found.database.read() as connection:
        files = await cases.list_closed(connection, limit=limit + 1, sites=person.sites, before=before)
    if len(files) <= limit:
        return files, None
    return files[:limit], _cursor([files[limit - 1].case.id])


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_PAGE:
        raise InvalidInput(Fault(pointer="/limit", detail=f"1 to {MAX_PAGE}"))
    return int(text)


def _cursor(parts: list[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, size: int) -> list[Any]:  # JSON values, checked by the callers
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != size:
        raise InvalidInput(Fault(pointer="/cursor", detail="not a cursor of this list"))
    return parts


def _open_cursor(cursor: str) -> tuple[datetime, Place]:
    as_of_ms, urgency, case_id = _read_cursor(cursor, 3)
    if not (isinstance(as_of_ms, int) and isinstance(urgency, int | float) and isinstance(case_id, str)):
        raise InvalidInput(Fault(pointer="/cursor", detail="not a cursor of this list"))
    if not 0 <= as_of_ms < 2**42:
        raise InvalidInput(Fault(pointer="/cursor", detail="not a cursor of this list"))
    return from_ms(as_of_ms), Place(urgency=float(urgency), case_id=CaseId(case_id))


async def claim_cases(request: Request[Any]) -> Response:
    """`POST /v1/cases/claim`: the most urgent free ones are mine for a while."""
    found, person = services(request), _person_of(request)
    body = await read_body(request.scope, request.receive)
    count = _CLAIM.decode(body).count if body.strip() else 1
    files = await review.claim_next(found, person, count=count)
    return _json(ClaimedOut(cases=[_case_out(found, file) for file in files]))


async def decide_case(request: Request[Any]) -> Response:
    """`POST /v1/cases/{id}/decision`."""
    found, person = services(request), _person_of(request)
    sent = _DECISION.decode(await read_body(request.scope, request.receive))
    check_strings(sent)
    decided = await review.decide(
        found,
        person,
        CaseId(request.path_params["id"]),
        action=sent.action,
        reason=sent.reason,
        site_reason=sent.site_reason,
        note=sent.note or None,
        generation=sent.generation,
        has_seen_scores=True,  # What lists and claims by this API answer with has them.
    )
    return _json(DecisionOut.of(decided, person=person.name))


async def escalate_case(request: Request[Any]) -> Response:
    """`POST /v1/cases/{id}/escalate`: the case goes to a senior colleague."""
    found, person = services(request), _person_of(request)
    body = await read_body(request.scope, request.receive)
    sent = _ESCALATION.decode(body) if body.strip() else EscalationIn()
    check_strings(sent)
    case_id = CaseId(request.path_params["id"])
    await review.escalate(found, person, case_id, note=sent.note or None, generation=sent.generation)
    return Response(status_code=204)


async def release_case(request: Request[Any]) -> Response:
    """`POST /v1/cases/{id}/release`: the case goes back to the queue."""
    await review.release(services(request), _person_of(request), CaseId(request.path_params["id"]))
    return Response(status_code=204)


async def undo_decision(request: Request[Any]) -> Response:
    """`POST /v1/decisions/{id}/undo`: the comment is held again, its case is mine."""
    person = _person_of(request)
    decided = await review.undo(services(request), person, DecisionId(request.path_params["id"]))
    return _json(DecisionOut.of(decided, person=person.name))


def _case_out(found: Services, file: CaseFile) -> CaseOut:
    claim, escalation = file.case.claim, file.case.escalation
    passed = found.directory.people.get(escalation.by) if escalation else None
    escalated_by = passed.name if passed else None
    if claim is None or claim.expires_at <= found.now():
        return CaseOut.of(file, None, escalated_by)
    holder = found.directory.people.get(claim.holder)
    return CaseOut.of(file, holder.name if holder else None, escalated_by)
