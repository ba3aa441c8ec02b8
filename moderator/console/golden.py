"""The golden set, for administrators: what every version must judge rightly, and how the one in use does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.administering import actor_of, admin_form, admin_session, show_page
from moderator.console.language import gettext as _
from moderator.console.language import marked
from moderator.console.pages import see_other
from moderator.console.session import shown
from moderator.domain.comments import Site
from moderator.domain.errors import Fault, InvalidInput, NotFound
from moderator.domain.golden import MAX_EXAMPLE_CHARACTERS, MAX_EXAMPLES, GoldenExample, Wanted, check_example
from moderator.domain.ids import ExampleId, SiteId
from moderator.domain.people import Person
from moderator.services import Services
from moderator.storage import golden
from moderator.usecases import access
from moderator.usecases.golden import Tried, add_example, remove_example, try_examples
from moderator.web import services

_WANTED: Final = {Wanted.ALLOW: marked("Must pass"), Wanted.BLOCK: marked("Must not pass")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The examples of one site, or of every site where `site` is None, and whether this person may change them."""

    site: Site | None
    tried: Sequence[Tried]
    may_change: bool


@shown
async def show_golden(request: Request[Any]) -> Response:
    """`GET /console/golden`: the examples, those for every site first."""
    session, found = await admin_session(request), services(request)
    async with found.database.read() as connection:
        examples = await golden.list_examples(connection)
    seen = [one for one in examples if one.site_id is None or session.person.may_see(one.site_id)]
    tried = await try_examples(found, seen)
    return await show_page(
        request,
        session,
        "golden.html",
        groups=_groups(found, session.person, tried),
        sites=_sites(found, session.person),
        wanted={kind: _(says) for kind, says in _WANTED.items()},
        wrong=sum(one.is_right is False for one in tried),
        number=len(tried),
        version=found.scorer.version,
        longest=MAX_EXAMPLE_CHARACTERS,
        most=MAX_EXAMPLES,
    )


@shown
async def add_golden(request: Request[Any]) -> Response:
    """`POST /console/golden`: add a sentence, for one site or, by an administrator of all, for every site."""
    session, form = await admin_form(request)
    text = form.get("text", "")
    check_example(text)
    try:
        wanted = Wanted(form.get("wanted", ""))
    except ValueError:
        raise InvalidInput(Fault(pointer="/wanted", detail=_("it must pass, or it must not"))) from None
    site_id = SiteId(form["site"]) if form.get("site") else None
    _check_may_change(services(request), session.person, site_id)
    await add_example(services(request), actor_of(session), text, wanted, site_id=site_id)
    return see_other("/console/golden?told=added")


@shown
async def remove_golden(request: Request[Any]) -> Response:
    """`POST /console/golden/{example}/remove`."""
    session, _form = await admin_form(request)
    found, example_id = services(request), ExampleId(request.path_params["example"])
    async with found.database.read() as connection:
        example = await golden.find(connection, example_id)
    if example is None or not _may_see(session.person, example):
        raise NotFound("There is no such example.")
    _check_may_change(found, session.person, example.site_id)
    await remove_example(found, actor_of(session), example_id)
    return see_other("/console/golden?told=removed")


def _check_may_change(found: Services, person: Person, site_id: SiteId | None) -> None:
    """Raise Forbidden, or NotFound for a site that is not for this person's eyes."""
    if site_id is None:
        access.check_administers_all(person)
    elif not person.may_see(found.site(site_id).id):
        raise NotFound("There is no such site.")


def _may_see(person: Person, example: GoldenExample) -> bool:
    return example.site_id is None or person.may_see(example.site_id)


def _sites(found: Services, person: Person) -> list[Site]:
    seen = (site for site in found.directory.sites.values() if person.may_see(site.id))
    return sorted(seen, key=lambda site: site.name.casefold())


def _groups(found: Services, person: Person, tried: Sequence[Tried]) -> list[Group]:
    groups = []
    for site in (None, *_sites(found, person)):
        own = [one for one in tried if one.example.site_id == (site.id if site else None)]
        if own:
            groups.append(Group(site=site, tried=own, may_change=site is not None or person.administers_all))
    return groups


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/golden", show_golden, methods=["GET"]),
    Route("/console/golden", add_golden, methods=["POST"]),
    Route("/console/golden/{example}/remove", remove_golden, methods=["POST"]),
]
