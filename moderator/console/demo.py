"""`/demo`: a newspaper's page with a comment form, as a site developer would write it. On the demo site only.

With scripts the page asks the API itself, by its public key. Without, the form comes here, where a site's own server
would stand (docs/integrations/html-form.md): it asks, and tells the reader what became of the comment.
"""

import re
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from moderator.console.language import gettext, marked
from moderator.console.pages import page, see_other
from moderator.console.session import Form, read_form, shown
from moderator.domain.comments import MAX_TEXT_CHARACTERS, Article, Author, Comment, Site, Status
from moderator.domain.errors import NotFound
from moderator.domain.findings import Form as Filled
from moderator.domain.ids import CommentId
from moderator.storage import comments, sites
from moderator.usecases import access
from moderator.usecases.moderate import moderate
from moderator.web import client_address, services

SHOWN: Final = 50
LONGEST_NAME: Final = 100
MAX_FORM_BYTES: Final = 256 * 1024
TITLE: Final = marked("The Kremlin and Europe")
MESSAGES: Final = {
    Status.APPROVED: marked("Your comment is published."),
    Status.HELD: marked("Thank you. Your comment will be read before it is published."),
    Status.REJECTED: marked("Your comment was not published: it does not meet our rules."),
}
EMPTY: Final = marked("Please write a comment first.")
TOO_LONG: Final = marked("Your comment is too long.")
_ATTEMPT: Final = re.compile(r"[0-9a-z]{1,40}")


@shown
async def show_demo(request: Request[Any]) -> Response:
    """`GET /demo`: the article, what readers wrote under it, and the form; `told` is the status of a comment sent."""
    told = next((one for one in Status if one == request.query_params.get("told")), None)
    return await _show(request, answer=gettext(MESSAGES[told]) if told else "", told=told)


@shown
async def send_comment(request: Request[Any]) -> Response:
    """`POST /demo`: the form without a script: `author` and `text`, and `website`, which people leave empty."""
    found = services(request)
    site, _ = await _demo_site(request)
    form = await read_form(request, limit=MAX_FORM_BYTES)
    access.limit_address(found, client_address(request.scope))
    text, attempt = form.get("text", ""), form.get("attempt", "")
    if not text.strip() or len(text) > MAX_TEXT_CHARACTERS:
        wrong = gettext(TOO_LONG if text.strip() else EMPTY)
        return await _show(request, answer=wrong, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    comment = Comment(
        id=CommentId(found.ids.new()),
        site_id=site.id,
        text=text,
        received_at=found.now(),
        article=Article(url=f"{found.settings.address}/demo", title=gettext(TITLE), section="politics"),
        author=Author(name=form.get("author", "").strip()[:LONGEST_NAME] or gettext("Unnamed")),
        form=Filled(is_trapped=bool(form.get("website"))),
    )
    # The page gave each form a number of its own: sent twice it is one comment.
    key = f"demo-{attempt}" if _ATTEMPT.fullmatch(attempt) else None
    moderated = await moderate(found, comment, idempotency_key=key)
    return see_other(f"/demo?told={moderated.outcome.status}#answer")


async def _demo_site(request: Request[Any]) -> tuple[Site, str]:
    async with services(request).database.read() as connection:
        demo = await sites.find_demo(connection)
    if demo is None:
        raise NotFound("There is no demo site here; `moderator serve --demo` makes one on an empty database.")
    return demo


async def _show(
    request: Request[Any], *, answer: str, told: Status | None = None, form: Form | None = None, status: int = 200
) -> Response:
    found = services(request)
    site, public_key = await _demo_site(request)
    async with found.database.read() as connection:
        published = await comments.list_approved(connection, site.id, limit=SHOWN)
    return page(
        "demo.html",
        status=status,
        title=gettext(TITLE),
        public_key=public_key,
        messages={one: gettext(message) for one, message in MESSAGES.items()},
        comments=published,
        answer=answer,
        told=told,
        form=form or {},
        attempt=found.ids.new(),
        longest=MAX_TEXT_CHARACTERS,
        longest_name=LONGEST_NAME,
        now=found.now(),
    )
