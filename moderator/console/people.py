"""People, for administrators: who is here, what each may do and see, and how each gets in."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.administering import Secret, actor_of, admin_form, admin_session, show_page, show_secrets
from moderator.console.language import gettext as _
from moderator.console.pages import see_other
from moderator.console.session import Form, View, shown
from moderator.domain.errors import Fault, InvalidInput, NotFound
from moderator.domain.ids import PersonId, SiteId
from moderator.domain.people import Person, Role
from moderator.services import Services
from moderator.storage import people
from moderator.storage.audit import Actor
from moderator.storage.people import Account
from moderator.storage.sessions import Session
from moderator.usecases import staffing
from moderator.web import services

SITE_FIELD: Final = "site-"


@shown
async def list_people(request: Request[Any]) -> Response:
    """`GET /console/people`: everybody whom this administrator may manage, and themself."""
    session, found = await admin_session(request), services(request)
    async with found.database.read() as connection:
        accounts = await people.list_accounts(connection, found.now())
    seen = [one for one in accounts if _is_seen(session.person, one.person)]
    seen.sort(key=lambda one: (one.is_disabled, one.person.name.casefold()))
    return await show_page(
        request,
        session,
        "people.html",
        accounts=seen,
        sites=found.directory.sites,
        choices_of_sites=found.sites_for(session.person),
        roles=tuple(Role),
        now=found.now(),
    )


@shown
async def add_person(request: Request[Any]) -> Response:
    """`POST /console/people`: add somebody; the answer shows their password, this once."""
    session, form = await admin_form(request)
    only_sites = _only_sites(services(request), session.person, form)
    added, password = await staffing.appoint(
        services(request), actor_of(session), form.get("name", ""), _role(form), only_sites=only_sites
    )
    return await show_secrets(
        request,
        session,
        place="people",
        title=_("%(name)s may sign in now") % {"name": added.name},
        secrets=[Secret(name=_("Name"), value=added.name), Secret(name=_("Password"), value=password)],
        back=f"/console/people/{added.id}",
    )


@shown
async def show_person(request: Request[Any]) -> Response:
    """`GET /console/people/{id}`: one person, and the forms that change them."""
    session, found = await admin_session(request), services(request)
    account = await _account(request, session)
    return await show_page(
        request,
        session,
        "person.html",
        account=account,
        is_self=account.person.id == session.person.id,
        sites=found.directory.sites,
        choices_of_sites=found.sites_for(session.person),
        roles=tuple(Role),
        now=found.now(),
    )


@shown
async def change_role(request: Request[Any]) -> Response:
    """`POST /console/people/{id}/role`: the fields `role` and `reach`, and `site-…` for each site."""
    session, form = await admin_form(request)
    account = await _account(request, session)
    only_sites = _only_sites(services(request), session.person, form)
    role = account.person.role if account.subject is not None else _role(form)
    await staffing.change_role(services(request), actor_of(session), account.person.id, role, only_sites=only_sites)
    return _back(account, "changed")


@shown
async def renew_password(request: Request[Any]) -> Response:
    """`POST /console/people/{id}/password`: the answer shows the new one, this once."""
    session, _form = await admin_form(request)
    account = await _account(request, session)
    password = await staffing.renew_password(services(request), actor_of(session), account.person.id)
    return await show_secrets(
        request,
        session,
        place="people",
        title=_("A new password for %(name)s") % {"name": account.person.name},
        secrets=[Secret(name=_("Name"), value=account.person.name), Secret(name=_("Password"), value=password)],
        back=f"/console/people/{account.person.id}",
    )


@shown
async def issue_token(request: Request[Any]) -> Response:
    """`POST /console/people/{id}/token`: the answer shows it, this once."""
    session, _form = await admin_form(request)
    account = await _account(request, session)
    token = await staffing.issue_token(services(request), actor_of(session), account.person.id)
    return await show_secrets(
        request,
        session,
        place="people",
        title=_("A token for %(name)s") % {"name": account.person.name},
        secrets=[Secret(name=_("Token for the review API"), value=token)],
        back=f"/console/people/{account.person.id}",
    )


def _then(act: Callable[[Services, Actor, PersonId], Awaitable[object]], told: str) -> View:
    """Return the view of a button that does one thing to a person and comes back to their page."""

    @shown
    async def view(request: Request[Any]) -> Response:
        session, _form = await admin_form(request)
        account = await _account(request, session)
        await act(services(request), actor_of(session), account.person.id)
        return _back(account, told)

    return view


def _is_seen(by: Person, other: Person) -> bool:
    return by.id == other.id or by.may_appoint(other.sites)


async def _account(request: Request[Any], session: Session) -> Account:
    """Return the person in the address; somebody whom this administrator may not manage does not exist for them."""
    found, person_id = services(request), PersonId(request.path_params["id"])
    async with found.database.read() as connection:
        account = None if "\x00" in person_id else await people.find_account(connection, person_id, found.now())
    if account is None or not _is_seen(session.person, account.person):
        raise NotFound("There is no such person.")
    return account


def _only_sites(found: Services, by: Person, form: Form) -> Sequence[SiteId]:
    """Return the sites that a form names; none means every site, which it must say in so many words."""
    reach = form.get("reach")
    if reach == "every":
        return ()
    chosen = [site.id for site in found.sites_for(by) if form.get(SITE_FIELD + site.id)]
    if reach != "some" or not chosen:
        raise InvalidInput(Fault(pointer="/reach", detail=_("choose a site, or every site")))
    return chosen


def _role(form: Form) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError:
        raise InvalidInput(Fault(pointer="/role", detail=_("no such role"))) from None


def _back(account: Account, told: str) -> Response:
    return see_other(f"/console/people/{account.person.id}?told={told}")


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/people", list_people, methods=["GET"]),
    Route("/console/people", add_person, methods=["POST"]),
    Route("/console/people/{id}", show_person, methods=["GET"]),
    Route("/console/people/{id}/role", change_role, methods=["POST"]),
    Route("/console/people/{id}/password", renew_password, methods=["POST"]),
    Route("/console/people/{id}/token", issue_token, methods=["POST"]),
    Route("/console/people/{id}/token/revoke", _then(staffing.revoke_tokens, "revoked"), methods=["POST"]),
    Route("/console/people/{id}/disable", _then(staffing.disable_person, "disabled"), methods=["POST"]),
    Route("/console/people/{id}/enable", _then(staffing.enable_person, "enabled"), methods=["POST"]),
    Route("/console/people/{id}/sessions/end", _then(staffing.end_sessions, "ended"), methods=["POST"]),
]
