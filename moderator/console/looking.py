"""The console's pages for looking up: search, a comment's story, and all of an author or under an article."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.context import blind_among
from moderator.console.dossier import Ruling, open_dossier, who_decided
from moderator.console.finds import PAGE_ROWS, Page, page_of
from moderator.console.language import gettext
from moderator.console.pages import page
from moderator.console.session import session_of, shown
from moderator.domain.comments import Site, Status
from moderator.domain.errors import Fault, InvalidInput, NotFound
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Person
from moderator.domain.scoring import Label
from moderator.domain.search import MAX_CHARACTERS, parse
from moderator.services import Services
from moderator.storage import cases, decisions, search, tallies
from moderator.storage.database import Connection
from moderator.storage.tallies import Tally
from moderator.web import services

LAST_DECISIONS: Final = 10
_ID = re.compile(r"[0-9a-z-]{1,40}")
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was searched for. Without text and filters nothing was."""

    text: str = ""
    site: SiteId | None = None
    status: Status | None = None
    label: Label | None = None
    before: CommentId | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked."""
        return not self.text and self.site is None and self.status is None and self.label is None

    def older(self, before: CommentId) -> str:
        """Return the address of the next page."""
        fields = {"q": self.text, "site": self.site, "status": self.status, "label": self.label, "before": before}
        return f"/console/search?{urlencode({name: value for name, value in fields.items() if value})}"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Everything about an author (`key`) or an article (`url`) at a site; exactly one of them is given."""

    site: Site
    title: str
    key: str | None = None
    url: str | None = None
    tally: Tally
    rulings: list[Ruling]
    page: Page

    def older(self, before: CommentId) -> str:
        """Return what follows the page's own address for the next page."""
        fields = {"site": self.site.id, **({"url": self.url} if self.url is not None else {}), "before": before}
        return f"?{urlencode(fields)}"


Gather = Callable[[Services, Connection, Site, CommentId | None], Awaitable[About]]


@shown
async def show_search(request: Request[Any]) -> Response:
    """`GET /console/search`: `q` for words, and `site`, `status`, `label` to leave out what does not fit."""
    session = await session_of(request)
    found, person = services(request), session.person
    asked, sites = _asked(request, person), found.sites_for(person)
    async with found.database.read() as connection:
        rows = (
            []
            if asked.is_empty
            else await search.search(
                connection,
                text=asked.text,
                sites=(asked.site,) if asked.site else person.sites,
                status=asked.status,
                label=asked.label,
                before=asked.before,
                limit=PAGE_ROWS + 1,
            )
        )
        blind = await blind_among(connection, rows)
        size = await cases.queue_size(connection, person.sites)
    return page(
        "search.html",
        person=person,
        csrf=session.csrf,
        size=size,
        asked=asked,
        sites=sites,
        statuses=list(Status),
        labels=list(Label),
        # To be found by what the machine thinks would tell it.
        page=page_of(found, rows, parse(asked.text), blind=blind, but=blind if asked.status or asked.label else ()),
        longest=MAX_CHARACTERS,
        now=found.now(),
    )


@shown
async def show_comment(request: Request[Any]) -> Response:
    """`GET /console/comments/{id}`: what became of a comment, and why."""
    session = await session_of(request)
    found, person = services(request), session.person
    async with found.database.read() as connection:
        dossier = await open_dossier(found, connection, person, CommentId(_word(request.path_params["id"])))
        size = await cases.queue_size(connection, person.sites)
    return page("comment.html", person=person, csrf=session.csrf, size=size, dossier=dossier, now=found.now())


@shown
async def show_author(request: Request[Any]) -> Response:
    """`GET /console/authors/{key}`: everything by an author at a site."""
    key = _word(request.path_params["key"])

    async def about(found: Services, connection: Connection, site: Site, before: CommentId | None) -> About:
        tally = await tallies.of_author(connection, site.id, key)
        if tally is None:
            raise NotFound("Nobody of this name has a comment here.")
        rows = await search.search(
            connection, text="", sites=(site.id,), author=key, before=before, limit=PAGE_ROWS + 1
        )
        made = await decisions.on_author(connection, site.id, key, LAST_DECISIONS)
        name = next((row.comment.author.name for row in rows if row.comment.author.name), None)
        return About(
            site=site,
            title=name or gettext("Unnamed author"),
            key=key,
            tally=tally,
            rulings=[Ruling(decision=one, who=who_decided(found, one)) for one in made],
            page=page_of(found, rows, blind=await blind_among(connection, rows)),
        )

    return await _show_about(request, about)


@shown
async def show_article(request: Request[Any]) -> Response:
    """`GET /console/articles?url=…`: everything under an article of a site."""
    url = _word(request.query_params.get("url", ""))

    async def about(found: Services, connection: Connection, site: Site, before: CommentId | None) -> About:
        tally = await tallies.of_article(connection, site.id, url)
        if tally is None:
            raise NotFound("Nothing stands under this article.")
        rows = await search.search(
            connection, text="", sites=(site.id,), article=url, before=before, limit=PAGE_ROWS + 1
        )
        made = await decisions.on_article(connection, site.id, url, LAST_DECISIONS)
        title = next((row.comment.article.title for row in rows if row.comment.article.title), None)
        return About(
            site=site,
            title=title or gettext("An article"),
            url=url,
            tally=tally,
            rulings=[Ruling(decision=one, who=who_decided(found, one)) for one in made],
            page=page_of(found, rows, blind=await blind_among(connection, rows)),
        )

    return await _show_about(request, about)


async def _show_about(request: Request[Any], about: Gather) -> Response:
    session = await session_of(request)
    found, person = services(request), session.person
    sites = found.sites_for(person)
    wanted = request.query_params.get("site") or (sites[0].id if len(sites) == 1 else None)
    site = next((one for one in sites if one.id == wanted), None)
    if site is None:
        raise NotFound("There is no such site; authors and articles are a site’s own.")
    async with found.database.read() as connection:
        shown_about = await about(found, connection, site, _before(request))
        size = await cases.queue_size(connection, person.sites)
    return page("about.html", person=person, csrf=session.csrf, size=size, about=shown_about, now=found.now())


def _asked(request: Request[Any], person: Person) -> Asked:
    site = request.query_params.get("site") or None
    if site is not None and (site not in services(request).directory.sites or not person.may_see(SiteId(site))):
        raise NotFound("There is no such site.")
    return Asked(
        text=request.query_params.get("q", "")[:MAX_CHARACTERS].strip(),
        site=None if site is None else SiteId(site),
        status=_choice(request, "status", Status),
        label=_choice(request, "label", Label),
        before=_before(request),
    )


def _choice(request: Request[Any], name: str, kind: type[Choice]) -> Choice | None:
    text = request.query_params.get(name)
    try:
        return kind(text) if text else None
    except ValueError:
        raise InvalidInput(Fault(pointer=f"/{name}", detail="no such choice")) from None


def _before(request: Request[Any]) -> CommentId | None:
    text = request.query_params.get("before", "")
    return CommentId(text) if _ID.fullmatch(text) else None


def _word(text: str) -> str:
    """Return a name from an address. PostgreSQL keeps no text with U+0000, so that nothing can have it."""
    if "\x00" in text:
        raise NotFound("There is no such thing.")
    return text


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/search", show_search, methods=["GET"]),
    Route("/console/comments/{id}", show_comment, methods=["GET"]),
    Route("/console/authors/{key:anything}", show_author, methods=["GET"]),
    Route("/console/articles", show_article, methods=["GET"]),
]
