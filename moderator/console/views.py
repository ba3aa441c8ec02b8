"""The console's pages: sign in, the case in hand, the queue, and what a moderator does with them."""

import re
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from moderator.console import account, bulk, golden, live, log, models, numbers, oidc, people, reasons, sites, steering
from moderator.console.choosing import chosen, remembered
from moderator.console.demo import send_comment, show_demo
from moderator.console.desk import choices_of, find_done, in_hand, open_desk
from moderator.console.language import gettext
from moderator.console.looking import ROUTES as LOOKING_ROUTES
from moderator.console.pages import STATIC, page, see_other
from moderator.console.queue import ROUTES as QUEUE_ROUTES
from moderator.console.session import (
    DONE,
    SKIPPED,
    Form,
    add_to_trail,
    browser_of,
    forget,
    keep,
    read_form,
    session_of,
    shown,
    sign_in_page,
    signed_form,
    trail_of,
)
from moderator.console.words import TOLD
from moderator.domain.errors import Fault, InvalidInput, NotSignedIn
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.storage import cases
from moderator.usecases import access, review
from moderator.web import services

_ID = re.compile(r"[0-9a-z-]{1,40}")


@shown
async def show_console(request: Request[Any]) -> Response:
    """`GET /console`: the case in hand, or how many wait; signed out, the sign-in page."""
    found = services(request)
    try:
        session = await session_of(request)
    except NotSignedIn:
        return sign_in_page(request)
    person, wanted = session.person, request.query_params.get("case")
    only = remembered(request, person)
    async with found.database.read() as connection:
        held = await in_hand(found, connection, person)
        file = next((one for one in held if one.case.id == wanted), held[0] if held else None)
        desk = await open_desk(found, connection, file, held) if file else None
        size = await cases.queue_size(connection, person.sites)
        within = size if only.is_empty or desk else await cases.queue_size(connection, person.sites, only)
        done = await find_done(connection, person, trail_of(request, DONE))
    return page(
        "console.html",
        person=person,
        csrf=session.csrf,
        desk=desk,
        size=size,
        within=within,
        chosen=chosen(found, only),
        done=done,
        told=gettext(TOLD.get(request.query_params.get("told", ""), "")),
        choices=desk.choices if desk else choices_of(found, person),
        now=found.now(),
    )


@shown
async def sign_in(request: Request[Any]) -> Response:
    """`POST /console/sign-in`: the fields `name` and `password`."""
    form = await read_form(request)
    name, password = form.get("name", ""), form.get("password", "")
    signed = await access.sign_in(services(request), name, password, browser=browser_of(request))
    response = see_other("/console")
    await keep(request, response, signed)
    return response


@shown
async def sign_out(request: Request[Any]) -> Response:
    """`POST /console/sign-out`: the cases in hand go back to the queue."""
    session, _ = await signed_form(request)
    found = services(request)
    async with found.database.read() as connection:
        held = await in_hand(found, connection, session.person)
    for file in held:
        await review.release(found, session.person, file.case.id)
    await access.sign_out(found, session)
    response = see_other("/console")
    forget(request, response)
    return response


@shown
async def take_next(request: Request[Any]) -> Response:
    """`POST /console/next`: claim the most urgent cases, unless a hand full of them is there already."""
    session, _ = await signed_form(request)
    await _fill_hand(request, session.person, skipped=())
    return see_other("/console")


async def _fill_hand(request: Request[Any], person: Person, *, skipped: tuple[str, ...]) -> None:
    """Let the next cases be this person's, within the filter that the browser reviews in."""
    passing_over = [CaseId(one) for one in skipped]
    await review.fill_hand(services(request), person, passing_over=passing_over, only=remembered(request, person))


@shown
async def take_case(request: Request[Any]) -> Response:
    """`POST /console/cases/{id}/claim`: claim one certain case; what was in hand goes back."""
    session, _ = await signed_form(request)
    found, case_id = services(request), CaseId(request.path_params["id"])
    async with found.database.read() as connection:
        held = await in_hand(found, connection, session.person)
    await review.claim_case(found, session.person, case_id)
    for file in held:
        if file.case.id != case_id:
            await review.release(found, session.person, file.case.id)
    return see_other(f"/console?case={case_id}")


@shown
async def decide(request: Request[Any]) -> Response:
    """`POST /console/cases/{id}/decision`: approve or reject, and take the next case."""
    session, form = await signed_form(request)
    decided = await review.decide(
        services(request),
        session.person,
        CaseId(request.path_params["id"]),
        action=_action(form),
        site_reason=form.get("reason") or None,
        note=form.get("note", "").strip() or None,
        generation=_number(form.get("generation")),
    )
    await _fill_hand(request, session.person, skipped=trail_of(request, SKIPPED))
    response = see_other(_then(form))
    add_to_trail(request, response, DONE, decided.decision.id)
    return response


@shown
async def release(request: Request[Any]) -> Response:
    """`POST /console/cases/{id}/release`: give the case back, and take one that was not skipped lately."""
    session, form = await signed_form(request)
    case_id = CaseId(request.path_params["id"])
    await review.release(services(request), session.person, case_id)
    response = see_other(_then(form, told="skipped"))
    skipped = add_to_trail(request, response, SKIPPED, case_id)
    await _fill_hand(request, session.person, skipped=skipped)
    return response


@shown
async def escalate(request: Request[Any]) -> Response:
    """`POST /console/cases/{id}/escalate`: pass the case on to a senior colleague, and take the next one."""
    session, form = await signed_form(request)
    await review.escalate(
        services(request),
        session.person,
        CaseId(request.path_params["id"]),
        note=form.get("note", "").strip() or None,
        generation=_number(form.get("generation")),
    )
    await _fill_hand(request, session.person, skipped=trail_of(request, SKIPPED))
    return see_other(_then(form, told="passed"))


@shown
async def undo(request: Request[Any]) -> Response:
    """`POST /console/decisions/{id}/undo`: the comment is held again and its case comes first; the other one waits."""
    session, _ = await signed_form(request)
    undone = await review.undo(services(request), session.person, DecisionId(request.path_params["id"]))
    assert undone.case is not None  # Taking back opens or finds the case, and claims it.
    return see_other(f"/console?told=undone&case={undone.case.case.id}")


def _action(form: Form) -> Action:
    """Return what the pressed button does: one with a reason rejects."""
    try:
        return Action.REJECT if form.get("reason") else Action(form.get("action", ""))
    except ValueError:
        raise InvalidInput(Fault(pointer="/action", detail="approve or reject")) from None


def _then(form: Form, **told: str) -> str:
    """Return where to go after a case: to the one that the page named as the next; if it is in hand, it is shown."""
    then = form.get("then", "")
    asked = {**told, **({"case": then} if _ID.fullmatch(then) else {})}
    return f"/console?{urlencode(asked)}" if asked else "/console"


def _number(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise InvalidInput(Fault(pointer="/generation", detail="the case as it was seen"))
    return int(text)


ROUTES: Final[list[BaseRoute]] = [
    Route("/console", show_console, methods=["GET"]),
    Route("/console/sign-in", sign_in, methods=["POST"]),
    Route("/console/sign-out", sign_out, methods=["POST"]),
    Route("/console/next", take_next, methods=["POST"]),
    *QUEUE_ROUTES,
    *live.ROUTES,
    Route("/console/cases/{id}/claim", take_case, methods=["POST"]),
    Route("/console/cases/{id}/decision", decide, methods=["POST"]),
    Route("/console/cases/{id}/release", release, methods=["POST"]),
    Route("/console/cases/{id}/escalate", escalate, methods=["POST"]),
    Route("/console/decisions/{id}/undo", undo, methods=["POST"]),
    *bulk.ROUTES,
    *LOOKING_ROUTES,
    Route("/demo", show_demo, methods=["GET"]),
    Route("/demo", send_comment, methods=["POST"]),
    *steering.ROUTES,
    *reasons.ROUTES,
    *models.ROUTES,
    *golden.ROUTES,
    *sites.ROUTES,
    *people.ROUTES,
    *account.ROUTES,
    *oidc.ROUTES,
    *log.ROUTES,
    *numbers.ROUTES,
    Mount("/console/static", StaticFiles(directory=STATIC), name="static"),
]
