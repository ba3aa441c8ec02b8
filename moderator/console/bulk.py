"""Deciding many cases with one press: choose by evidence, look at a sample, confirm, and take it back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.administering import show_page
from moderator.console.language import gettext
from moderator.console.pages import see_other
from moderator.console.session import Form, session_of, shown, signed_form
from moderator.domain.bulk import MOST_CASES, Selection
from moderator.domain.errors import Fault, InvalidInput, NotFound
from moderator.domain.ids import CaseId, CommentId, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.reasons import SiteReason, choose_reason
from moderator.domain.review import check_ruling
from moderator.domain.scoring import Label, Span
from moderator.services import Services
from moderator.storage import bulk as batches
from moderator.storage.case_files import CaseFile
from moderator.usecases import bulk
from moderator.web import services

CLUSTERS: Final = 10
MAX_BYTES: Final = 128 * 1024  # A thousand ids and a note.
_ID: Final = re.compile(r"[0-9a-z-]{1,40}")
_LEAVE: Final = "leave_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was chosen, as it was typed; `selection` is None while nothing that can be looked for was."""

    site: SiteId | None
    label: str
    low: str
    high: str
    campaign: str
    selection: Selection | None = None
    fault: str | None = None

    @property
    def fields(self) -> Mapping[str, str]:
        """Return the fields that choose the same again."""
        if self.campaign:
            return {"site": self.site or "", "campaign": self.campaign}
        return {"site": self.site or "", "label": self.label, "from": self.low, "to": self.high}

    @property
    def path(self) -> str:
        """Return the address of the page that shows it."""
        return f"/console/bulk?{urlencode(self.fields)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What shall be done with which cases, as the form says it. `listed` are those that were counted."""

    batch_id: str
    listed: Sequence[CaseId]
    case_ids: Sequence[CaseId]
    action: Action
    own: SiteReason | None
    note: str

    @property
    def left_out(self) -> int:
        """Return how many of those that were shown do not belong."""
        return len(self.listed) - len(self.case_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One of the cases that stand for all: the score that it was chosen for, and the marks that drove it."""

    file: CaseFile
    score: float | None
    spans: Sequence[Span]


@shown
async def show_choice(request: Request[Any]) -> Response:
    """`GET /console/bulk`: choose a band of scores or a campaign, and look at how many cases and a sample."""
    session = await session_of(request)
    found, person = services(request), session.person
    asked = _asked(found, person, request.query_params)
    preview = await bulk.preview(found, person, asked.selection) if asked.selection else None
    async with found.database.read() as connection:
        clusters = await batches.largest_clusters(connection, sites=person.sites, limit=CLUSTERS)
    return await show_page(
        request,
        session,
        "bulk.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.fault else HTTPStatus.OK,
        asked=asked,
        preview=preview,
        samples=[_sample(file, preview.selection) for file in preview.sample] if preview else [],
        clusters=[] if preview else clusters,
        sites=found.sites_for(person),
        site_names=found.directory.sites,
        labels=list(Label),
        most=MOST_CASES,
        batch=found.ids.new(),
        choices=found.site(asked.selection.site_id).settings.reasons if asked.selection else (),
        now=found.now(),
    )


@shown
async def confirm(request: Request[Any]) -> Response:
    """`POST /console/bulk/confirm`: say once more what is about to happen; nothing is decided yet."""
    session, form = await signed_form(request, limit=MAX_BYTES)
    found = services(request)
    asked, ruling = _pressed(found, session.person, form)
    assert asked.selection is not None  # Without one the form would not have been read.
    now = set((await bulk.preview(found, session.person, asked.selection)).case_ids)
    # Of a thousand that were counted, those that come after them are no news.
    come = len(now.difference(ruling.listed)) if len(ruling.listed) < MOST_CASES else 0
    return await show_page(
        request,
        session,
        "bulk_confirm.html",
        asked=asked,
        ruling=ruling,
        site=found.site(asked.selection.site_id),
        gone=len(set(ruling.case_ids) - now),
        come=come,
    )


@shown
async def decide(request: Request[Any]) -> Response:
    """`POST /console/bulk`: decide what was confirmed."""
    session, form = await signed_form(request, limit=MAX_BYTES)
    found = services(request)
    asked, ruling = _pressed(found, session.person, form)
    assert asked.selection is not None
    batch = await bulk.decide_all(
        found,
        session.person,
        asked.selection,
        ruling.case_ids,
        batch_id=ruling.batch_id,
        action=ruling.action,
        reason=ruling.own.reason if ruling.own else None,
        own=ruling.own,
        note=ruling.note or None,
    )
    return see_other(f"/console/bulk/{batch.id}")


@shown
async def show_batch(request: Request[Any]) -> Response:
    """`GET /console/bulk/{batch}`: what became of a press, and the button that takes it back."""
    session = await session_of(request)
    found, batch_id = services(request), request.path_params["batch"]
    async with found.database.read() as connection:
        batch = await bulk.find_batch(connection, session.person, batch_id)
        standing = await batches.standing_of(connection, batch_id)
    return await show_page(
        request,
        session,
        "bulk_done.html",
        batch=batch,
        standing=standing,
        not_reached=batch.asked - batch.moved - standing.decided,
        site=found.site(batch.site_id),
        by=found.directory.people.get(batch.person_id),
        may_undo=standing.standing > 0 and bulk.may_undo_all(session.person, batch),
        again=_path_of(batch.selection),
        now=found.now(),
    )


@shown
async def undo(request: Request[Any]) -> Response:
    """`POST /console/bulk/{batch}/undo`: take back what still stands; the cases wait in the queue again."""
    session, _ = await signed_form(request)
    batch = await bulk.undo_all(services(request), session.person, request.path_params["batch"])
    return see_other(f"/console/bulk/{batch.id}?told=undone")


def _sample(file: CaseFile, selection: Selection) -> Sample:
    label = selection.label
    return Sample(
        file=file,
        score=None if label is None else file.outcome.scores.get(label),
        spans=[span for span in file.outcome.spans if span.label is label],
    )


def _asked(found: Services, person: Person, fields: Mapping[str, str]) -> Asked:
    """Return what the fields choose. Raises NotFound for a site that is not there or not for this person's eyes."""
    sites = found.sites_for(person)
    wanted = fields.get("site") or (sites[0].id if len(sites) == 1 else "")
    site = next((one.id for one in sites if one.id == wanted), None)
    if wanted and site is None:
        raise NotFound("There is no such site.")
    asked = Asked(
        site=site,
        label=fields.get("label", ""),
        low=fields.get("from", "").strip() or "0",
        high=fields.get("to", "").strip() or "100",
        campaign=fields.get("campaign", ""),
    )
    if not asked.label and not asked.campaign:
        return asked
    if site is None:
        return replace(asked, fault=gettext("Choose a site first: what is decided together belongs to one."))
    if asked.campaign:
        if not _ID.fullmatch(asked.campaign):
            raise NotFound("There is no such campaign.")
        return replace(asked, selection=Selection(site_id=site, campaign=CommentId(asked.campaign)))
    try:
        low, high = float(asked.low.replace(",", ".")) / 100, float(asked.high.replace(",", ".")) / 100
        selection = Selection(site_id=site, label=Label(asked.label), low=low, high=high)
    except ValueError:
        return replace(
            asked, fault=gettext("A band goes from a smaller to a larger score, both between 0 and 100 per cent.")
        )
    return replace(asked, selection=selection)


def _pressed(found: Services, person: Person, form: Form) -> tuple[Asked, Ruling]:
    """Return what a form chose and what shall be done. Raises InvalidInput for one that our page does not send."""
    asked = _asked(found, person, form)
    if asked.selection is None:
        raise InvalidInput(Fault(pointer="/label", detail="a band of scores or a campaign of one site"))
    left_out = {name.removeprefix(_LEAVE) for name in form if name.startswith(_LEAVE)}
    listed = form.get("cases", "").split(".")
    if not all(_ID.fullmatch(one) for one in (*listed, form.get("batch", ""))):
        raise InvalidInput(Fault(pointer="/cases", detail="the cases as they were shown"))
    action, own = _act(form, found.site(asked.selection.site_id).settings.reasons)
    note = form.get("note", "").strip()
    check_ruling(action, own.reason if own else None, note)
    remaining = [CaseId(one) for one in listed if one not in left_out]
    if not remaining:
        raise InvalidInput(
            Fault(pointer="/cases", detail=gettext("every case was left out; nothing is left to decide"))
        )
    return asked, Ruling(
        batch_id=form["batch"],
        listed=[CaseId(one) for one in listed],
        case_ids=remaining,
        action=action,
        own=own,
        note=note,
    )


def _act(form: Form, reasons: Sequence[SiteReason]) -> tuple[Action, SiteReason | None]:
    """Return what the pressed button does; the choice of a reason belongs to the one that rejects."""
    try:
        action = Action(form.get("act", ""))
    except ValueError:
        raise InvalidInput(Fault(pointer="/act", detail="approve, or reject with one of the reasons")) from None
    return action, choose_reason(reasons, form.get("reason") or None, None) if action is Action.REJECT else None


def _path_of(selection: Selection) -> str:
    fields: dict[str, str] = {"site": selection.site_id}
    if selection.label is None:
        fields |= {"campaign": selection.campaign or ""}
    else:
        fields |= {"label": selection.label, "from": f"{selection.low * 100:g}", "to": f"{selection.high * 100:g}"}
    return f"/console/bulk?{urlencode(fields)}"


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/bulk", show_choice, methods=["GET"]),
    Route("/console/bulk", decide, methods=["POST"]),
    Route("/console/bulk/confirm", confirm, methods=["POST"]),
    Route("/console/bulk/{batch}", show_batch, methods=["GET"]),
    Route("/console/bulk/{batch}/undo", undo, methods=["POST"]),
]
