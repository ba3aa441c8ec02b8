"""Templates to responses: escaping always on, and headers that let nothing foreign in."""

import hashlib
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from moderator.console import language, said, words
from moderator.console.paths import article_path, author_path, waiting_path
from moderator.console.text import excerpt_of, line_count, linked, pieces, web_address
from moderator.personal import find_personal

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

# A script or a style sheet counts when it carries the number of this very answer: nothing that somebody else brings
# into the page does, not even from our own address. Trusted types are not asked for: the script of the console reads
# the next page with DOMParser, which they forbid.
_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_templates.policies["ext.i18n.trimmed"] = True
# Newstyle: `%(name)s` in a text is filled in and escaped.
_templates.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
# A browser keeps a file as long as it likes; after an upgrade its address is another one.
_DIGESTS = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in STATIC.iterdir()}


def static(name: str) -> str:
    """Return the address of a static file, this version of it."""
    return f"/console/static/{name}?v={_DIGESTS[name]}"


_templates.globals.update(
    spoken=language.spoken,
    languages=language.LANGUAGES,
    static=static,
    choices=words.CHOICES,
    causes=words.CAUSES,
    acts=words.ACTS,
    author_path=author_path,
    waiting_path=waiting_path,
    article_path=article_path,
)
_templates.filters.update(
    words=words.words,
    brief=said.brief,
    said=said.said,
    number=words.number,
    signed=words.signed,
    figure=words.figure,
    decimal=words.decimal,
    percent=words.percent,
    share=words.share,
    clock=words.clock,
    day=words.day,
    iso=words.iso,
    span_of=words.span_of,
    ago=words.ago,
    count_of=words.count,
    because=words.because,
    choice_name=words.choice_name,
    reason_name=words.reason_name,
    excerpt=excerpt_of,
    line_count=line_count,
    web_address=web_address,
    pieces=pieces,
    linked=linked,
    personal=find_personal,
)


def page(name: str, *, status: int = HTTPStatus.OK, **values: Any) -> Response:  # whatever the template shows
    """Return a page. Its scripts and style sheets carry `nonce`."""
    nonce = secrets.token_urlsafe(16)
    content = _templates.get_template(name).render(nonce=nonce, **values)
    headers = {"content-security-policy": _POLICY.format(nonce=nonce), **_HEADERS}
    return HTMLResponse(content, status_code=status, headers=headers)


def see_other(path: str) -> Response:
    """Send the browser to another page, by GET."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER, headers={"cache-control": "no-store"})
