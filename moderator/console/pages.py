"""Templates to responses: escaping always on, and headers that let nothing foreign in."""

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from moderator.console.text import pieces

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _words(name: str) -> str:
    return str(name).replace("_", " ")


def _clock(moment: datetime) -> str:
    return f"{moment:%d %b %Y, %H:%M} UTC"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


_templates.filters.update(words=_words, clock=_clock, iso=_iso, pieces=pieces)


def page(name: str, *, status: int = HTTPStatus.OK, **values: Any) -> Response:  # whatever the template shows
    """Return a page."""
    return HTMLResponse(_templates.get_template(name).render(**values), status_code=status, headers=_HEADERS)


def see_other(path: str) -> Response:
    """Send the browser to another page, by GET."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER, headers={"cache-control": "no-store"})
