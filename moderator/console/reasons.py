"""A site's own reasons to reject, for administrators: a plain form with a row for each and some empty ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.administering import admin_form, admin_session, show_page, site_of
from moderator.console.language import gettext, marked
from moderator.console.pages import see_other
from moderator.console.session import Form, shown
from moderator.console.words import choice_name
from moderator.domain.comments import Site
from moderator.domain.errors import InvalidInput, NotFound
from moderator.domain.events import ActorKind
from moderator.domain.reasons import (
    DEFAULT_REASONS,
    MAX_REASON_NAME_CHARACTERS,
    MAX_REASONS,
    MAX_REFERENCE_CHARACTERS,
    Ground,
    ReasonCode,
    SiteReason,
    check_reasons,
)
from moderator.storage.audit import Actor
from moderator.storage.sessions import Session
from moderator.usecases import manage
from moderator.web import services

EMPTY_ROWS: Final = 4
_PARTS: Final = ("place", "name", "key", "reason", "ground", "reference")
_FAULTS: Final = {
    "a reason needs a name": marked("a reason needs a name"),
    "another reason has this name": marked("another reason has this name"),
    "the console uses this key itself": marked("the console uses this key itself"),
    "one digit or one letter, A to Z": marked("one digit or one letter, A to Z"),
    "another reason has this key": marked("another reason has this key"),
    "a reason that rests on the law names the paragraph": marked("a reason that rests on the law names the paragraph"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the form as it was typed, and what is wrong with it, by member."""

    typed: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)


@shown
async def list_sites(request: Request[Any]) -> Response:
    """`GET /console/reasons`: whose reasons; the only site's at once."""
    session, found = await admin_session(request), services(request)
    sites = found.sites_for(session.person)
    if len(sites) == 1:
        return see_other(f"/console/sites/{sites[0].id}/reasons")
    return await show_page(request, session, "reasons_sites.html", sites=sites)


@shown
async def show_reasons(request: Request[Any]) -> Response:
    """`GET /console/sites/{site}/reasons`."""
    session = await admin_session(request)
    site = site_of(request, session.person)
    return await _form(request, session, site, _lines_of(site.settings.reasons))


@shown
async def change_reasons(request: Request[Any]) -> Response:
    """`POST /console/sites/{site}/reasons`: save the rows in the order of their numbers; those without a name go."""
    session, form = await admin_form(request)
    site = site_of(request, session.person)
    if form.get("act") == "reset":
        return await _save(request, session, site, DEFAULT_REASONS)
    lines = _read(form)
    if form.get("seen") != digest(site.settings.reasons):
        late = gettext("Somebody else changed this list meanwhile. Nothing of yours was saved; it still stands below.")
        return await _form(request, session, site, lines, problem=late)
    reasons = [_reason(line) for line in lines]
    try:
        check_reasons(reasons)
    except InvalidInput as error:
        return await _form(request, session, site, _with_faults(lines, error), problem=_overall(error))
    return await _save(request, session, site, tuple(reasons))


async def _save(request: Request[Any], session: Session, site: Site, reasons: tuple[SiteReason, ...]) -> Response:
    actor = Actor(kind=ActorKind.PERSON, id=session.person.id)
    await manage.change_site(services(request), actor, site.id, replace(site.settings, reasons=reasons))
    return see_other(f"/console/sites/{site.id}/reasons?told=saved")


async def _form(
    request: Request[Any], session: Session, site: Site, lines: Sequence[Line], *, problem: str | None = None
) -> Response:
    room = min(EMPTY_ROWS, max(0, MAX_REASONS - len(lines)))
    return await show_page(
        request,
        session,
        "reasons.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        site=site,
        lines=[*lines, *[Line(typed={"place": str(len(lines) + more + 1)}) for more in range(room)]],
        problem=problem,
        seen=digest(site.settings.reasons),
        codes=list(ReasonCode),
        grounds={Ground.TERMS: gettext("the site’s terms"), Ground.LAW: gettext("the law")},
        longest_name=MAX_REASON_NAME_CHARACTERS,
        longest_reference=MAX_REFERENCE_CHARACTERS,
    )


def digest(reasons: Sequence[SiteReason]) -> str:
    """Return what tells one list from another, so that two who change it do not overwrite each other."""
    return sha256(repr(tuple(reasons)).encode()).hexdigest()[:16]


def _lines_of(reasons: Sequence[SiteReason]) -> list[Line]:
    return [
        Line(
            typed={
                "place": str(number),
                "name": choice_name(one),
                "key": one.key,
                "reason": one.reason,
                "ground": one.ground,
                "reference": one.reference or "",
            }
        )
        for number, one in enumerate(reasons, start=1)
    ]


def _read(form: Form) -> list[Line]:
    """Return the rows that have a name, in the order of their numbers; what is no number comes last."""
    rows = [
        {part: form.get(f"{part}_{number}", "").strip() for part in _PARTS}
        for number in range(MAX_REASONS + EMPTY_ROWS)
        if form.get(f"name_{number}", "").strip()
    ]
    rows.sort(key=lambda row: int(row["place"]) if row["place"].isdecimal() and len(row["place"]) < 9 else 10**9)
    return [Line(typed={**row, "key": row["key"].upper()}) for row in rows]


def _reason(line: Line) -> SiteReason:
    """Return a row as a reason. Raises InvalidInput for a code or ground that the form never sends."""
    typed = line.typed
    return SiteReason(
        name=typed["name"],
        key=typed["key"],
        reason=_one_of(ReasonCode, typed["reason"]),
        ground=_one_of(Ground, typed["ground"]),
        reference=typed["reference"] or None,
    )


def _one_of(kind: Any, text: str) -> Any:  # either enumeration
    try:
        return kind(text)
    except ValueError:
        raise NotFound("There is no such choice.") from None


def _with_faults(lines: Sequence[Line], error: InvalidInput) -> list[Line]:
    found: dict[int, dict[str, str]] = {}
    for fault in error.faults:
        if fault.pointer:
            place, part = fault.pointer.strip("/").split("/")
            found.setdefault(int(place), {})[part] = gettext(_FAULTS.get(fault.detail, fault.detail))
    return [replace(line, faults=found.get(place, {})) for place, line in enumerate(lines)]


def _overall(error: InvalidInput) -> str:
    whole = [fault.detail for fault in error.faults if not fault.pointer]
    return gettext("Nothing was saved: the fields in red need another look.") if not whole else "; ".join(whole)


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/reasons", list_sites, methods=["GET"]),
    Route("/console/sites/{site}/reasons", show_reasons, methods=["GET"]),
    Route("/console/sites/{site}/reasons", change_reasons, methods=["POST"]),
]
