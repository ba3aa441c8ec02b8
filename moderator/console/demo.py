"""`/demo`: an article with a comment form, as a site developer would write it. On the demo site only."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from moderator.console.pages import page
from moderator.console.session import shown
from moderator.domain.errors import NotFound
from moderator.storage import comments, sites
from moderator.web import services

SHOWN = 50


@shown
async def show_demo(request: Request[Any]) -> Response:
    """`GET /demo`: the article, what readers wrote under it, and the form."""
    async with services(request).database.read() as connection:
        demo = await sites.find_demo(connection)
        if demo is None:
            raise NotFound("There is no demo site here; `moderator serve --demo` makes one on an empty database.")
        published = await comments.list_approved(connection, demo[0].id, limit=SHOWN)
    return page("demo.html", public_key=demo[1], comments=published)
