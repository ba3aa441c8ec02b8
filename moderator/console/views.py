"""The console's pages: sign in, the case in hand, the queue, and what a moderator does with them."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from moderator.console.demo import show_demo
from moderator.console.pages import STATIC, page, see_other
from moderator.console.session import Form, forget, keep, read_form, session_of, shown, signed_form
from moderator.domain.errors import Fault, InvalidInput, NotFound, NotSignedIn
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.people import Person
from moderator.domain.policy import Action, Facts
from moderator.domain.review import Cause, Decision, ReasonCode, Source
from moderator.domain.scoring import Label, Threshold
from moderator.services import Services
from moderator.storage import cases, comments, decisions, reports
from moderator.storage.cases import CaseFile
from moderator.storage.comments import FactsQuestion
from moderator.storage.reports import Report
from moderator.usecases import access, review
from moderator.web import client_address, services

QUEUE_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A reason to reject for, and the key that does it."""

    reason: ReasonCode
    key: str


CHOICES: Final = tuple(
    Choice(reason, key)
    for key, reason in {
        "1": ReasonCode.SPAM,
        "2": ReasonCode.INSULT,
        "3": ReasonCode.HATE,
        "4": ReasonCode.THREAT,
        "5": ReasonCode.SEXUAL,
        "6": ReasonCode.OBSCENE,
        "7": ReasonCode.PERSONAL_DATA,
        "8": ReasonCode.MISINFORMATION,
        "9": ReasonCode.ILLEGAL,
        "0": ReasonCode.OFF_TOPIC,
        "D": ReasonCode.DUPLICATE,
        "H": ReasonCode.HOUSE_RULE,
        "O": ReasonCode.OTHER,
    }.items()
)
CAUSES: Final = {
    Cause.BORDERLINE: "The machine was not sure.",
    Cause.SAMPLE: "Drawn at random, to see how well the machine decides.",
    Cause.REPORT: "A reader reported it.",
    Cause.APPEAL: "Its author complained about the decision.",
    Cause.UNDONE: "A decision was taken back.",
}
TOLD: Final = {
    "moved": "That case had moved on: somebody else decided it, or your time with it was over. Nothing was changed.",
    "released": "The case is back in the queue.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A label's score beside the thresholds that apply."""

    label: Label
    score: float
    threshold: Threshold | None

    @property
    def is_high(self) -> bool:
        """Whether the score alone would hold the comment."""
        return self.threshold is not None and self.score >= self.threshold.hold_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything about the case in hand."""

    file: CaseFile
    site: str
    meters: list[Meter]
    facts: Facts | None
    history: list[Decision]
    reports: list[Report]


@shown
async def show_console(request: Request[Any]) -> Response:
    """`GET /console`: the case in hand, or how many wait; signed out, the sign-in page."""
    found = services(request)
    try:
        session = await session_of(request)
    except NotSignedIn:
        return page("sign_in.html", problem=None)
    person = session.person
    async with found.database.read() as connection:
        held = await cases.list_claimed(connection, holder=person.id, now=found.now())
        size = await cases.queue_size(connection, person.sites)
        done = await _own_decision(connection, person, request.query_params.get("done"))
    return page(
        "console.html",
        person=person,
        csrf=session.csrf,
        desk=await _desk(found, held[0]) if held else None,
        size=size,
        done=done,
        told=TOLD.get(request.query_params.get("told", "")),
        choices=CHOICES,
        causes=CAUSES,
        now=found.now(),
    )


async def _own_decision(connection: Any, person: Person, decision_id: str | None) -> Decision | None:
    """Return the decision just made, which can still be taken back."""
    if not decision_id:
        return None
    try:
        decision = await decisions.get(connection, DecisionId(decision_id))
    except NotFound:
        return None
    history = await decisions.for_comment(connection, decision.comment_id)
    is_newest = history[-1].id == decision.id and decision.action is not Action.HOLD
    return decision if is_newest and decision.person_id == person.id else None


async def _desk(found: Services, file: CaseFile) -> Desk:
    comment, outcome = file.comment, file.outcome
    thresholds = found.policy_for(comment.site_id).thresholds_for(comment.article.section)
    meters = [
        Meter(label=label, score=score, threshold=thresholds.get(label)) for label, score in outcome.scores.items()
    ]
    facts = None
    async with found.database.read() as connection:
        if comment.author.key:
            question = FactsQuestion(site_id=comment.site_id, author_key=comment.author.key, text_hash=None, since_ms=0)
            facts = (await comments.author_facts(connection, [question]))[0]
        history = await decisions.for_comment(connection, comment.id)
        told = await reports.for_comment(connection, comment.id)
    return Desk(
        file=file,
        site=found.site(comment.site_id).name,
        meters=sorted(meters, key=lambda meter: (not meter.is_high, -meter.score)),
        facts=facts,
        history=[one for one in history if one.source is Source.MODERATOR],
        reports=told,
    )


@shown
async def sign_in(request: Request[Any]) -> Response:
    """`POST /console/sign-in`: the fields `name` and `password`."""
    form = await read_form(request)
    name, password = form.get("name", ""), form.get("password", "")
    signed = await access.sign_in(services(request), name, password, address=client_address(request.scope))
    response = see_other("/console")
    keep(request, response, signed.secret)
    return response


@shown
async def sign_out(request: Request[Any]) -> Response:
    """`POST /console/sign-out`: the cases in hand go back to the queue."""
    session, _ = await signed_form(request)
    found = services(request)
    async with found.database.read() as connection:
        held = await cases.list_claimed(connection, holder=session.person.id, now=found.now())
    for file in held:
        await review.release(found, session.person, file.case.id)
    await access.sign_out(found, session)
    response = see_other("/console")
    forget(request, response)
    return response


@shown
async def take_next(request: Request[Any]) -> Response:
    """`POST /console/next`: claim the most urgent case."""
    session, _ = await signed_form(request)
    await review.claim_next(services(request), session.person, count=1)
    return see_other("/console")


@shown
async def take_case(request: Request[Any]) -> Response:
    """`POST /console/cases/{id}/claim`: claim one certain case; what was in hand goes back."""
    session, _ = await signed_form(request)
    found, case_id = services(request), CaseId(request.path_params["id"])
    async with found.database.read() as connection:
        held = await cases.list_claimed(connection, holder=session.person.id, now=found.now())
    await review.claim_case(found, session.person, case_id)
    for file in held:
        if file.case.id != case_id:
            await review.release(found, session.person, file.case.id)
    return see_other("/console")


@shown
async def decide(request: Request[Any]) -> Response:
    """`POST /console/cases/{id}/decision`: approve or reject, and take the next case."""
    session, form = await signed_form(request)
    found, person = services(request), session.person
    decided = await review.decide(
        found,
        person,
        CaseId(request.path_params["id"]),
        action=_action(form),
        reason=_reason(form.get("reason")),
        note=form.get("note", "").strip() or None,
        generation=_number(form.get("generation")),
    )
    await review.claim_next(found, person, count=1)
    return see_other(f"/console?done={decided.decision.id}")


@shown
async def release(request: Request[Any]) -> Response:
    """`POST /console/cases/{id}/release`: give the case back, and take another one first."""
    session, _ = await signed_form(request)
    found, case_id = services(request), CaseId(request.path_params["id"])
    await review.claim_next(found, session.person, count=1)
    await review.release(found, session.person, case_id)
    return see_other("/console?told=released")


@shown
async def undo(request: Request[Any]) -> Response:
    """`POST /console/decisions/{id}/undo`: the comment is held again, its case in hand, the one before it goes back."""
    session, _ = await signed_form(request)
    found = services(request)
    async with found.database.read() as connection:
        held = await cases.list_claimed(connection, holder=session.person.id, now=found.now())
    await review.undo(found, session.person, DecisionId(request.path_params["id"]))
    for file in held:
        await review.release(found, session.person, file.case.id)
    return see_other("/console")


@shown
async def show_queue(request: Request[Any]) -> Response:
    """`GET /console/queue`: what waits, the most urgent first."""
    session = await session_of(request)
    found, person = services(request), session.person
    async with found.database.read() as connection:
        files = await cases.list_open(connection, as_of=found.now(), limit=QUEUE_ROWS, sites=person.sites)
        size = await cases.queue_size(connection, person.sites)
    return page(
        "queue.html",
        person=person,
        csrf=session.csrf,
        files=files,
        size=size,
        sites=found.directory.sites,
        people=found.directory.people,
        now=found.now(),
    )


def _action(form: Form) -> Action:
    """Return what the pressed button does: one with a reason rejects."""
    try:
        return Action.REJECT if form.get("reason") else Action(form.get("action", ""))
    except ValueError:
        raise InvalidInput(Fault(pointer="/action", detail="approve or reject")) from None


def _reason(text: str | None) -> ReasonCode | None:
    try:
        return ReasonCode(text) if text else None
    except ValueError:
        raise InvalidInput(Fault(pointer="/reason", detail="no such reason")) from None


def _number(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise InvalidInput(Fault(pointer="/generation", detail="the case as it was seen"))
    return int(text)


ROUTES: Final[list[BaseRoute]] = [
    Route("/console", show_console, methods=["GET"]),
    Route("/console/sign-in", sign_in, methods=["POST"]),
    Route("/console/sign-out", sign_out, methods=["POST"]),
    Route("/console/next", take_next, methods=["POST"]),
    Route("/console/queue", show_queue, methods=["GET"]),
    Route("/console/cases/{id}/claim", take_case, methods=["POST"]),
    Route("/console/cases/{id}/decision", decide, methods=["POST"]),
    Route("/console/cases/{id}/release", release, methods=["POST"]),
    Route("/console/decisions/{id}/undo", undo, methods=["POST"]),
    Route("/demo", show_demo, methods=["GET"]),
    Mount("/console/static", StaticFiles(directory=STATIC), name="static"),
]
