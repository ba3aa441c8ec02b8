"""Steering, for administrators: a site's policy with the threshold workbench, its lists, and who changed what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console import policy_form
from moderator.console.administering import admin_form, admin_session, show_page, site_of
from moderator.console.changes import changes
from moderator.console.language import gettext
from moderator.console.pages import see_other
from moderator.console.past_hits import Search, search_past
from moderator.console.plots import HEIGHT, STEP, WIDTH, Plot, plot, ticks
from moderator.console.policy_form import Typed
from moderator.console.session import Form, shown
from moderator.console.workbench import DAYS, MOST_COMMENTS, Sample, complete, take_sample
from moderator.domain.comments import Site
from moderator.domain.errors import Conflict, Fault, InvalidInput
from moderator.domain.events import ActorKind
from moderator.domain.ids import PersonId
from moderator.domain.policy import Action, Policy
from moderator.domain.review import MAX_NOTE_CHARACTERS
from moderator.domain.scoring import Caution, Label, Threshold
from moderator.services import Services
from moderator.storage import policies
from moderator.storage.audit import Actor
from moderator.storage.policies import Saved
from moderator.storage.sessions import Session
from moderator.usecases import manage
from moderator.usecases.policies import check_policy
from moderator.web import services

MAX_LISTS_BYTES: Final = 2 * 1024 * 1024
_SHOWN_VERSIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A label on the workbench: its scores, the model's thresholds, and how many comments it reaches now and then."""

    label: Label
    plot: Plot
    model: Threshold | None
    reached: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A version of the policy: who saved it, and what it changed."""

    saved: Saved
    by: str
    lines: Sequence[str]


@shown
async def list_sites(request: Request[Any]) -> Response:
    """`GET /console/policy`: whose policy; the only site's at once."""
    session, found = await admin_session(request), services(request)
    sites = found.sites_for(session.person)
    if len(sites) == 1:
        return see_other(f"/console/policy/{sites[0].id}")
    return await show_page(request, session, "policy_sites.html", sites=sites, policies=found.directory.policies)


@shown
async def show_policy(request: Request[Any]) -> Response:
    """`GET /console/policy/{site}`: thresholds on the last thirty days' scores, and the history."""
    session, site = await _admin_of_site(request)
    steps = await _history(services(request), site)
    typed = policy_form.thresholds_of(steps[0].saved.policy)
    return await _workbench(request, session, site, steps, typed)


@shown
async def change_policy(request: Request[Any]) -> Response:
    """`POST /console/policy/{site}`: show what other thresholds would do, or save them."""
    session, form, site = await _form_of_site(request)
    steps = await _history(services(request), site)
    typed = policy_form.read_thresholds(form, await _base(services(request), site, form, steps))
    typed = _checked(typed)
    if form.get("act") == "save" and not typed.faults:
        return await _save(request, session, site, typed) or await _workbench(
            request, session, site, await _history(services(request), site), typed, is_preview=True, is_late=True
        )
    is_preview = not typed.faults
    return await _workbench(request, session, site, steps, typed, is_preview=is_preview, is_late=_is_late(typed, steps))


@shown
async def show_lists(request: Request[Any]) -> Response:
    """`GET /console/policy/{site}/lists`: phrases, patterns and domains."""
    session, site = await _admin_of_site(request)
    steps = await _history(services(request), site)
    typed = policy_form.lists_of(steps[0].saved.policy)
    return await _lists(request, session, site, steps, typed)


@shown
async def change_lists(request: Request[Any]) -> Response:
    """`POST /console/policy/{site}/lists`: show what new entries would have hit, or save them."""
    session, form, site = await _form_of_site(request, limit=MAX_LISTS_BYTES)
    steps = await _history(services(request), site)
    base = await _base(services(request), site, form, steps)
    typed = _checked(policy_form.read_lists(form, base))
    if typed.faults:
        return await _lists(request, session, site, steps, typed)
    if form.get("act") == "save":
        return await _save(request, session, site, typed) or await _lists(
            request, session, site, await _history(services(request), site), typed, is_late=True
        )
    found = await search_past(services(request), site.id, base, typed.policy)
    is_late = _is_late(typed, steps)
    return await _lists(request, session, site, steps, typed, search=found, base=base, is_late=is_late)


def _checked(typed: Typed) -> Typed:
    note = typed.fields.get("note", "")
    if len(note) > MAX_NOTE_CHARACTERS:
        typed = typed.with_faults([Fault(pointer="/note", detail=f"at most {MAX_NOTE_CHARACTERS} characters")])
    try:
        check_policy(typed.policy)
    except InvalidInput as error:
        return typed.with_faults(error.faults)
    return typed


async def _save(request: Request[Any], session: Session, site: Site, typed: Typed) -> Response | None:
    """Save what was typed and go back to the page; None when somebody else was quicker."""
    try:
        await manage.set_policy(
            services(request),
            Actor(kind=ActorKind.PERSON, id=session.person.id),
            site.id,
            typed.policy,
            note=typed.fields.get("note", "").strip() or None,
            made_from=typed.policy.version,
        )
    except Conflict:
        return None
    return see_other(f"{request.url.path}?told=saved")


def _is_late(typed: Typed, steps: Sequence[Step]) -> bool:
    return typed.policy.version != steps[0].saved.policy.version


async def _base(found: Services, site: Site, form: Form, steps: Sequence[Step]) -> Policy:
    """Return the version that a form was made from."""
    named = form.get("made_from", "")
    if not named.isascii() or not named.isdigit() or len(named) > 15:
        raise InvalidInput(Fault(pointer="/made_from", detail="the version that this page showed"))
    for step in steps:
        if step.saved.policy.version == int(named):
            return step.saved.policy
    async with found.database.read() as connection:
        return await policies.get(connection, site.id, int(named))


async def _history(found: Services, site: Site) -> list[Step]:
    """Return the newest versions from the database itself: another process may have saved one a moment ago."""
    async with found.database.read() as connection:
        saved = await policies.history(connection, site.id, _SHOWN_VERSIONS + 1)
    steps = []
    for one, before in zip(saved, [*saved[1:], None], strict=True):
        if before is None and one.policy.version > 1:
            break  # It is there for the comparison alone.
        lines = changes(before.policy, one.policy) if before else []
        steps.append(Step(saved=one, by=_name(found, one.by), lines=lines))
    return steps


def _name(found: Services, by: str | None) -> str:
    person = found.directory.people.get(PersonId(by)) if by else None
    return person.name if person else gettext("somebody who has left") if by else gettext("the operator")


async def _workbench(
    request: Request[Any],
    session: Session,
    site: Site,
    steps: Sequence[Step],
    typed: Typed,
    *,
    is_preview: bool = False,
    is_late: bool = False,
) -> Response:
    found = services(request)
    current = complete(found, site.id, steps[0].saved.policy)
    wanted = complete(found, site.id, typed.policy) if is_preview else current
    sample = await take_sample(found, site.id, [current, wanted] if is_preview else [current])
    # Where a field is empty, the model's threshold holds at the level of caution that is chosen in the form.
    model = complete(found, site.id, replace(typed.policy, thresholds={})).thresholds
    return await show_page(
        request,
        session,
        "policy.html",
        status=_status(typed, is_late),
        site=site,
        steps=steps,
        typed=typed,
        is_late=is_late,
        sample=sample,
        rows=_rows(sample, wanted, model),
        actions=(Action.APPROVE, Action.HOLD, Action.REJECT),
        cautions=tuple(Caution),
        languages=sorted(current.languages),
        days=DAYS,
        most=MOST_COMMENTS,
        ticks=ticks(),
        width=WIDTH,
        height=HEIGHT,
        bar_width=STEP - 4,
        is_certified=Action.REJECT in found.directory.certified.get(site.id, ()),
        usual_share=found.settings.second_review_share,
        opinions_a_day=_opinions_a_day(found, sample, typed.policy),
    )


def _opinions_a_day(found: Services, sample: Sample, policy: Policy) -> float:
    """Return how many second opinions a day chance draws of what would come to the queue."""
    own = policy.second_review_share
    return sample.held_a_day(sample.tallies[-1]) * (found.settings.second_review_share if own is None else own)


def _rows(sample: Sample, wanted: Policy, model: Mapping[Label, Threshold]) -> list[Row]:
    return [
        Row(
            label=label,
            plot=plot(sample.traffic.histograms[number], wanted.thresholds.get(label), sample.tallest),
            model=model.get(label),
            reached=[one.reached[number] for one in sample.tallies],
        )
        for number, label in enumerate(Label)
    ]


async def _lists(
    request: Request[Any],
    session: Session,
    site: Site,
    steps: Sequence[Step],
    typed: Typed,
    *,
    search: Search | None = None,
    base: Policy | None = None,
    is_late: bool = False,
) -> Response:
    return await show_page(
        request,
        session,
        "policy_lists.html",
        status=_status(typed, is_late),
        site=site,
        steps=steps,
        typed=typed,
        is_late=is_late,
        search=search,
        changed=changes(base, typed.policy) if base else [],
        days=DAYS,
    )


def _status(typed: Typed, is_late: bool) -> HTTPStatus:
    if is_late:
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY if typed.faults else HTTPStatus.OK


async def _admin_of_site(request: Request[Any]) -> tuple[Session, Site]:
    session = await admin_session(request)
    return session, site_of(request, session.person)


async def _form_of_site(request: Request[Any], **limits: int) -> tuple[Session, Form, Site]:
    session, form = await admin_form(request, **limits)
    return session, form, site_of(request, session.person)


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/policy", list_sites, methods=["GET"]),
    Route("/console/policy/{site}", show_policy, methods=["GET"]),
    Route("/console/policy/{site}", change_policy, methods=["POST"]),
    Route("/console/policy/{site}/lists", show_lists, methods=["GET"]),
    Route("/console/policy/{site}/lists", change_lists, methods=["POST"]),
]
